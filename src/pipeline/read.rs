//! A call that changes nothing: planned, lowered and executed at once under a budget, or on a connection of the pool when
//! it takes long.

use super::identify::CallContext;
use super::low_priority_thread;
use super::parse::Parsed;
use super::record::Ids;
use super::route::ReadCall;
use crate::api::{Answer, Journal};
use crate::db::{Budget, CallState, Conn, Headers, Tx};
use crate::dispatch;
use crate::error::{Error, Result};
use crate::server::Server;
use serde_json::Value;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Machine steps a read may take on a thread that serves others, in thousands: about two milliseconds.
const INLINE_STEPS: i32 = 200;
/// What takes less on a thread of its own need not go to one again.
const SHORT: Duration = Duration::from_millis(1);

/// What became of a call that was executed: not rendered and not recorded yet.
pub struct Executed {
    pub result: Result<Answer>,
    pub debug: Vec<Value>,
    pub headers: Headers,
}

impl From<Result<Answer>> for Executed {
    fn from(result: Result<Answer>) -> Executed {
        Executed { result, debug: Vec::new(), headers: Headers::new() }
    }
}

/// Plans, lowers and executes a read: at once under a budget, on a thread of its own when that was not enough, now or when
/// it came before.
pub async fn execute(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    reading: ReadCall<'_>,
) -> Executed {
    let is_long = !server.long_reads.is_empty() && server.long_reads.has(mark(parsed, context));
    let mut journal = Journal::default();
    let tried = match is_long {
        true => Ok(None),
        false => server.db.read(Budget::Steps(INLINE_STEPS), |conn| {
            let work = |tx: &mut Tx<'_>| match reading {
                ReadCall::Standard(authorized, asked) => {
                    crate::read::whole_call(tx, &authorized, &parsed.args, asked)
                }
                ReadCall::Own(action) => dispatch::own(tx, action, &parsed.action, &parsed.args),
            };
            on(conn, server, context.state(parsed, ids), context, &mut journal, work)
        }),
    };
    match tried {
        Ok(Some(executed)) => executed,
        Ok(None) => {
            if !is_long {
                server.long_reads.put(mark(parsed, context));
            }
            let executed = Box::pin(execute_apart(server, parsed, context, ids, journal)).await;
            executed.unwrap_or_else(|error| Err(error).into())
        }
        Err(error) => Err(error).into(),
    }
}

/// A long read, on a thread of its own. Their number is limited: the rest wait, but not for ever.
async fn execute_apart(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    context: &CallContext,
    ids: Ids,
    mut journal: Journal,
) -> Result<Executed> {
    let limit = Duration::from_millis(server.env.query_timeout_ms());
    let busy = || Error::busy("too many long queries are running");
    let waited = tokio::time::timeout(limit, server.slow_reads.acquire()).await.map_err(|_| busy())?;
    let _permit = waited.map_err(|_| busy())?;
    let (server, parsed, context) = (server.clone(), parsed.clone(), context.clone());
    let read = move || {
        let started = Instant::now();
        let read = server.db.read_long(limit, limit, |conn| {
            // What was granted and understood belongs to the thread of the call: it is asked for again here.
            let work = |tx: &mut Tx<'_>| dispatch::run(tx, &parsed.action, &parsed.args);
            on(conn, &server, context.state(&parsed, ids), &context, &mut journal, work)
        });
        for statement in crate::db::slow_statements() {
            let (ms, plan) = (statement.ms, statement.plan);
            tracing::warn!(action = %parsed, call = ids.call, ms, plan, "a slow statement");
        }
        if started.elapsed() < SHORT {
            server.long_reads.remove(mark(&parsed, &context));
        }
        read
    };
    low_priority_thread::run(read).await?
}

/// Stands for a read by this caller in just these words.
fn mark(parsed: &Parsed, context: &CallContext) -> u64 {
    let caller = &context.caller;
    let words = (&parsed.action, &parsed.args.get.0, &parsed.args.post.0);
    foldhash::fast::FixedState::default().hash_one((words, caller.id, caller.bits))
}

/// Runs a read on a connection. An interruption is left to the caller, who may read again elsewhere.
fn on(
    conn: &Conn,
    server: &Server,
    state: CallState,
    context: &CallContext,
    journal: &mut Journal,
    work: impl FnOnce(&mut Tx<'_>) -> Result<Answer>,
) -> Result<Executed> {
    let state = CallState { journal: journal.again(), ..state };
    let mut tx = Tx::new(conn, &server.env, context.caller.clone(), state);
    match work(&mut tx) {
        Err(error) if crate::db::interrupted(&error) => {
            *journal = std::mem::take(&mut tx.state.journal);
            Err(error)
        }
        result => {
            let CallState { debug, headers, .. } = std::mem::take(&mut tx.state);
            Ok(Executed { result, debug, headers })
        }
    }
}
