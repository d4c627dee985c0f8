//! The response: an answer as bytes or a file, and its headers.

use super::done::{self, Written};
use super::identify::CallContext;
use super::parse::Parsed;
use super::record::Ids;
use crate::api::{Answer, FileAnswer};
use crate::error::{Code, Error, Result};
use crate::render::{View, envelope};
use crate::server::Server;
use crate::session::CookieChange;
use serde_json::Value;

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

impl Outgoing {
    /// The answer to a call, or to a batch.
    pub fn of(written: Written, parsed: &Parsed, log_id: i64) -> Outgoing {
        let Written { body, cookie, headers } = written;
        let cookie = cookie.map(|change| (parsed.app.cookie(), change));
        Outgoing { body, content_type: envelope::content_type(&parsed.view), log_id, cookie, headers }
    }
}

/// The number of the call's row in the log. Guests are not told: it is the number of all calls so far.
pub fn told(server: &Server, context: &CallContext, ids: Ids) -> i64 {
    // Nor is one told that no row will have.
    let known = (!context.caller.is_guest() || server.env.test_mode() > 0) && !server.only_reads();
    if known { ids.call } else { 0 }
}

/// An answer to what never became a call: it has no row in the log.
pub fn refuse(server: &Server, error: &Error, view: &View) -> Outgoing {
    let mut body = Vec::new();
    envelope::failure(&mut body, view, error, server.env.test_mode() > 0);
    Outgoing {
        body: Body::Bytes(body),
        content_type: envelope::content_type(view),
        log_id: 0,
        cookie: None,
        headers: done::retry_header(error),
    }
}

/// The bytes of an answer and its code; a file stays one.
pub fn render(server: &Server, view: &View, debug: Vec<Value>, result: Result<Answer>) -> (Body, i32) {
    let with_debug;
    let view = match debug.is_empty() {
        true => view,
        false => {
            with_debug = View { debug, ..view.clone() };
            &with_debug
        }
    };
    let mut body = Vec::with_capacity(256);
    match result {
        Ok(Answer::Json(value)) => envelope::success(&mut body, view, &value),
        Ok(Answer::Grid(grid)) => envelope::success_grid(&mut body, view, &grid),
        Ok(Answer::One(grid)) => envelope::success_one(&mut body, view, grid),
        Ok(Answer::Rows(json)) => envelope::success_rows(&mut body, view, &json),
        Ok(Answer::Raw(json)) => envelope::success_raw_json(&mut body, view, &json),
        Ok(Answer::File(file)) => return (Body::File(file), 0),
        Err(error) => {
            if error.code == Code::SERVER {
                tracing::error!(%error, "a call failed");
            }
            envelope::failure(&mut body, view, &error, server.env.test_mode() > 0);
            return (Body::Bytes(body), error.code.0);
        }
    }
    (Body::Bytes(body), 0)
}
