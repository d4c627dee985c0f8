//! One attempt at a job: its work, and how it ends. What the work writes and the end of the job are one transaction; a
//! failure is written after that transaction was undone.

use super::rows;
use crate::api::{Answer, Prepared, Stage};
use crate::auth::{Caller, Role};
use crate::error::{Code, Error, Result};
use crate::jobs::{JobRun, RunEnd};
use crate::pipeline::OwnWrite;
use crate::plugin::{How, Worker};
use crate::server::Server;
use crate::session::Draft;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// What becomes of an attempt; None = its job was lost or its end is not known.
pub type End = Option<RunEnd>;

fn own_write(run: &JobRun) -> OwnWrite {
    OwnWrite::of_server(format!("job:{}", run.kind))
}

/// Makes an attempt and waits for its end.
pub fn make(server: &Arc<Server>, run: &JobRun, worker: &Worker) -> End {
    let began = Instant::now();
    let ended = match worker.how {
        How::Tx(work) => {
            let run = run.clone();
            own_write(&run).wait_again(server, move |tx| {
                let result = work(tx, &run)?;
                rows::done(tx, &run, &result)
            })
        }
        How::Stage(work) => staged(server, run, work),
    };
    settle(server, run, began, ended)
}

/// Queues an attempt whose work is done on the lane; `then` hears of its end.
pub fn queue(server: &Arc<Server>, run: JobRun, worker: &Worker, then: impl FnOnce(End) + Send + 'static) {
    let began = Instant::now();
    let How::Tx(work) = worker.how else { return then(make(server, &run, worker)) };
    let mine = run.clone();
    let ending = Ending { server: server.clone(), run: run.clone(), began, then: Some(Box::new(then)) };
    let queued = own_write(&run).start_again(
        server,
        move |tx| {
            let result = work(tx, &mine)?;
            rows::done(tx, &mine, &result)
        },
        move |ended| ending.end(ended),
    );
    if let Err(error) = queued {
        tracing::warn!(%error, job = run.id, kind = run.kind, "a job could not be begun");
    }
}

type Then = Box<dyn FnOnce(End) + Send>;

/// The end of a queued attempt: told once, also when its write panicked or was dropped.
struct Ending {
    server: Arc<Server>,
    run: JobRun,
    began: Instant,
    then: Option<Then>,
}

impl Ending {
    /// On the lane, which waits for nothing.
    fn end(mut self, ended: Result<()>) {
        self.finish(ended);
    }

    fn finish(&mut self, ended: Result<()>) {
        let Some(then) = self.then.take() else { return };
        let (run, began) = (self.run.clone(), self.began);
        let Some(why) = failure(&ended) else {
            return then(note(&self.server, &run, began, ended.ok().map(|()| RunEnd::Done), ""));
        };
        let (server, failed) = (self.server.clone(), run.clone());
        let words = why.clone();
        let queued = OwnWrite::of_server("jobs").start_again(
            &self.server,
            move |tx| rows::failed(tx, &failed, &words),
            move |written| then(note(&server, &run, began, written.ok().flatten().map(end_of), &why)),
        );
        if let Err(error) = queued {
            tracing::warn!(%error, job = self.run.id, "the failure of a job was not written");
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.finish(Err(Error::server("the job panicked, or its write was dropped")));
    }
}

fn end_of(dead: bool) -> RunEnd {
    if dead { RunEnd::Dead } else { RunEnd::Retry }
}

/// Why it failed, if it is known that it did.
fn failure(ended: &Result<()>) -> Option<String> {
    let error = ended.as_ref().err()?;
    (error.code != Code::UNKNOWN).then(|| error.to_string())
}

fn staged(
    server: &Arc<Server>,
    run: &JobRun,
    work: fn(&mut Stage<'_>, &JobRun) -> Result<Prepared>,
) -> Result<()> {
    let system = Arc::new(Caller::of_role(Role::Admin, 0));
    let mut stage = Stage::new(server, system, Draft::default()).of_call(0, format!("job:{}", run.kind));
    let done = catch_unwind(AssertUnwindSafe(|| work(&mut stage, run)));
    let run = run.clone();
    match done.unwrap_or_else(|_| Err(Error::server("the job panicked")))? {
        Prepared::Done(answer) => {
            let result = answer.into_value();
            own_write(&run).wait_again(server, move |tx| rows::done(tx, &run, &result))
        }
        Prepared::Write(rest) => own_write(&run).wait(server, move |tx| {
            let result = rest(tx).map(Answer::into_value)?;
            rows::done(tx, &run, &result)
        }),
    }
}

/// Writes how it ended, unless that is written already.
fn settle(server: &Arc<Server>, run: &JobRun, began: Instant, ended: Result<()>) -> End {
    let Some(why) = failure(&ended) else {
        return note(server, run, began, ended.ok().map(|()| RunEnd::Done), "");
    };
    fail(server, run, began, why)
}

/// The attempt has failed.
pub fn fail(server: &Arc<Server>, run: &JobRun, began: Instant, why: String) -> End {
    let (mine, words) = (run.clone(), why.clone());
    let written = OwnWrite::of_server("jobs").wait_again(server, move |tx| rows::failed(tx, &mine, &words));
    if let Err(error) = &written {
        tracing::warn!(%error, job = run.id, "the failure of a job was not written");
    }
    note(server, run, began, written.ok().flatten().map(end_of), &why)
}

/// Counts the end, and tells of failures in the server's log.
fn note(server: &Server, run: &JobRun, began: Instant, end: End, why: &str) -> End {
    let how = end?;
    server.env.queues.meter.of(run.queue).ended(how, began.elapsed());
    let (job, kind, attempt) = (run.id, run.kind, run.attempt);
    match how {
        RunEnd::Done => tracing::debug!(job, kind, attempt, "a job is done"),
        RunEnd::Retry => tracing::warn!(job, kind, attempt, why, "a job failed and will be tried again"),
        RunEnd::Dead => tracing::error!(job, kind, attempt, why, "a job failed and is given up"),
    }
    end
}
