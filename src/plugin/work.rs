//! Work outside calls, as a plugin declares it: by the clock (`Job`), and what does the jobs that calls leave behind
//! (`handler`, `worker`), each in a queue.

use crate::api::{Prepared, Stage};
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::{CatchUp, JobRun, Overlap, Schedule};
use crate::time::Zone;
use crate::time::trusted::Age;
use serde_json::Value;

/// What does the jobs of one kind.
#[derive(Clone, Copy)]
pub struct Worker {
    /// The kind, one of its kind among all plugins: `order.close`.
    pub kind: &'static str,
    /// The queue that its jobs wait in.
    pub queue: &'static str,
    /// Attempts until a job is given up.
    pub tries: u32,
    /// Seconds that one attempt may take; 0 = any time. Work in the database has no such limit.
    pub limit_sec: u32,
    pub(crate) how: How,
}

/// Where the work is done.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// In one transaction with the end of the job.
    Tx(fn(&mut Tx<'_>, &JobRun) -> Result<Value>),
    /// On a thread; what is left to write is one transaction with the end of the job.
    Stage(fn(&mut Stage<'_>, &JobRun) -> Result<Prepared>),
}

/// Work in the database and nowhere else: done in one transaction with the end of its job, so exactly once. It may be run
/// again when a write beside it fails, as every write may. Its jobs wait in the queue `default`. A result of `true` says that
/// there is more to do: what was written is kept, and the job runs again soon.
pub const fn handler(kind: &'static str, run: fn(&mut Tx<'_>, &JobRun) -> Result<Value>) -> Worker {
    Worker { kind, queue: "default", tries: 20, limit_sec: 0, how: How::Tx(run) }
}

/// Work that takes its time or acts outside: on a thread of its queue, which is `work`. What it leaves to be written is one
/// transaction with the end of its job; what it does outside happens at least once, so it sends `JobRun::id` along as its key.
pub const fn worker(kind: &'static str, run: fn(&mut Stage<'_>, &JobRun) -> Result<Prepared>) -> Worker {
    Worker { kind, queue: "work", tries: 20, limit_sec: 300, how: How::Stage(run) }
}

impl Worker {
    /// Another queue. All work of a queue is of one sort: `handler` or `worker`.
    pub const fn queue(mut self, name: &'static str) -> Worker {
        self.queue = name;
        self
    }

    /// Attempts until a job is given up.
    pub const fn tries(mut self, tries: u32) -> Worker {
        self.tries = tries;
        self
    }

    /// How long one attempt may take.
    pub const fn limit_sec(mut self, seconds: u32) -> Worker {
        self.limit_sec = seconds;
        self
    }

    /// Whether it works on a thread of its own.
    pub fn is_staged(&self) -> bool {
        matches!(self.how, How::Stage(_))
    }
}

/// A queue, and how many of its jobs run at once.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// Letters and digits.
    pub name: &'static str,
    /// Jobs at once: threads, where its work is done on threads.
    pub width: u16,
}

/// A queue of which so many jobs run at once.
pub const fn queue(name: &'static str, width: u16) -> Queue {
    Queue { name, width }
}

/// Work done by the clock. A run that answers `true` has more to do and is called again soon.
#[derive(Clone, Copy)]
pub struct Job {
    /// One of its kind: the name in the log.
    pub name: &'static str,
    /// Minimum seconds between two runs; 0 = it goes by the calendar.
    pub every_sec: u32,
    /// When it runs, by the calendar: minute, hour, day, month, weekday. Empty = every so many seconds.
    pub cron: &'static str,
    /// The zone of the calendar; empty = that of the server.
    pub zone: &'static str,
    /// What happens when a run is due and the one before has not ended.
    pub overlap: Overlap,
    /// Which runs are made up for that were missed while no server ran.
    pub catch_up: CatchUp,
    work: ByClock,
}

#[derive(Clone, Copy)]
enum ByClock {
    Keeps(fn(&mut Stage<'_>) -> Result<Prepared>),
    Destroys(fn(&mut Stage<'_>, Age) -> Result<Prepared>),
}

impl Job {
    /// Work that deletes nothing because of its age.
    pub const fn new(name: &'static str, every_sec: u32, run: fn(&mut Stage<'_>) -> Result<Prepared>) -> Job {
        Job::of(name, every_sec, "", ByClock::Keeps(run))
    }

    const fn of(name: &'static str, every_sec: u32, cron: &'static str, work: ByClock) -> Job {
        Job { name, every_sec, cron, zone: "", overlap: Overlap::Skip, catch_up: CatchUp::None, work }
    }

    /// Work at moments of the calendar: `"30 2 * * *"` is half past two every day, `"0 9 * * 1-5"` nine o'clock on weekdays.
    /// Each run is a job of the table `Job`: it survives restarts, and is tried again when it fails.
    pub const fn cron(
        name: &'static str,
        cron: &'static str,
        run: fn(&mut Stage<'_>) -> Result<Prepared>,
    ) -> Job {
        Job::of(name, 0, cron, ByClock::Keeps(run))
    }

    /// In another zone than that of the server: `"Europe/Berlin"`, `"+08:00"`.
    pub const fn zone(mut self, zone: &'static str) -> Job {
        self.zone = zone;
        self
    }

    /// What happens when a run is due and the one before has not ended; without this the new one is skipped.
    pub const fn overlap(mut self, overlap: Overlap) -> Job {
        self.overlap = overlap;
        self
    }

    /// Which runs are made up for that were missed while no server ran; without this none.
    pub const fn catch_up(mut self, catch_up: CatchUp) -> Job {
        self.catch_up = catch_up;
        self
    }

    /// Its moments, if it goes by the calendar.
    pub fn schedule(&self, server: Zone) -> Result<Option<Schedule>, String> {
        if self.cron.is_empty() {
            return Ok(None);
        }
        let zone = match self.zone {
            "" => server,
            zone => Zone::parse(zone).map_err(|_| format!("there is no time zone `{zone}`"))?,
        };
        Schedule::parse(self.cron, zone).map(Some)
    }

    /// Work that deletes what is old. It judges by the age it is given, which a clock set wrong cannot change, and never
    /// by the clock itself.
    pub const fn destroying(
        name: &'static str,
        every_sec: u32,
        run: fn(&mut Stage<'_>, Age) -> Result<Prepared>,
    ) -> Job {
        Job::of(name, every_sec, "", ByClock::Destroys(run))
    }

    /// Whether it deletes what is old.
    pub fn destroys(&self) -> bool {
        matches!(self.work, ByClock::Destroys(_))
    }

    /// One run. `Prepared` says what is left to write, or that nothing is.
    pub fn run(&self, stage: &mut Stage<'_>) -> Result<Prepared> {
        match self.work {
            ByClock::Keeps(run) => run(stage),
            ByClock::Destroys(run) => {
                let age = stage.env().age();
                run(stage, age)
            }
        }
    }
}
