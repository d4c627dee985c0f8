//! The continuous copy: what every commit writes is gathered from the write-ahead log and laid beside the backups a few
//! seconds later, so that a restore reaches any moment since a backup and at most `P_BACKUP_WINDOW` is lost with the
//! machine. A generation is an unbroken row of segments; a server begins one when it starts, and makes a backup for it.

use super::manifest::StreamStart;
use super::place::{self, BackupPlace};
use super::sealed::Cipher;
use super::segment::{Commit, SegmentHead};
use super::ship::send;
use super::{make, time_text};
use crate::config::Config;
use crate::db::{Follower, Frames, WalCursor, salts};
use crate::error::{Error, Result};
use crate::paths::beside;
use crate::server::Server;
use crate::store::Notes;
use crate::time::{Clock, LogicalClock};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The folder of all generations, beside the backups.
pub const STREAM: &str = "stream";
/// Frames that the lane gathers by itself, which takes a few milliseconds.
const LITTLE: usize = 2000;
/// Frames of one segment, about.
const SEGMENT: usize = 16_384;
/// Bytes that wait for a place that is out; then the generation is given up, or the log would fill the disk.
const WAITING_MAX: usize = 128 << 20;
/// Frames of a log that could not begin anew, likewise.
const LOG_MAX: u32 = 65_536;
/// After a generation broke, or its backup failed.
const AGAIN: Duration = Duration::from_secs(60);

pub struct Stream {
    wal: PathBuf,
    window: Duration,
    clock: Arc<LogicalClock>,
    notes: Arc<Notes>,
    /// What the lane has committed and nobody has gathered.
    commits: Mutex<Commits>,
    state: Mutex<State>,
    /// One writes segments at a time.
    shipping: Mutex<()>,
    ending: Mutex<bool>,
    wake: Condvar,
}

#[derive(Default)]
struct Commits {
    /// Which time the log has begun, counted by the lane.
    round: u64,
    frames: u32,
    salts: Option<[u8; 8]>,
    /// The log may have begun anew since the last commit.
    may_be_new: bool,
    following: bool,
    waiting: VecDeque<(u64, u32, i64)>,
}

#[derive(Default)]
struct State {
    generation: Option<String>,
    /// Of the next one.
    segment: u64,
    cursor: Option<(u64, WalCursor)>,
    gathered: VecDeque<(Frames, Vec<Commit>)>,
    /// A backup of this generation is there.
    based: bool,
    /// When the last try to get one was made, or the generation broke.
    tried: Option<Instant>,
    error: Option<String>,
    /// Of the last commit that is in a segment.
    reached_ms: i64,
}

impl Stream {
    /// None = it is not wanted.
    pub fn of(
        config: &Config,
        database: &Path,
        clock: &Arc<LogicalClock>,
        notes: &Arc<Notes>,
    ) -> Option<Arc<Stream>> {
        if !config.flag("P_BACKUP_CONTINUOUS") {
            return None;
        }
        notes.keep();
        Some(Arc::new(Stream {
            wal: beside(database, "-wal"),
            window: Duration::from_millis(config.int("P_BACKUP_WINDOW").unsigned_abs()),
            clock: clock.clone(),
            notes: notes.clone(),
            commits: Mutex::default(),
            state: Mutex::default(),
            shipping: Mutex::default(),
            ending: Mutex::new(false),
            wake: Condvar::new(),
        }))
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to write segments, as long as the server stands.
    pub fn start(self: &Arc<Stream>, server: &Arc<Server>) -> Result<()> {
        let (stream, server) = (self.clone(), Arc::downgrade(server));
        let work = move || {
            crate::pipeline::stand_back();
            stream.serve(&server);
        };
        let begun = std::thread::Builder::new().name("backup-stream".into()).spawn(work);
        begun.map(|_| ()).map_err(|e| Error::server(format!("no thread for the continuous copy: {e}")))
    }

    fn serve(&self, server: &Weak<Server>) {
        // Twice in each window: what was committed right after one turn is in the next.
        let pause = self.window / 2;
        loop {
            {
                let Some(server) = server.upgrade() else { return };
                // Before the start is complete there is no chain that a backup could be held against.
                if server.db.lane.is_open() {
                    self.turn(&server);
                }
            }
            let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
            if *ending || *self.wake.wait_timeout(ending, pause).unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
        }
    }

    fn turn(&self, server: &Arc<Server>) {
        let done = self.ship(server);
        let mut state = self.state();
        match &done {
            Ok(()) => state.error = None,
            Err(error) => {
                let said = super::reason(error);
                if state.error.as_ref() != Some(&said) {
                    tracing::error!(%error, "the continuous copy is behind");
                }
                state.error = Some(said);
            }
        }
        let due = state.tried.is_none_or(|tried| tried.elapsed() >= AGAIN);
        let wants_backup = state.generation.is_some() && !state.based && due;
        if wants_backup {
            state.tried = Some(Instant::now());
        }
        drop(state);
        if wants_backup && let Err(error) = server.backups.start(server, None) {
            tracing::debug!(%error, "the backup that the continuous copy needs is not begun yet");
            self.state().tried = None;
        }
    }

    /// The last turn, when the lane has stopped.
    pub fn finish(&self, server: &Arc<Server>) {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
        if self.generation().is_none() {
            return;
        }
        if let Err(error) = self.ship(server) {
            tracing::error!(%error, "the last changes are not in the continuous copy");
        }
    }

    /// The row of segments that is being written.
    pub fn generation(&self) -> Option<String> {
        self.state().generation.clone()
    }

    /// A backup of this generation counts.
    pub fn is_based(&self, start: Option<&StreamStart>) {
        let mut state = self.state();
        if start.is_some() && start.map(|start| &start.generation) == state.generation.as_ref() {
            state.based = true;
        }
    }

    /// Everything that is committed gets into segments.
    fn ship(&self, server: &Arc<Server>) -> Result<()> {
        let _one = self.shipping.lock().unwrap_or_else(PoisonError::into_inner);
        let config = &server.env.config;
        let place = BackupPlace::of(config)?;
        let cipher = Some(config.text("P_BACKUP_KEY")).filter(|key| !key.is_empty()).map(Cipher::new);
        self.begin(&place)?;
        loop {
            let mut state = self.state();
            let all = match self.gather(&mut state, SEGMENT, true) {
                Ok(all) => all,
                Err(error) => {
                    self.give_up(&mut state, &error.to_string());
                    return Err(Error::server(format!("the write-ahead log: {error}")));
                }
            };
            // Files come before the rows that name them: those of all that was gathered are known by now.
            let mut files = self.notes.take();
            while let Some((frames, commits)) = state.gathered.pop_front() {
                let head = SegmentHead {
                    generation: state.generation.clone().unwrap_or_default(),
                    segment: state.segment,
                    page_size: frames.page,
                    commits,
                    files: std::mem::take(&mut files),
                    sha256: String::new(),
                };
                // The lane may gather more meanwhile.
                drop(state);
                let sent = send(server, &place, cipher.as_ref(), &head, &frames);
                state = self.state();
                if let Err(error) = sent {
                    self.notes.put_back(head.files);
                    state.gathered.push_front((frames, head.commits));
                    self.bound(&mut state);
                    return Err(error);
                }
                state.segment += 1;
                state.reached_ms = head.commits.last().map_or(state.reached_ms, |commit| commit.unix_ms);
            }
            self.notes.put_back(files);
            if all {
                return Ok(());
            }
        }
    }

    /// A place that is out must not fill the memory or the disk.
    fn bound(&self, state: &mut State) {
        let waiting: usize = state.gathered.iter().map(|(frames, _)| frames.bytes.len()).sum();
        if waiting > WAITING_MAX || self.commits().frames > LOG_MAX {
            self.give_up(state, "the place for it was out for too long");
        }
    }

    /// A new generation, if there is none.
    fn begin(&self, place: &BackupPlace) -> Result<()> {
        let waits = |state: &State| state.tried.is_some_and(|tried| tried.elapsed() < AGAIN);
        if Some(&*self.state()).is_some_and(|state| state.generation.is_some() || waits(state)) {
            return Ok(());
        }
        let stem = place::name_of(self.clock.unix_ms());
        let numbered = (2..100).map(|n| format!("{stem}-{n}"));
        let mut generation = None;
        for name in std::iter::once(stem.clone()).chain(numbered) {
            if place.store.list(&format!("{STREAM}/{name}/"))?.is_empty() {
                generation = Some(name);
                break;
            }
        }
        let failed = |e: io::Error| Error::server(format!("the write-ahead log: {e}"));
        let mut state = self.state();
        let mut commits = self.commits();
        let cursor = WalCursor::behind(&self.wal, commits.frames).map_err(failed)?;
        commits.salts = salts(&self.wal).map_err(failed)?;
        commits.waiting.clear();
        commits.following = true;
        let cursor = cursor.map(|cursor| (commits.round, cursor));
        *state =
            State { generation, cursor, segment: 1, reached_ms: self.clock.unix_ms(), ..State::default() };
        Ok(())
    }

    fn give_up(&self, state: &mut State, why: &str) {
        tracing::error!(why, "the continuous copy is broken; it begins anew with a backup");
        *state = State { tried: Some(Instant::now()), ..State::default() };
        let mut commits = self.commits();
        commits.following = false;
        commits.waiting.clear();
    }

    /// Reads what waits, but no more than so many frames; `one` = a commit that alone is larger is read all the same.
    /// False = there is more.
    fn gather(&self, state: &mut State, most: usize, one: bool) -> io::Result<bool> {
        let mut read = 0;
        loop {
            let Some((round, frames, unix_ms)) = self.commits().waiting.front().copied() else {
                return Ok(true);
            };
            if state.cursor.as_ref().is_none_or(|(at, _)| *at != round) {
                let first = WalCursor::first(&self.wal)?;
                let first = first.ok_or_else(|| io::Error::other("it is not there"))?;
                state.cursor = Some((round, first));
            }
            let Some((_, cursor)) = &mut state.cursor else { return Ok(true) };
            let new = frames.saturating_sub(cursor.frames) as usize;
            if read + new > most && !(one && read == 0) {
                return Ok(false);
            }
            read += new;
            if state.gathered.back().is_none_or(|(frames, _)| frames.count() > SEGMENT) {
                state.gathered.push_back((Frames::default(), Vec::new()));
            }
            let Some((into, commits)) = state.gathered.back_mut() else { return Ok(true) };
            let read_to = cursor.read_to(&self.wal, frames, into);
            if read_to.is_err() && commits.is_empty() {
                state.gathered.pop_back();
                return read_to.map(|_| false);
            }
            commits.push(Commit { unix_ms, pages: read_to?, frames: into.count() });
            self.commits().waiting.pop_front();
        }
    }

    pub fn show(&self) -> Value {
        let (state, now) = (self.state(), self.clock.unix_ms());
        let waits = self.commits().waiting.front().map(|(_, _, at)| *at);
        let oldest =
            state.gathered.iter().flat_map(|(_, commits)| commits).map(|commit| commit.unix_ms).min();
        let behind = waits.into_iter().chain(oldest).min().map_or(0, |at| (now - at).max(0));
        json!({
            "window": self.window.as_secs(),
            "generation": state.generation,
            "segment": state.segment,
            "based": state.based,
            "reached": time_text(state.reached_ms),
            "behindSec": behind / 1000,
            "error": state.error,
        })
    }
}

impl Follower for Stream {
    fn committed(&self, frames: u32) {
        let mut commits = self.commits();
        if commits.may_be_new || frames < commits.frames {
            match salts(&self.wal) {
                Ok(now) if now != commits.salts => {
                    commits.round += 1;
                    commits.salts = now;
                    commits.may_be_new = false;
                    commits.frames = 0;
                }
                _ => {}
            }
        }
        if frames == commits.frames {
            return;
        }
        commits.frames = frames;
        if commits.following {
            let (round, now) = (commits.round, self.clock.unix_ms());
            commits.waiting.push_back((round, frames, now));
        }
    }

    fn may_begin_anew(&self) -> bool {
        // A turn that is being made has the state for a moment only, but the lane waits for nobody.
        let Ok(mut state) = self.state.try_lock() else { return false };
        let gathered = state.gathered.len() < 4;
        let all = !self.commits().following
            || gathered && matches!(self.gather(&mut state, LITTLE, false), Ok(true));
        if all {
            self.commits().may_be_new = true;
        }
        all
    }
}

/// For the backup that a generation begins with, and those after it.
pub struct Beginning<'a> {
    pub stream: &'a Stream,
    pub server: &'a Arc<Server>,
}

impl make::Follower for Beginning<'_> {
    fn begin(&self) -> Result<Option<StreamStart>> {
        if let Err(error) = self.stream.ship(self.server) {
            tracing::warn!(%error, "this backup is no base for the continuous copy");
            return Ok(None);
        }
        let state = self.stream.state();
        let segment = state.segment;
        Ok(state.generation.clone().map(|generation| StreamStart { generation, segment, whole_ms: 0 }))
    }

    fn copied(&self) -> i64 {
        self.stream.clock.unix_ms()
    }
}
