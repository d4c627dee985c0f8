//! A call from its bytes to its bytes: parse → identify → authorize → plan → lower → execute → render → record.
//!
//! Two functions are the whole picture. `serve` takes a request to its call or its batch; `answer` takes one call to
//! its recorded answer by one of three ways: a read, a write, a staged call.

mod allow;
mod batch;
mod batch_sender;
mod content;
mod done;
mod door;
mod finish;
mod hashes;
mod identify;
mod log_view;
mod low_priority_thread;
mod once;
mod outgoing;
mod own;
mod parse;
mod read;
mod record;
mod route;
mod staged;
mod write;

pub use content::Content;
pub use done::retry_header;
pub use door::{Head, Intake, too_large};
pub use identify::CallContext;
pub(crate) use low_priority_thread::stand_back;
pub use once::{Keys, LIFE_MS as KEY_LIFE_MS};
pub use outgoing::{Body, Outgoing};
pub use own::OwnWrite;
pub use parse::{Incoming, Parsed};

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");

use crate::auth::Caller;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::render::View;
use crate::server::Server;
use crate::services::LogTable;
use done::Written;
use outgoing::{refuse, render, told};
use record::Ids;
use route::Route;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Serves one request of the API.
pub async fn serve(server: &Arc<Server>, head: Head, content: Content) -> Outgoing {
    let parsed = match door::entered(server, head, content).await {
        Ok(parsed) => Arc::new(parsed),
        Err(refused) => {
            server.metrics.refused.fetch_add(1, Ordering::Relaxed);
            return refused;
        }
    };
    let context = match identify::identify(server, &parsed) {
        Ok(context) => context,
        Err(error) => return refuse(server, &error, &parsed.view),
    };
    if let Err(error) = server.env.guest_rate.check(&context.caller) {
        return refuse(server, &error, &parsed.view);
    }
    match parsed.is_batch() {
        // Boxed, as all that is rare: a call then holds no room for it.
        true => Box::pin(batch::serve(server, &parsed, context)).await,
        false => one(server, &parsed, context).await,
    }
}

/// Answers one call, alone or one of a batch. Each way goes through the same stages:
///
/// | stage | read | write | staged call |
/// |---|---|---|---|
/// | authorize | here | here, and on the lane | here, and before its write |
/// | words of a query are parsed | `route`: before a connection | `route`: before the lane | `route`: before its thread |
/// | plan, lower, execute | `read::execute` → `src/read` | `write::execute` → `dispatch` → `src/write` | `staged::execute`, then as a write |
/// | render, record | `done::done`, after it | `finish`, in its transaction | as a write, or as a read if it wrote nothing |
async fn answer(server: &Arc<Server>, parsed: &Arc<Parsed>, context: &CallContext, ids: Ids) -> Written {
    if log_view::shows_log(server, parsed) {
        Box::pin(log_view::settle(server)).await;
    }
    let granted = allow::authorize(server, parsed, context);
    let routed = granted.and_then(|granted| route::route(&server.env, granted, parsed));
    let (keyed, routed) = match once::keyed(parsed, context, ids, &routed) {
        Ok(keyed) => (keyed, routed),
        Err(error) => (None, Err(error)),
    };
    let context = keyed.as_ref().unwrap_or(context);
    let executed = match routed {
        Ok(Route::Read(reading)) => read::execute(server, parsed, context, ids, reading).await,
        Ok(Route::Write(words)) => return write::execute(server, parsed, context, ids, words).await,
        Ok(Route::Staged { work, takes_file, .. }) => {
            return Box::pin(staged::execute(server, parsed, context, ids, (work, takes_file))).await;
        }
        Err(error) => Err(error).into(),
    };
    done::done(server, parsed, context, ids, executed).await
}

/// A call that is a request of its own.
async fn one(server: &Arc<Server>, parsed: &Arc<Parsed>, context: CallContext) -> Outgoing {
    let ids = Ids { call: server.env.next_log_id(LogTable::Call), item: None };
    let written = answer(server, parsed, &context, ids).await;
    ended(server, parsed, ids);
    Outgoing::of(written, parsed, told(server, &context, ids))
}

/// Counts a call that has its answer, and says so if it was slow. Values are not logged.
fn ended(server: &Server, parsed: &Parsed, ids: Ids) {
    let (time, code) = (parsed.started.elapsed(), parsed.outcome.code());
    server.metrics.calls.ended(&parsed.action, code, time);
    if crate::db::is_slow(time) {
        let ms = time.as_millis() as u64;
        tracing::warn!(action = %parsed, ms, code, call = ids.call, trace = parsed.trace(), "a slow call");
    }
}

/// The answer to what does not become a call, in the plainest form.
pub fn refusal(server: &Server, error: &Error) -> Outgoing {
    refuse(server, error, &View::default())
}

/// Who would make a call, as far as the head of its request tells.
pub fn identify_by_head(server: &Server, incoming: Incoming) -> Result<CallContext> {
    let parsed = parse::head(&server.env, incoming).map_err(|(error, _)| error)?;
    identify::identify_by_head(server, &parsed)
}

/// A call of our own making (the command line, tests without HTTP): same rules, same record.
pub async fn call_as(
    server: &Arc<Server>,
    caller: Caller,
    action: &str,
    get: Params,
    post: Params,
) -> Result<String> {
    let written = |post: Params| serde_json::Value::Object(post.0).to_string().into_bytes();
    let body = (!post.is_empty()).then(|| ("application/json", written(post)));
    send_as(server, caller, action, get, body).await
}

/// The same with a body of any type of content, such as a file.
pub async fn send_as(
    server: &Arc<Server>,
    caller: Caller,
    action: &str,
    get: Params,
    body: Option<(&str, Vec<u8>)>,
) -> Result<String> {
    let incoming = Incoming::of_ours(action, get, body.as_ref().map(|(kind, _)| *kind));
    let mut parsed = parse::head(&server.env, incoming).map_err(|(error, _)| error)?;
    if let Some((_, bytes)) = body {
        parsed =
            Box::pin(content::read(parsed, Content::of_bytes(bytes))).await.map_err(|(error, _)| error)?;
    }
    let modes = identify::modes(server);
    let addr = parsed.address.clone();
    let caller = Arc::new(Caller { bits: caller.bits | modes, addr, ..caller });
    let context = CallContext { caller, session: None, asked: None, batch: None, once: None };
    let outgoing = one(server, &Arc::new(parsed), context).await;
    match outgoing.body {
        Body::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Body::File(_) => Ok("[0, \"(file)\"]".to_owned()),
    }
}
