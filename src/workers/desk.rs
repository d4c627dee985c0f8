//! Whoever runs jobs: which are in its hands, how many more each queue may have, and their leases.

use super::attempt;
use super::pool::Pool;
use super::rows;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::JobRun;
use crate::pipeline::OwnWrite;
use crate::plugin::Worker;
use crate::server::Server;
use crate::value::Val;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Jobs whose work is done on the lane: so many are handed to it at once.
const IN_LANE: usize = 512;

pub struct Desk {
    pub server: Arc<Server>,
    /// Threads of the queues whose work is done on threads.
    pools: BTreeMap<&'static str, Pool>,
    running: Mutex<HashMap<i64, Running>>,
    /// One of them has ended.
    ended: Condvar,
    /// Since when no job is taken up any more.
    halted: OnceLock<Instant>,
    /// The thread that takes up jobs.
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Running {
    run: JobRun,
    began: Instant,
    limit: Option<Duration>,
}

impl Desk {
    pub fn new(server: Arc<Server>) -> Desk {
        let registry = &server.env.registry;
        let staged = |name: &str| registry.workers().any(|worker| worker.queue == name && worker.is_staged());
        let pools = registry.queues().filter(|queue| staged(queue.name));
        let pools =
            pools.map(|queue| (queue.name, Pool::new(queue.name, usize::from(queue.width)))).collect();
        Desk {
            server,
            pools,
            running: Mutex::default(),
            ended: Condvar::new(),
            halted: OnceLock::new(),
            thread: Mutex::default(),
        }
    }

    /// How many jobs more the queue may have now.
    pub fn free(&self, queue: &str) -> usize {
        if self.server.env.queues.is_paused(queue) {
            return 0;
        }
        let running = self.running();
        let count = running.values().filter(|running| running.run.queue == queue).count();
        match self.server.env.registry.queue(queue) {
            Some(known) if self.pools.contains_key(queue) => usize::from(known.width).saturating_sub(count),
            // In one go, rather than one for each that ends.
            Some(_) if count <= IN_LANE / 2 => IN_LANE - count,
            _ => 0,
        }
    }

    /// Begins an attempt at a job that was taken up.
    pub fn begin(self: &Arc<Desk>, run: JobRun, worker: &'static Worker) {
        self.server.env.queues.meter.of(run.queue).took_up(run.waited_ms);
        let limit = (worker.limit_sec > 0).then(|| Duration::from_secs(u64::from(worker.limit_sec)));
        let running = Running { run: run.clone(), began: Instant::now(), limit };
        self.running().insert(run.id, running);
        let desk = self.clone();
        let (id, fence) = (run.id, run.fence);
        match self.pools.get(run.queue) {
            None => attempt::queue(&self.server, run, worker, move |_| desk.has_ended(id, fence)),
            Some(pool) => pool.run(Box::new(move || {
                attempt::make(&desk.server, &run, worker);
                desk.has_ended(id, fence);
            })),
        }
    }

    fn has_ended(&self, id: i64, fence: i64) {
        let mut running = self.running();
        if running.get(&id).is_none_or(|other| other.run.fence != fence) {
            return;
        }
        let queue = running.remove(&id).map_or("", |gone| gone.run.queue);
        let left = running.values().filter(|running| running.run.queue == queue).count();
        drop(running);
        self.ended.notify_all();
        // Of work on the lane there is room again when half of it is done.
        if self.pools.contains_key(queue) || left == IN_LANE / 2 || left == 0 {
            self.server.env.queues.bell.stir();
        }
    }

    /// The job was cancelled: what runs it is told.
    pub fn cancelled(&self, id: i64) {
        if let Some(running) = self.running().get(&id) {
            running.run.lose();
        }
    }

    /// Signs of life for the runs here; those without one, here or anywhere, are followed by others.
    pub fn keep_leases(&self) -> Result<()> {
        let runs: Vec<JobRun> = self.running().values().map(|running| running.run.clone()).collect();
        let here: Vec<i64> = runs.iter().map(|run| run.id).collect();
        if !runs.is_empty() {
            OwnWrite::of_server("jobs").wait_again(&self.server, move |tx| {
                for run in &runs {
                    if !rows::renew(tx, run)? {
                        run.lose();
                    }
                }
                Ok(())
            })?;
        }
        let before = self.server.env.session_ms();
        let dead = self.server.look(|conn| conn.number(rows::ANY_EXPIRED, vec![Val::Int(before)]))?;
        if dead.unwrap_or_default() > 0 {
            let rescue = move |tx: &mut Tx<'_>| {
                rows::rescue(tx, before, &|id| here.contains(&id), "interrupted: there was no sign of life")
            };
            let count = OwnWrite::of_server("jobs").wait_again(&self.server, rescue)?;
            if count > 0 {
                tracing::warn!(count, "jobs were taken over from runs without a sign of life");
            }
        }
        Ok(())
    }

    /// Runs that took too long lose their jobs; their threads are replaced, for nothing can end them.
    pub fn end_late_runs(&self) {
        let late = |running: &&Running| running.limit.is_some_and(|limit| running.began.elapsed() > limit);
        let late: Vec<(JobRun, Instant)> =
            self.running().values().filter(late).map(|late| (late.run.clone(), late.began)).collect();
        for (run, began) in late {
            run.lose();
            let why = format!("it took longer than {} s", began.elapsed().as_secs());
            attempt::fail(&self.server, &run, began, why);
            if let Some(pool) = self.pools.get(run.queue) {
                pool.replace_one();
            }
            self.has_ended(run.id, run.fence);
        }
    }

    pub fn runs_on(&self, thread: JoinHandle<()>) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Takes up no more.
    pub fn halt(&self) {
        self.halted.get_or_init(Instant::now);
        self.server.env.queues.bell.stop();
    }

    /// Takes up no more, and waits for the runs that are under way.
    pub fn stop(&self) {
        self.halt();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        let _ = thread.join();
        // The connections had the same time.
        let grace = Duration::from_millis(self.server.env.config.int("P_GRACE").unsigned_abs());
        let left = grace.saturating_sub(self.halted.get().map_or(Duration::ZERO, Instant::elapsed));
        let busy = |running: &mut HashMap<i64, Running>| !running.is_empty();
        let (left, _) =
            self.ended.wait_timeout_while(self.running(), left, busy).unwrap_or_else(PoisonError::into_inner);
        if !left.is_empty() {
            tracing::warn!(count = left.len(), "jobs did not end in time: the next start begins them again");
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.halted.get().is_some()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
