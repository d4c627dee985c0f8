//! Which web pages may use a visitor's session: the judgement on cross-site requests, and the CORS headers
//! for the origins the operator listed. No origin is ever answered because it asked.

pub(in crate::http) mod list;

pub use list::Origins;

/// What the judgement needs to know of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// False only if the action is known to change nothing. A WebSocket's handshake counts as writing.
    pub writes: bool,
    /// The browser adds or would receive the visitor's identity by itself: a session cookie, Basic
    /// credentials, or the action is a login.
    pub ambient: bool,
    /// The request came to us, or to a trusted proxy, over TLS.
    pub secure: bool,
    pub host: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub referer: Option<&'a str>,
    pub fetch_site: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginVerdict {
    Allow,
    /// Why, for the log and the answer's third element.
    Refuse(String),
}

/// May this request act for the visitor?
///
/// Browsers that know `Sec-Fetch-Site` tell the truth there and pages cannot forge it, so it decides, and
/// works behind proxies that change `Host`. The others tell `Origin` on posts and `Referer` on most of the
/// rest. A client that tells nothing is no browser page of today: scripts, devices, tests.
///
/// ```
/// use jindou::http::origin::{Asked, Origins, OriginVerdict, judge};
/// let post = Asked { writes: true, ambient: true, host: Some("shop.test"), ..Asked::default() };
/// let from = |origin| judge(&Asked { origin: Some(origin), ..post }, &Origins::default());
/// assert_eq!(from("http://shop.test"), OriginVerdict::Allow);
/// assert!(matches!(from("http://evil.test"), OriginVerdict::Refuse(_)));
/// ```
pub fn judge(asked: &Asked<'_>, allowed: &Origins) -> OriginVerdict {
    if !asked.writes || !asked.ambient {
        return OriginVerdict::Allow;
    }
    let listed = asked.origin.is_some_and(|origin| allowed.allows(origin));
    match asked.fetch_site {
        Some(site) if matches_word(site, "same-origin") || matches_word(site, "none") => OriginVerdict::Allow,
        Some(_) if listed => OriginVerdict::Allow,
        Some(site) => refuse("Sec-Fetch-Site", site),
        None => without_fetch_site(asked, allowed, listed),
    }
}

fn without_fetch_site(asked: &Asked<'_>, allowed: &Origins, listed: bool) -> OriginVerdict {
    if let Some(origin) = asked.origin {
        let own = listed || is_own(origin, asked);
        return if own { OriginVerdict::Allow } else { refuse("Origin", origin) };
    }
    match asked.referer {
        None => OriginVerdict::Allow,
        Some(referer) => match list::origin_of(referer) {
            Some(origin) if is_own(&origin, asked) || allowed.allows(&origin) => OriginVerdict::Allow,
            origin => refuse("Referer", origin.as_deref().unwrap_or("unreadable")),
        },
    }
}

/// Is it our own page? A page without TLS is not ours where we are reached with it.
fn is_own(origin: &str, asked: &Asked<'_>) -> bool {
    let Some((scheme, authority)) = list::split(origin) else { return false };
    let Some(host) = asked.host else { return false };
    let downgraded = asked.secure && scheme != "https";
    !downgraded
        && list::without_default_port(&scheme, &authority) == list::without_default_port(&scheme, host.trim())
}

fn matches_word(header: &str, word: &str) -> bool {
    header.trim().eq_ignore_ascii_case(word)
}

fn refuse(header: &str, value: &str) -> OriginVerdict {
    let shown: String = value.chars().filter(|c| !c.is_control()).take(100).collect();
    OriginVerdict::Refuse(format!("cross-site request: {header} is `{shown}`"))
}

/// What a preflight asks for.
#[derive(Debug, Clone, Copy)]
pub struct Preflight<'a> {
    pub method: &'a str,
    pub headers: Option<&'a str>,
}

const EXPOSED: &str = "X-Daca-Server-Rev, X-Daca-Test-Mode, X-Daca-Mock-Mode, ETag";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
const PREFLIGHT_SECONDS: &str = "600";

/// The CORS headers of an answer: for a listed origin its permission, for others none, and `Vary` in both
/// cases once there is a list, so that no cache gives one's answer to the other.
pub fn cors(
    origin: Option<&str>,
    preflight: Option<Preflight<'_>>,
    allowed: &Origins,
) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if !allowed.is_empty() {
        headers.push(("Vary", "Origin".to_owned()));
    }
    let Some(origin) = origin.filter(|origin| allowed.allows(origin)) else { return headers };
    headers.push(("Access-Control-Allow-Origin", origin.trim().to_owned()));
    headers.push(("Access-Control-Allow-Credentials", "true".to_owned()));
    headers.push(("Access-Control-Expose-Headers", EXPOSED.to_owned()));
    if let Some(asked) = preflight {
        headers.push(("Access-Control-Allow-Methods", METHODS.to_owned()));
        let names: Vec<&str> =
            asked.headers.unwrap_or_default().split(',').map(str::trim).filter(|n| is_token(n)).collect();
        if !names.is_empty() {
            headers.push(("Access-Control-Allow-Headers", names.join(", ")));
        }
        headers.push(("Access-Control-Max-Age", PREFLIGHT_SECONDS.to_owned()));
    }
    headers
}

/// The name of a header, and nothing that could end one.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
#[path = "origin/tests.rs"]
mod tests;
