//! Who speaks over a connection: what each call over it brings, as a request of its own would bring it in its head.

use crate::auth::ThrottleKey;
use crate::call::app::App;
use crate::call::headers::Headers;
use crate::call::name::Verb;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::Incoming;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

/// Parameters of the handshake's URL that hold for every call.
const STANDING: [&str; 3] = ["_app", "_ver", "_lang"];
/// Headers of the handshake that hold for every call.
const CARRIED: [HeaderName; 4] =
    [COOKIE, USER_AGENT, AUTHORIZATION, HeaderName::from_static("x-daca-simple")];
/// A longer header of cookies is reduced to the one that names the session.
const COOKIES_MAX: usize = 1024;
/// Wishes for the form of an answer, which over a connection has only one.
const FORMS: [&str; 4] = ["_raw", "retfn", "_jsonp", "jdcloud"];

#[derive(Clone)]
pub struct Speaker {
    pub app: App,
    standing: Box<[(&'static str, Box<str>)]>,
    headers: Headers,
    address: Arc<str>,
    throttle_key: ThrottleKey,
}

impl Speaker {
    /// The sender of a handshake.
    pub fn of(
        query: &str,
        headers: &HeaderMap,
        address: Arc<str>,
        throttle_key: ThrottleKey,
    ) -> Result<Speaker> {
        let params = Params::parse_query(query)?;
        let app = App::parse(params.text("_app").as_deref())?;
        let standing = STANDING.iter().filter_map(|name| Some((*name, params.text(name)?.into())));
        let mut speaker =
            Speaker { standing: standing.collect(), headers: Headers::default(), address, throttle_key, app };
        speaker.headers = speaker.carried(headers).into();
        Ok(speaker)
    }

    /// Copies: what hyper hands over are pieces of a connection's buffer, which they would keep.
    fn carried(&self, headers: &HeaderMap) -> HeaderMap {
        let mut out = HeaderMap::new();
        for name in CARRIED {
            let Some(value) = headers.get(&name) else { continue };
            let copied = match name == COOKIE && value.len() > COOKIES_MAX {
                true => HeaderValue::from_str(&self.session_cookies(value)),
                false => HeaderValue::from_bytes(value.as_bytes()),
            };
            if let Ok(value) = copied {
                out.insert(name, value);
            }
        }
        out
    }

    fn session_cookies(&self, header: &HeaderValue) -> String {
        let header = String::from_utf8_lossy(header.as_bytes());
        let ours = header.split(';').map(str::trim);
        let ours = ours.filter(|pair| pair.split_once('=').is_some_and(|(name, _)| self.app.is_cookie(name)));
        ours.take(1).collect::<Vec<_>>().join("; ")
    }

    pub fn throttle_key(&self) -> ThrottleKey {
        self.throttle_key
    }

    /// Whether it brings something that may stand for a login.
    pub fn brings_key(&self) -> bool {
        [&CARRIED[2], &CARRIED[3]].into_iter().any(|name| self.headers.get(name).is_some())
    }

    /// The same sender as another app.
    pub fn as_app(mut self, app: &str) -> Result<Speaker> {
        self.app = App::parse(Some(app))?;
        let others = self.standing.iter().filter(|(name, _)| *name != "_app").cloned();
        self.standing = others.chain([("_app", app.into())]).collect();
        Ok(self)
    }

    /// The same sender with the session that a call has given it, or without one.
    pub fn with_session(mut self, key: Option<&str>) -> Speaker {
        let header = self.headers.lossy(COOKIE).into_owned();
        let others = header.split(';').map(str::trim).filter(|pair| {
            !pair.is_empty() && !pair.split_once('=').is_some_and(|(name, _)| self.app.is_cookie(name))
        });
        let own = key.map(|key| format!("{}={key}", self.app.cookie()));
        let cookies = others.map(str::to_owned).chain(own).collect::<Vec<_>>().join("; ");
        let mut headers = self.headers_again();
        headers.remove(COOKIE);
        if let Ok(value) = HeaderValue::from_str(&cookies)
            && !value.is_empty()
        {
            headers.insert(COOKIE, value);
        }
        self.headers = headers.into();
        self
    }

    fn headers_again(&self) -> HeaderMap {
        let mut out = HeaderMap::new();
        for name in CARRIED {
            if let Some(value) = self.headers.get(&name).and_then(|value| HeaderValue::from_str(value).ok()) {
                out.insert(name, value);
            }
        }
        out
    }

    /// A call by this sender, as the pipeline takes one. `posts`: it has a body, which is JSON.
    pub fn incoming(
        &self,
        action: &str,
        mut get: Params,
        posts: bool,
        once: Option<&str>,
    ) -> Result<Incoming> {
        for (name, value) in &self.standing {
            match get.text(name) {
                Some(given) if *name == "_app" && *given != **value => {
                    return Err(Error::param("the app of a connection is that of its handshake")
                        .say("连接的`_app`不可更改", "`_app` of a connection cannot be changed"));
                }
                Some(_) => {}
                None => get.set(*name, &**value),
            }
        }
        if get.get("_app").is_none() {
            get.set("_app", &*self.app.name);
        }
        FORMS.iter().for_each(|name| drop(get.remove(name)));
        let mut headers = self.headers.clone();
        if posts || once.is_some() {
            let mut map = self.headers_again();
            if posts {
                map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            if let Some(key) = once {
                let bad = |_| Error::param("bad `key`").say("`key`不正确", "bad `key`");
                map.insert("idempotency-key", HeaderValue::from_str(key).map_err(bad)?);
            }
            headers = map.into();
        }
        Ok(Incoming {
            verb: if posts { Verb::Post } else { Verb::Get },
            path: Some(action.to_owned()),
            query: String::new(),
            headers,
            address: self.address.clone(),
            throttle_key: self.throttle_key,
            // Pages of other sites were refused at the handshake.
            cross_site: None,
            params: Some(get),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker(query: &str, cookies: &str) -> Speaker {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookies).unwrap());
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.2.3.4"));
        Speaker::of(query, &headers, "local".into(), ThrottleKey::default()).unwrap()
    }

    #[test]
    fn calls_bring_what_the_handshake_brought() {
        let speaker = speaker("_app=emp-adm&_ver=a%2F1&x=1", "a=b; empid=key; userid=other");
        let incoming = speaker.incoming("Ordr.query", Params::default(), false, None).unwrap();
        let get = incoming.params.unwrap();
        assert_eq!(
            (get.text("_app").as_deref(), get.text("_ver").as_deref()),
            (Some("emp-adm"), Some("a/1"))
        );
        assert_eq!((get.get("x"), incoming.headers.get("x-forwarded-for")), (None, None));
        assert_eq!(incoming.headers.get(COOKIE), Some("a=b; empid=key; userid=other"));
        let other = Params::from_pairs(vec![("_app".into(), "admin".into())]).unwrap();
        assert!(speaker.incoming("Ordr.query", other, false, None).is_err());
    }

    #[test]
    fn a_session_takes_the_place_of_the_one_before() {
        let before = speaker("_app=emp", "a=b; empid=old; userid=other");
        let cookies = |speaker: Speaker| {
            let incoming = speaker.incoming("x", Params::default(), true, Some("k")).unwrap();
            assert_eq!(incoming.headers.get("idempotency-key"), Some("k"));
            incoming.headers.get(COOKIE).map(str::to_owned)
        };
        assert_eq!(
            cookies(before.clone().with_session(Some("new"))).unwrap(),
            "a=b; userid=other; empid=new"
        );
        assert_eq!(cookies(before.with_session(None)).unwrap(), "a=b; userid=other");
    }

    #[test]
    fn many_cookies_are_not_kept() {
        let long = format!("a={}; userid=key; b={}", "x".repeat(COOKIES_MAX), "y".repeat(100));
        let incoming = speaker("", &long).incoming("x", Params::default(), false, None).unwrap();
        assert_eq!(incoming.headers.get(COOKIE), Some("userid=key"));
    }
}
