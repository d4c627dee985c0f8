//! The downloads that are being written: each holds a reader and its snapshot for as long as its client takes it. So there
//! are so many at once, and of one caller so many.

use crate::auth::{Caller, ThrottleKey};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct Exports {
    most: usize,
    of_one: usize,
    running: Mutex<HashMap<Who, usize>>,
}

/// A login, or the address of a caller without one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Login(Arc<str>, i64),
    Address(ThrottleKey),
}

/// Of an export, as long as it runs.
pub struct ExportPermit {
    exports: Arc<Exports>,
    who: Who,
}

impl Exports {
    pub fn new(most: usize, of_one: usize) -> Arc<Exports> {
        Arc::new(Exports { most, of_one, running: Mutex::default() })
    }

    pub fn enter(self: &Arc<Exports>, caller: &Caller) -> Result<ExportPermit> {
        let who = match caller.is_guest() {
            true => Who::Address(caller.throttle_key),
            false => Who::Login(caller.app_type.clone(), caller.id),
        };
        let mut running = self.lock();
        if running.values().sum::<usize>() >= self.most {
            return Err(Error::busy("too many exports are running")
                .say("导出任务繁忙，请稍后再试", "too many exports are running, please try again"));
        }
        let own = running.entry(who.clone()).or_default();
        if *own >= self.of_one {
            let most = self.of_one;
            return Err(Error::busy("the caller has too many exports running").say(
                format!("同时最多导出{most}个文件，请稍后再试"),
                format!("{most} exports of yours are running, please wait for one of them"),
            ));
        }
        *own += 1;
        drop(running);
        Ok(ExportPermit { exports: self.clone(), who })
    }

    /// How many more may run.
    pub fn available(&self) -> usize {
        self.most.saturating_sub(self.lock().values().sum())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Who, usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ExportPermit {
    fn drop(&mut self) {
        let mut running = self.exports.lock();
        match running.get_mut(&self.who) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(running.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;

    #[test]
    fn a_caller_has_so_many_and_leaves_places_to_others() {
        let exports = Exports::new(3, 2);
        let enter = |id| exports.enter(&Caller::of_role(Role::User, id));
        let (first, second) = (enter(1).unwrap(), enter(1).unwrap());
        let refused = enter(1).map(|_| ()).unwrap_err();
        assert!(refused.text.en.contains("of yours") && refused.retry_after > 0);
        // The employee of that number is another one.
        let other = exports.enter(&Caller::of_role(Role::Emp, 1)).unwrap();
        assert!(enter(2).is_err_and(|error| !error.text.en.contains("of yours")));
        drop(first);
        assert!(enter(1).is_ok());
        drop((second, other));
        assert!(exports.available() == 3 && exports.lock().is_empty());
    }
}
