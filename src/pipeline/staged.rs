//! Work that holds neither a reader nor the lane, and the writing that follows it.

use super::Body;
use super::done::{Written, done, done_before};
use super::identify::{self, CallContext};
use super::once::{Once, UnderWay};
use super::parse::Parsed;
use super::record::Ids;
use super::route::StagedWork;
use super::write::{Writing, write};
use crate::api::{Prepared, Stage};
use crate::db::{CallState, Headers, Tx};
use crate::error::{Error, Result};
use crate::integrations::in_trace;
use crate::server::Server;
use std::sync::Arc;

/// Executes slow work on a thread of its own; what is left to write goes to the lane.
pub async fn execute(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    (work, takes_file): (StagedWork, bool),
) -> Written {
    // Waiting here takes no thread; the place is given back when the answer is ready.
    let _place = if takes_file { server.intake.acquire().await.ok() } else { None };
    let _under_way = match &context.once {
        Some(once) => match before(server, context, once) {
            Ok(Ok(under_way)) => Some(under_way),
            Ok(Err(body)) => return done_before(server, parsed, context, ids, body).await.into(),
            Err(error) => return done(server, parsed, context, ids, Err(error).into()).await,
        },
        None => None,
    };
    let (prepared, headers) = {
        let (server, parsed, context) = (server.clone(), parsed.clone(), context.clone());
        let task = tokio::task::spawn_blocking(move || {
            let standing = identify::standing(&server, &parsed, &context);
            let mut stage = Stage::new(&server, context.caller.clone(), context.draft())
                .of_call(ids.call, parsed.action.to_string())
                .judged_by(standing)
                .done_once(context.once.is_some());
            let done = in_trace(parsed.trace_parent(), || work(&mut stage, &parsed.args));
            (done, stage.headers())
        });
        task.await.unwrap_or_else(|panic| (Err(Error::server(panic.to_string())), Headers::new()))
    };
    let mut written: Written = match prepared {
        Ok(Prepared::Write(rest)) => write(server, parsed, context, ids, Writing::Once(rest)).await,
        // The answer is kept with its key all the same.
        Ok(Prepared::Done(answer)) if context.once.is_some() => {
            write(server, parsed, context, ids, Writing::Once(Box::new(|_| Ok(answer)))).await
        }
        Ok(Prepared::Done(answer)) => done(server, parsed, context, ids, Ok(answer).into()).await,
        Err(error) => done(server, parsed, context, ids, Err(error).into()).await,
    };
    written.headers.extend(headers);
    written
}

/// Takes the key of a call that is to be done once, or finds the answer that was given before.
fn before(server: &Arc<Server>, context: &CallContext, once: &Arc<Once>) -> Result<Result<UnderWay, Body>> {
    let under_way = once.begin(server)?;
    let found = server.look(|conn| {
        once.find(&mut Tx::new(conn, &server.env, context.caller.clone(), CallState::default()))
    })?;
    Ok(found.map_or(Ok(under_way), Err))
}
