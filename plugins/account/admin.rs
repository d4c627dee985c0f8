//! The super administrator: an account without a row, whose name and password are configuration. Without
//! `P_ADMIN_CRED` there is none.

use super::entrance::{Entrance, only_here};
use super::kind::fingerprint;
use super::login::Attempt;
use super::{guard, mfa, token};
use jindou::credentials::password;
use jindou::plugin::*;
use jindou::redact;

/// The administrator's id in sessions and in the log.
pub const ID: i64 = 1;

pub fn login(stage: &mut Stage<'_>, attempt: Attempt<'_>) -> Result<Prepared> {
    let Attempt { args, uname, pwd, otp } = attempt;
    prove(stage, args, Some(&uname), &pwd)?;
    Ok(Prepared::write(move |tx| {
        let identity = identify(tx, ID)?.ok_or_else(not_enabled)?;
        enter(tx, identity, Entrance::with_otp(otp))
    }))
}

/// Refuses a password, or a name, that is not the administrator's.
pub fn prove(stage: &Stage<'_>, args: &Args, uname: Option<&str>, pwd: &str) -> Result<()> {
    let env = stage.env();
    let cred = env.config.admin.as_ref().ok_or_else(not_enabled)?;
    let called = uname.is_none_or(|uname| redact::same_hidden(uname, &cred.user));
    let guess = guard::guess(stage, args, uname, called.then_some(ID));
    env.logins.check(&guess)?;
    // Both are compared, whatever comes of the first.
    let right = called & redact::same_hidden(&password::digest(pwd), &password::digest(&cred.password));
    env.logins.settle(&guess, right)?;
    if !right {
        return Err(
            Error::auth_fail("bad uname or password").say("用户名或密码错误", "wrong name or password")
        );
    }
    Ok(())
}

pub fn name(env: &Services) -> &str {
    env.config.admin.as_ref().map_or("admin", |cred| cred.user.as_str())
}

pub fn enter(tx: &mut Tx<'_>, identity: Identity, how: Entrance) -> Result<Answer> {
    how.pass(tx, "admin", ID)?;
    only_here(tx, "admin", ID, how.token)?;
    tx.log_in(ID, &identity);
    if identity.bits & ENROL != 0 {
        return Ok(Value::Object(mfa::must_enrol(ID)).into());
    }
    let mut answer = card(tx)?;
    match how.token {
        Some(token) => tx.keep_token(token),
        None => {
            guard::remember(tx, "admin", ID)?;
            answer.extend(token::give(tx, "admin", ID, identity.version)?);
        }
    }
    Ok(Value::Object(answer).into())
}

/// The answer of `whoami` for the administrator.
pub fn card(tx: &Tx<'_>) -> Result<Map<String, Value>> {
    let cred = tx.config().admin.as_ref().ok_or_else(not_enabled)?;
    Ok(Map::from_iter([("id".to_owned(), json!(ID)), ("uname".to_owned(), json!(cred.user))]))
}

/// Another credential in the configuration ends the sessions of the old one.
pub fn identify(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let Some(cred) = tx.config().admin.as_ref().filter(|_| id == ID) else { return Ok(None) };
    let version = fingerprint(&format!("{}:{}", cred.user, cred.password));
    let bits = mfa::narrowed(tx, "admin", id, ADMIN)?;
    Ok(Some(Identity::new(bits, version)))
}

fn not_enabled() -> Error {
    Error::auth_fail("admin user is not enabled.")
        .say("超级管理员用户未设置，不可登录。", "there is no super administrator on this server")
}
