//! The memory that calls share, as one write sees it: limits, counts of wrong codes, values with a time to live. It goes
//! through the write's journal, so that a write that is run again acts once.

use super::journal::{Journal, Undo, undo};
use crate::db::Tx;
use crate::error::Result;
use crate::kv::{Kv, Ttl};
use crate::services::Services;
use crate::throttle::limiter::{Key, Limit, Limiter, Wait};
use crate::throttle::login_throttle::Failures;
use std::sync::{Mutex, PoisonError};

impl<'a> Tx<'a> {
    /// At most `n` times in any `seconds` seconds. A call that is refused for another reason counts too.
    pub fn limit(&mut self, key: &Key, n: u32, seconds: u32) -> Result<(), Wait> {
        self.limit_all(&[Limit { key, n, seconds }])
    }

    /// Counts one time for each limit, or for none of them if one is used up.
    pub fn limit_all(&mut self, limits: &[Limit<'_>]) -> Result<(), Wait> {
        let env = self.env();
        self.state.journal.ask(format!("limit {limits:?}"), || (env.limiter.limit_all(limits), None))
    }

    /// May this key guess at all?
    pub fn may_guess(&mut self, key: &Key) -> Result<(), Wait> {
        let env = self.env();
        self.state.journal.ask(format!("guess {}", key.as_str()), || (env.codes.check(key), None))
    }

    /// Counts a wrong guess; refused if the key was blocked meanwhile.
    pub fn guessed_wrong(&mut self, key: &Key) -> Result<(), Wait> {
        let env = self.env();
        self.state.journal.ask(format!("wrong {}", key.as_str()), || (env.codes.failed(key), None))
    }

    /// The guess was right: its failures are forgotten, unless the key was blocked meanwhile.
    pub fn guessed_right(&mut self, key: &Key) -> Result<(), Wait> {
        let env = self.env();
        self.state.journal.ask(format!("right {}", key.as_str()), || (env.codes.succeeded(key), None))
    }

    /// Values in memory. What a refused write set, deleted or took is as it was before; what it counted (`incr`), and
    /// what it claimed (`set_nx`), stays.
    pub fn kv(&mut self) -> TxKv<'a> {
        TxKv { env: self.env(), journal: Mutex::new(self.state.journal.opened()) }
    }
}

/// The store in memory through the journal of a write.
pub struct TxKv<'a> {
    env: &'a Services,
    journal: Mutex<Journal>,
}

impl TxKv<'_> {
    fn ask<T: Clone + Send + 'static>(
        &self,
        question: String,
        act: impl FnOnce() -> Result<(T, Option<Undo>)>,
    ) -> Result<T> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.ask(question, || match act() {
            Ok((answer, undo)) => (Ok(answer), undo),
            Err(error) => (Err(error), None),
        })
    }

    /// Puts back what was under the key, if it holds what this write left there.
    fn restore(
        &self,
        key: &str,
        left: Option<&str>,
    ) -> Result<impl FnOnce(&Services) -> Result<()> + Send + use<>> {
        let before = match self.env.kv.get(key)? {
            Some(value) => Some((value, self.env.kv.ttl(key)?.flatten())),
            None => None,
        };
        let (key, left) = (key.to_owned(), left.map(str::to_owned));
        Ok(move |env: &Services| {
            if env.kv.get(&key)? != left {
                return Ok(());
            }
            match before {
                Some((value, ttl)) => env.kv.set(&key, &value, ttl),
                None => env.kv.del(&key).map(|_| ()),
            }
        })
    }
}

impl Kv for TxKv<'_> {
    fn get(&self, key: &str) -> Result<Option<String>> {
        self.ask(format!("get {key}"), || Ok((self.env.kv.get(key)?, None)))
    }

    fn set(&self, key: &str, value: &str, ttl: Ttl) -> Result<()> {
        self.ask(format!("set {key}={value}"), || {
            let back = self.restore(key, Some(value))?;
            self.env.kv.set(key, value, ttl)?;
            Ok(((), undo(true, back)))
        })
    }

    fn set_nx(&self, key: &str, value: &str, ttl: Ttl) -> Result<bool> {
        self.ask(format!("claim {key}={value}"), || {
            let (key, value) = (key.to_owned(), value.to_owned());
            let done = self.env.kv.set_nx(&key, &value, ttl)?;
            let back = move |env: &Services| env.kv.del_if(&key, &value).map(|_| ());
            Ok((done, if done { undo(false, back) } else { None }))
        })
    }

    fn take(&self, key: &str) -> Result<Option<String>> {
        self.ask(format!("take {key}"), || {
            let back = self.restore(key, None)?;
            Ok((self.env.kv.take(key)?, undo(true, back)))
        })
    }

    fn del_if(&self, key: &str, value: &str) -> Result<bool> {
        self.ask(format!("drop {key}={value}"), || {
            let back = self.restore(key, None)?;
            let done = self.env.kv.del_if(key, value)?;
            Ok((done, if done { undo(true, back) } else { None }))
        })
    }

    fn incr(&self, key: &str, by: i64, ttl: Ttl) -> Result<i64> {
        self.ask(format!("count {key}+{by}"), || {
            let count = self.env.kv.incr(key, by, ttl)?;
            let key = key.to_owned();
            Ok((count, undo(false, move |env| env.kv.incr(&key, by.saturating_neg(), ttl).map(|_| ()))))
        })
    }

    fn expire(&self, key: &str, ttl: Ttl) -> Result<bool> {
        self.ask(format!("expire {key}"), || Ok((self.env.kv.expire(key, ttl)?, None)))
    }

    fn ttl(&self, key: &str) -> Result<Option<Ttl>> {
        self.ask(format!("ttl {key}"), || Ok((self.env.kv.ttl(key)?, None)))
    }

    fn del(&self, key: &str) -> Result<bool> {
        self.ask(format!("del {key}"), || {
            let back = self.restore(key, None)?;
            Ok((self.env.kv.del(key)?, undo(true, back)))
        })
    }

    fn sadd(&self, key: &str, member: &str, ttl: Ttl) -> Result<bool> {
        self.ask(format!("add {key} {member}"), || {
            let new = self.env.kv.sadd(key, member, ttl)?;
            let (key, member) = (key.to_owned(), member.to_owned());
            let back = move |env: &Services| env.kv.srem(&key, &member).map(|_| ());
            Ok((new, if new { undo(true, back) } else { None }))
        })
    }

    fn srem(&self, key: &str, member: &str) -> Result<bool> {
        self.ask(format!("remove {key} {member}"), || {
            let ttl = self.env.kv.ttl(key)?.flatten();
            let was = self.env.kv.srem(key, member)?;
            let (key, member) = (key.to_owned(), member.to_owned());
            let back = move |env: &Services| env.kv.sadd(&key, &member, ttl).map(|_| ());
            Ok((was, if was { undo(true, back) } else { None }))
        })
    }

    fn smembers(&self, key: &str) -> Result<Vec<String>> {
        self.ask(format!("members {key}"), || Ok((self.env.kv.smembers(key)?, None)))
    }
}
