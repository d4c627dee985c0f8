//! Keeping the write-ahead log short without holding up writes: a thread with a connection of its own copies
//! it into the database while the lane goes on. What was written meanwhile is little; the lane copies that by
//! itself now and then, between two commits, so that the log can begin anew.

use super::conn::Conn;
use super::follow::Following;
use super::readers::Readers;
use crate::error::{Error, Result};
use crate::log::Seldom;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The log is copied whenever it has grown by so many pages.
const COPY_EVERY: u32 = 4000;
/// From here on it shall begin anew.
const ANEW: u32 = 4000;
/// From here on readers are waited for, or under steady load it never would: forty megabytes.
const TOO_LONG: u32 = 10_000;
/// A report keeps pages from being copied while it runs, and ever more of them: to copy them when it has ended is
/// not the lane's work.
const LITTLE: u32 = 500;

/// The lane's side.
pub struct Checkpoints {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    following: Option<Arc<Following>>,
    thread: Option<JoinHandle<()>>,
    /// How long the log was when its copying was asked for last.
    asked_at: u32,
    /// Longer than this it may not become: reads that hold it are cut off.
    most: u32,
    held: Seldom,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Asked,
    /// Copied since it was asked, but for so many pages; None if it could not be copied.
    Done(Option<u32>),
    Ended,
}

impl Checkpoints {
    /// `wal_max`: see `DbLocation`.
    pub fn start(
        conn: Conn,
        readers: Arc<Readers>,
        following: Option<Arc<Following>>,
        wal_max: u64,
    ) -> Result<Checkpoints> {
        let page = conn.number("PRAGMA page_size", Vec::new())?.map_or(4096, i64::unsigned_abs).max(1);
        let most = u32::try_from(wal_max / page).unwrap_or(u32::MAX);
        let shared = Arc::new(Shared::default());
        let (mine, its_readers, its_following) = (shared.clone(), readers.clone(), following.clone());
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || mine.serve(&conn, &its_readers, its_following.as_deref()))
            .map_err(|e| Error::server(e.to_string()))?;
        let held = Seldom::new(Duration::from_secs(60));
        Ok(Checkpoints { shared, readers, following, thread: Some(thread), asked_at: 0, most, held })
    }

    /// Called between two commits of the lane, with its own connection.
    pub fn look(&mut self, conn: &Conn) {
        let pages = conn.wal_pages();
        if pages < self.asked_at {
            self.asked_at = 0;
        }
        if pages < self.asked_at + COPY_EVERY {
            return;
        }
        let mut state = self.shared.lock();
        match *state {
            State::Idle => {
                *state = State::Asked;
                drop(state);
                self.shared.wake.notify_one();
            }
            State::Done(left) => {
                *state = State::Idle;
                drop(state);
                self.asked_at = pages;
                // What could not be copied for another reason than a reader is not mended by ending reads.
                let Some(left) = left else { return };
                let is_held = match (left <= LITTLE, pages) {
                    (false, _) => true,
                    // Those who follow the log let go when they have seen it, whatever others read.
                    (true, ANEW..) if !self.may_begin_anew() => false,
                    (true, TOO_LONG..) => !self.readers.without_snapshots(|| conn.restart_wal()),
                    (true, ANEW..) => {
                        self.readers.without_snapshots(|| conn.checkpoint());
                        false
                    }
                    (true, _) => false,
                };
                if is_held && pages > self.most {
                    self.cut_a_read();
                }
            }
            State::Asked | State::Ended => {}
        }
    }

    /// The oldest of the reads that may hold the log is ended; if that did not help, the next one when the log has grown
    /// on.
    fn cut_a_read(&self) {
        if let Some(ran) = self.readers.long.cut_oldest() {
            let seconds = ran.as_secs();
            tracing::warn!(seconds, "a long read was cut off: the write-ahead log grew beyond P_WAL_MAX");
        } else if self.held.due().is_some() {
            tracing::warn!(
                "a backup or another program holds the write-ahead log, which grew beyond P_WAL_MAX"
            );
        }
    }
}

impl Checkpoints {
    fn may_begin_anew(&self) -> bool {
        self.following.as_ref().is_none_or(|following| following.let_go())
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        *self.shared.lock() = State::Ended;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self, conn: &Conn, readers: &Readers, following: Option<&Following>) {
        let mut state = self.lock();
        loop {
            match *state {
                State::Ended => return,
                State::Asked => {
                    drop(state);
                    if let Some(following) = following {
                        following.hold();
                    }
                    let left = readers.without_snapshots(|| conn.checkpoint());
                    state = self.lock();
                    if *state == State::Asked {
                        *state = State::Done(left);
                    }
                }
                State::Idle | State::Done(_) => {
                    state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
