//! The rows a call leaves in the audit log.

use super::Body;
use super::parse::Parsed;
use super::who::Visit;
use crate::audit::{CallRecord, Chain, ItemRecord, Need, Record, body_text, request_text, response_text};
use crate::house::House;
use std::sync::Arc;
use std::time::Instant;

/// The ids of a call's rows: of ApiLog, and of ApiLog1 when it is one of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    pub call: i64,
    pub item: Option<i64>,
}

/// The row a call will leave.
#[derive(Clone)]
pub enum Row {
    Call(CallRecord),
    Item(ItemRecord),
}

/// The row, except for what is known only at its end.
pub fn begin(house: &House, parsed: &Parsed, visit: &Visit, ids: Ids) -> Row {
    if let Some(id) = ids.item {
        let action = parsed.action.text();
        return Row::Item(ItemRecord {
            id,
            log_id: ids.call,
            action,
            request: request(parsed),
            ..ItemRecord::default()
        });
    }
    Row::Call(CallRecord {
        id: ids.call,
        tm: house.env.now_shared(),
        caller: visit.caller.clone(),
        user_id: visit.caller.id,
        action: parsed.action.text(),
        request: request(parsed),
        request_size: parsed.request_size,
        server_rev: house.env.server_rev().to_owned(),
        ..CallRecord::default()
    })
}

impl Row {
    pub fn finish(&mut self, started: Instant, code: i32, body: &Body) {
        let millis = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (text, size) = response(body, code);
        match self {
            Row::Call(row) => {
                (row.millis, row.code, row.response, row.response_size) = (millis, code, text, size);
            }
            Row::Item(row) => (row.millis, row.code, row.response) = (millis, code, text),
        }
    }

    /// A login is logged as the one who logged in.
    pub fn belongs_to(&mut self, user: i64, session: Option<Arc<str>>) {
        if let Row::Call(row) = self {
            row.user_id = if user != 0 { user } else { row.user_id };
            row.session = session.or(row.session.take());
        }
    }

    /// Leaves the row to the chain, which writes it before the transaction ends.
    pub fn leave(self, chain: &Chain, need: Need) {
        let record = match self {
            Row::Call(row) => Record::Call(row),
            Row::Item(row) => Record::Item(row),
        };
        chain.leave(record, need);
    }
}

fn request(parsed: &Parsed) -> String {
    let text = request_text(&parsed.args.get, &parsed.args.post);
    match parsed.args.post.is_empty() && !parsed.args.body.raw.is_empty() {
        true => format!("{text};\n{}", body_text(&parsed.args.body.raw)),
        false => text,
    }
}

fn response(body: &Body, code: i32) -> (String, i64) {
    match body {
        Body::Bytes(bytes) => (response_text(bytes, code != 0), bytes.len() as i64),
        Body::File(file) => (format!("(file, status {})", file.status), 0),
    }
}
