//! Before the body of a request is read: whether its caller may send one here, and how much. Only what the head tells
//! is known; the call is judged again when all of it is there.

use super::content::Content;
use super::identify::{self, CallContext};
use super::parse::{Failed, Incoming, Parsed, head};
use super::record::Ids;
use super::{Outgoing, allow, done, refuse};
use crate::authorize::{Granted, authorize};
use crate::call::params::Params;
use crate::error::Error;
use crate::object::{BATCH_ADD, BODY_MAX, FileMax};
use crate::server::Server;
use crate::services::{LogTable, Services};
use std::sync::Arc;

/// Bytes of a batch at most; those of guests are bounded as any body of theirs.
const BATCH_MAX: usize = 4 << 20;

/// A request of which the head is known, or what is wrong with it.
pub struct Head(pub(super) std::result::Result<Parsed, Failed>);

/// How the body of a request is to be read.
pub struct Intake {
    /// Bytes that may be held in memory.
    pub most: usize,
    pub guest: bool,
    /// Whether files of the body are kept, or read and forgotten.
    pub keeps_files: bool,
    file_max: Option<(FileMax, Params)>,
    /// The action, as a refusal names it.
    action: String,
}

impl Head {
    pub fn new(env: &Services, incoming: Incoming) -> Head {
        Head(head(env, incoming))
    }

    /// A raw body goes to disk, as a file.
    pub fn takes_file(&self, env: &Services) -> bool {
        self.own(env).is_some_and(|action| action.takes_file)
    }

    pub fn gives_file(&self, env: &Services) -> bool {
        self.own(env).is_some_and(|action| action.gives_file)
    }

    fn own(&self, env: &Services) -> Option<&'static crate::object::Action> {
        self.0.as_ref().ok().and_then(|parsed| env.registry.own_action(&parsed.action))
    }

    pub async fn admit(&self, server: &Arc<Server>) -> std::result::Result<Intake, Outgoing> {
        let parsed = self.0.as_ref().map_err(|(error, view)| refuse(server, error, view))?;
        let context = identify::identify_by_head(server, parsed)
            .map_err(|error| refuse(server, &error, &parsed.view))?;
        match welcome(server, parsed, &context) {
            Ok(granted) => Ok(intake(&server.env, parsed, &context, granted)),
            Err(error) => match server.env.guest_rate.check(&context.caller) {
                Ok(()) => Err(refused(server, parsed, &context, error).await),
                Err(busy) => Err(refuse(server, &busy, &parsed.view)),
            },
        }
    }
}

/// Whether the body may still tell who the caller is.
fn named_in_body(env: &Services, parsed: &Parsed, context: &CallContext) -> bool {
    let by_params = || env.registry.login(&parsed.app.kind).is_some_and(|login| login.by_params.is_some());
    context.caller.is_guest() && by_params()
}

/// The right to a call, as far as its head tells; None for one whose body may still bring it.
fn welcome<'a>(
    server: &'a Server,
    parsed: &Parsed,
    context: &'a CallContext,
) -> Result<Option<Granted<'a>>, Error> {
    // The calls of a batch are not known yet.
    if parsed.is_batch() || named_in_body(&server.env, parsed, context) {
        return Ok(authorize(&server.env.registry, &context.caller, &parsed.action).ok());
    }
    allow::authorize(server, parsed, context).map(Some)
}

fn intake(env: &Services, parsed: &Parsed, context: &CallContext, granted: Option<Granted<'_>>) -> Intake {
    let guest = context.caller.is_guest();
    let own = env.registry.own_action(&parsed.action);
    let most = match &granted {
        _ if parsed.is_batch() && !guest => BATCH_MAX,
        Some(Granted::Action(action)) => action.body_max,
        Some(Granted::Table(granted)) if granted.action() == BATCH_ADD => usize::MAX,
        _ => BODY_MAX,
    };
    // Strangers do not get to fill the disk with files that are of no use to their call.
    let useful = own.map_or(parsed.action.object.is_some(), |own| own.takes_file);
    Intake {
        most: most.min(env.max_body()),
        guest,
        keeps_files: !guest || useful && (granted.is_some() || named_in_body(env, parsed, context)),
        file_max: own.and_then(|own| own.file_max).map(|most| (most, parsed.args.get.clone())),
        action: parsed.to_string(),
    }
}

impl Intake {
    /// Of what every call may bring.
    pub fn small() -> Intake {
        Intake { most: BODY_MAX, guest: true, keeps_files: false, file_max: None, action: String::new() }
    }

    /// Bytes of a file at most, by the fields that came before it.
    pub fn file_most(&self, env: &Services, fields: &[(String, String)]) -> u64 {
        let Some((most, get)) = &self.file_max else { return u64::MAX };
        let mut known = Params::from_pairs(fields.to_vec()).unwrap_or_default();
        known.0.extend(get.0.clone());
        most(env, &known)
    }

    pub fn too_large(&self, env: &Services) -> Error {
        match self.most < env.max_body() {
            true => too_large(self.most, &format!("the most that `{}` takes", self.action)),
            false => too_large(self.most, "P_MAX_BODY"),
        }
    }
}

/// A body above a bound, and which bound that is.
pub fn too_large(most: usize, which: &str) -> Error {
    let shown = if most >= 1 << 20 { format!("{}M", most >> 20) } else { format!("{most}B") };
    Error::param(format!("the body is larger than {shown} ({which})"))
        .say(format!("请求数据不可超过{shown}"), format!("the request is larger than {shown}"))
}

/// The usual answer and the usual row of the log, without the body.
async fn refused(server: &Arc<Server>, parsed: &Parsed, context: &CallContext, error: Error) -> Outgoing {
    let ids = Ids { call: server.env.next_log_id(LogTable::Call), item: None };
    let written = done::done(server, parsed, context, ids, Err(error).into()).await;
    Outgoing::of(written, parsed, ids.call)
}

/// The call with its body, or the answer to one that cannot be read.
pub(super) async fn entered(
    server: &Arc<Server>,
    head: Head,
    content: Content,
) -> std::result::Result<Parsed, Outgoing> {
    let parsed = head.0.map_err(|(error, view)| refuse(server, &error, &view))?;
    if content.is_empty() {
        return Ok(parsed);
    }
    let read = super::content::read(parsed, content).await;
    read.map_err(|(error, parsed)| refuse(server, &error, &parsed.view))
}
