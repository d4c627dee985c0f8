//! How app users and watches get in: a login, and a token that lets them in again.

use jindou::plugin::*;

/// Logs the session in as a user and gives `{id, _token, name}`.
pub fn enter_user(tx: &mut Tx<'_>, id: i64) -> Result<Row> {
    let token = enter(tx, "user", id)?;
    let profile = tx.first("WatchUser", &[("userId", json!(id))], "name")?.unwrap_or_default();
    let name = profile.text("name");
    Ok(Map::from_iter([
        ("id".into(), json!(id)),
        ("_token".into(), token.into()),
        ("name".into(), name.into()),
    ]))
}

/// Logs the session in and gives a token that ends with the session's logout, but not by itself. A session is one of its app: in another app the same
/// number would be somebody else.
pub fn enter(tx: &mut Tx<'_>, app_type: &'static str, id: i64) -> Result<String> {
    if *tx.caller().app_type != *app_type {
        return Err(Error::param(format!("this is for _app={app_type}, not `{}`", tx.caller().app_type)));
    }
    let login = tx.registry().login(app_type).ok_or_else(|| Error::server("no such login"))?;
    let identity = (login.identify)(tx, id)?;
    let identity = identity.ok_or_else(|| Error::auth_fail("the account may not log in"))?;
    if app_type == "watch" {
        // A device logs in again and again, and keeps the newest alone.
        tx.delete("Token", &[("appType", json!(app_type)), ("uid", json!(id))])?;
    }
    tx.log_in(id, &identity);
    tx.give_token(app_type, id, identity.version, None)
}
