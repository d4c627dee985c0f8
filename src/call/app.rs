//! The application a call comes from (`_app`), its type, and the cookie that applications of one type share.
//! What a type may do is the business of `auth`.

use crate::error::{Error, Result};
use std::sync::Arc;

/// Types under which other names go.
const ALIASES: &[(&str, &str)] = &[("store", "emp"), ("adm", "admin")];

const LONGEST: usize = 32;
/// What follows the type in the name of a cookie.
const COOKIE_END: &str = "id";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// As the client said it: `emp-adm`.
    pub name: Arc<str>,
    /// What decides rights and session: `emp`.
    pub kind: Arc<str>,
}

impl App {
    /// The application of `_app`; absent or empty means `user`. The name becomes part of a cookie's name, so
    /// only letters, digits, `_` and `-` are taken.
    ///
    /// ```
    /// use jindou::call::app::App;
    /// let kind = |name| App::parse(Some(name)).unwrap().kind;
    /// assert_eq!(&*kind("emp-adm2"), "emp");
    /// assert_eq!(&*kind("store"), "emp");
    /// assert_eq!(App::parse(Some("adm")).unwrap().cookie(), "adminid");
    /// assert!(App::parse(Some("a;b")).is_err());
    /// ```
    pub fn parse(name: Option<&str>) -> Result<App> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or("user");
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if name.len() > LONGEST || !name.bytes().all(plain) {
            return Err(Error::param("bad param `_app`"));
        }
        let kind = kind(name);
        let name: Arc<str> = name.into();
        let kind = if *kind == *name { name.clone() } else { kind.into() };
        Ok(App { name, kind })
    }

    /// The name of the session cookie.
    pub fn cookie(&self) -> String {
        [&self.kind, COOKIE_END].concat()
    }

    pub fn is_cookie(&self, name: &str) -> bool {
        name.strip_suffix(COOKIE_END) == Some(&*self.kind)
    }
}

/// The type of a name: one trailing run of digits *or* one trailing `-word` comes off, then aliases apply.
fn kind(name: &str) -> &str {
    let stem = match name.rfind('-') {
        Some(at) if at + 1 < name.len() => &name[..at],
        _ => name.trim_end_matches(|c: char| c.is_ascii_digit()),
    };
    ALIASES.iter().find(|(alias, _)| *alias == stem).map_or(stem, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_drops_one_tail() {
        let cases = [
            ("user", "user"),
            ("user2", "user"),
            ("emp2", "emp"),
            ("emp-adm", "emp"),
            ("emp-adm2", "emp"),
            ("a-b-c", "a-b"),
            ("12", ""),
            ("a-", "a-"),
            ("store", "emp"),
            ("store-2", "emp"),
            ("adm", "admin"),
            ("admin", "admin"),
            ("watch", "watch"),
        ];
        for (name, expected) in cases {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn absent_and_empty_are_the_user_app() {
        assert_eq!(App::parse(None).unwrap(), App::parse(Some("")).unwrap());
        assert_eq!(App::parse(None).unwrap().cookie(), "userid");
        let nameless = App::parse(Some("12")).unwrap();
        assert_eq!(nameless.cookie(), "id");
        assert!(nameless.is_cookie("id") && !nameless.is_cookie("userid") && !nameless.is_cookie(""));
    }

    #[test]
    fn a_name_that_could_break_a_header_is_refused() {
        for name in ["a=b", "a b", "a\r\nb", "用户", &"a".repeat(33)] {
            assert!(App::parse(Some(name)).is_err(), "{name:?}");
        }
    }
}
