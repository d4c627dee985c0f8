//! Names that are secret in the records of some calls: those of the secret columns of the object that is called.

use super::{is_harmless, is_secret, mask, mask::Masker, mask_text, names_secret};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// They count beside the names that are secret everywhere.
#[derive(Debug, Clone, Default)]
pub struct Beside(Option<Arc<Names>>);

#[derive(Debug)]
struct Names {
    /// Those that are not secret everywhere.
    own: Vec<Box<str>>,
    all: Vec<Box<str>>,
}

/// Longer texts are not looked through.
const LONG: usize = 64 << 10;

impl Beside {
    pub fn of<'n>(names: impl Iterator<Item = &'n str>) -> Beside {
        let all: BTreeSet<Box<str>> = names.map(Box::from).collect();
        let own = all.iter().filter(|name| !is_secret(name)).cloned().collect();
        let names = Names { own, all: all.into_iter().collect() };
        Beside((!names.all.is_empty()).then(|| Arc::new(names)))
    }

    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    fn list(&self) -> &[Box<str>] {
        self.0.as_deref().map(|names| &*names.own).unwrap_or_default()
    }

    /// Whether a text may name one of them: an answer to it may show its values under any name.
    pub fn stand_in(&self, text: &str) -> bool {
        self.0.as_deref().is_some_and(|names| {
            let odd = text.len() > LONG || text.contains("\\u");
            odd || names.all.iter().any(|name| stands_alone(text, name))
        })
    }

    fn has(&self, name: &str) -> bool {
        self.list().iter().any(|secret| secret.eq_ignore_ascii_case(name))
    }

    /// Whether the name of a parameter is that of a secret, however it is spelled.
    pub fn names(&self, name: &str) -> bool {
        names_secret(name)
            || (!self.list().is_empty() && Masker { is_secret: &|name| self.has(name) }.named(name))
    }

    pub fn mask(&self, value: &Value) -> Value {
        mask(value, &|name| is_secret(name) || self.has(name))
    }

    /// Most texts name no secret at all, which is much cheaper to see than to mask nothing.
    pub fn mask_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.leaves(text) {
            true => Cow::Borrowed(text),
            false => Cow::Owned(mask_text(text, &|name| is_secret(name) || self.has(name))),
        }
    }

    /// Whether a text is shown as it is. It errs on one side only.
    pub fn leaves(&self, text: &str) -> bool {
        is_harmless(text) && !self.list().iter().any(|name| stands(text, name))
    }
}

fn stands(text: &str, name: &str) -> bool {
    text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
}

/// As a word, not as a part of one.
fn stands_alone(text: &str, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    let joins = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    text.windows(name.len()).enumerate().any(|(at, part)| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        part.eq_ignore_ascii_case(name) && !joins(before) && !joins(text.get(at + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn they_are_masked_like_those_of_everywhere() {
        let beside = Beside::of(["pin", "faceToken", "pwd"].into_iter());
        assert_eq!(beside.list().len(), 2, "what is secret everywhere is not told twice");
        for name in ["pin", "PIN", "t0.pin", "user[pin]", "ｐｉｎ", "%70in", "facetoken", "pwd"] {
            assert!(beside.names(name), "{name}");
        }
        for name in ["pins", "spin", "name", ""] {
            assert!(!beside.names(name), "{name}");
        }
        assert_eq!(
            beside.mask(&json!({"a": {"pin": "1"}, "pwd": "2"})),
            json!({"a": {"pin": "?"}, "pwd": "?"})
        );
        assert_eq!(beside.mask_text("a=1&pin=2"), "a=1&pin=?");
        assert_eq!(
            beside.mask_text(r#"[0,{"h":["id","pin"],"d":[[1,"x"]]}]"#),
            r#"[0,{"h":["id","pin"],"d":[[1,"?"]]}]"#
        );
        let none = Beside::of(["pwd"].into_iter());
        assert_eq!(none.mask_text("a=1&pin=2"), "a=1&pin=2");
        assert!(none.names("pwd") && !none.names("pin"));
        assert!(
            none.stand_in("id,PWD p") && !none.stand_in("id,pin p") && !Beside::default().stand_in("pwd")
        );
    }
}
