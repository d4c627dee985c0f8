//! Finds out who is calling: the session a cookie names, what its account may do now, or a key in a header.

use super::batch_sender::Sender;
use super::once::Once;
use super::parse::Parsed;
use super::record::Ids;
use crate::api::Standing;
use crate::auth::mask::{KEY, MOCK_MODE, Mask, TEST_MODE};
use crate::auth::{Caller, Role};
use crate::call::app::App;
use crate::config::{AuthApp, AuthKey, AuthType};
use crate::db::{CallState, Tx};
use crate::error::{Error, Result};
use crate::plugin::Identity;
use crate::redact;
use crate::server::Server;
use crate::session::{CookieChange, Draft, Entry};
use crate::throttle::key_guard::Sent;
use base64::Engine;
use std::sync::Arc;

/// A caller and the session they came with.
#[derive(Clone)]
pub struct CallContext {
    pub caller: Arc<Caller>,
    pub session: Option<Arc<Entry>>,
    /// When the caller was asked for; None for one whom the server itself names.
    pub asked: Option<Epoch>,
    /// The batch it calls for, if its calls are committed one by one.
    pub batch: Option<Arc<Sender>>,
    /// The call is to be done once.
    pub once: Option<Arc<Once>>,
}

/// A state of all accounts and sessions: as long as it is the same, nobody's rights have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    accounts: i64,
    ended: u64,
}

impl Epoch {
    fn now(server: &Server) -> Epoch {
        Epoch { accounts: server.env.accounts_version(), ended: server.sessions.ended() }
    }
}

impl CallContext {
    /// The caller asked for again, if they are who they were, with the same rights.
    pub fn same_rights(&self, now: CallContext) -> Result<CallContext> {
        let (before, caller) = (&self.caller, &now.caller);
        let same = (before.id, before.bits) == (caller.id, caller.bits);
        if same && before.narrowing == caller.narrowing {
            return Ok(now);
        }
        Err(match caller.is_guest() && !before.is_guest() {
            true => Error::no_auth("the login ended before the call came to its end")
                .say("登录已失效，未做任何修改", "the login has ended, nothing was changed"),
            false => Error::forbidden("the caller's rights changed before the call came to its end")
                .say("权限已变更，未做任何修改", "your rights have changed, nothing was changed"),
        })
    }

    pub fn draft(&self) -> Draft {
        Draft { entry: self.session.clone(), ..Draft::default() }
    }

    /// What a call of this visitor begins its transaction with.
    pub fn state(&self, parsed: &Parsed, ids: Ids) -> CallState {
        CallState {
            log_id: ids.call,
            log1_id: ids.item,
            session: self.draft(),
            debug_level: parsed.debug_level,
            ..CallState::default()
        }
    }
}

/// The visitor of the next call of a batch: the same, unless the calls before changed who they are. Who cannot be asked for
/// is no guest: the call is refused by the reason.
pub fn again(server: &Server, parsed: &Parsed, cookie: Option<&CookieChange>) -> Result<CallContext> {
    let header = match cookie {
        Some(CookieChange::Set(key)) => format!("{}={key}", parsed.app.cookie()),
        Some(CookieChange::Clear) => String::new(),
        None => parsed.cookies().into_owned(),
    };
    identify_with(server, parsed, &header, true)
}

/// The caller as they are now, if any account or session changed since they were asked for.
pub fn renewed(server: &Server, parsed: &Parsed, before: &CallContext) -> Result<Option<CallContext>> {
    let now = Epoch::now(server);
    if before.asked.is_none_or(|asked| asked == now) {
        return Ok(None);
    }
    let session = match &before.session {
        Some(entry) => server.sessions.alive(&server.db, &server.env, &entry.hash, &parsed.app.kind)?,
        None => None,
    };
    let context = identified(server, parsed, session, now, true)?;
    Ok(Some(CallContext { batch: before.batch.clone(), once: before.once.clone(), ..context }))
}

/// Asks for the rights of a call again and again while it goes on.
pub fn standing(server: &Arc<Server>, parsed: &Arc<Parsed>, context: &CallContext) -> Standing {
    let (server, parsed, context) = (server.clone(), parsed.clone(), context.clone());
    Standing::new(move || match renewed(&server, &parsed, &context)? {
        Some(now) => context.same_rights(now).map(|_| ()),
        None => Ok(()),
    })
}

pub fn identify(server: &Server, parsed: &Parsed) -> Result<CallContext> {
    identify_with(server, parsed, &parsed.cookies(), true)
}

/// As far as the head of the request tells: credentials in parameters, which may stand in its body, are left for later.
pub fn identify_by_head(server: &Server, parsed: &Parsed) -> Result<CallContext> {
    identify_with(server, parsed, &parsed.cookies(), false)
}

fn identify_with(server: &Server, parsed: &Parsed, cookies: &str, whole: bool) -> Result<CallContext> {
    // Before anything is looked up: what changes meanwhile counts as a change.
    let now = Epoch::now(server);
    let session = match cookie(cookies, &parsed.app) {
        Some(key) => server.sessions.find(&server.db, &server.env, key, &parsed.app.kind)?,
        None => None,
    };
    identified(server, parsed, session, now, whole)
}

fn identified(
    server: &Server,
    parsed: &Parsed,
    mut session: Option<Arc<Entry>>,
    asked: Epoch,
    whole: bool,
) -> Result<CallContext> {
    let mut caller = Caller {
        bits: modes(server),
        id: 0,
        app: parsed.app.name.clone(),
        app_type: parsed.app.kind.clone(),
        addr: parsed.address.clone(),
        throttle_key: parsed.throttle_key,
        agent: parsed.agent.clone(),
        version: parsed.version.clone(),
        lang: parsed.view.lang,
        session: Arc::default(),
        narrowing: None,
    };
    if let Some(entry) = &session {
        match server.sessions.identify(&server.db, &server.env, entry)? {
            Some(identity) => {
                take(&mut caller, entry.uid, identity);
                caller.session = entry.public_name.clone();
            }
            // The account is gone or has another password: the session is worth nothing.
            None => {
                server.sessions.forget(&entry.hash);
                session = None;
            }
        }
    }
    if whole && caller.is_guest() {
        with_credentials(server, parsed, &mut caller)?;
    }
    if caller.is_guest() {
        extended(server, parsed, &mut caller)?;
    }
    let caller = match &session {
        Some(entry) => entry.share(caller),
        None => Arc::new(caller),
    };
    Ok(CallContext { caller, session, asked: Some(asked), batch: None, once: None })
}

/// The bits of the server's modes.
pub fn modes(server: &Server) -> Mask {
    let mut bits = 0;
    if server.env.test_mode() > 0 {
        bits |= TEST_MODE;
        if server.env.mock_mode() {
            bits |= MOCK_MODE;
        }
    }
    bits
}

/// Credentials in the call's own parameters, for the login types that allow it: for this call only.
fn with_credentials(server: &Server, parsed: &Parsed, caller: &mut Caller) -> Result<()> {
    let Some(login) = server.env.registry.login(&parsed.app.kind) else { return Ok(()) };
    let Some(by_params) = login.by_params else { return Ok(()) };
    let guest = Arc::new(caller.clone());
    let found = server.look(|conn| {
        let mut tx = Tx::new(conn, &server.env, guest, CallState::default());
        let Some(id) = by_params(&mut tx, &parsed.args)? else { return Ok(None) };
        Ok((login.identify)(&mut tx, id)?.map(|identity| (id, identity)))
    })?;
    if let Some((id, identity)) = found {
        take(caller, id, identity);
    }
    Ok(())
}

/// The caller is this account.
fn take(caller: &mut Caller, id: i64, identity: Identity) {
    caller.bits |= identity.bits;
    caller.narrowing = identity.narrowing;
    caller.id = id;
}

/// A key in a header instead of a login, for the actions its entry lists, for this call only.
fn extended(server: &Server, parsed: &Parsed, caller: &mut Caller) -> Result<()> {
    let keys = &server.env.config.auth_keys;
    if keys.is_empty() {
        return Ok(());
    }
    let action = parsed.action.to_string();
    let header = |name: &str| parsed.args.header(name);
    // A key that lists no actions counts where an action asks for keys; one without a secret never does.
    let asks = server.env.registry.names_who(&parsed.action) & KEY != 0;
    let fits = |key: &AuthKey| {
        key.allows(&action) || (asks && key.allowed_ac.is_empty() && key.auth_type != AuthType::None)
    };
    let fitting: Vec<&AuthKey> = keys.iter().filter(|key| fits(key)).collect();
    let found = fitting.iter().find(|key| holds(key, &header)).copied();
    judged(server, caller, &fitting, found, &header)?;
    let Some(key) = found else { return Ok(()) };
    if key.auth_type != AuthType::None {
        caller.bits |= KEY;
    }
    let (app, id) = match key.app {
        Some(AuthApp::User) => ("user", key.id),
        Some(AuthApp::Emp) => ("emp", key.id),
        Some(AuthApp::Admin) => {
            caller.bits |= Role::Admin.bits();
            caller.id = 1;
            come_as(caller, "admin");
            return Ok(());
        }
        None => return Ok(()),
    };
    match account(server, app, id)? {
        Some(identity) => {
            take(caller, id, identity);
            come_as(caller, app);
        }
        None => tracing::warn!(app, id, "a key stands for an account that may not log in"),
    }
    Ok(())
}

/// The number of an account means nothing without its kind: whatever app the request names, it is that of the key's account
/// whose files, sessions and rows of the log these are.
fn come_as(caller: &mut Caller, kind: &str) {
    if *caller.app_type != *kind {
        (caller.app, caller.app_type) = (kind.into(), kind.into());
    }
}

/// Whoever brings a key that is none has guessed, if a key of this kind counts for the action at all: a browser sends
/// the password of the site it is in with every call.
fn judged<'a>(
    server: &Server,
    caller: &Caller,
    fitting: &[&AuthKey],
    found: Option<&AuthKey>,
    header: &impl Fn(&str) -> Option<&'a str>,
) -> Result<()> {
    let sent = match found.filter(|key| key.auth_type != AuthType::None) {
        Some(key) if key.is_strong() => Some(Sent::Strong),
        Some(key) => brought(key.auth_type, header).map(Sent::Right),
        None => fitting.iter().find_map(|key| brought(key.auth_type, header)).map(Sent::Wrong),
    };
    sent.map_or(Ok(()), |sent| server.env.keys.judge(caller, &sent))
}

/// The header that carries a key of this type, whatever is in it.
fn brought<'a>(auth_type: AuthType, header: &impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    match auth_type {
        AuthType::None => None,
        AuthType::Simple => header("x-daca-simple"),
        AuthType::Basic => header("authorization").filter(|value| basic(value).is_some()),
    }
}

/// The credentials of a header `Authorization: Basic`; the name of a scheme has no case.
fn basic(value: &str) -> Option<&str> {
    let (scheme, code) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| code.trim())
}

/// What the account may do today: a key is worth no more than its account.
fn account(server: &Server, app: &str, id: i64) -> Result<Option<Identity>> {
    let Some(login) = server.env.registry.login(app) else { return Ok(None) };
    server.look(|conn| {
        let mut tx = Tx::new(conn, &server.env, Arc::default(), CallState::default());
        (login.identify)(&mut tx, id)
    })
}

/// Whether the request carries the key.
fn holds<'a>(key: &AuthKey, header: &impl Fn(&str) -> Option<&'a str>) -> bool {
    match key.auth_type {
        AuthType::None => true,
        AuthType::Simple => header("x-daca-simple").is_some_and(|sent| redact::same_hidden(sent, &key.key)),
        AuthType::Basic => {
            let sent = header("authorization").and_then(basic);
            let sent = sent.and_then(|code| base64::engine::general_purpose::STANDARD.decode(code).ok());
            sent.is_some_and(|sent| redact::same_hidden(&String::from_utf8_lossy(&sent), &key.key))
        }
    }
}

fn cookie<'a>(header: &'a str, app: &App) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| app.is_cookie(name))
        .map(|(_, v)| v)
}
