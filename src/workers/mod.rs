//! Runs jobs: takes up what is ready, woken by the commits that made it, in the order of queues, priorities and keys;
//! keeps leases; runs the work of the clock. In this process alone, which owns the database; the leases and fences
//! are kept as if there were others.

mod attempt;
pub mod by_hand;
mod calendar;
mod clock;
mod desk;
mod pool;
pub mod rows;

pub use calendar::WORKER;
pub use clock::{jobs, once};

use crate::error::{Error, Result};
use crate::jobs::Shelf;
use crate::pipeline::OwnWrite;
use crate::server::Server;
use clock::ByClock;
use desk::Desk;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs until it is dropped, or the server is closed.
pub struct Workers {
    desk: Arc<Desk>,
}

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(500);
/// A clock that is set right by less than this has not gone back.
const BACK_MS: i64 = 60_000;
/// How often runs give a sign of life: well before their leases end.
const LEASES: Duration = Duration::from_secs(10);

impl Workers {
    pub fn start(server: Arc<Server>) -> Result<Workers> {
        let desk = Arc::new(Desk::new(server));
        let by_clock = ByClock::new(&desk);
        desk.server.env.queues.bell.begin();
        let round =
            Round { by_clock, next: BTreeMap::new(), known: false, ticked: None, leases: None, seen_ms: 0 };
        let mine = desk.clone();
        let thread = std::thread::Builder::new().name("jobs".into()).spawn(move || round.serve(&mine));
        desk.runs_on(thread.map_err(|e| Error::server(format!("jobs cannot be run: {e}")))?);
        let ends = Arc::downgrade(&desk);
        desk.server.before_close(move || {
            if let Some(desk) = ends.upgrade() {
                desk.stop();
            }
        });
        Ok(Workers { desk })
    }

    /// Takes up no more. What is under way goes on.
    pub fn halt(&self) {
        self.desk.halt();
    }
}

impl Drop for Workers {
    /// Waits for what is under way.
    fn drop(&mut self) {
        self.desk.stop();
    }
}

/// Runs what is ready in a queue, one job after the other, in this thread: for tests, where nobody else runs jobs.
pub fn run_ready(server: &Arc<Server>, queue: &'static str) -> Result<usize> {
    let mut count = 0;
    loop {
        let taken = OwnWrite::of_server("jobs").wait_again(server, move |tx| {
            let now = tx.env().unix_ms();
            let shelves = rows::shelves(tx)?;
            let ready = shelves.into_iter().find(|((name, _), due)| *name == queue && *due <= now);
            ready.map(|(shelf, _)| rows::take(tx, shelf, 1)).transpose()
        })?;
        let Some((taken, _)) = taken else { return Ok(count) };
        for (run, worker) in taken {
            attempt::make(server, &run, worker);
            count += 1;
        }
    }
}

/// What the thread that takes up jobs knows from one round to the next.
struct Round {
    by_clock: ByClock,
    /// When the next job of each shelf is due.
    next: BTreeMap<Shelf, i64>,
    /// Whether the table was looked at.
    known: bool,
    ticked: Option<Instant>,
    leases: Option<Instant>,
    /// The clock at the last tick.
    seen_ms: i64,
}

fn is_over(since: &mut Option<Instant>, span: Duration) -> bool {
    let over = since.is_none_or(|since| since.elapsed() >= span);
    if over {
        *since = Some(Instant::now());
    }
    over
}

impl Round {
    fn serve(mut self, desk: &Arc<Desk>) {
        let server = &desk.server;
        loop {
            let heard = server.env.queues.bell.wait(self.pause(desk));
            for (shelf, due) in heard.due {
                let first = self.next.entry(shelf).or_insert(due);
                *first = due.min(*first);
            }
            heard.cancelled.into_iter().for_each(|id| desk.cancelled(id));
            if heard.stopped {
                return;
            }
            if server.only_reads() && !clock::has_begun(server) {
                continue;
            }
            let done = self.round(desk);
            if let Err(error) = done {
                tracing::error!(%error, "jobs could not be taken up");
                std::thread::sleep(TICK);
            }
        }
    }

    fn round(&mut self, desk: &Arc<Desk>) -> Result<()> {
        let server = &desk.server;
        if is_over(&mut self.ticked, TICK) {
            server.db.rest();
            server.keep_watch();
            desk.end_late_runs();
            let now = server.env.unix_ms();
            if now.saturating_add(BACK_MS) < self.seen_ms {
                server.write_as("jobs", rows::clock_went_back)?;
                (self.next, self.known) = (BTreeMap::new(), false);
            }
            self.seen_ms = now;
            self.by_clock.tick(desk);
        }
        if is_over(&mut self.leases, LEASES) {
            desk.keep_leases()?;
        }
        if !self.known {
            self.learn(desk)?;
        }
        self.take(desk)
    }

    /// What the last server left.
    fn learn(&mut self, desk: &Desk) -> Result<()> {
        let known = desk.server.write_as("jobs", |tx| {
            let env = tx.env();
            for row in tx.list("JobQueue", &[("pauseFlag", 1.into())], "name", u64::from(u16::MAX))? {
                if let Some(queue) = row["name"].as_str().and_then(|name| env.registry.queue(name)) {
                    env.queues.pause(queue.name, true);
                }
            }
            rows::shelves(tx)
        })?;
        self.next.extend(known);
        self.known = true;
        Ok(())
    }

    /// How long nothing can be taken up.
    fn pause(&self, desk: &Desk) -> Duration {
        if desk.server.only_reads() {
            return TICK;
        }
        let now = desk.server.env.unix_ms();
        let waits = self.next.iter().filter(|((queue, _), _)| desk.free(queue) > 0);
        let first = waits.map(|(_, due)| due.saturating_sub(now).max(0).unsigned_abs()).min();
        first.map_or(TICK, |ms| Duration::from_millis(ms).min(TICK))
    }

    /// Takes up what is ready and begins it.
    fn take(&mut self, desk: &Arc<Desk>) -> Result<()> {
        let now = desk.server.env.unix_ms();
        let mut wanted: Vec<(Shelf, usize)> = Vec::new();
        for (shelf, _) in self.next.iter().filter(|(_, due)| **due <= now) {
            let before = wanted.iter().filter(|((queue, _), _)| *queue == shelf.0).map(|(_, most)| most);
            let free = desk.free(shelf.0).saturating_sub(before.sum());
            if free > 0 {
                wanted.push((*shelf, free));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        // A queue gives its free places to one priority after the other.
        let asked = wanted.clone();
        let taken = OwnWrite::of_server("jobs").wait_again(&desk.server, move |tx| {
            asked.iter().map(|(shelf, most)| rows::take(tx, *shelf, *most)).collect::<Result<Vec<_>>>()
        })?;
        for ((shelf, _), (jobs, next)) in wanted.into_iter().zip(taken) {
            match next {
                Some(due) => self.next.insert(shelf, due),
                None => self.next.remove(&shelf),
            };
            jobs.into_iter().for_each(|(run, worker)| desk.begin(run, worker));
        }
        Ok(())
    }
}
