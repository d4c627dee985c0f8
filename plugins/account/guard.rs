//! By what guesses at accounts are counted: the names an account was called by, and the device it was called
//! from. What a count is made of does not depend on whether the account exists.

use jindou::credentials::known_devices::Devices;
use jindou::plugin::*;
use jindou::throttle::login_guard::LoginAttempt;

/// What the cookie of a device is called, for each login type.
fn cookie_name(app_type: &str) -> String {
    format!("{app_type}dev")
}

/// The cookie as the request brings it.
pub fn device_cookie(args: &Args, app_type: &str) -> Option<String> {
    let name = cookie_name(app_type);
    let pairs = args.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

fn account(app_type: &str, id: i64) -> String {
    format!("{app_type}#{id}")
}

/// The device, if this account was logged in from it before.
pub fn known<'a>(
    env: &Services,
    cookie: Option<&'a str>,
    app_type: &str,
    id: Option<i64>,
) -> Option<&'a str> {
    env.devices.known(cookie?, &account(app_type, id?), env.unix_ms())
}

/// A guess at an account, by the name it was called by, if any, and by its number, if there is one.
pub fn guess(stage: &Stage<'_>, args: &Args, uname: Option<&str>, id: Option<i64>) -> LoginAttempt {
    let caller = stage.caller();
    let app_type = &*caller.app_type;
    let cookie = device_cookie(args, app_type);
    if let Some(device) = known(stage.env(), cookie.as_deref(), app_type, id) {
        return LoginAttempt::from_device(device);
    }
    let by_name = uname.map(|uname| format!("{app_type}:{}", uname.trim().to_lowercase()));
    let names: Vec<String> = by_name.into_iter().chain(id.map(|id| account(app_type, id))).collect();
    LoginAttempt::of(caller, &names)
}

/// The device that has just logged in is known from now on.
pub fn remember(tx: &mut Tx<'_>, app_type: &str, id: i64) -> Result<()> {
    let env = tx.env();
    let cookie = env.devices.cookie(&account(app_type, id), env.unix_ms())?;
    let (name, path, life) = (cookie_name(app_type), env.url_path(), Devices::life_sec());
    tx.header("set-cookie", format!("{name}={cookie}; path={path}; HttpOnly; SameSite=Lax; Max-Age={life}"));
    Ok(())
}
