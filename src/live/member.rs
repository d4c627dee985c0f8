//! The part of a connection that others hold as well: who speaks, and where frames to it go.

use super::close::Close;
use super::hub::{AccountPermit, Live};
use super::outbox::{Kind, Outbox};
use super::speaker::Speaker;
use crate::auth::mask::{MOCK_MODE, TEST_MODE};
use crate::auth::{Caller, Lang};
use crate::call::params::Params;
use crate::error::{Code, Error, Result};
use crate::pipeline::{self, CallContext};
use crate::plugin::Identity;
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection as subscriptions see it.
pub struct Member {
    /// One of its kind in this process.
    pub number: u64,
    pub live: Arc<Live>,
    pub outbox: Outbox,
    who: Mutex<Who>,
}

struct Who {
    speaker: Arc<Speaker>,
    /// None until somebody logged in; a connection by a key of a program has no account.
    account: Option<Account>,
    admitted: bool,
}

/// The login that a connection lives by.
struct Account {
    /// The hash of its session.
    session: Box<str>,
    caller: Arc<Caller>,
    _permit: AccountPermit,
}

/// An action of everybody's, where a caller is looked up and calls nothing.
const ANY: &str = "initClient";

impl Member {
    pub(super) fn new(live: Arc<Live>, number: u64, speaker: Speaker) -> Member {
        let who = Who { admitted: speaker.brings_key(), speaker: Arc::new(speaker), account: None };
        Member { number, outbox: Outbox::new(live.limits.unsent), live, who: Mutex::new(who) }
    }

    fn lock(&self) -> MutexGuard<'_, Who> {
        self.who.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn speaker(&self) -> Arc<Speaker> {
        self.lock().speaker.clone()
    }

    /// Whether somebody logged in, or brings a key that each call is judged by.
    pub fn is_admitted(&self) -> bool {
        self.lock().admitted
    }

    /// The account that logged in: its app type and id.
    pub fn account(&self) -> Option<(Arc<str>, i64)> {
        self.lock().account.as_ref().map(|account| (account.caller.app_type.clone(), account.caller.id))
    }

    pub fn lang(&self) -> Lang {
        self.lock().account.as_ref().map_or(Lang::Zh, |account| account.caller.lang)
    }

    /// Sends a frame, or closes the connection when it has too much to take already.
    pub fn send(&self, text: Bytes, kind: Kind) {
        let dropped = self.outbox.push(text, kind);
        if dropped > 0 {
            self.live.stats.dropped(dropped);
        }
    }

    /// Takes up the sender with the login that its session stands for now; an error is the end of the connection.
    pub(super) fn become_speaker(&self, speaker: Speaker) -> Result<(), Close> {
        let found = self.look_up(&speaker).map_err(|error| {
            tracing::error!(%error, "the caller of a live connection could not be looked up");
            Close::FAULT
        })?;
        let account = match found {
            Some((session, caller)) => {
                let permit = self.live.enter_account(&caller).ok_or(Close::TOO_MANY)?;
                Some(Account { session, caller, _permit: permit })
            }
            None => None,
        };
        let mut who = self.lock();
        who.admitted = account.is_some() || speaker.brings_key();
        let before = std::mem::replace(&mut who.account, account);
        who.speaker = Arc::new(speaker);
        drop(who);
        drop(before);
        Ok(())
    }

    fn look_up(&self, speaker: &Speaker) -> Result<Option<(Box<str>, Arc<Caller>)>> {
        let incoming = speaker.incoming(ANY, Params::default(), false, None)?;
        let CallContext { caller, session, .. } = pipeline::identify_by_head(&self.live.server, incoming)?;
        Ok(session.filter(|_| !caller.is_guest()).map(|session| (session.hash.clone(), caller)))
    }

    /// The account as it may act now; None where there is none: a key of a program. It does not keep the session alive.
    pub fn caller_now(&self) -> Result<Option<Arc<Caller>>> {
        let account = self.lock().account.as_ref().map(|own| (own.session.clone(), own.caller.clone()));
        let Some((session, caller)) = account else { return Ok(None) };
        let server = &self.live.server;
        let identity = server.sessions.peek(&server.db, &server.env, &session, &caller.app_type)?;
        let Identity { bits, narrowing, .. } =
            identity.ok_or_else(|| Error::no_auth("the login has ended"))?;
        let bits = bits | (caller.bits & (TEST_MODE | MOCK_MODE));
        Ok(Some(match (bits, &narrowing) == (caller.bits, &caller.narrowing) {
            true => caller,
            false => Arc::new(Caller { bits, narrowing, ..(*caller).clone() }),
        }))
    }

    /// Who would make this call now: the account, or whom a key of a program stands for in such a call.
    pub fn caller(&self, action: &str) -> Result<Arc<Caller>> {
        match self.caller_now()? {
            Some(caller) => Ok(caller),
            None => {
                let incoming = self.speaker().incoming(action, Params::default(), false, None)?;
                Ok(pipeline::identify_by_head(&self.live.server, incoming)?.caller)
            }
        }
    }

    /// Whether the session that it lives by is there, if it lives by one.
    pub fn has_session(&self) -> bool {
        let Some(session) = self.lock().account.as_ref().map(|account| account.session.clone()) else {
            return true;
        };
        let server = &self.live.server;
        server.sessions.has(&server.db, &server.env, &session).unwrap_or(true)
    }

    /// Whether the login goes on. A connection that makes no calls does not keep its session alive.
    pub fn goes_on(&self) -> bool {
        match self.caller_now() {
            Ok(_) => true,
            // Who cannot be asked for now is asked for again at the next look.
            Err(error) => error.code != Code::NOAUTH,
        }
    }
}
