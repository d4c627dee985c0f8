//! A call from its bytes to its bytes. Read `serve`: it is the whole picture.
//!
//! head → (door, body) → caller → authorize and choose a place → run (plan, lower, execute) → render → record.

mod batch;
mod batch_sender;
mod content;
mod done;
mod door;
mod finish;
mod identify;
mod low_priority_thread;
mod once;
mod own;
mod parse;
mod record;
mod route;
mod run;
mod staged;
mod write;

pub use content::Content;
pub use done::retry_header;
pub use door::{Head, Intake, too_large};
pub(crate) use low_priority_thread::stand_back;
pub use once::{Keys, LIFE_MS as KEY_LIFE_MS};
pub use own::OwnWrite;
pub use parse::{Incoming, Parsed};

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");

use crate::api::{Answer, FileAnswer};
use crate::auth::Caller;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::render::View;
use crate::server::Server;
use crate::session::CookieChange;
use std::sync::Arc;

/// What goes back over the wire.
pub struct Outgoing {
    pub body: Body,
    pub content_type: &'static str,
    /// Of the call's ApiLog row; 0 when it has none.
    pub log_id: i64,
    pub cookie: Option<(String, CookieChange)>,
    pub headers: Vec<(&'static str, String)>,
}

pub enum Body {
    Bytes(Vec<u8>),
    File(FileAnswer),
}

/// Serves one request of the API.
pub async fn serve(server: &Arc<Server>, head: Head, content: Content) -> Outgoing {
    let parsed = match door::entered(server, head, content).await {
        Ok(parsed) => Arc::new(parsed),
        Err(refused) => {
            server.metrics.refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return refused;
        }
    };
    let visit = match identify::visit(server, &parsed) {
        Ok(visit) => visit,
        Err(error) => return refuse(server, &error, &parsed.view),
    };
    if let Err(error) = server.env.guest_rate.check(&visit.caller) {
        return refuse(server, &error, &parsed.view);
    }
    match parsed.is_batch() {
        // Boxed, as all that is rare: a call then holds no room for it.
        true => Box::pin(batch::serve(server, &parsed, visit)).await,
        false => run::serve(server, &parsed, visit).await,
    }
}

/// A call of our own making (the command line, tests without HTTP): same rules, same record.
pub async fn call_as(
    server: &Arc<Server>,
    caller: Caller,
    action: &str,
    get: Params,
    post: Params,
) -> Result<String> {
    let incoming = Incoming::of_ours(action, get, !post.is_empty());
    let mut parsed = parse::head(&server.env, incoming).map_err(|(error, _)| error)?;
    if !post.is_empty() {
        let content = Content::of_bytes(serde_json::Value::Object(post.0).to_string().into_bytes());
        parsed = Box::pin(content::read(parsed, content)).await.map_err(|(error, _)| error)?;
    }
    let modes = identify::modes(server);
    let addr = parsed.address.clone();
    let caller = Arc::new(Caller { bits: caller.bits | modes, addr, ..caller });
    let visit = identify::Visit { caller, session: None, asked: None, batch: None, once: None };
    let outgoing = run::serve(server, &Arc::new(parsed), visit).await;
    match outgoing.body {
        Body::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Body::File(_) => Ok("[0, \"(file)\"]".to_owned()),
    }
}

/// An answer to what never became a call: it has no row in the log.
fn refuse(server: &Server, error: &Error, view: &View) -> Outgoing {
    let mut body = Vec::new();
    crate::render::envelope::failure(&mut body, view, error, server.env.test_mode() > 0);
    Outgoing {
        body: Body::Bytes(body),
        content_type: crate::render::envelope::content_type(view),
        log_id: 0,
        cookie: None,
        headers: done::retry_header(error),
    }
}

/// The bytes of an answer; a file stays one.
fn render(
    server: &Server,
    view: &View,
    debug: Vec<serde_json::Value>,
    result: Result<Answer>,
) -> (Body, i32) {
    let with_debug;
    let view = match debug.is_empty() {
        true => view,
        false => {
            with_debug = View { debug, ..view.clone() };
            &with_debug
        }
    };
    let mut body = Vec::with_capacity(256);
    let code = match result {
        Ok(Answer::Json(value)) => {
            crate::render::envelope::success(&mut body, view, &value);
            0
        }
        Ok(Answer::Grid(grid)) => {
            crate::render::envelope::success_grid(&mut body, view, &grid);
            0
        }
        Ok(Answer::One(grid)) => {
            crate::render::envelope::success_one(&mut body, view, grid);
            0
        }
        Ok(Answer::Rows(json)) => {
            crate::render::envelope::success_rows(&mut body, view, &json);
            0
        }
        Ok(Answer::Raw(json)) => {
            crate::render::envelope::success_raw_json(&mut body, view, &json);
            0
        }
        Ok(Answer::File(file)) => return (Body::File(file), 0),
        Err(error) => {
            if error.code == crate::error::Code::SERVER {
                tracing::error!(%error, "a call failed");
            }
            crate::render::envelope::failure(&mut body, view, &error, server.env.test_mode() > 0);
            error.code.0
        }
    };
    (Body::Bytes(body), code)
}
