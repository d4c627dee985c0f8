//! Long work that its caller follows from afar: how far it is, and how it ended. In this process only; it
//! knows nothing of what the work is.

use crate::auth::Caller;
use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Ids from here on are of no row.
const UNWRITTEN: i64 = 1 << 50;
/// Jobs remembered at most; the oldest are forgotten first.
const JOBS_MAX: usize = 1000;

#[derive(Default)]
pub struct Jobs {
    last: AtomicI64,
    jobs: Mutex<BTreeMap<i64, Arc<LongJob>>>,
}

pub struct LongJob {
    pub id: i64,
    owner: (Arc<str>, i64),
    total: u64,
    done: AtomicU64,
    end: Mutex<Option<Result<Value>>>,
    left: Mutex<Option<Arc<LeftRows>>>,
}

/// Rows that a work could not do, to be fetched by its caller as a file.
#[derive(Debug, Default)]
pub struct LeftRows {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// How many more there were than are kept.
    pub more: usize,
}

impl LeftRows {
    fn bytes(&self) -> usize {
        self.rows.iter().flatten().map(|cell| cell.len() + 24).sum()
    }
}

/// Bytes of all rows that are kept: those of the oldest jobs go first.
const LEFT_MAX: usize = 64 << 20;

impl Jobs {
    /// An id for work of which nothing can be written.
    pub fn unwritten(&self) -> i64 {
        UNWRITTEN + self.last.fetch_add(1, Ordering::Relaxed)
    }

    /// A job of this caller, with so many steps to do; `id` is that of its row.
    pub fn begin(&self, id: i64, caller: &Caller, total: u64) -> Arc<LongJob> {
        let owner = (caller.app_type.clone(), caller.id);
        let (end, left) = (Mutex::new(None), Mutex::new(None));
        let job = Arc::new(LongJob { id, owner, total, done: AtomicU64::new(0), end, left });
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.insert(id, job.clone());
            while jobs.len() > JOBS_MAX {
                jobs.pop_first();
            }
        }
        job
    }

    /// Keeps what a work has left, with its job.
    pub fn leave(&self, job: &LongJob, rows: LeftRows) {
        let mut room = LEFT_MAX.saturating_sub(rows.bytes());
        if let Ok(jobs) = self.jobs.lock() {
            for other in jobs.values().rev().filter(|other| other.id != job.id) {
                let Ok(mut left) = other.left.lock() else { continue };
                let bytes = left.as_ref().map_or(0, |rows| rows.bytes());
                match room.checked_sub(bytes) {
                    Some(rest) => room = rest,
                    None => *left = None,
                }
            }
        }
        if let Ok(mut left) = job.left.lock() {
            *left = Some(Arc::new(rows));
        }
    }

    /// Where the rows of a work that is done may be left.
    pub fn begin_done(&self, id: i64, caller: &Caller, total: u64) -> Arc<LongJob> {
        let job = self.begin(id, caller, total);
        job.finish(Ok(Value::Null));
        job
    }

    /// A caller's own job; another's answers like one that never was.
    pub fn of(&self, caller: &Caller, id: i64) -> Result<Arc<LongJob>> {
        let job = self.jobs.lock().ok().and_then(|jobs| jobs.get(&id).cloned());
        let mine = |job: &Arc<LongJob>| *job.owner.0 == *caller.app_type && job.owner.1 == caller.id;
        job.filter(mine).ok_or_else(|| Error::param(format!("not found `Job.id`=`{id}`")))
    }
}

impl LongJob {
    pub fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    pub fn finish(&self, result: Result<Value>) {
        if result.is_ok() {
            self.done.store(self.total, Ordering::Relaxed);
        }
        if let Ok(mut end) = self.end.lock() {
            *end = Some(result);
        }
    }

    /// What it could not do, while it is kept.
    pub fn left(&self) -> Option<Arc<LeftRows>> {
        self.left.lock().ok().and_then(|left| left.clone())
    }

    /// As its caller sees it; `in_english` chooses the language of what went wrong.
    pub fn show(&self, in_english: bool) -> Value {
        let end = self.end.lock().ok().and_then(|end| end.clone());
        let mut shown = json!({
            "id": self.id, "total": self.total, "done": self.done.load(Ordering::Relaxed),
            "errors": [], "state": "running",
        });
        match end {
            None => {}
            Some(Ok(result)) => {
                shown["state"] = "done".into();
                shown["result"] = result;
            }
            Some(Err(error)) => {
                let text = if in_english { &error.text.en } else { &error.text.zh };
                shown["state"] = "failed".into();
                shown["errors"] = text.lines().map(Value::from).collect();
            }
        }
        shown
    }
}
