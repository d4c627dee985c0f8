//! Everything that lives as long as the server: what calls share, the database, the sessions, the audit
//! chain. Stages never get the whole of it; only the pipeline and its neighbours do.

use crate::audit::{self, Chain, Witness};
use crate::backup::{Keeper, Stream};
use crate::cache::recent_hashes::RecentHashes;
use crate::config::{Config, Reload};
use crate::db::disk::Disk;
use crate::db::{Admits, Budget, Conn, Db, Outcome, Tx, no_note};
use crate::error::{Error, Result};
use crate::jobs::JobHistory;
use crate::metrics::Metrics;
use crate::pipeline::{Keys, OwnWrite};
use crate::services::{LogTable, Services};
use crate::session::Sessions;
use crate::throttle::exports::Exports;
use crate::throttle::memory_budget;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

pub struct Server {
    pub env: Arc<Services>,
    pub db: Db,
    pub sessions: Sessions,
    pub chain: Arc<Chain>,
    pub witness: Witness,
    /// When the time was written down the last time.
    timed: Mutex<Instant>,
    pub started: Instant,
    pub job_history: JobHistory,
    pub reload: Reload,
    pub metrics: Metrics,
    /// Memory for the bodies of requests.
    pub bodies: Arc<memory_budget::Budget>,
    /// Calls with files that are worked on at once.
    pub intake: Semaphore,
    /// Reads that were too long for the threads that serve others: so many at once.
    pub slow_reads: tokio::sync::Semaphore,
    /// Which reads those were.
    pub long_reads: RecentHashes,
    /// The room that is left on it.
    pub disk: Disk,
    /// Downloads being written: each holds a reader for as long as its client takes.
    pub exports: Arc<Exports>,
    /// The backups that it makes.
    pub backups: Keeper,
    /// The continuous copy, if there is one.
    pub stream: Option<Arc<Stream>>,
    /// Of calls that are to be done once.
    pub keys: Keys,
    /// What writes on its own and has to end before the server does.
    closing: Mutex<Option<Closing>>,
}

type Closing = Box<dyn FnOnce() + Send>;

fn write_down(tx: &mut Tx<'_>, ids: [i64; 2]) -> Result<()> {
    audit::reserve(tx.conn(), tx.env().audit_keys.current(), ids[0], ids[1])?;
    write_time(tx)
}

fn write_time(tx: &mut Tx<'_>) -> Result<()> {
    let env = tx.env();
    audit::put_time(tx.conn(), env.audit_keys.current(), env.trusted.believed(&env.clock).ms)
}

/// How often the time is written down.
const TIMED: Duration = Duration::from_secs(3600);
/// Downloads written at once.
const EXPORTS: usize = 8;
/// Of one caller.
const EXPORTS_OF_ONE: usize = 2;
/// Reads of staged actions and jobs at once, beside long reads and downloads.
const STAGED_READS: usize = 16;
/// Long reads at once, when `P_READERS` does not say: as many as there are processors, within these bounds.
const SLOW_READS: std::ops::RangeInclusive<usize> = 2..=8;

/// Those that are known by their words.
const LONG_READS: usize = 1024;

/// More would only be more threads, each with memory of its own.
const INTAKE: usize = 16;

fn slow_reads(config: &Config) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    match config.readers {
        0 => processors().clamp(*SLOW_READS.start(), *SLOW_READS.end()),
        readers => readers,
    }
}

impl Server {
    /// Connections that long reads may have at once: as many as there is room for in `slow_reads` and `exports`, and some
    /// for staged work and jobs, so that none of them waits for the others.
    pub fn long_reads_max(config: &Config) -> u32 {
        u32::try_from(slow_reads(config) + EXPORTS + STAGED_READS).unwrap_or(u32::MAX)
    }

    /// Opens a database that is up to date, to be read; `begin` carries on where the last server stopped.
    pub fn open(
        env: Services,
        db: Db,
        chain: Arc<Chain>,
        stream: Option<Arc<Stream>>,
    ) -> Result<Arc<Server>> {
        let disk = Disk::new(&env.config, db.path());
        let server = Server {
            witness: Witness::of(&env),
            metrics: Metrics::new(env.registry.action_names()),
            timed: Mutex::new(Instant::now()),
            bodies: memory_budget::Budget::new(env.config.body_memory),
            db,
            sessions: Sessions::default(),
            chain,
            started: Instant::now(),
            job_history: JobHistory::default(),
            reload: Reload::default(),
            intake: Semaphore::new(INTAKE),
            slow_reads: tokio::sync::Semaphore::new(slow_reads(&env.config)),
            long_reads: RecentHashes::new(LONG_READS),
            exports: Exports::new(EXPORTS, EXPORTS_OF_ONE),
            backups: Keeper::default(),
            stream,
            keys: Keys::default(),
            closing: Mutex::default(),
            disk,
            env: Arc::new(env),
        };
        let server = Arc::new(server);
        let slow = |config: &Config| crate::db::set_slow(config.int("P_SLOW_MS"));
        slow(&server.env.config);
        server.reload.tell_me(move |config| {
            slow(config);
            Ok(())
        });
        server.know()?;
        if let Some(stream) = &server.stream {
            stream.start(&server)?;
        }
        Ok(server)
    }

    /// Ids and time go on where the last server stopped.
    fn know(&self) -> Result<()> {
        let env = &self.env;
        let (calls, items) = self.look(audit::known_ids)?;
        env.continue_log_ids(LogTable::Call, calls);
        env.continue_log_ids(LogTable::Item, items);
        let known = self.look(|conn| audit::known_time(conn, &env.audit_keys, &env.zone))?;
        env.trusted.known(known.unwrap_or_else(|| env.unix_ms()));
        Ok(())
    }

    /// Completes the start, from when on everybody may write. If the disk cannot be written it fails, and the server only
    /// reads until it was called again with success.
    pub fn begin(self: &Arc<Server>) -> Result<()> {
        self.db.wake()?;
        self.db.lane.admit(Admits::Only(Some(std::thread::current().id())));
        let begun = self.go_on().and_then(|()| self.start_plugins());
        self.db.lane.admit(if begun.is_ok() { Admits::All } else { Admits::Only(None) });
        begun
    }

    /// Whether the start is not complete: the disk could not be written.
    pub fn only_reads(&self) -> bool {
        !self.db.lane.is_open()
    }

    /// The chain goes on where the last server stopped.
    fn go_on(self: &Arc<Server>) -> Result<()> {
        let env = &self.env;
        let ids = env.log_ids.wanted();
        let chain = self.chain.clone();
        let before = self.write_as_system(move |tx| {
            let before = chain.take_up(tx.conn(), &tx.now())?;
            write_down(tx, ids)?;
            Ok(before)
        })?;
        if let Some(before) = before {
            let name = env.audit_keys.current().name();
            tracing::warn!(
                "the audit chain goes on under the key {name}; {}",
                match before.as_str() {
                    "" =>
                        "rows before had none, and prove nothing against somebody who can write the database"
                            .into(),
                    before => format!("what is before needs the key {before} to be verified"),
                }
            );
        }
        env.log_ids.reserved(ids);
        let server = Arc::downgrade(self);
        env.log_ids.refill_by(move || {
            if let Some(server) = server.upgrade() {
                server.reserve_ids();
            }
        });
        Ok(())
    }

    /// Speaks for another block of ids, without waiting for it.
    fn reserve_ids(self: &Arc<Server>) {
        let server = self.clone();
        let ids = self.env.log_ids.wanted();
        let work = move |writer: &crate::db::WriterConn<'_>| {
            let written = audit::reserve(writer, server.env.audit_keys.current(), ids[0], ids[1]);
            let kept = written.is_ok();
            let answer: crate::db::OnCommit = Box::new(move |fate| match written.and(fate) {
                Ok(()) => server.env.log_ids.reserved(ids),
                Err(error) => {
                    tracing::error!(%error, "ids of the log could not be reserved");
                    server.env.log_ids.failed();
                }
            });
            match kept {
                true => Outcome::Keep { note: no_note(), answer },
                false => Outcome::Undo { note: no_note(), answer },
            }
        };
        if let Err(error) = self.db.lane.write(Arc::new("ids of the log"), work) {
            tracing::error!(%error, "ids of the log could not be reserved");
            self.env.log_ids.failed();
        }
    }

    /// Now and then: tells the witness, writes down how late it is.
    pub fn keep_watch(self: &Arc<Server>) {
        if self.witness.is_due() {
            self.tell_witness();
        }
        let due = {
            let mut timed = self.timed.lock().unwrap_or_else(PoisonError::into_inner);
            let due = timed.elapsed() >= TIMED;
            if due {
                *timed = Instant::now();
            }
            due
        };
        if due && let Err(error) = self.write_as_system(write_time) {
            tracing::error!(%error, "the time was not written down");
        }
    }

    fn tell_witness(&self) {
        if let Err(error) = self.look(|conn| self.witness.tell(&self.env, conn)) {
            tracing::error!(%error, "the witness of the audit log was not told");
        }
    }

    /// Runs at the beginning of the end, while everything can still be written.
    pub fn before_close(&self, end: impl FnOnce() + Send + 'static) {
        *self.closing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(end));
    }

    /// The end: what is queued is committed, and the witness knows the last row. When no call is left that could take an
    /// id, the next server goes on without a gap.
    pub fn close(self: &Arc<Server>, no_call_is_left: bool) {
        let closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner).take();
        closing.into_iter().for_each(|end| end());
        self.backups.end();
        let ids = [LogTable::Call, LogTable::Item].map(|table| self.env.peek_log_id(table) - 1);
        if self.only_reads() {
            return self.db.lane.stop();
        }
        let end = move |tx: &mut Tx<'_>| if no_call_is_left { write_down(tx, ids) } else { write_time(tx) };
        if let Err(error) = self.write_as_system(end) {
            tracing::error!(%error, "the end of the server was not written down");
        }
        self.db.lane.stop();
        if let Some(stream) = &self.stream {
            stream.finish(self);
        }
        self.tell_witness();
    }

    /// A look at the tables by our own code.
    pub fn look<T>(&self, work: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        let seen = self.db.read(Budget::Time(Duration::from_secs(600)), work)?;
        seen.ok_or_else(|| Error::server("a look at the tables was cut off"))
    }

    /// Completes the log where the last server was cut off, then runs `on_start` of every plugin, each in a
    /// transaction of its own.
    fn start_plugins(self: &Arc<Server>) -> Result<()> {
        if self.env.audit().on() {
            let server = self.clone();
            let found = self.write_as_system(move |tx| audit::recover(tx, &server.chain))?;
            if found > 0 {
                tracing::warn!(found, "batches were cut off when the last server stopped");
            }
        }
        for plugin in self.env.registry.plugins.clone() {
            if let Some(start) = plugin.on_start {
                self.write_as(&format!("start:{}", plugin.name), start)?;
            }
        }
        Ok(())
    }

    /// A write of our own (start-up, the command line), waiting for its commit.
    pub fn write_as_system<T: Send + 'static>(
        self: &Arc<Server>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_as("system", work)
    }

    /// Writes as the system, under a name of its own in the log: `job:sessions`.
    pub fn write_as<T: Send + 'static>(
        self: &Arc<Server>,
        name: &str,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        OwnWrite::of_server(name).wait(self, work)
    }
}
