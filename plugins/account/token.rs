//! Login tokens: what a client keeps to log in again by itself. Only a hash is stored; a token is bound to its
//! account, its app type and the password of the day, and ends with the session that gave it.

use super::admin;
use super::entrance::{self, Entrance};
use super::kind::{Kind, id_of, text_of, unknown_type};
use jindou::facility::secret::hash_token;
use jindou::plugin::*;

pub const COLUMNS: &str = "id, hash, appType, uid, version, createMs, expireMs";

/// Where a session remembers its token's row.
const SESSION_VAR: &str = "token";
/// Tokens of one account at most; the oldest goes.
const MOST: usize = 20;

/// `_token` and `_expire`, for the answer of a login.
pub fn give(tx: &mut Tx<'_>, app_type: &str, uid: i64, version: i64) -> Result<Map<String, Value>> {
    let (id, answer) = make(tx, app_type, uid, version)?;
    keep(tx, id);
    Ok(answer)
}

/// The same for somebody who is not logged in by it.
pub fn make(tx: &mut Tx<'_>, app_type: &str, uid: i64, version: i64) -> Result<(i64, Map<String, Value>)> {
    let account = [("appType", json!(app_type)), ("uid", json!(uid))];
    let held = tx.list("Token", &account, "id", 10_000)?;
    for row in held.iter().rev().skip(MOST - 1) {
        tx.delete("Token", &[("id", json!(id_of(row)))])?;
    }
    let token = jindou::id::token();
    let life = tx.env().config.token_life;
    let now = tx.env().unix_ms();
    let expire = now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
    let row = json!({"hash": hash_token(&token), "appType": app_type, "uid": uid, "version": version,
        "createMs": now, "expireMs": expire});
    let Value::Object(row) = row else { return Err(Error::server("a token without a row")) };
    let id = tx.insert("Token", row)?;
    let answer = [("_token".to_owned(), json!(token)), ("_expire".to_owned(), json!(life.as_secs()))];
    Ok((id, Map::from_iter(answer)))
}

/// The session lives by this token: logging out ends both.
pub fn keep(tx: &mut Tx<'_>, id: i64) {
    tx.set_session_var(SESSION_VAR, json!(id));
}

pub fn revoke(tx: &mut Tx<'_>) -> Result<()> {
    if let Some(id) = tx.session_var(SESSION_VAR).and_then(|id| id.as_i64()) {
        tx.delete("Token", &[("id", json!(id))])?;
    }
    Ok(())
}

pub fn login(stage: &mut Stage<'_>, token: String) -> Result<Prepared> {
    let app_type = stage.caller().app_type.to_string();
    let kind = Kind::of(stage.caller()).ok();
    let login = stage.env().registry.login(&app_type).ok_or_else(|| unknown_type(stage.caller()))?;
    Ok(Prepared::write(move |tx| {
        let bad = |detail: &str| Error::auth_fail(detail);
        let row = tx.first("Token", &[("hash", json!(hash_token(&token)))], COLUMNS)?;
        let row =
            row.filter(|row| text_of(row, "appType") == app_type).ok_or_else(|| bad("Bad login token!"))?;
        let number = |name: &str| row.get(name).and_then(Value::as_i64).unwrap_or_default();
        if number("expireMs") <= tx.env().unix_ms() {
            return Err(bad("token expired"));
        }
        let (uid, how) = (number("uid"), Entrance { token: Some(number("id")), ..Entrance::default() });
        let identity = match kind {
            Some(kind) => kind.identity(tx, uid)?,
            None => (login.identify)(tx, uid)?.ok_or_else(|| bad("Bad login token!"))?,
        };
        if identity.version != number("version") {
            return Err(bad("Bad login token!"));
        }
        match kind {
            Some(kind) => entrance::enter(tx, kind, uid, how),
            None if app_type == "admin" => admin::enter(tx, identity, how),
            // Accounts that another plugin keeps: devices.
            None => {
                tx.log_in(uid, identity);
                keep(tx, number("id"));
                Ok(json!({"id": uid}).into())
            }
        }
    }))
}
