//! The configuration as rows for people: `jindou config` and the console of the administrator. Secrets are
//! masked here and nowhere needed in clear.

use super::load::Setting;
use serde::Serialize;
use std::borrow::Cow;

pub const MASK: &str = "****";

#[derive(Debug, Clone, Serialize)]
pub struct KeyRow {
    pub key: &'static str,
    pub value: String,
    pub default: &'static str,
    /// `default`, `environment`, the name of the file, …
    pub from: String,
    /// What a value must look like.
    pub expects: String,
    /// Whether SIGHUP is enough to change it.
    pub live: bool,
    pub zh: &'static str,
    pub en: &'static str,
}

pub fn rows(entries: &[Setting]) -> Vec<KeyRow> {
    entries.iter().map(row).collect()
}

fn row(entry: &Setting) -> KeyRow {
    let key = entry.key;
    let hidden = key.secret && entry.text != key.default;
    KeyRow {
        key: key.name,
        value: if hidden { MASK.into() } else { mask_url(&entry.text).into_owned() },
        default: key.default,
        from: entry.origin.name().into_owned(),
        expects: key.kind.expects(),
        live: key.live,
        zh: key.zh,
        en: key.en,
    }
}

/// Hides the password inside an URL such as `postgres://user:password@host/db`.
pub fn mask_url(text: &str) -> Cow<'_, str> {
    let parts = || {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (login, _) = authority.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:{MASK}{}", &rest[login.len()..]))
    };
    parts().map_or(Cow::Borrowed(text), Cow::Owned)
}
