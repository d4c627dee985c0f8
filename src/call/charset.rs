//! Charsets that old clients name in `charset=`: label to encoding, bytes to text. It never fails: bytes
//! that are not text of the charset become U+FFFD.

use encoding_rs::{Encoding, GB18030, UTF_8};

/// The encoding behind a label. `gbk` and `gb2312` mean their superset gb18030, because clients that say
/// the former send characters of the latter. `None` when nobody knows the label.
pub fn named(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches('"');
    if label.eq_ignore_ascii_case("gbk") || label.eq_ignore_ascii_case("gb2312") {
        return Some(GB18030);
    }
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// The encoding a `Content-Type` names, if it names one.
///
/// ```
/// use jindou::call::charset;
/// let of = |header| charset::from_content_type(header).map(|encoding| encoding.name());
/// assert_eq!(of("application/json; charset=gb2312"), Some("gb18030"));
/// assert_eq!(of("text/plain;CHARSET=\"utf-8\";xparam=1"), Some("UTF-8"));
/// assert_eq!(of("text/plain"), None);
/// ```
pub fn from_content_type(header: &str) -> Option<&'static Encoding> {
    header.split(';').skip(1).find_map(|part| {
        let (key, label) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("charset").then(|| named(label)).flatten()
    })
}

/// Text of bytes; without a charset they are UTF-8. A byte order mark is dropped.
pub fn decode(bytes: &[u8], charset: Option<&'static Encoding>) -> String {
    charset.unwrap_or(UTF_8).decode_with_bom_removal(bytes).0.into_owned()
}

/// Decodes bytes; those that are UTF-8 already are not copied.
pub fn into_text(bytes: Vec<u8>, charset: Option<&'static Encoding>) -> String {
    let encoding = charset.unwrap_or(UTF_8);
    if encoding != UTF_8 || bytes.starts_with(b"\xEF\xBB\xBF") {
        return decode(&bytes, charset);
    }
    String::from_utf8(bytes).unwrap_or_else(|error| decode(error.as_bytes(), charset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_labels_mean_the_superset() {
        for label in ["gbk", "GB2312", "gb18030", " gbk "] {
            assert_eq!(named(label).map(Encoding::name), Some("gb18030"), "{label}");
        }
        assert_eq!(named("latin1").map(Encoding::name), Some("windows-1252"));
        assert_eq!(named("nosuch"), None);
    }

    #[test]
    fn decodes_gbk_and_marks_what_is_not_text() {
        let zhong = [0xD6, 0xD0];
        assert_eq!(decode(&zhong, named("gbk")), "中");
        assert_eq!(decode(&zhong, None), "\u{FFFD}\u{FFFD}");
        assert_eq!(decode(b"\xEF\xBB\xBFa", None), "a");
        for bytes in [&b"\xEF\xBB\xBFa"[..], b"a\xD6\xD0", b"", "中".as_bytes()] {
            for encoding in [None, named("gbk"), named("utf-8"), named("utf-16le")] {
                assert_eq!(into_text(bytes.to_vec(), encoding), decode(bytes, encoding));
            }
        }
    }
}
