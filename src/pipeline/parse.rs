//! The head of a request → Call: its parameters decoded, its action named, its wishes for the answer read. Nothing is
//! looked up yet. What the body adds is in `content`.

use crate::api::{Args, Body};
use crate::auth::{Lang, ThrottleKey};
use crate::call::app::App;
use crate::call::client_version::Version;
use crate::call::headers::Headers;
use crate::call::name::{self, Action, Verb};
use crate::call::params::Params;
use crate::call::trace;
use crate::call::xparam;
use crate::error::{Error, Result};
use crate::read::row_version::IF_VERSION;
use crate::render::{Format, View};
use crate::services::Services;
use http::header::{CONTENT_TYPE, COOKIE, IF_MATCH, USER_AGENT};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// The head of a request as `http` hands it over: nothing is understood yet.
pub struct Incoming {
    pub verb: Verb,
    /// What follows `/api/`, decoded; None when nothing does.
    pub path: Option<String>,
    pub query: String,
    pub headers: Headers,
    pub address: Arc<str>,
    pub throttle_key: ThrottleKey,
    /// The browser says that another site sent this; the reason is for the log.
    pub cross_site: Option<String>,
    /// The URL's parameters, when there is no URL.
    pub params: Option<Params>,
}

impl Incoming {
    /// A call that did not come over the wire; one with a body posts it as this type of content.
    pub fn of_ours(action: &str, get: Params, posts: Option<&str>) -> Incoming {
        let kind = posts.map(|kind| ("content-type", kind.to_owned()));
        Incoming {
            verb: if posts.is_some() { Verb::Post } else { Verb::Get },
            path: Some(action.to_owned()),
            query: String::new(),
            headers: kind.into_iter().collect(),
            address: "local".into(),
            throttle_key: ThrottleKey::default(),
            cross_site: None,
            params: Some(get),
        }
    }
}

/// A call, understood as far as its own words go.
pub struct Parsed {
    pub action: Action,
    pub verb: Verb,
    pub args: Args,
    pub view: View,
    pub app: App,
    pub version: Arc<str>,
    pub agent: Arc<str>,
    pub address: Arc<str>,
    pub throttle_key: ThrottleKey,
    pub debug_level: u8,
    pub request_size: i64,
    pub cross_site: Option<String>,
    pub started: std::time::Instant,
    pub outcome: Outcome,
}

/// The code of the answer, once there is one.
#[derive(Debug, Default)]
pub struct Outcome(AtomicI32);

impl Outcome {
    pub fn set(&self, code: i32) {
        self.0.store(code, Relaxed);
    }

    pub fn code(&self) -> i32 {
        self.0.load(Relaxed)
    }
}

/// The action, as the server's log names a call.
impl std::fmt::Display for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.action.fmt(f)
    }
}

impl Parsed {
    /// Whether the answer shall be a download (`fmt=csv` and its like).
    pub fn wants_file(&self) -> bool {
        let named = |name: &str| {
            self.args.get.text(name).or_else(|| self.args.post.text(name)).filter(|fmt| !fmt.is_empty())
        };
        named("fmt").or_else(|| named("_fmt")).is_some_and(|fmt| Format::is_file(&fmt))
    }

    pub fn cookies(&self) -> Cow<'_, str> {
        self.args.body.headers.lossy(COOKIE)
    }

    /// The trace that the call belongs to, if its client said so.
    pub fn trace_parent(&self) -> Option<&str> {
        self.args.body.headers.get("traceparent").and_then(trace::parent)
    }

    /// Its id, for the server's log.
    pub fn trace(&self) -> Option<&str> {
        self.trace_parent().map(trace::id)
    }

    pub fn is_batch(&self) -> bool {
        self.action.object.is_none() && &*self.action.name == "batch"
    }
}

/// What is wrong with a head, and the wishes for the answer as far as they are known.
pub type Failed = (Error, View);

/// A call as its head tells it; its body is still to come.
pub fn head(env: &Services, incoming: Incoming) -> std::result::Result<Parsed, Failed> {
    let (view, get) = view(env, &incoming)?;
    call(env, incoming, &view, get).map_err(|error| (error, view))
}

/// The wishes for the answer, readable even when the rest is not.
fn view(env: &Services, incoming: &Incoming) -> std::result::Result<(View, Params), Failed> {
    let plain = |error| (error, View { pretty: env.test_mode() > 0, ..View::default() });
    let get = url_params(incoming).map_err(plain)?;
    let mut view = View::parse(|name| get.text(name).map(Cow::into_owned)).map_err(plain)?;
    view.pretty = env.test_mode() > 0;
    view.lang = match get.text("_lang").as_deref() {
        Some("en") => Lang::En,
        _ => Lang::Zh,
    };
    Ok((view, get))
}

fn url_params(incoming: &Incoming) -> Result<Params> {
    if let Some(params) = &incoming.params {
        return Ok(params.clone());
    }
    query_params(&incoming.query)
}

/// The parameters of an URL, also when they are hidden in `xp`.
fn query_params(query: &str) -> Result<Params> {
    let get = Params::parse_query(query)?;
    let Some(xp) = get.text("xp").filter(|xp| xp != "1" && !xp.is_empty()) else { return Ok(get) };
    let bad = || Error::param("bad url xparam");
    let plain = xparam::decode(&xp).ok_or_else(bad)?;
    Params::parse_query(std::str::from_utf8(&plain).map_err(|_| bad())?)
}

fn call(env: &Services, incoming: Incoming, view: &View, mut get: Params) -> Result<Parsed> {
    let started = std::time::Instant::now();
    let content_type = incoming.headers.lossy(CONTENT_TYPE).into_owned();
    let agent = incoming.headers.lossy(USER_AGENT);
    let request_size = (incoming.query.len() + incoming.path.as_ref().map_or(0, String::len)) as i64;
    let (ac, _ac) = (get.text("ac"), get.text("_ac"));
    let resolved = name::resolve(&incoming.verb, incoming.path.as_deref(), ac.as_deref(), _ac.as_deref())?;
    if let Some(id) = resolved.id {
        get.set("id", id);
    }
    // A batch refuses it: it would be held against each of its calls.
    if let Some(version) = incoming.headers.get(IF_MATCH)
        && get.get(IF_VERSION).is_none()
    {
        get.set(IF_VERSION, version);
    }
    let app = App::parse(get.text("_app").as_deref())?;
    let version: Arc<str> = Version::of(get.text("_ver").as_deref(), Some(&agent)).text.into();
    let agent = agent.as_ref().into();
    let debug_level = match env.test_mode() {
        0 => 0,
        _ => get.text("_debug").and_then(|level| level.parse().ok()).unwrap_or(env.config.debug),
    };
    Ok(Parsed {
        action: resolved.action,
        verb: incoming.verb,
        args: Args {
            get,
            post: Params::default(),
            body: Arc::new(Body { content_type, headers: incoming.headers, ..Body::default() }),
            settings: env.param_settings,
        },
        view: view.clone(),
        app,
        version,
        agent,
        address: incoming.address,
        throttle_key: incoming.throttle_key,
        debug_level,
        request_size,
        cross_site: incoming.cross_site,
        started,
        outcome: Outcome::default(),
    })
}
