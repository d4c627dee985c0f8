//! Login by a token, and what an answer says of one. How tokens are made, turned and ended: `jindou::session`.

use super::admin;
use super::entrance::{self, Entrance};
use super::kind::{Kind, unknown_type};
use jindou::plugin::*;
use jindou::session::TokenUse;

/// `_token` and `_expire`, for the answer of a login.
pub fn give(tx: &mut Tx<'_>, app_type: &str, uid: i64, version: i64) -> Result<Map<String, Value>> {
    let life = tx.config().token_life;
    tx.give_token(app_type, uid, version, Some(life)).map(|text| shown(text, Some(life.as_secs())))
}

/// A token for an account that this session is not logged in as.
pub fn make(tx: &mut Tx<'_>, app_type: &str, uid: i64, version: i64) -> Result<Map<String, Value>> {
    let life = tx.config().token_life;
    tx.make_token(app_type, uid, version, Some(life)).map(|(_, text)| shown(text, Some(life.as_secs())))
}

fn shown(text: String, life: Option<u64>) -> Map<String, Value> {
    let mut answer = Map::from_iter([("_token".to_owned(), json!(text))]);
    answer.extend(life.map(|life| ("_expire".to_owned(), json!(life))));
    answer
}

pub fn login(stage: &mut Stage<'_>, text: String) -> Result<Prepared> {
    let app_type = stage.caller().app_type.to_string();
    let kind = Kind::of(stage.caller()).ok();
    let login = stage.registry().login(&app_type).ok_or_else(|| unknown_type(stage.caller()))?;
    Ok(Prepared::write(move |tx| {
        let bad = |detail: &str| Error::auth_fail(detail);
        let token = match tx.look_at_token(&text, &app_type)? {
            TokenUse::Good(token) => token,
            TokenUse::Expired => return Err(bad("token expired")),
            TokenUse::Copied => {
                return Err(bad("the login token was used before").say(
                    "登录令牌已失效，请重新登录",
                    "this login token was used before; please log in again",
                ));
            }
            TokenUse::Unknown => return Err(bad("Bad login token!")),
        };
        let (id, uid) = (token.id, token.uid);
        let identity = match kind {
            Some(kind) => kind.identity(tx, uid)?,
            None => (login.identify)(tx, uid)?.ok_or_else(|| bad("Bad login token!"))?,
        };
        if identity.version != token.version {
            return Err(bad("Bad login token!"));
        }
        let life = if token.is_endless() { None } else { Some(tx.config().token_life) };
        let how = Entrance { token: Some(id), ..Entrance::default() };
        let answer = match kind {
            Some(kind) => entrance::enter(tx, kind, uid, how)?,
            None if app_type == "admin" => admin::enter(tx, identity, how)?,
            // Accounts that another plugin keeps: devices.
            None => {
                tx.log_in(uid, &identity);
                tx.keep_token(id);
                json!({"id": uid}).into()
            }
        };
        let Answer::Json(Value::Object(mut answer)) = answer else { return Ok(answer) };
        if tx.config().token_rotate {
            let text = tx.turn_token(token, life)?;
            answer.extend(shown(text, life.map(|life| life.as_secs())));
        }
        Ok(Value::Object(answer).into())
    }))
}
