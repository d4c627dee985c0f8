//! Which action a request means: `_ac`, the path, or `ac`, with the REST forms mapped onto `Object.action`.
//! Whether such an action exists is the registry's question, not ours.

use crate::call::compat::escape;
use crate::error::{Error, Result};
use std::fmt;

/// The verb of a request, as far as naming an action cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Patch,
    Delete,
    Put,
    Other(String),
}

impl Verb {
    pub fn parse(text: &str) -> Verb {
        match text {
            "GET" => Verb::Get,
            "POST" => Verb::Post,
            "PATCH" => Verb::Patch,
            "DELETE" => Verb::Delete,
            "PUT" => Verb::Put,
            other => Verb::Other(other.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
            Verb::Put => "PUT",
            Verb::Other(text) => text,
        }
    }

    fn is_plain(&self) -> bool {
        matches!(self, Verb::Get | Verb::Post)
    }
}

/// An action of an object, or a function when there is no object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action {
    pub object: Option<Box<str>>,
    pub name: Box<str>,
}

impl Action {
    /// `Object.action` with an upper and a lower first letter is an action of an object; anything else is
    /// the name of a function, whether or not such a function can exist. `<` and `>` come out as entities.
    ///
    /// ```
    /// use jindou::call::name::Action;
    /// assert_eq!(Action::parse("Ordr.query").object.as_deref(), Some("Ordr"));
    /// assert_eq!(Action::parse("P订单.list").object.as_deref(), Some("P订单"));
    /// assert_eq!(Action::parse("login").object, None);
    /// assert_eq!(Action::parse("P1.Hi").object, None);
    /// ```
    pub fn parse(text: &str) -> Action {
        match text.split_once('.') {
            Some((object, name)) if is_object(object) && is_method(name) => {
                Action { object: Some(object.into()), name: name.into() }
            }
            _ => Action { object: None, name: escape(text).into() },
        }
    }

    /// `Ordr.add` in pieces.
    pub fn parts(&self) -> [&str; 3] {
        match &self.object {
            Some(object) => [object, ".", &self.name],
            None => ["", "", &self.name],
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().iter().try_for_each(|part| f.write_str(part))
    }
}

/// What a request named. An `id` found in the path belongs into the GET parameters, over one given there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub action: Action,
    pub id: Option<i64>,
}

/// The action of a request. `path` is what follows `/api` or `/api.php`, percent-decoded; `ac` and
/// `verbatim` are the GET parameters `ac` and `_ac`. `_ac` wins and is taken as it is, then the path, then `ac`.
///
/// ```
/// use jindou::call::name::{resolve, Verb};
/// let name = |verb, path| resolve(&verb, Some(path), None, None).map(|r| (r.action.to_string(), r.id));
/// assert_eq!(name(Verb::Get, "Ordr").unwrap(), ("Ordr.query".into(), None));
/// assert_eq!(name(Verb::Patch, "Ordr/12").unwrap(), ("Ordr.set".into(), Some(12)));
/// assert_eq!(name(Verb::Post, "Ordr/12/cancel").unwrap(), ("Ordr.cancel".into(), Some(12)));
/// assert_eq!(name(Verb::Get, "login").unwrap(), ("login".into(), None));
/// assert_eq!(name(Verb::Put, "Ordr").unwrap_err().detail.as_deref(), Some("bad verb 'PUT'"));
/// ```
pub fn resolve(
    verb: &Verb,
    path: Option<&str>,
    ac: Option<&str>,
    verbatim: Option<&str>,
) -> Result<Resolved> {
    let given = |text: &&str| !text.is_empty();
    if let Some(name) = verbatim.filter(given) {
        return Ok(Resolved { action: Action::parse(name), id: None });
    }
    let path = path.map(|path| path.trim_start_matches('/'));
    match path.filter(given).or(ac.filter(given)) {
        Some(name) => from_path(verb, name),
        None => Err(Error::missing("ac")),
    }
}

/// The action of one item of a batch, whose verb follows from whether it has anything to post.
pub fn in_batch(ac: &str, has_post: bool) -> Result<Resolved> {
    resolve(if has_post { &Verb::Post } else { &Verb::Get }, None, Some(ac), None)
}

fn from_path(verb: &Verb, path: &str) -> Result<Resolved> {
    let rest =
        path.starts_with(|c: char| c.is_ascii_uppercase()) && path.chars().all(|c| is_word(c) || c == '/');
    if !rest {
        return plain_name(verb, path, None);
    }
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match segments[..] {
        [object] => crud(verb, object, None),
        [object, id] if is_digits(id) => crud(verb, object, Some(id)),
        [object, act] if is_act(act) => plain_name(verb, &format!("{object}.{act}"), None),
        [object, id, act] if is_digits(id) && is_act(act) => {
            plain_name(verb, &format!("{object}.{act}"), Some(id))
        }
        [object, act, id] if is_digits(id) && is_act(act) => {
            plain_name(verb, &format!("{object}.{act}"), Some(id))
        }
        _ => plain_name(verb, path, None),
    }
}

/// A name that says its action itself: only GET and POST make sense with it.
fn plain_name(verb: &Verb, name: &str, id: Option<&str>) -> Result<Resolved> {
    if !verb.is_plain() {
        return Err(bad_verb(verb, ". use 'GET' or 'POST'"));
    }
    Ok(Resolved { action: Action::parse(name), id: id.map(number).transpose()? })
}

/// The four verbs on `/Object` and `/Object/id`.
fn crud(verb: &Verb, object: &str, id: Option<&str>) -> Result<Resolved> {
    let act = match (verb, id) {
        (Verb::Get, None) => "query",
        (Verb::Get, Some(_)) => "get",
        (Verb::Post, None) => "add",
        (Verb::Post, Some(id)) => {
            let hint = format!(".use 'PATCH /{object}/{id}' or 'POST /{object}/{id}/set'");
            return Err(bad_verb(verb, &hint));
        }
        (Verb::Patch, Some(_)) => "set",
        (Verb::Delete, Some(_)) => "del",
        (Verb::Patch | Verb::Delete, None) => return Err(Error::param("missing id")),
        (Verb::Put | Verb::Other(_), _) => return Err(bad_verb(verb, "")),
    };
    let action = Action { object: Some(object.into()), name: act.into() };
    Ok(Resolved { action, id: id.map(number).transpose()? })
}

fn bad_verb(verb: &Verb, hint: &str) -> Error {
    Error::param(format!("bad verb '{}'{hint}", escape(verb.as_str())))
}

fn number(id: &str) -> Result<i64> {
    id.parse().map_err(|_| Error::param(format!("Bad Request - id param `id`=`{id}`.")))
}

fn is_object(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(is_word)
}

fn is_method(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_word)
}

/// A path segment that is no id.
fn is_act(text: &str) -> bool {
    !text.is_empty() && !is_digits(text)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(verb: &str, path: &str) -> String {
        match resolve(&Verb::parse(verb), Some(path), None, None) {
            Ok(Resolved { action, id: Some(id) }) => format!("{action}?id={id}"),
            Ok(Resolved { action, id: None }) => action.to_string(),
            Err(error) => format!("[{}] {}", error.code.0, error.detail.unwrap_or_default()),
        }
    }

    #[test]
    fn verbs_on_an_object() {
        assert_eq!(path("GET", "Ordr"), "Ordr.query");
        assert_eq!(path("GET", "Ordr/"), "Ordr.query");
        assert_eq!(path("POST", "Ordr"), "Ordr.add");
        assert_eq!(path("PATCH", "Ordr"), "[1] missing id");
        assert_eq!(path("DELETE", "Ordr"), "[1] missing id");
        assert_eq!(path("PUT", "Ordr"), "[1] bad verb 'PUT'");
        assert_eq!(path("TRACE", "Ordr"), "[1] bad verb 'TRACE'");
    }

    #[test]
    fn verbs_on_a_row() {
        assert_eq!(path("GET", "Ordr/12"), "Ordr.get?id=12");
        assert_eq!(path("PATCH", "Ordr/12"), "Ordr.set?id=12");
        assert_eq!(path("DELETE", "Ordr/12"), "Ordr.del?id=12");
        assert_eq!(path("PUT", "Ordr/12"), "[1] bad verb 'PUT'");
        assert_eq!(
            path("POST", "Ordr/12"),
            "[1] bad verb 'POST'.use 'PATCH /Ordr/12' or 'POST /Ordr/12/set'"
        );
        assert_eq!(
            path("GET", "Ordr/99999999999999999999"),
            "[1] Bad Request - id param `id`=`99999999999999999999`."
        );
    }

    #[test]
    fn actions_of_their_own() {
        for (verb, text) in [("GET", "P1/7/hi"), ("POST", "P1/7/hi"), ("GET", "P1/hi/7")] {
            assert_eq!(path(verb, text), "P1.hi?id=7");
        }
        assert_eq!(path("POST", "P1/hi"), "P1.hi");
        assert_eq!(path("GET", "P1.hi"), "P1.hi");
        for text in ["P1/hi", "P1/7/hi", "P1.hi", "login"] {
            assert_eq!(path("PATCH", text), "[1] bad verb 'PATCH'. use 'GET' or 'POST'", "{text}");
        }
    }

    #[test]
    fn what_is_no_rest_form_is_a_function_name() {
        for text in ["login", "P1/7/hi/8", "P1/a/b", "P1//7", "P1/7/8", "p1/7", "P1.Hi", "p1.hi", "P1.", ".a"]
        {
            let resolved = resolve(&Verb::Get, Some(text), None, None).unwrap();
            assert_eq!((resolved.action.object, &*resolved.action.name), (None, text));
        }
        assert_eq!(path("GET", "a<b>"), "a&lt;b&gt;");
    }

    #[test]
    fn three_places_in_their_order() {
        let name = |path, ac, verbatim| resolve(&Verb::Get, path, ac, verbatim).unwrap().action.to_string();
        assert_eq!(name(Some("b"), Some("c"), Some("P1/7/hi")), "P1/7/hi");
        assert_eq!(name(Some("b"), Some("c"), Some("")), "b");
        assert_eq!(name(Some(""), Some("P1/hi"), None), "P1.hi");
        assert_eq!(name(Some("/P1"), None, None), "P1.query");
        let missing = resolve(&Verb::Get, Some(""), Some(""), None).unwrap_err();
        assert_eq!(missing.text.zh, "缺少参数`ac`");
        assert_eq!(missing.detail.as_deref(), Some("Bad Request - param `ac` is missing"));
    }

    #[test]
    fn a_batch_item_posts_when_it_has_something_to_post() {
        assert_eq!(in_batch("Ordr", true).unwrap().action.to_string(), "Ordr.add");
        assert_eq!(in_batch("Ordr", false).unwrap().action.to_string(), "Ordr.query");
    }

    proptest! {
        #[test]
        fn never_panics(verb in "GET|POST|PATCH|PUT", text in any::<String>(), rest in "[A-Z][a-z0-9./]{0,20}") {
            let verb = Verb::parse(&verb);
            let _ = resolve(&verb, Some(&text), None, None);
            if let Ok(Resolved { action, .. }) = resolve(&verb, Some(&rest), None, None) {
                // What was understood as an action is understood the same way when written out.
                prop_assert_eq!(&Action::parse(&action.to_string()), &action);
            }
        }
    }
}
