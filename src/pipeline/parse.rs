//! Request → Call: parameters decoded, action named, wishes for the answer read. Nothing is looked up yet.

use crate::auth::Lang;
use crate::call::app::App;
use crate::call::headers::Headers;
use crate::call::name::{self, Action, Verb};
use crate::call::params::Params;
use crate::call::version::Version;
use crate::call::{charset, xparam};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::{Args, Body, Upload};
use crate::render::{Format, View};
use http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A request as `http` hands it over: read whole, nothing understood.
pub struct Incoming {
    pub verb: Verb,
    /// What follows `/api/`, decoded; None when nothing does.
    pub path: Option<String>,
    pub query: String,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Fields and files of a multipart body, which `http` has taken apart already.
    pub form: Option<(Params, Vec<Upload>)>,
    pub address: Arc<str>,
    /// The browser says that another site sent this; the reason is for the log.
    pub cross_site: Option<String>,
    /// The URL's parameters, when there is no URL.
    pub params: Option<Params>,
}

impl Incoming {
    /// A call that did not come over the wire.
    pub fn of_ours(action: &str, get: Params, post: Params) -> Incoming {
        let json = !post.is_empty();
        let kind = json.then(|| ("content-type", "application/json".to_owned()));
        Incoming {
            verb: if json { Verb::Post } else { Verb::Get },
            path: Some(action.to_owned()),
            query: String::new(),
            headers: kind.into_iter().collect(),
            body: if json { Value::Object(post.0).to_string().into_bytes() } else { Vec::new() },
            form: None,
            address: "local".into(),
            cross_site: None,
            params: Some(get),
        }
    }

    /// The same request as far as its head tells.
    pub fn without_body(&self) -> Incoming {
        Incoming {
            verb: self.verb.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: Vec::new(),
            form: None,
            address: self.address.clone(),
            cross_site: None,
            params: None,
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
    pub debug_level: u8,
    pub request_size: i64,
    pub cross_site: Option<String>,
    pub started: std::time::Instant,
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

    pub fn is_batch(&self) -> bool {
        is_batch(&self.action)
    }
}

fn is_batch(action: &Action) -> bool {
    action.object.is_none() && &*action.name == "batch"
}

type Failed = (Error, View);

/// The wishes for the answer, readable even when the rest is not.
pub fn view(env: &Env, incoming: &Incoming) -> std::result::Result<(View, Params), Failed> {
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
pub fn query_params(query: &str) -> Result<Params> {
    let get = Params::parse_query(query)?;
    let Some(xp) = get.text("xp").filter(|xp| xp != "1" && !xp.is_empty()) else { return Ok(get) };
    let bad = || Error::param("bad url xparam");
    let plain = xparam::decode(&xp).ok_or_else(bad)?;
    Params::parse_query(std::str::from_utf8(&plain).map_err(|_| bad())?)
}

/// The action a request seems to name, before its body is read: only to choose how to read it.
pub fn named(path: Option<&str>, query: &str) -> Option<Action> {
    // Only a parameter could say otherwise than the path.
    let silent = !query.contains("ac=") && !query.contains("xp=") && !query.contains('%');
    let get = if path.is_some() && silent { Params::default() } else { query_params(query).ok()? };
    let (ac, _ac) = (get.text("ac"), get.text("_ac"));
    name::resolve(&Verb::Get, path, ac.as_deref(), _ac.as_deref()).ok().map(|resolved| resolved.action)
}

pub fn parse(
    env: &Env,
    incoming: Incoming,
    (view, get): (View, Params),
) -> std::result::Result<Parsed, Failed> {
    match call(env, incoming, &view, get) {
        Ok(parsed) => Ok(parsed),
        Err(error) => Err((error, view)),
    }
}

fn call(env: &Env, incoming: Incoming, view: &View, mut get: Params) -> Result<Parsed> {
    let started = std::time::Instant::now();
    let content_type = incoming.headers.lossy(CONTENT_TYPE).into_owned();
    let agent = incoming.headers.lossy(USER_AGENT);
    let request_size =
        (incoming.query.len() + incoming.path.as_ref().map_or(0, String::len) + incoming.body.len()) as i64;
    let (ac, _ac) = (get.text("ac"), get.text("_ac"));
    let resolved = name::resolve(&incoming.verb, incoming.path.as_deref(), ac.as_deref(), _ac.as_deref())?;
    if let Some(id) = resolved.id {
        get.set("id", id);
    }
    let app = App::parse(get.text("_app").as_deref())?;
    let version: Arc<str> = Version::of(get.text("_ver").as_deref(), Some(&agent)).text.into();
    let agent = agent.as_ref().into();
    let debug_level = match env.test_mode() {
        0 => 0,
        _ => get.text("_debug").and_then(|level| level.parse().ok()).unwrap_or(env.config.debug),
    };
    let action = resolved.action;
    let lists = if is_batch(&action) { Lists::Later } else { Lists::Here };
    let (post, raw, files) = body(&incoming.verb, &content_type, incoming.body, incoming.form, lists)?;
    Ok(Parsed {
        action,
        verb: incoming.verb,
        args: Args {
            get,
            post,
            body: Arc::new(Body { content_type, raw, files, headers: incoming.headers }),
        },
        view: view.clone(),
        app,
        version,
        agent,
        address: incoming.address,
        debug_level,
        request_size,
        cross_site: incoming.cross_site,
        started,
    })
}

pub fn bad_json() -> Error {
    Error::param("bad json-format body")
}

type ReadBody = (Params, Vec<u8>, Vec<Upload>);

/// Where it is seen that a JSON list is one: here, or by who reads all of it anyway.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Here,
    Later,
}

/// The body by its type: form, JSON, multipart; anything else stays raw.
fn body(
    verb: &Verb,
    content_type: &str,
    raw: Vec<u8>,
    form: Option<(Params, Vec<Upload>)>,
    lists: Lists,
) -> Result<ReadBody> {
    if let Some((params, files)) = form {
        return Ok((params, Vec::new(), files));
    }
    if content_type.is_empty() && raw.is_empty() {
        return Ok((Params::default(), raw, Vec::new()));
    }
    let kind = content_type.to_ascii_lowercase();
    let hidden = kind.contains(";xparam=1") || kind.contains("; xparam=1");
    let raw = match hidden && !raw.is_empty() {
        true => {
            let text = std::str::from_utf8(&raw).ok();
            text.and_then(|t| xparam::decode(t.trim())).ok_or_else(|| Error::param("bad post xparam"))?
        }
        false => raw,
    };
    let charset = charset::from_content_type(content_type);
    if kind.contains("/json") && *verb != Verb::Get {
        if raw.is_empty() {
            return Ok((Params::default(), raw, Vec::new()));
        }
        let text = charset::decode(&raw, charset);
        let bad = |_| bad_json();
        // A list (a batch) has no names: actions read it from the body.
        if text.trim_ascii_start().starts_with('[') {
            if lists == Lists::Here {
                serde_json::from_str::<IgnoredAny>(&text).map_err(bad)?;
            }
            return Ok((Params::default(), text.into_bytes(), Vec::new()));
        }
        let params = serde_json::from_str::<Map<String, Value>>(&text).map_err(bad)?;
        return Ok((Params(params), raw, Vec::new()));
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Ok((Params::parse_bytes(&raw, charset)?, raw, Vec::new()));
    }
    let raw = match charset {
        Some(_) => charset::decode(&raw, charset).into_bytes(),
        None => raw,
    };
    Ok((Params::default(), raw, Vec::new()))
}
