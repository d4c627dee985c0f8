//! The end of a call that changed nothing: its answer is rendered and recorded, before it leaves if the log is strict.

use super::batch_sender;
use super::identify::CallContext;
use super::parse::Parsed;
use super::read::Executed;
use super::record::{self, CallRow, Ids};
use super::{Body, render};
use crate::api::Answer;
use crate::audit::Need;
use crate::db::{Headers, Note};
use crate::error::{Error, Result};
use crate::server::Server;
use crate::session::CookieChange;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the answer of a batch waits for its row while the disk takes none; the log goes on trying.
const RECORD_WAIT: Duration = Duration::from_secs(1);

/// Renders what changed nothing and records it: before the answer if the log is strict, else soon.
pub async fn done(
    server: &Arc<Server>,
    parsed: &Parsed,
    context: &CallContext,
    ids: Ids,
    Executed { result, debug, mut headers }: Executed,
) -> Written {
    headers.extend(result.as_ref().err().map(retry_header).unwrap_or_default());
    let (body, code) = render(server, &parsed.view, debug, result);
    parsed.outcome.set(code);
    let body = record(server, parsed, context, ids, (body, code)).await;
    Written { headers, ..body.into() }
}

/// `Retry-After`, for an error that says when the call may succeed.
pub fn retry_header(error: &Error) -> Headers {
    match error.retry_after {
        0 => Headers::new(),
        seconds => vec![(RETRY_AFTER, seconds.to_string())],
    }
}

pub const RETRY_AFTER: &str = "retry-after";

/// Records a call whose answer was given before.
pub async fn done_before(
    server: &Arc<Server>,
    parsed: &Parsed,
    context: &CallContext,
    ids: Ids,
    body: Body,
) -> Body {
    record(server, parsed, context, ids, (body, 0)).await
}

/// Records a call that changed nothing. The answer of a strict log waits for it.
async fn record(
    server: &Arc<Server>,
    parsed: &Parsed,
    context: &CallContext,
    ids: Ids,
    (body, code): (Body, i32),
) -> Body {
    if !server.env.audit().on() || server.disk.spares_reads() {
        return body;
    }
    let mut row = record::begin(server, parsed, context, ids);
    row.spare(server, parsed, context, code);
    row.finish(parsed.started, code, &body);
    let written = match note(server, row) {
        Ok(Some(written)) => written.await.unwrap_or_else(|_| Err(unrecorded())),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match written {
        Err(error) if server.env.audit().strict() => {
            let unrecorded = Err(unrecorded().because(error.to_string()));
            let (body, code) = render(server, &parsed.view, Vec::new(), unrecorded);
            parsed.outcome.set(code);
            body
        }
        Err(error) => {
            tracing::error!(%error, "a row of the log was not written");
            body
        }
        Ok(()) => body,
    }
}

/// Records a batch whose calls have changed something already, each with its own record.
pub async fn done_in_parts(
    server: &Arc<Server>,
    parsed: &Parsed,
    context: &CallContext,
    ids: Ids,
    answer: Answer,
) -> Body {
    let (body, code) = render(server, &parsed.view, Vec::new(), Ok(answer));
    let mut row = record::begin(server, parsed, context, ids);
    row.finish(parsed.started, code, &body);
    // A crash in between would leave a row that says the batch was cut off, though its caller was answered.
    let mut written = batch_sender::end(server, row);
    let in_time = tokio::time::timeout(RECORD_WAIT, &mut written).await;
    if !server.env.audit().strict() {
        return body;
    }
    let written = match in_time {
        Ok(written) => written,
        Err(_) => written.await,
    };
    if !matches!(written, Ok(true)) {
        let error = Error::db("the batch was done, but its record was not written")
            .say("批处理已执行，但日志未能写入", "the batch was done, but its record could not be written");
        return render(server, &parsed.view, Vec::new(), Err(error)).0;
    }
    body
}

fn unrecorded() -> Error {
    Error::db("the record of the call was not written")
        .say("日志写入失败，请稍后再试", "the record of the call could not be written, please try again")
}

/// Puts a row of the log in the lane. Gives what to wait for, when the log is strict or the lane is behind with rows.
fn note(server: &Arc<Server>, row: CallRow) -> Result<Option<oneshot::Receiver<Result<()>>>> {
    let (writer, strict) = (server.clone(), server.env.audit().strict());
    // A strict log tells its caller when the row was not written.
    let need = if strict { Need::Change } else { Need::Read };
    let note: Note = Box::new(move |_| {
        row.leave(&writer.chain, need);
        Ok(())
    });
    if !strict && !server.db.lane.is_behind() {
        return server.db.lane.note_later(note).map(|()| None);
    }
    let (send, receive) = oneshot::channel();
    let answer = Box::new(move |fate| {
        let _ = send.send(fate);
    });
    server.db.lane.note(note, answer).map(|()| Some(receive))
}

/// What a call comes to: its body, and what travels in the head of the answer.
pub struct Written {
    pub body: Body,
    pub cookie: Option<CookieChange>,
    pub headers: Headers,
}

impl From<Body> for Written {
    fn from(body: Body) -> Written {
        Written { body, cookie: None, headers: Headers::new() }
    }
}
