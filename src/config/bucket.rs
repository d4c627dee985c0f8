//! The address of an object store that speaks S3: `s3://bucket/prefix?endpoint=https://…&region=…`. Credentials
//! are keys of their own and never part of it.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Folders before every key, without slashes around them; may be empty.
    pub prefix: String,
    /// Scheme and authority of a server of its own; None = that of AWS for the region.
    pub endpoint: Option<String>,
    pub region: String,
}

const REGION: &str = "us-east-1";

impl Bucket {
    /// What follows `s3://`; None when it is no address.
    pub(super) fn parse(rest: &str) -> Option<Bucket> {
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.trim_end_matches('/');
        if !is_name(name) || !(prefix.is_empty() || prefix.split('/').all(is_folder)) {
            return None;
        }
        let (mut endpoint, mut region) = (None, REGION.to_owned());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (option, value) = option.split_once('=')?;
            let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
            match option {
                "endpoint" => endpoint = Some(origin(&value)?),
                "region" if is_plain(&value) => region = value.into_owned(),
                _ => return None,
            }
        }
        Some(Bucket { name: name.to_owned(), prefix: prefix.to_owned(), endpoint, region })
    }

    /// Scheme and authority that are spoken to, and the path in front of every key. A server of one's own is
    /// given the bucket in the path: it seldom has a name for each.
    pub fn base(&self) -> (String, String) {
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        match &self.endpoint {
            Some(endpoint) => (endpoint.clone(), format!("/{}/{prefix}", self.name)),
            None if self.name.contains('.') => {
                // No certificate covers a name with more dots.
                (format!("https://s3.{}.amazonaws.com", self.region), format!("/{}/{prefix}", self.name))
            }
            None => (format!("https://{}.s3.{}.amazonaws.com", self.name, self.region), format!("/{prefix}")),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, path) = self.base();
        write!(f, "{host}{path}")
    }
}

fn is_name(name: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    (3..=63).contains(&name.len()) && name.bytes().all(fine) && !name.contains("..") && !name.starts_with('.')
}

fn is_folder(part: &str) -> bool {
    is_plain(part) && !part.starts_with('.')
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Scheme, host and perhaps a port; no login, no path.
fn origin(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let (scheme, rest) = text.split_once("://")?;
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']');
    let right = matches!(scheme, "http" | "https") && !rest.is_empty() && rest.bytes().all(fine);
    right.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, shown, region) in [
            ("photos", "https://photos.s3.us-east-1.amazonaws.com/", "us-east-1"),
            (
                "photos/a/b/?region=cn-north-1",
                "https://photos.s3.cn-north-1.amazonaws.com/a/b/",
                "cn-north-1",
            ),
            ("my.photos", "https://s3.us-east-1.amazonaws.com/my.photos/", "us-east-1"),
            (
                "photos/x?endpoint=http%3A%2F%2F127.0.0.1:9000/&region=auto",
                "http://127.0.0.1:9000/photos/x/",
                "auto",
            ),
        ] {
            let bucket = Bucket::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((bucket.to_string().as_str(), bucket.region.as_str()), (shown, region), "{text}");
        }
        for text in [
            "",
            "ab",
            "Photos",
            "photos/../x",
            "photos//x",
            "photos/a b",
            "photos?endpoint=minio:9000",
            "photos?endpoint=https://me:secret@minio",
            "photos?endpoint=https://minio/path",
            "photos?zone=1",
            "photos?region=",
            "photos?region",
        ] {
            assert_eq!(Bucket::parse(text), None, "{text}");
        }
    }
}
