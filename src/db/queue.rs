//! The queue of the writer lane. Waking a thread costs more than a row of the log, so the lane is woken by
//! writes, by the first note and by the one that fills a group, and by no other.

use super::lane::{Note, OnCommit, What, Work};
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// Something somebody waits for.
pub enum LaneJob {
    Write(What, Work),
    Note(Note, OnCommit),
}

/// What one commit holds so far.
#[derive(Default)]
pub struct Held {
    rounds: u32,
    notes: usize,
}

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    /// More notes are waiting than `NOTES_BEHIND`. An atomic, because every call checks it.
    behind: AtomicBool,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<LaneJob>,
    notes: VecDeque<Note>,
    /// When the first of the waiting notes came.
    since: Option<Instant>,
    lane: Sleep,
    admits: Admits,
    closed: bool,
}

/// Who may bring something.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    #[default]
    All,
    /// Until the start is complete, the thread that completes it; nobody while the disk cannot be written.
    Only(Option<ThreadId>),
}

impl Admits {
    fn me(self) -> bool {
        match self {
            Admits::All => true,
            Admits::Only(thread) => thread == Some(std::thread::current().id()),
        }
    }
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
const JOBS_IN_GROUP: usize = 1024;
/// Notes that are worth a commit of their own, and the most that one holds.
const NOTES_IN_GROUP: usize = 512;
/// Notes in one commit when somebody waits for it.
const NOTES_BESIDE_JOBS: usize = 64;
/// Notes taken at a time: a write that comes meanwhile waits for no more of them.
const NOTES_AT_ONCE: usize = 16;
/// How often a commit takes in what came while it was being made.
const ROUNDS: u32 = 2;
/// Past this the lane cannot keep up with notes.
const NOTES_BEHIND: usize = 4096;
/// How long a note that nobody waits for may wait for others, so that they share a commit.
const LINGER: Duration = Duration::from_millis(30);

impl Queue {
    pub fn push(&self, job: LaneJob) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::db("the server is stopping")
                .say("服务正在停止，未做任何修改", "the server is stopping, nothing was changed"));
        }
        if !state.admits.me() {
            return Err(super::standby::reads_only());
        }
        if state.jobs.len() >= JOBS_MAX {
            return Err(Error::busy_write("too many writes are waiting"));
        }
        state.jobs.push_back(job);
        self.wake(state, |lane| lane != Sleep::Awake);
        Ok(())
    }

    /// While the server only reads, there is nowhere to write the note.
    pub fn push_later(&self, note: Note) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::server("the writer lane has ended"));
        }
        if !state.admits.me() {
            return Ok(());
        }
        state.notes.push_back(note);
        state.since.get_or_insert_with(Instant::now);
        let full = state.notes.len() >= NOTES_IN_GROUP;
        self.note_how_many(&state);
        self.wake(state, |lane| lane == Sleep::Idle || (full && lane == Sleep::Lingering));
        Ok(())
    }

    /// Writes and notes that wait.
    pub fn waiting(&self) -> (usize, usize) {
        let state = self.lock();
        (state.jobs.len(), state.notes.len())
    }

    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    fn note_how_many(&self, state: &State) {
        let behind = state.notes.len() > NOTES_BEHIND;
        if behind != self.is_behind() {
            self.behind.store(behind, Ordering::Relaxed);
        }
    }

    /// One for those that the lane holds, and one for each commit that those in the queue will take.
    pub fn commits_until_drained(&self) -> usize {
        1 + self.lock().notes.len() / NOTES_BESIDE_JOBS
    }

    pub fn admit(&self, admits: Admits) {
        self.lock().admits = admits;
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

    /// Waits until there is something to commit: at once when somebody waits, after a short while otherwise.
    /// None when the queue is closed and empty.
    pub fn wait(&self) -> Option<()> {
        let mut state = self.lock();
        loop {
            let lingered = state.since.map(|since| since.elapsed());
            let due = lingered.is_some_and(|time| time >= LINGER) || state.notes.len() >= NOTES_IN_GROUP;
            if !state.jobs.is_empty() || due || (state.closed && !state.notes.is_empty()) {
                return Some(());
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

    /// The writes that go into a commit which holds this much already; None when it shall take no more.
    pub fn jobs(&self, held: &mut Held) -> Option<Vec<LaneJob>> {
        let mut state = self.lock();
        if held.rounds == ROUNDS || state.jobs.is_empty() {
            return None;
        }
        held.rounds += 1;
        let most = state.jobs.len().min(JOBS_IN_GROUP);
        Some(state.jobs.drain(..most).collect())
    }

    /// The next few notes; none when the commit shall be made now.
    pub fn notes(&self, held: &mut Held) -> Vec<Note> {
        let mut state = self.lock();
        let most = match held.rounds {
            // Somebody waits for a commit now, so this one ends here.
            0 if held.notes > 0 && !state.jobs.is_empty() => 0,
            0 => NOTES_IN_GROUP,
            _ => NOTES_BESIDE_JOBS,
        };
        let most = state.notes.len().min(NOTES_AT_ONCE).min(most.saturating_sub(held.notes));
        held.notes += most;
        let notes = state.notes.drain(..most).collect();
        self.note_how_many(&state);
        if state.notes.is_empty() {
            state.since = None;
        }
        notes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if it ever did, the lists would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
