//! The sessions and tokens of one account as its owner sees them, and the end of one of them. A device is a session,
//! with the token it lives by, or a token whose session is over.

use super::token::SESSION_VAR;
use super::tx::MANY;
use crate::db::Tx;
use crate::error::Result;
use serde_json::{Map, Value, json};

/// One place where somebody is, or can be, logged in.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub session: Option<i64>,
    pub token: Option<i64>,
    pub created_ms: i64,
    pub seen_ms: i64,
    pub addr: String,
    pub agent: String,
    /// The one that asks.
    pub mine: bool,
}

impl Device {
    /// What it is called by: neither a session's key nor a token's text.
    pub fn name(&self) -> String {
        match (self.session, self.token) {
            (Some(id), _) => format!("s{id}"),
            (None, id) => format!("t{}", id.unwrap_or_default()),
        }
    }
}

fn int(row: &Map<String, Value>, name: &str) -> i64 {
    row.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn text(row: &Map<String, Value>, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Tx<'_> {
    /// The live devices of an account, the one last seen first.
    pub fn devices(&mut self, app_type: &str, uid: i64) -> Result<Vec<Device>> {
        let env = self.env();
        let by = [("appType", json!(app_type)), ("uid", json!(uid))];
        let mine = self.state.session.entry.as_ref().map(|entry| entry.id);
        // Times of sessions come from a clock that tests do not turn.
        let (now, now_session) = (env.unix_ms(), env.session_ms());
        let mut devices = Vec::new();
        for row in self.list("Session", &by, "id, vars, createMs, seenMs, addr, agent", MANY)? {
            let (created, id) = (int(&row, "createMs"), int(&row, "id"));
            let seen = if mine == Some(id) { now_session } else { int(&row, "seenMs") };
            if now_session - seen > env.session_idle_ms() || now_session - created > env.session_max_ms() {
                continue;
            }
            let vars: Map<String, Value> = serde_json::from_str(&text(&row, "vars")).unwrap_or_default();
            devices.push(Device {
                session: Some(id),
                token: vars.get(SESSION_VAR).and_then(Value::as_i64),
                created_ms: created + now - now_session,
                seen_ms: seen + now - now_session,
                addr: text(&row, "addr"),
                agent: text(&row, "agent"),
                mine: mine == Some(id),
            });
        }
        for row in self.list("Token", &by, "id, createMs, seenMs, expireMs, addr, agent", MANY)? {
            let id = int(&row, "id");
            if int(&row, "expireMs") <= now || devices.iter().any(|device| device.token == Some(id)) {
                continue;
            }
            devices.push(Device {
                token: Some(id),
                created_ms: int(&row, "createMs"),
                seen_ms: int(&row, "seenMs").max(int(&row, "createMs")),
                addr: text(&row, "addr"),
                agent: text(&row, "agent"),
                ..Device::default()
            });
        }
        devices.sort_by_key(|device| std::cmp::Reverse((device.mine, device.seen_ms)));
        Ok(devices)
    }

    /// Ends a device of an account: its token, and every session that lives by it.
    pub fn end_device(&mut self, app_type: &str, uid: i64, device: &Device) -> Result<()> {
        if let Some(token) = device.token {
            self.end_token(app_type, uid, token)?;
        }
        if let Some(session) = device.session {
            self.end_session(app_type, uid, session)?;
        }
        Ok(())
    }

    /// Ends a token and the sessions that live by it.
    pub(super) fn end_token(&mut self, app_type: &str, uid: i64, id: i64) -> Result<()> {
        self.delete("Token", &[("appType", json!(app_type)), ("uid", json!(uid)), ("id", json!(id))])?;
        let by = [("appType", json!(app_type)), ("uid", json!(uid))];
        for row in self.list("Session", &by, "id, vars", MANY)? {
            let vars: Map<String, Value> = serde_json::from_str(&text(&row, "vars")).unwrap_or_default();
            if vars.get(SESSION_VAR).and_then(Value::as_i64) == Some(id) {
                self.end_session(app_type, uid, int(&row, "id"))?;
            }
        }
        Ok(())
    }

    fn end_session(&mut self, app_type: &str, uid: i64, id: i64) -> Result<()> {
        let by = [("appType", json!(app_type)), ("uid", json!(uid)), ("id", json!(id))];
        if let Some(row) = self.first("Session", &by, "hash")? {
            self.delete("Session", &by)?;
            self.forget_session(&text(&row, "hash"));
        }
        Ok(())
    }
}
