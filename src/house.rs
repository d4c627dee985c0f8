//! Everything that lives as long as the server: what calls share, the database, the sessions, the audit
//! chain. Stages never get the whole of it; only the pipeline and its neighbours do.

use crate::audit::{self, Chain};
use crate::db::{Budget, CallState, Conn, Db, Tx};
use crate::env::{Env, LogTable};
use crate::error::{Error, Result};
use crate::facility::marks::Marks;
use crate::facility::scheduler::Diary;
use crate::session::Sessions;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

pub struct House {
    pub env: Arc<Env>,
    pub db: Db,
    pub sessions: Sessions,
    pub chain: Arc<Chain>,
    pub started: Instant,
    pub diary: Diary,
    /// Calls with files that are worked on at once.
    pub intake: Semaphore,
    /// Reads that were too long for the threads that serve others: so many at once.
    pub slow_reads: tokio::sync::Semaphore,
    /// Which reads those were.
    pub long_reads: Marks,
    /// Downloads being written: each holds a reader for as long as its client takes.
    pub exports: Arc<tokio::sync::Semaphore>,
}

/// Downloads written at once.
const EXPORTS: usize = 8;
/// Long reads at once, when `P_READERS` does not say.
const SLOW_READS: usize = 8;

/// Those that are known by their words.
const LONG_READS: usize = 1024;

/// More would only be more threads, each with memory of its own.
const INTAKE: usize = 16;

impl House {
    /// Opens a database that is up to date, and carries on where the last server stopped.
    pub fn open(env: Env, db: Db, chain: Arc<Chain>) -> Result<Arc<House>> {
        let slow_reads = if env.config.readers == 0 { SLOW_READS } else { env.config.readers };
        let house = House {
            env: Arc::new(env),
            db,
            sessions: Sessions::default(),
            chain,
            started: Instant::now(),
            diary: Diary::default(),
            intake: Semaphore::new(INTAKE),
            slow_reads: tokio::sync::Semaphore::new(slow_reads),
            long_reads: Marks::new(LONG_READS),
            exports: Arc::new(tokio::sync::Semaphore::new(EXPORTS)),
        };
        let house = Arc::new(house);
        let (calls, items) = house.look(audit::last_ids)?;
        house.env.continue_log_ids(LogTable::Call, calls);
        house.env.continue_log_ids(LogTable::Item, items);
        Ok(house)
    }

    /// A look at the tables by our own code.
    pub fn look<T>(&self, work: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        let seen = self.db.read(Budget::Time(Duration::from_secs(600)), work)?;
        seen.ok_or_else(|| Error::server("a look at the tables was cut off"))
    }

    /// Completes the log where the last server was cut off, then runs `on_start` of every plugin, each in a
    /// transaction of its own.
    pub fn start_plugins(self: &Arc<House>) -> Result<()> {
        if self.env.audit().on() {
            let house = self.clone();
            let found = self.write_as_system(move |tx| audit::recover(tx, &house.chain))?;
            if found > 0 {
                tracing::warn!(found, "batches were cut off when the last server stopped");
            }
        }
        for plugin in self.env.registry.plugins.clone() {
            if let Some(start) = plugin.on_start {
                self.write_as_system(start)?;
            }
        }
        Ok(())
    }

    /// A write of our own (start-up, jobs, the command line), waiting for its commit.
    pub fn write_as_system<T: Send + 'static>(
        self: &Arc<House>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (send, receive) = std::sync::mpsc::channel();
        let house = self.clone();
        self.db.lane.write(Arc::new("a write of our own"), move |desk| {
            let caller = Arc::new(crate::auth::Caller::of_role(crate::auth::Role::Admin, 0));
            let mut tx = Tx::at(desk, &house.env, caller, CallState::default());
            let result = work(&mut tx).and_then(|done| crate::exec::settle_files(&mut tx).map(|()| done));
            let state = std::mem::take(&mut tx.state);
            crate::pipeline::settle(&house, state, result, move |result| {
                let _ = send.send(result);
            })
        })?;
        receive.recv().map_err(|_| Error::server("the writer lane dropped a write"))?
    }
}
