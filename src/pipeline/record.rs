//! The rows a call leaves in the audit log.

use super::Body;
use super::identify::CallContext;
use super::parse::Parsed;
use crate::audit::{
    CallRecord, Chain, ItemRecord, Need, Record, RecordLimits, RecordedText, ShownRequest, Words,
    write_request, write_response,
};
use crate::call::params::Params;
use crate::redact::{Beside, MASKED};
use crate::server::Server;
use crate::write::import;
use serde_json::Value;
use std::fmt::Write as _;
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
pub enum CallRow {
    Call(CallRecord),
    Item(ItemRecord),
}

/// The row, except for what is known only at its end.
pub fn begin(server: &Server, parsed: &Parsed, context: &CallContext, ids: Ids) -> CallRow {
    if let Some(id) = ids.item {
        return CallRow::Item(ItemRecord {
            id,
            log_id: ids.call,
            words: words(server, parsed, &RecordLimits::USUAL),
            ..ItemRecord::default()
        });
    }
    // All fields are written out: `..default()` would allocate a caller to throw away.
    CallRow::Call(CallRecord {
        id: ids.call,
        tm: server.env.now_shared(),
        caller: context.caller.clone(),
        user_id: context.caller.id,
        words: words(server, parsed, &RecordLimits::USUAL),
        request_size: parsed.request_size,
        server_rev: server.env.server_rev().to_owned(),
        session: None,
        millis: 0,
        code: 0,
        response_size: 0,
    })
}

impl CallRow {
    fn words_mut(&mut self) -> &mut Words {
        match self {
            CallRow::Call(row) => &mut row.words,
            CallRow::Item(row) => &mut row.words,
        }
    }

    /// Keeps little of a refused call of a stranger: endless calls must not fill the disk.
    pub fn spare(&mut self, server: &Server, parsed: &Parsed, context: &CallContext, code: i32) {
        if code == 0 || !context.caller.is_unknown() {
            return;
        }
        let kept = self.words_mut();
        match RecordLimits::LITTLE.is_enough_for(kept.request()) {
            true => kept.limits = &RecordLimits::LITTLE,
            false => *kept = words(server, parsed, &RecordLimits::LITTLE),
        }
    }

    pub fn finish(&mut self, started: Instant, code: i32, body: &Body) {
        let millis = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let words = match self {
            CallRow::Call(row) => {
                (row.millis, row.code) = (millis, code);
                if let Body::Bytes(bytes) = body {
                    row.response_size = bytes.len() as i64;
                }
                &mut row.words
            }
            CallRow::Item(row) => {
                (row.millis, row.code) = (millis, code);
                &mut row.words
            }
        };
        let (secrets, hides) = (words.secrets.clone(), words.hides && code == 0);
        let limits = words.limits;
        words.answer(|out| match body {
            Body::Bytes(_) if hides => out.push_str(MASKED),
            Body::Bytes(bytes) => write_response(out, &secrets, bytes, (code != 0).then_some(limits)),
            Body::File(file) => {
                let _ = write!(out, "(file, status {})", file.status);
            }
        });
    }

    /// A login is logged as the one who logged in.
    pub fn belongs_to(&mut self, user: i64, session: Option<Arc<str>>) {
        if let CallRow::Call(row) = self {
            row.user_id = if user != 0 { user } else { row.user_id };
            row.session = session.or(row.session.take());
        }
    }

    /// Leaves the row to the chain, which writes it before the transaction ends.
    pub fn leave(self, chain: &Chain, need: Need) {
        let record = match self {
            CallRow::Call(row) => Record::Call(row),
            CallRow::Item(row) => Record::Item(row),
        };
        chain.leave(record, need);
    }
}

fn words(server: &Server, parsed: &Parsed, limits: &'static RecordLimits) -> Words {
    let (env, args) = (&server.env, &parsed.args);
    let def = || parsed.action.object.as_ref().and_then(|object| env.registry.object(object));
    let known = |name: &str| match limits.is_little() {
        true => NAMES.contains(&name),
        false => {
            USUAL.contains(&name)
                || def().is_some_and(|def| def.fields.contains_key(name.trim_start_matches("t0.")))
        }
    };
    let name = &*parsed.action.name;
    let batch = parsed.action.object.is_none() && (name == "batch" || name.starts_with("batch:"));
    let secrets = match parsed.action.object {
        Some(_) => def().map(|def| def.secrets.clone()).unwrap_or_default(),
        None if batch => env.registry.secret_names.clone(),
        None => Beside::default(),
    };
    let asked = ShownRequest {
        get: &args.get,
        post: &args.post,
        body: &args.body.raw,
        instead: imported(server, parsed),
        secrets: &secrets,
        known: &known,
        limits,
    };
    // An answer may show a secret under another name.
    let named = |params: &Params| params.iter().any(|(_, value)| mentions(&secrets, value));
    let body = || String::from_utf8_lossy(&args.body.raw);
    let hides =
        !secrets.is_none() && (named(&args.get) || named(&args.post) || (batch && secrets.stand_in(&body())));
    let mut words =
        Words::new(&parsed.action.parts(), |out| write_request(out, env.audit_keys.current(), &asked));
    (words.secrets, words.hides, words.limits) = (secrets, hides, limits);
    words
}

/// Whether a value names a secret column, wherever in it.
fn mentions(secrets: &Beside, value: &Value) -> bool {
    match value {
        Value::String(text) => secrets.stand_in(text),
        Value::Array(list) => list.iter().any(|item| mentions(secrets, item)),
        Value::Object(map) => map.values().any(|item| mentions(secrets, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Parameters that say at whom a refused call was aimed.
const NAMES: &[&str] = &["uname", "phone", "name", "id", "_app"];

/// Parameters that say what a call of any object is about.
const USUAL: &[&str] = &[
    "id",
    "cond",
    "res",
    "cond2",
    "orderby",
    "gres",
    "uniKey",
    "title",
    "useColMap",
    "name2id",
    "name",
    "phone",
    "uname",
    "content",
    "type",
    "status",
    "amount",
    "perms",
    "to",
    "value",
    "sql",
];

/// What an import understood, in place of its data.
fn imported(server: &Server, parsed: &Parsed) -> Option<(&'static str, RecordedText)> {
    let args = &parsed.args;
    let no_data = args.body.raw.is_empty() && args.post.is_empty();
    if &*parsed.action.name != "batchAdd" || no_data || !args.body.files.is_empty() {
        return None;
    }
    let def = server.env.registry.object(parsed.action.object.as_ref()?)?;
    Some(("list", import::for_record(&server.env, def, args)))
}
