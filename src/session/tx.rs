//! Methods by which an action changes its session; the outcome is written in the action's own transaction.

use super::{Change, Entry};
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::plugin::Identity;
use crate::redact::{cut, hash_token};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What the client is told about its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CookieChange {
    Set(String),
    Clear,
}

/// Characters of a client's address and program that a session remembers.
pub(super) const ADDR_MAX: usize = 64;
pub(super) const AGENT_MAX: usize = 200;

/// More sessions than an account ever has.
pub(super) const MANY: u64 = 10_000;

impl Tx<'_> {
    pub fn session_var(&self, name: &str) -> Option<Value> {
        self.state.session.vars().get(name).cloned()
    }

    /// Remembers a value for the next calls of this session; null forgets it.
    pub fn set_session_var(&mut self, name: &str, value: Value) {
        let mut vars = self.state.session.vars();
        match value {
            Value::Null => vars.remove(name),
            value => vars.insert(name.to_owned(), value),
        };
        self.state.session.set_vars(vars);
    }

    /// The session becomes a login of `uid`: it gets a new key, and the rest of the call runs as that account.
    pub fn log_in(&mut self, uid: i64, identity: &Identity) {
        let vars = Map::new();
        self.state.session.change = Change::Login { uid, version: identity.version, vars };
        let mine = self.caller();
        let keep = mine.bits & !crate::auth::mask::ACCOUNT;
        let narrowing = identity.narrowing.clone();
        self.set_caller(Caller { bits: keep | identity.bits, id: uid, narrowing, ..(*mine).clone() });
    }

    /// The session ends, whatever it was.
    pub fn log_out(&mut self) {
        self.state.session.change = Change::End;
        let mine = self.caller();
        let keep = mine.bits & !crate::auth::mask::ACCOUNT;
        self.set_caller(Caller { bits: keep, id: 0, narrowing: None, ..(*mine).clone() });
    }

    /// The session of this hash is gone from the table: nobody may find it in memory either.
    pub fn forget_session(&mut self, hash: &str) {
        self.state.forget_sessions.push(hash.to_owned());
    }

    /// What accounts may do is asked anew from the next call on.
    pub fn accounts_changed(&mut self) {
        (self.state.accounts_touched, self.state.grants_touched) = (true, true);
    }

    /// Whether the caller came with a session.
    pub fn has_session(&self) -> bool {
        self.state.session.entry.is_some()
    }

    /// The account's password is the same but stored in another form: its sessions and tokens live on.
    pub fn carry_sessions(&mut self, app_type: &str, uid: i64, from: i64, to: i64) -> Result<()> {
        let by = [("appType", json!(app_type)), ("uid", json!(uid)), ("version", json!(from))];
        for table in ["Session", "Token"] {
            self.update(table, &by, Map::from_iter([("version".to_owned(), json!(to))]))?;
        }
        self.state.forget_accounts.push((app_type.to_owned(), uid));
        Ok(())
    }

    /// Ends every session and token of an account (a new password, a deleted account).
    pub fn end_sessions(&mut self, app_type: &str, uid: i64) -> Result<()> {
        self.end_sessions_but(app_type, uid, None)
    }

    /// Ends the sessions of an account, and all its tokens but one (one-place login).
    pub fn end_sessions_but(&mut self, app_type: &str, uid: i64, token: Option<i64>) -> Result<()> {
        let by = [("appType", json!(app_type)), ("uid", json!(uid))];
        self.delete("Session", &by)?;
        for row in self.list("Token", &by, "id", MANY)? {
            if row.get("id").and_then(Value::as_i64) != token {
                self.delete("Token", &[("id", row["id"].clone())])?;
            }
        }
        let app_type = app_type.to_owned();
        self.state.forget_accounts.push((app_type, uid));
        Ok(())
    }
}

/// Writes the session as the call left it; gives what the client must be told, and the entry to remember.
pub fn persist(tx: &mut Tx<'_>) -> Result<(Option<CookieChange>, Option<Arc<Entry>>)> {
    let draft = std::mem::take(&mut tx.state.session);
    let now = tx.env().session_ms();
    let app_type = tx.caller().app_type.to_string();
    match (draft.change, draft.entry) {
        (Change::None, _) => Ok((None, None)),
        (Change::Vars(vars), Some(old)) => {
            let text = Value::Object(vars.clone()).to_string();
            let fields =
                Map::from_iter([("vars".to_owned(), json!(text)), ("seenMs".to_owned(), json!(now))]);
            // Another call of this session has ended it meanwhile: what is written into it would bring it back.
            if tx.update("Session", &[("id", json!(old.id))], fields)? == 0 {
                return Err(Error::no_auth("the session has ended"));
            }
            let mut entry = Entry::new(old.id, &old.hash, &old.app_type, old.uid, old.version, vars, now);
            entry.created_ms = old.created_ms;
            Ok((None, Some(Arc::new(entry))))
        }
        (Change::Vars(vars), None) => create(tx, &app_type, 0, 0, vars, now),
        (Change::Login { uid, version, vars }, old) => {
            end(tx, old)?;
            create(tx, &app_type, uid, version, vars, now)
        }
        (Change::End, None) => Ok((None, None)),
        (Change::End, old) => {
            end(tx, old)?;
            Ok((Some(CookieChange::Clear), None))
        }
    }
}

fn create(
    tx: &mut Tx<'_>,
    app_type: &str,
    uid: i64,
    version: i64,
    vars: Map<String, Value>,
    now: i64,
) -> Result<(Option<CookieChange>, Option<Arc<Entry>>)> {
    let key = crate::id::token();
    let hash = hash_token(&key);
    let fields = json!({
        "hash": hash, "appType": app_type, "uid": uid, "version": version,
        "vars": Value::Object(vars.clone()).to_string(), "createMs": now, "seenMs": now,
        "addr": cut(&*tx.caller().addr, ADDR_MAX), "agent": cut(&*tx.caller().agent, AGENT_MAX),
    });
    let Value::Object(fields) = fields else { return Ok((None, None)) };
    let id = tx.insert("Session", fields)?;
    let entry = Entry::new(id, &hash, app_type, uid, version, vars, now);
    Ok((Some(CookieChange::Set(key)), Some(Arc::new(entry))))
}

fn end(tx: &mut Tx<'_>, old: Option<Arc<Entry>>) -> Result<()> {
    if let Some(old) = old {
        tx.delete("Session", &[("id", json!(old.id))])?;
        tx.state.forget_sessions.push(old.hash.to_string());
    }
    Ok(())
}
