//! The headers of a request, shared by all that look at them.

use encoding_rs::UTF_8;
use http::HeaderMap;
use http::header::AsHeaderName;
use std::borrow::Cow;
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Headers(Arc<HeaderMap>);

impl Headers {
    /// Names in any case; what each call looks for is cheaper to find by the constants of `http::header`. None also
    /// for a value that is no text.
    pub fn get(&self, name: impl AsHeaderName) -> Option<&str> {
        self.0.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// What can be read of a value, whatever its charset; empty when there is none.
    pub fn lossy(&self, name: impl AsHeaderName) -> Cow<'_, str> {
        self.0
            .get(name)
            .map_or(Cow::Borrowed(""), |value| UTF_8.decode_without_bom_handling(value.as_bytes()).0)
    }
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Headers {
        Headers(Arc::new(map))
    }
}

/// Headers of our own making.
impl FromIterator<(&'static str, String)> for Headers {
    fn from_iter<T: IntoIterator<Item = (&'static str, String)>>(pairs: T) -> Headers {
        let pairs = pairs.into_iter();
        let map: HeaderMap = pairs
            .filter_map(|(name, value)| Some((http::HeaderName::from_static(name), value.try_into().ok()?)))
            .collect();
        map.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_odd_values_do_no_harm() {
        let mut map = HeaderMap::new();
        map.insert("user-agent", http::HeaderValue::from_bytes(b"caf\xe9").unwrap());
        map.insert("range", http::HeaderValue::from_static("bytes=0-"));
        let headers = Headers::from(map);
        assert_eq!((headers.get("Range"), headers.get("etag")), (Some("bytes=0-"), None));
        assert_eq!((headers.get("User-Agent"), &*headers.lossy("user-agent")), (None, "caf\u{FFFD}"));
        assert_eq!((headers.get("not a name"), &*headers.lossy("etag")), (None, ""));
    }
}
