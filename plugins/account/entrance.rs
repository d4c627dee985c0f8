//! The end of every login (session, answer, token), and the logout.

use super::kind::{Kind, unknown_type};
use super::{admin, guard, mfa, token};
use jindou::plugin::*;

/// How somebody came in.
#[derive(Default)]
pub struct Entrance {
    /// The account was made by this very login.
    pub is_new: bool,
    /// By this row of Token, which stays the session's; otherwise a new one is given out.
    pub token: Option<i64>,
    /// The code of the second factor, where the account has one.
    pub otp: Option<String>,
}

impl Entrance {
    pub fn with_otp(otp: Option<String>) -> Entrance {
        Entrance { otp, ..Entrance::default() }
    }

    /// A token was given after the second factor, so it stands for both.
    pub fn pass(&self, tx: &mut Tx<'_>, app_type: &str, id: i64) -> Result<()> {
        match self.token {
            Some(_) => Ok(()),
            None => mfa::pass(tx, app_type, id, self.otp.as_deref()),
        }
    }
}

pub fn enter(tx: &mut Tx<'_>, kind: &Kind, id: i64, how: Entrance) -> Result<Answer> {
    let identity = kind.identity(tx, id)?;
    how.pass(tx, kind.app_type, id)?;
    only_here(tx, kind.app_type, id, how.token)?;
    tx.log_in(id, &identity);
    if identity.bits & ENROL != 0 {
        return Ok(Value::Object(mfa::must_enrol(id)).into());
    }
    let mut answer = match tx.call(kind.get, Params::default(), Params::default())? {
        Value::Object(answer) => answer,
        other => return Err(Error::server(format!("{} gave {other}", kind.get))),
    };
    if how.is_new {
        answer.insert("_isNew".into(), json!(1));
    }
    match how.token {
        Some(token) => tx.keep_token(token),
        None => {
            guard::remember(tx, kind.app_type, id)?;
            answer.extend(token::give(tx, kind.app_type, id, identity.version)?);
        }
    }
    Ok(Value::Object(answer).into())
}

/// One-place login: the older sessions and tokens end, but for the token that was just used.
pub fn only_here(tx: &mut Tx<'_>, app_type: &str, id: i64, used: Option<i64>) -> Result<()> {
    if !tx.config().one_login.iter().any(|name| name == app_type) {
        return Ok(());
    }
    tx.end_sessions_but(app_type, id, used)
}

/// Also for a guest: a client that logs out wants to be out.
pub fn logout(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    tx.revoke_token()?;
    tx.log_out();
    Ok(Answer::ok())
}

pub fn whoami(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    if caller.has(ADMIN) {
        return admin::card(tx).map(|card| Value::Object(card).into());
    }
    if caller.has(ENROL) {
        return Ok(Value::Object(mfa::must_enrol(caller.id)).into());
    }
    if caller.is_guest() {
        return Err(Error::no_auth(format!("require auth to {}", caller.app_type)));
    }
    let kind = Kind::of(&caller).map_err(|_| unknown_type(&caller))?;
    tx.call(kind.get, Params::default(), Params::default()).map(Answer::Json)
}
