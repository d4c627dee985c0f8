//! A job as its maker describes it, before it is a row: what is to be done, from when on, and beside which others.

use serde_json::Value;

/// A job to be made by `Tx::enqueue`.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(crate) kind: &'static str,
    pub(crate) args: Value,
    pub(crate) unique: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) priority: u8,
    pub(crate) due: Due,
    pub(crate) tries: Option<u32>,
    pub(crate) tried: u32,
}

/// From when on a job may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Now,
    /// Milliseconds from now.
    In(i64),
    /// Milliseconds since 1970, by the clock of the server.
    At(i64),
}

/// The priority of jobs that ask for none.
pub const PRIORITY: u8 = 5;
/// The last of all.
pub const PRIORITY_MAX: u8 = 9;

impl NewJob {
    /// A job for the worker of this kind.
    pub fn new(kind: &'static str, args: Value) -> NewJob {
        NewJob {
            kind,
            args,
            unique: None,
            after: None,
            priority: PRIORITY,
            due: Due::Now,
            tries: None,
            tried: 0,
        }
    }

    /// While an unfinished job has this key, no other is made: `enqueue` gives the id of that one.
    pub fn unique(mut self, key: impl Into<String>) -> NewJob {
        self.unique = Some(key.into());
        self
    }

    /// Runs after every earlier job of the same queue and key has ended.
    pub fn after(mut self, key: impl Into<String>) -> NewJob {
        self.after = Some(key.into());
        self
    }

    /// 0 goes first, 9 last, 5 is usual.
    pub fn priority(mut self, priority: u8) -> NewJob {
        self.priority = priority.min(PRIORITY_MAX);
        self
    }

    /// Not before so many seconds from now.
    pub fn in_sec(mut self, seconds: i64) -> NewJob {
        self.due = Due::In(seconds.saturating_mul(1000));
        self
    }

    /// Not before this moment, in milliseconds since 1970.
    pub fn at_ms(mut self, ms: i64) -> NewJob {
        self.due = Due::At(ms);
        self
    }

    /// Other than its worker says: attempts until it is given up.
    pub fn tries(mut self, tries: u32) -> NewJob {
        self.tries = Some(tries);
        self
    }

    /// Attempts that were made before it became a job.
    pub(crate) fn tried(mut self, attempts: u32) -> NewJob {
        self.tried = attempts;
        self
    }
}
