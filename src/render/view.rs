//! How a caller wants its answer wrapped, read from the URL's format parameters. The wrapping itself is
//! done by `envelope`.

use serde_json::Value;

use crate::error::{Error, Result};

/// How this caller wants its answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// 1 = the payload alone, 2 = the payload as tab-separated lines.
    pub raw: Option<u8>,
    pub retfn: Option<RetFn>,
    /// A checked callback name; with `=` at its end it is assigned to instead of called.
    pub jsonp: Option<String>,
    /// Test mode: indented, and all debug entries are shown.
    pub pretty: bool,
    /// Extra elements after the answer, in test mode.
    pub debug: Vec<Value>,
    pub lang: Lang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetFn {
    Obj,
    Raw,
    Xml,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl View {
    /// Reads the format parameters of the URL. An empty parameter counts as absent, an unknown `retfn` is
    /// ignored, `jdcloud=1` forces the plain array.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Result<View> {
        let get = |name| get(name).filter(|value| !value.is_empty());
        let mut view = View { jsonp: get("_jsonp").map(callback).transpose()?, ..View::default() };
        if get("jdcloud").is_some_and(|value| value != "0") {
            return Ok(view);
        }
        view.raw = get("_raw").and_then(|value| match &*value {
            "0" => None,
            "2" => Some(2),
            _ => Some(1),
        });
        view.retfn = get("retfn").and_then(|value| match &*value {
            "obj" => Some(RetFn::Obj),
            "raw" => Some(RetFn::Raw),
            "xml" => Some(RetFn::Xml),
            _ => None,
        });
        Ok(view)
    }

    /// `_raw` wins over `retfn`.
    pub(super) fn wrapping(&self) -> Wrapping {
        match (self.raw, self.retfn) {
            (Some(2), _) => Wrapping::Lines,
            (Some(_), _) | (None, Some(RetFn::Raw)) => Wrapping::Payload,
            (None, Some(RetFn::Obj)) => Wrapping::Object,
            (None, Some(RetFn::Xml)) => Wrapping::Xml,
            (None, None) => Wrapping::Array,
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.wrapping() == Wrapping::Array && self.jsonp.is_none() && !self.pretty && self.debug.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wrapping {
    Array,
    Object,
    Xml,
    Payload,
    Lines,
}

/// A name that is safe to put in front of a script: identifiers joined by dots, at most 64 characters.
fn callback(name: String) -> Result<String> {
    let path = name.strip_suffix('=').unwrap_or(&name);
    let mut chars = path.chars();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let ok = path.len() <= 64
        && chars.next().is_some_and(first)
        && chars.all(|c| first(c) || c.is_ascii_digit() || c == '.');
    if ok {
        Ok(name)
    } else {
        Err(Error::param("param `_jsonp` is not a callback name")
            .say("参数`_jsonp`不是合法的回调函数名", "parameter `_jsonp` is not a callback name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn callback_names_are_checked() {
        let parse = |name: &str| View::parse(|param| (param == "_jsonp").then(|| name.to_owned()));
        for good in ["cb", "a.b$_1", "v=", &"a".repeat(64)] {
            assert_eq!(parse(good).unwrap().jsonp.as_deref(), Some(good));
        }
        let long = "a".repeat(65);
        for bad in ["alert(1)", "1a", "a b", ".a", "a==", "回调", "=", &long] {
            assert_eq!(parse(bad).unwrap_err().code, Code::PARAM, "{bad}");
        }
        assert_eq!(parse("").unwrap().jsonp, None);
    }
}
