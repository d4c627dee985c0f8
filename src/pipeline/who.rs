//! Who is calling: the session a cookie names, what its account may do now, or a key in a header.

use super::parse::Parsed;
use crate::auth::mask::{MOCK_MODE, Mask, TEST_MODE};
use crate::auth::{Caller, Role};
use crate::call::name::Verb;
use crate::error::{Error, Result};
use crate::house::House;
use crate::session::{CookieChange, Draft, Entry};
use std::sync::Arc;

/// A caller and the session he came with.
#[derive(Clone)]
pub struct Visit {
    pub caller: Caller,
    pub session: Option<Arc<Entry>>,
}

impl Visit {
    pub fn draft(&self) -> Draft {
        Draft { entry: self.session.clone(), ..Draft::default() }
    }
}

/// The visitor of the next call of a batch: the same, unless the calls before changed who he is.
pub fn again(house: &House, parsed: &Parsed, before: &Visit, cookie: Option<&CookieChange>) -> Visit {
    let header = match cookie {
        Some(CookieChange::Set(key)) => format!("{}={key}", parsed.app.cookie()),
        Some(CookieChange::Clear) => String::new(),
        None => parsed.cookies.clone(),
    };
    visit_with(house, parsed, &header).unwrap_or_else(|error| {
        tracing::warn!(%error, "the caller of a batch could not be asked for again");
        Visit { caller: Caller { bits: modes(house), id: 0, ..before.caller.clone() }, session: None }
    })
}

pub fn visit(house: &House, parsed: &Parsed) -> Result<Visit> {
    visit_with(house, parsed, &parsed.cookies)
}

fn visit_with(house: &House, parsed: &Parsed, cookies: &str) -> Result<Visit> {
    let mut caller = Caller {
        bits: modes(house),
        id: 0,
        app: parsed.app.name.as_str().into(),
        app_type: parsed.app.kind.as_str().into(),
        addr: parsed.address.as_str().into(),
        agent: parsed.agent.as_str().into(),
        version: parsed.version.as_str().into(),
        lang: parsed.view.lang,
        session: "".into(),
    };
    let cookie = cookie(cookies, &parsed.app.cookie());
    let session = match cookie {
        Some(key) => house.sessions.find(&house.db, &house.env, key, &parsed.app.kind)?,
        None => None,
    };
    let mut session = session;
    if let Some(entry) = &session {
        match house.sessions.identify(&house.db, &house.env, entry)? {
            Some(bits) => {
                caller.bits |= bits;
                caller.id = entry.uid;
                caller.session = entry.public_name().into();
            }
            // The account is gone or has another password: the session is worth nothing.
            None => {
                house.sessions.forget(&entry.hash);
                session = None;
            }
        }
    }
    if caller.is_guest() {
        extended(house, parsed, &mut caller);
    } else if let Some(reason) = parsed.cross_site {
        refuse_cross_site(parsed, reason)?;
    }
    Ok(Visit { caller, session })
}

/// The bits of the server's modes.
fn modes(house: &House) -> Mask {
    let mut bits = 0;
    if house.env.test_mode() > 0 {
        bits |= TEST_MODE;
        if house.env.mock_mode() {
            bits |= MOCK_MODE;
        }
    }
    bits
}

/// A key in a header instead of a login, for the actions its entry lists, for this call only.
fn extended(house: &House, parsed: &Parsed, caller: &mut Caller) {
    let headers = |name: &str| parsed.body.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let actions = parsed.action.to_string();
    if let Some(granted) = house.env.auth_keys().find(&actions, headers) {
        caller.bits |= granted.role.bits();
        caller.id = granted.id;
    }
}

/// A page of another site may not act in the caller's name.
fn refuse_cross_site(parsed: &Parsed, reason: &'static str) -> Result<()> {
    let reads = matches!(&*parsed.action.name, "query" | "get" | "initClient" | "att" | "pic" | "whoami");
    match parsed.verb == Verb::Get && reads {
        true => Ok(()),
        false => Err(Error::forbidden(reason).say("拒绝跨站请求", "cross-site request refused")),
    }
}

pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
}

/// The role an extended key stands for.
pub fn role_of(app: &str) -> Role {
    match app {
        "emp" | "store" => Role::Emp,
        "admin" | "adm" => Role::Admin,
        "guest" => Role::Guest,
        _ => Role::User,
    }
}
