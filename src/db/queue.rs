//! What waits for the writer lane. Waking a thread costs more than a row of the log, so the lane is woken by
//! writes, by the first note and by the one that fills a group, and by no other.

use super::lane::{Answer, Note, What, Work};
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something somebody waits for.
pub enum Job {
    Write(What, Work),
    Note(Note, Answer),
}

/// What one commit holds.
#[derive(Default)]
pub struct Group {
    pub jobs: Vec<Job>,
    pub notes: Vec<Note>,
}

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    notes: VecDeque<Note>,
    /// When the first of the waiting notes came.
    since: Option<Instant>,
    lane: Sleep,
    closed: bool,
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Sleep {
    #[default]
    Awake,
    /// Until anything comes.
    Idle,
    /// Notes are there; until a job comes, they are many, or time is up.
    Lingering,
}

/// Writes waiting at most; beyond it callers are told that the server is busy.
const JOBS_MAX: usize = 16_384;
/// Jobs in one commit at most.
const GROUP_MAX: usize = 1024;
/// Notes in one commit at most: a write that comes meanwhile waits for about a millisecond of them.
const NOTES_MAX: usize = 128;
/// Past this the lane cannot keep up with notes.
const NOTES_BEHIND: usize = 4096;
/// How long a note that nobody waits for may wait for company.
const LINGER: Duration = Duration::from_millis(30);

impl Queue {
    pub fn push(&self, job: Job) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::server("the writer lane has ended"));
        }
        if state.jobs.len() >= JOBS_MAX {
            return Err(Error::db("too many writes are waiting")
                .say("系统忙，请稍后再试", "the server is busy, please try again"));
        }
        state.jobs.push_back(job);
        self.wake(state, |lane| lane != Sleep::Awake);
        Ok(())
    }

    pub fn push_later(&self, note: Note) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::server("the writer lane has ended"));
        }
        state.notes.push_back(note);
        state.since.get_or_insert_with(Instant::now);
        let full = state.notes.len() >= NOTES_MAX;
        self.wake(state, |lane| lane == Sleep::Idle || (full && lane == Sleep::Lingering));
        Ok(())
    }

    pub fn is_behind(&self) -> bool {
        self.lock().notes.len() > NOTES_BEHIND
    }

    /// One for those that the lane holds, and one for each commit that those in the queue will take.
    pub fn rounds_of_notes(&self) -> usize {
        1 + self.lock().notes.len() / NOTES_MAX
    }

    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        self.wake(state, |_| true);
    }

    /// Wakes the lane once; whoever comes before it runs need not do so again.
    fn wake(&self, mut state: MutexGuard<'_, State>, when: impl FnOnce(Sleep) -> bool) {
        if when(state.lane) {
            state.lane = Sleep::Awake;
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Waits for what one commit shall hold: at once when somebody waits, after a short while otherwise.
    /// None when the queue is closed and empty.
    pub fn gather(&self) -> Option<Group> {
        let mut state = self.lock();
        loop {
            let lingered = state.since.map(|since| since.elapsed());
            let due = lingered.is_some_and(|time| time >= LINGER) || state.notes.len() >= NOTES_MAX;
            if !state.jobs.is_empty() || due || (state.closed && !state.notes.is_empty()) {
                return Some(state.take());
            }
            if state.closed {
                return None;
            }
            state = match lingered {
                None => {
                    state.lane = Sleep::Idle;
                    self.wake.wait(state).unwrap_or_else(PoisonError::into_inner)
                }
                Some(time) => {
                    state.lane = Sleep::Lingering;
                    self.wake.wait_timeout(state, LINGER - time).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.lane = Sleep::Awake;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if it ever did, the lists would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Group {
        let jobs = self.jobs.len().min(GROUP_MAX);
        let notes = self.notes.len().min(NOTES_MAX);
        let group =
            Group { jobs: self.jobs.drain(..jobs).collect(), notes: self.notes.drain(..notes).collect() };
        if self.notes.is_empty() {
            self.since = None;
        }
        group
    }
}
