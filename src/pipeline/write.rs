//! A call that changes something: it runs on the lane, with its record in the same transaction, and answers
//! after the commit.

use super::done::{Written, done, retry_header};
use super::finish::{Ending, record};
use super::identify::{self, CallContext};
use super::parse::Parsed;
use super::record::{self as rows, CallRow, Ids};
use super::{Body, hashes, render};
use crate::api::{Answer, Journal};
use crate::db::{CallState, Outcome, Tx, WriterConn};
use crate::dispatch;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::write::WriteWords;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// What a call writes.
pub enum Writing {
    /// Work that can be run again when what it wrote was undone. It asks for its rights itself.
    Again(Repeatable),
    /// Work that is used up. It was prepared with the rights of the call's beginning, so those must be the same still.
    Once(crate::api::Rest),
}

type Repeatable = Box<dyn FnMut(&mut Tx<'_>) -> Result<Answer> + Send>;

/// Executes a call that changes something. The lane asks for its rights again: they may have ended while it waited.
pub async fn execute(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    words: Option<WriteWords>,
) -> Written {
    match Box::pin(hashes::of_call(server, parsed)).await {
        Ok(hashes) => {
            let call = parsed.clone();
            let work = move |tx: &mut Tx<'_>| {
                tx.know_hashes(hashes.clone());
                dispatch::run_parsed(tx, &call.action, &call.args, words.as_ref())
            };
            write(server, parsed, context, ids, Writing::Again(Box::new(work))).await
        }
        Err(error) => done(server, parsed, context, ids, Err(error).into()).await,
    }
}

/// A write: on the lane, with its record, answered after the commit.
pub async fn write(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    work: Writing,
) -> Written {
    let (mut call, answer) = OnLane::new(server, parsed, context, ids);
    let (lane, what) = (&server.db.lane, parsed.clone());
    let queued = match work {
        Writing::Again(mut work) => lane.write_again(what, move |writer| call.run(writer, Ok, &mut *work)),
        Writing::Once(work) => {
            call.queued = Instant::now();
            let before = context.clone();
            let same = move |now: CallContext| before.same_rights(now);
            lane.write(what, move |writer| call.run(writer, same, work))
        }
    };
    answered(server, parsed, context, ids, queued, answer).await
}

/// Waits for what the lane makes of a call.
pub async fn answered(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    queued: Result<()>,
    answer: oneshot::Receiver<Result<Written>>,
) -> Written {
    let result = match queued {
        // A write that panicked drops its sender.
        Ok(()) => answer.await.unwrap_or_else(|_| Err(Error::server("a write was lost"))),
        Err(error) => Err(error),
    };
    match result {
        Ok(written) => written,
        Err(error) => done(server, parsed, context, ids, Err(error).into()).await,
    }
}

/// What the lane has of a call.
enum Ran {
    Now(Answer),
    /// It was done before, with this answer.
    Before(Body),
}

/// A call on the lane.
pub struct OnLane {
    pub server: Arc<Server>,
    pub parsed: Arc<Parsed>,
    pub context: CallContext,
    pub ids: Ids,
    /// What is known of its row before it runs: not the lane's work.
    pub row: CallRow,
    pub reply: Reply,
    /// Since when it waits.
    queued: Instant,
    begun: bool,
    pub journal: Journal,
}

/// Where its answer goes. The lane may run a call again, so whichever outcome is kept takes it.
#[derive(Clone)]
pub struct Reply(Arc<Mutex<Option<oneshot::Sender<Result<Written>>>>>);

impl Reply {
    pub fn send(&self, answer: Result<Written>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever hung up meanwhile is not told.
        let _ = sender.map(|sender| sender.send(answer));
    }
}

impl OnLane {
    pub fn new(
        server: &Arc<Server>,
        parsed: &Arc<Parsed>,
        context: &CallContext,
        ids: Ids,
    ) -> (OnLane, oneshot::Receiver<Result<Written>>) {
        let (send, answer) = oneshot::channel();
        let reply = Reply(Arc::new(Mutex::new(Some(send))));
        let row = rows::begin(server, parsed, context, ids);
        let (server, parsed, context) = (server.clone(), parsed.clone(), context.clone());
        let queued = parsed.started;
        (
            OnLane {
                server,
                parsed,
                context,
                ids,
                row,
                reply,
                queued,
                begun: false,
                journal: Journal::default(),
            },
            answer,
        )
    }

    /// The first step of every call on the lane: it must not have waited too long, and its caller is asked for again if
    /// any account or session has changed since it came.
    pub fn begin(&mut self, writer: &WriterConn<'_>) -> Result<Option<CallContext>> {
        self.begun = true;
        let limit = self.server.env.config.write_wait;
        let waited = writer.now().saturating_duration_since(self.queued);
        self.server.db.lane.stats().waits.took(waited);
        if waited > limit {
            return Err(Error::busy_write("the write waited longer than P_WRITE_WAIT_MS allows"));
        }
        identify::renewed(&self.server, &self.parsed, &self.context)
    }

    fn run(
        &mut self,
        writer: &WriterConn<'_>,
        judge: impl FnOnce(CallContext) -> Result<CallContext>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Answer>,
    ) -> Outcome {
        let begun = self.begin(writer);
        let OnLane { server, parsed, context, ids, row, reply, journal, .. } = self;
        let (judged, renewed) = match begun.and_then(|now| now.map(judge).transpose()) {
            Ok(renewed) => (Ok(()), renewed),
            Err(error) => (Err(error), None),
        };
        let context = renewed.as_ref().unwrap_or(context);
        let state = CallState { journal: journal.again(), ..context.state(parsed, *ids) };
        let mut tx = Tx::at(writer, &server.env, context.caller.clone(), state);
        let result = judged.and_then(|()| {
            if let Some(body) = context.once.as_ref().map_or(Ok(None), |once| once.find(&mut tx))? {
                return Ok(Ran::Before(body));
            }
            let answer = work(&mut tx)?;
            context.batch.as_ref().map_or(Ok(()), |batch| batch.write(&mut tx))?;
            Ok(Ran::Now(answer))
        });
        let (result, mut ending) = Ending::of(&mut tx, result);
        *journal = ending.journal();
        let (debug, mut row, ids) = (std::mem::take(&mut ending.debug), row.clone(), *ids);
        let reply = reply.clone();
        let (body, debug) = match result {
            Ok(Ran::Before(body)) => (Ok(body), debug),
            Ok(Ran::Now(answer)) => {
                let (body, _) = render(server, &parsed.view, debug, Ok(answer));
                let kept =
                    context.once.as_ref().map(|once| once.keep(&mut tx, &body, ending.cookie.is_some()));
                (kept.unwrap_or(Ok(())).map(|()| body), Vec::new())
            }
            Err(error) => (Err(error), debug),
        };
        match body {
            Ok(body) => {
                parsed.outcome.set(0);
                row.belongs_to(ending.caller.id, ending.session_name());
                row.finish(parsed.started, 0, &body);
                let objects = std::mem::take(&mut ending.objects);
                let headers = std::mem::take(&mut ending.headers);
                let cookie = ending.cookie.take();
                let records = move |server: &Server| record(server, row, objects, ids);
                ending.keep(server, records, move |fate| {
                    reply.send(fate.map(|()| Written { body, cookie, headers }));
                })
            }
            Err(error) => {
                let headers = retry_header(&error);
                let (body, code) = render(server, &parsed.view, debug, Err(error));
                row.spare(server, parsed, context, code);
                parsed.outcome.set(code);
                row.finish(parsed.started, code, &body);
                let strict = server.env.audit().strict();
                let records = move |server: &Server| record(server, row, Vec::new(), ids);
                ending.undo(server, ids, records, move |fate| {
                    // It changed nothing, whatever became of the commit; only its record may be missing.
                    let fate = if strict { fate } else { Ok(()) };
                    reply.send(fate.map(|()| Written { headers, ..body.into() }));
                })
            }
        }
    }
}

impl Drop for OnLane {
    /// A write that the lane gave up before it ran.
    fn drop(&mut self) {
        if !self.begun {
            self.reply.send(Err(Error::busy_write("the write was given up before it began")));
        }
    }
}
