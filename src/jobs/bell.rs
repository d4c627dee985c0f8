//! Tells whoever runs jobs that there are some: rung after the commit that made them. In this process only: another
//! process over the same database would learn of its jobs by looking.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A queue and one of its priorities.
pub type Shelf = (&'static str, u8);

/// A job that may run from a moment on.
pub type Rung = (Shelf, i64);

const CANCELLED_MAX: usize = 10_000;

#[derive(Default)]
pub struct Bell {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    /// The earliest moment for each; as small as there are queues and priorities.
    due: BTreeMap<Shelf, i64>,
    /// Jobs that were cancelled.
    cancelled: Vec<i64>,
    /// Something else has changed: a run ended, a queue goes on, the clock was moved.
    stirred: bool,
    stopped: bool,
}

/// What came since the last look.
pub struct Heard {
    pub due: BTreeMap<Shelf, i64>,
    pub cancelled: Vec<i64>,
    pub stopped: bool,
}

impl Bell {
    /// Jobs are there.
    pub fn ring(&self, jobs: Vec<Rung>) {
        let mut state = self.lock();
        for (shelf, due) in jobs {
            let first = state.due.entry(shelf).or_insert(due);
            *first = due.min(*first);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// A job was cancelled: whoever runs it is told.
    pub fn cancel(&self, job: i64) {
        let mut state = self.lock();
        state.cancelled.push(job);
        // Where nobody listens they are of no use.
        let extra = state.cancelled.len().saturating_sub(CANCELLED_MAX);
        state.cancelled.drain(..extra);
        state.stirred = true;
        drop(state);
        self.wake.notify_one();
    }

    /// Something may be possible that was not before.
    pub fn stir(&self) {
        self.lock().stirred = true;
        self.wake.notify_one();
    }

    /// It is over, for the one who listens now.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.wake.notify_one();
    }

    /// Somebody else listens.
    pub fn begin(&self) {
        self.lock().stopped = false;
    }

    /// Waits until something comes, for so long at most.
    pub fn wait(&self, most: Duration) -> Heard {
        let state = self.lock();
        let quiet = |state: &mut State| state.due.is_empty() && !state.stirred && !state.stopped;
        let (mut state, _) =
            self.wake.wait_timeout_while(state, most, quiet).unwrap_or_else(PoisonError::into_inner);
        state.stirred = false;
        let (due, cancelled) = (std::mem::take(&mut state.due), std::mem::take(&mut state.cancelled));
        Heard { due, cancelled, stopped: state.stopped }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rung_before_is_heard_with_the_earliest_moments() {
        let bell = Bell::default();
        bell.ring(vec![(("out", 5), 30), (("out", 5), 20), (("default", 0), 7)]);
        bell.ring(vec![(("out", 5), 40)]);
        let heard = bell.wait(Duration::from_secs(60));
        assert_eq!(heard.due.into_iter().collect::<Vec<_>>(), [(("default", 0), 7), (("out", 5), 20)]);
        assert!(bell.wait(Duration::ZERO).due.is_empty());
        bell.stop();
        assert!(bell.wait(Duration::from_secs(60)).stopped);
    }
}
