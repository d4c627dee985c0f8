//! One map of parameters (the URL's or the body's), in order, with the PHP bracket syntax that jQuery
//! clients write. It knows nothing of types: see `lookup` for reading a parameter as something.

mod nest;

use crate::call::charset;
use crate::error::Result;
use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Parameters by name, in the order in which they were first named.
///
/// ```
/// use jindou::call::params::Params;
/// let get = Params::parse_query("res=id,%E5%90%8D&cond[id]=1&cond%5Bname%5D=a+b&log[0][ac]=x&log[1][ac]=y")?;
/// assert_eq!(get.text("res").as_deref(), Some("id,名"));
/// assert_eq!(get.get("cond"), Some(&serde_json::json!({"id": "1", "name": "a b"})));
/// assert_eq!(get.get("log"), Some(&serde_json::json!([{"ac": "x"}, {"ac": "y"}])));
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Clone, Default, Debug, PartialEq)]
pub struct Params(pub Map<String, Value>);

/// So many are looked through.
const FEW: usize = 12;

/// Looks up a parameter. A call brings few and looks up dozens of names, most of them absent: comparing is several times
/// cheaper than hashing each name.
fn find<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    match map.len() {
        0..=FEW => map.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
        _ => map.get(name),
    }
}

impl Params {
    pub fn get(&self, name: &str) -> Option<&Value> {
        find(&self.0, name)
    }

    /// A scalar as text: `""` counts as given, null and structures do not. `true` is `1`, `false` is `0`.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        text_of(self.get(name)?)
    }

    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes a parameter out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> serde_json::map::Iter<'_> {
        self.0.iter()
    }

    /// The parameters of a query string (without `?`), which is UTF-8 inside its percent codes.
    /// An error when there are too many of them or brackets go too deep.
    pub fn parse_query(query: &str) -> Result<Params> {
        Params::parse_bytes(query.as_bytes(), None)
    }

    /// The parameters of a form body in the charset its content type names.
    pub fn parse_bytes(body: &[u8], charset: Option<&'static Encoding>) -> Result<Params> {
        let encoding = charset.unwrap_or(UTF_8);
        if !encoding.is_ascii_compatible() {
            // The separators themselves are encoded: the whole body has to be text first.
            return Params::parse_query(&charset::decode(body, charset));
        }
        let pairs = body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let at = pair.iter().position(|b| *b == b'=');
            let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            (plain(name, encoding), plain(value, encoding))
        });
        Params::from_pairs(pairs)
    }

    /// Names in bracket syntax with their texts: what forms, query strings and multipart bodies come down to.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Params> {
        let mut tree = nest::Tree::default();
        for (name, text) in pairs {
            tree.put(name, text)?;
        }
        Ok(Params(tree.into_map()))
    }
}

impl From<Map<String, Value>> for Params {
    fn from(map: Map<String, Value>) -> Params {
        Params(map)
    }
}

/// The text of a scalar.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "1" } else { "0" }),
        Value::Number(number) => Cow::Owned(match number.as_f64() {
            // 3.0 in JSON is the number 3, as it is for every PHP or JavaScript client.
            Some(x) if number.is_f64() && x.fract() == 0.0 && x.abs() < 1e15 => format!("{x:.0}"),
            _ => number.to_string(),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// `encoding` is one in which ASCII means itself.
fn plain(bytes: &[u8], encoding: &'static Encoding) -> String {
    if !bytes.iter().fold(false, |odd, b| odd | !b.is_ascii() | (*b == b'%') | (*b == b'+'))
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let spaced: Cow<'_, [u8]> = if bytes.contains(&b'+') {
        Cow::Owned(bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect())
    } else {
        Cow::Borrowed(bytes)
    };
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    encoding.decode_without_bom_handling(&decoded).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(query: &str) -> Value {
        Value::Object(Params::parse_query(query).unwrap().0)
    }

    #[test]
    fn plain_pairs() {
        assert_eq!(parsed("a=1&b=&c&&d=x=y&a=2"), json!({"a": "2", "b": "", "c": "", "d": "x=y"}));
        assert_eq!(parsed("q=%E4%B8%AD+%2B%zz"), json!({"q": "中 +%zz"}));
        assert_eq!(parsed(""), json!({}));
        assert_eq!(parsed("%FF=%C3%28"), json!({"\u{FFFD}": "\u{FFFD}("}));
    }

    #[test]
    fn order_is_kept() {
        let params = Params::parse_query("z=1&a=2&m=3").unwrap();
        assert_eq!(params.iter().map(|(name, _)| name.as_str()).collect::<String>(), "zam");
    }

    #[test]
    fn form_bodies_in_other_charsets() {
        let gbk = charset::named("gbk");
        let params = Params::parse_bytes(b"name=\xD6\xD0&b=%D6%D0", gbk).unwrap();
        assert_eq!(Value::Object(params.0), json!({"name": "中", "b": "中"}));
        let wide: Vec<u8> = "a=1&b=中".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let params = Params::parse_bytes(&wide, charset::named("utf-16le")).unwrap();
        assert_eq!(Value::Object(params.0), json!({"a": "1", "b": "中"}));
    }

    #[test]
    fn scalars_as_text() {
        let Value::Object(map) = json!({"s": "", "i": 12, "x": 1.5, "w": 3.0, "t": true, "n": null, "a": []})
        else {
            unreachable!()
        };
        let params = Params(map);
        let texts: Vec<_> = ["s", "i", "x", "w", "t", "n", "a", "none"].map(|name| params.text(name)).into();
        let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
        let expected = [Some(""), Some("12"), Some("1.5"), Some("3"), Some("1"), None, None, None];
        assert_eq!(texts, expected);
    }

    #[test]
    fn set_and_remove() {
        let mut params = Params::parse_query("a=1&b=2&c=3").unwrap();
        params.set("id", 5);
        assert_eq!(params.remove("a"), Some(json!("1")));
        assert_eq!(Value::Object(params.0), json!({"b": "2", "c": "3", "id": 5}));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), query in "[a-c\\[\\]=&.0-2 ]{0,60}") {
            let _ = Params::parse_bytes(&bytes, None);
            let _ = Params::parse_bytes(&bytes, charset::named("gbk"));
            let _ = Params::parse_query(&query);
        }
    }
}
