//! Long work that its caller follows from afar: how far it is, and how it ended. In this process only; it
//! knows nothing of what the work is.

use crate::auth::Caller;
use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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
}

impl Jobs {
    /// A job of this caller, with so many steps to do.
    pub fn start(&self, caller: &Caller, total: u64) -> Arc<LongJob> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let owner = (caller.app_type.clone(), caller.id);
        let job = Arc::new(LongJob { id, owner, total, done: AtomicU64::new(0), end: Mutex::new(None) });
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.insert(id, job.clone());
            while jobs.len() > JOBS_MAX {
                jobs.pop_first();
            }
        }
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
