//! Login tokens: texts that clients keep to log in again by themselves. One row is one device; each login by the
//! token gives the next text of the row and ends the one before. Who may have one is the plugins' business.
//!
//! A text has two parts. The first names the row and stays, the second belongs to one turn. A text whose second
//! part is not of this turn has been used before: either its owner lost the answer a moment ago (`GRACE_MS`), or
//! there are two holders, and then nobody keeps the token.

use super::tx::{ADDR_MAX, AGENT_MAX, MANY};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::redact::{cut, hash_token, same};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// So long the text before is taken again and answered with the same new one: an answer may be lost, and two
/// pages of one browser may start together.
pub const GRACE_MS: i64 = 30_000;

/// Tokens of one account at most; the one unused for longest goes.
const MOST: usize = 20;
/// Hex digits of the part that belongs to a turn: 128 bits.
const TURN_PART: usize = 32;
/// Where a session remembers its token's row.
pub(super) const SESSION_VAR: &str = "token";

const COLUMNS: &str = "id, hash, appType, uid, version, expireMs, seed, turn, turnMs";

/// A row of `Token`.
#[derive(Debug, Clone)]
pub struct LoginToken {
    pub id: i64,
    pub uid: i64,
    pub version: i64,
    expire_ms: i64,
    seed: String,
    turn: i64,
    turn_ms: i64,
    /// The part of the text that stays.
    stem: String,
    /// The text is the one of the turn before.
    late: bool,
}

/// What a text turned out to be.
#[derive(Debug)]
pub enum TokenUse {
    Good(LoginToken),
    Expired,
    /// It was used before, so the token and its sessions end.
    Copied,
    Unknown,
}

impl LoginToken {
    fn of(row: &Map<String, Value>, stem: &str) -> LoginToken {
        let int = |name: &str| row.get(name).and_then(Value::as_i64).unwrap_or_default();
        LoginToken {
            id: int("id"),
            uid: int("uid"),
            version: int("version"),
            expire_ms: int("expireMs"),
            seed: row.get("seed").and_then(Value::as_str).unwrap_or_default().to_owned(),
            turn: int("turn"),
            turn_ms: int("turnMs"),
            stem: stem.to_owned(),
            late: false,
        }
    }

    /// Whether it ends by itself.
    pub fn is_endless(&self) -> bool {
        self.expire_ms == i64::MAX
    }

    fn text(&self, turn: i64) -> String {
        // Tokens of earlier releases had no second part.
        match self.seed.is_empty() {
            true => self.stem.clone(),
            false => {
                let part = hash_token(&format!("{}:{}:{turn}", self.stem, self.seed));
                format!("{}{}", self.stem, &part[..TURN_PART])
            }
        }
    }
}

impl Tx<'_> {
    /// A token for an account, which this session lives by: logging out ends both. Without a life it is endless.
    pub fn give_token(
        &mut self,
        app_type: &str,
        uid: i64,
        version: i64,
        life: Option<Duration>,
    ) -> Result<String> {
        let (id, text) = self.make_token(app_type, uid, version, life)?;
        self.keep_token(id);
        Ok(text)
    }

    /// Makes a token for an account that the session is not one of; gives its row and its text.
    pub fn make_token(
        &mut self,
        app_type: &str,
        uid: i64,
        version: i64,
        life: Option<Duration>,
    ) -> Result<(i64, String)> {
        let account = [("appType", json!(app_type)), ("uid", json!(uid))];
        let mut held = self.list("Token", &account, "id, seenMs", MANY)?;
        held.sort_by_key(|row| (row["seenMs"].as_i64(), row["id"].as_i64()));
        for row in held.iter().rev().skip(MOST - 1) {
            self.delete("Token", &[("id", row["id"].clone())])?;
        }
        let now = self.env().unix_ms();
        let (stem, seed) = (crate::id::token(), crate::id::token());
        let row = json!({
            "hash": hash_token(&stem), "appType": app_type, "uid": uid, "version": version, "createMs": now,
            "expireMs": until(now, life), "seed": seed, "turn": 0, "turnMs": now, "seenMs": now,
            "addr": cut(&*self.caller().addr, ADDR_MAX), "agent": cut(&*self.caller().agent, AGENT_MAX),
        });
        let Value::Object(row) = row else { return Err(Error::server("a token without a row")) };
        let text = LoginToken::of(&row, &stem).text(0);
        Ok((self.insert("Token", row)?, text))
    }

    /// The session lives by this token.
    pub fn keep_token(&mut self, id: i64) {
        self.set_session_var(SESSION_VAR, json!(id));
    }

    /// Ends the token this session lives by.
    pub fn revoke_token(&mut self) -> Result<()> {
        if let Some(id) = self.session_var(SESSION_VAR).and_then(|id| id.as_i64()) {
            self.delete("Token", &[("id", json!(id))])?;
        }
        Ok(())
    }

    /// Looks at a text that a client sent to log in with. A copy ends its token even if the call fails.
    pub fn look_at_token(&mut self, text: &str, app_type: &str) -> Result<TokenUse> {
        let at = text.len().checked_sub(TURN_PART).filter(|at| *at > 0);
        let parts = at.and_then(|at| text.split_at_checked(at));
        // A text without a second part is one of an earlier release.
        for (stem, part) in parts.into_iter().chain([(text, "")]) {
            let found = self.first("Token", &[("hash", json!(hash_token(stem)))], COLUMNS)?;
            let Some(row) = found.filter(|row| row["appType"].as_str() == Some(app_type)) else { continue };
            return self.judge(LoginToken::of(&row, stem), &format!("{stem}{part}"), app_type);
        }
        Ok(TokenUse::Unknown)
    }

    fn judge(&mut self, mut token: LoginToken, text: &str, app_type: &str) -> Result<TokenUse> {
        let now = self.env().unix_ms();
        if token.expire_ms <= now {
            return Ok(TokenUse::Expired);
        }
        if same(text, &token.text(token.turn)) {
            return Ok(TokenUse::Good(token));
        }
        let before = if token.turn == 1 && text == token.stem {
            // The first text of a token that an earlier release gave.
            token.turn_ms
        } else if token.turn > 0 && same(text, &token.text(token.turn - 1)) {
            token.turn_ms
        } else {
            i64::MIN
        };
        if now < before.saturating_add(GRACE_MS) {
            token.late = true;
            return Ok(TokenUse::Good(token));
        }
        tracing::warn!(
            app_type,
            uid = token.uid,
            "a login token came a second time: it ends with its sessions"
        );
        let (id, uid, kind) = (token.id, token.uid, app_type.to_owned());
        // Both now, so that the memory forgets after the commit, and again in case the call is refused.
        self.end_token(app_type, uid, id)?;
        self.even_if_refused(move |tx| tx.end_token(&kind, uid, id));
        Ok(TokenUse::Copied)
    }

    /// The text that replaces the one just used.
    pub fn turn_token(&mut self, mut token: LoginToken, life: Option<Duration>) -> Result<String> {
        let now = self.env().unix_ms();
        if token.late {
            return Ok(token.text(token.turn));
        }
        if token.seed.is_empty() {
            token.seed = crate::id::token();
        }
        token.turn += 1;
        let row = json!({
            "seed": token.seed, "turn": token.turn, "turnMs": now, "seenMs": now, "expireMs": until(now, life),
            "addr": cut(&*self.caller().addr, ADDR_MAX), "agent": cut(&*self.caller().agent, AGENT_MAX),
        });
        let Value::Object(row) = row else { return Err(Error::server("a token without a row")) };
        self.update("Token", &[("id", json!(token.id))], row)?;
        Ok(token.text(token.turn))
    }
}

fn until(now: i64, life: Option<Duration>) -> i64 {
    let life = life.and_then(|life| i64::try_from(life.as_millis()).ok());
    life.map_or(i64::MAX, |life| now.saturating_add(life))
}
