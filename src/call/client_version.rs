//! Which client is calling: `_ver=type/version`, else what the user agent tells.

use serde_json::{Value, json};
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<'a> {
    /// `a`, `ios`, `wx`, `web`, …
    pub kind: &'a str,
    /// The version as the client wrote it; empty when it wrote none.
    pub ver: &'a str,
    /// Both, as they go into the call log.
    pub text: Cow<'a, str>,
}

impl<'a> Version<'a> {
    /// ```
    /// use jindou::call::client_version::Version;
    /// assert_eq!(Version::of(Some("ios/15"), None).kind, "ios");
    /// let wx = Version::of(None, Some("Mozilla/5.0 (iPhone) MicroMessenger/8.0.49(0x1800) NetType/WIFI"));
    /// assert_eq!((wx.kind, wx.ver, &*wx.text), ("wx", "8.0.49", "wx/8.0.49"));
    /// assert_eq!(&*Version::of(None, None).text, "web");
    /// ```
    pub fn of(ver: Option<&'a str>, user_agent: Option<&'a str>) -> Version<'a> {
        if let Some(text) = ver.map(str::trim).filter(|text| !text.is_empty()) {
            let (kind, ver) = text.split_once('/').unwrap_or((text, ""));
            return Version { kind, ver, text: text.into() };
        }
        match user_agent.and_then(micro_messenger) {
            Some(ver) => Version { kind: "wx", ver, text: format!("wx/{ver}").into() },
            None => Version { kind: "web", ver: "", text: "web".into() },
        }
    }

    /// The object that hooks and answers show.
    pub fn to_json(&self) -> Value {
        json!({"type": self.kind, "ver": self.ver, "str": self.text})
    }
}

fn micro_messenger(user_agent: &str) -> Option<&str> {
    // Looked for by its first letter: to look for the whole name costs several times as much to begin.
    let mut places = user_agent.match_indices('M');
    let rest = places.find_map(|(at, _)| user_agent[at..].strip_prefix("MicroMessenger/"))?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_wins_over_the_agent() {
        let version = Version::of(Some("a/2"), Some("MicroMessenger/8.0"));
        assert_eq!(version.to_json(), json!({"type": "a", "ver": "2", "str": "a/2"}));
    }

    #[test]
    fn odd_forms_still_name_something() {
        assert_eq!(Version::of(Some("mini"), None).ver, "");
        assert_eq!(Version::of(Some(" "), Some("curl/8")).kind, "web");
        assert_eq!(Version::of(None, Some("MicroMessenger/x")).kind, "web");
    }
}
