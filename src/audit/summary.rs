//! Requests and responses as the log shows them: short, readable, without secrets.

use super::record_limits::RecordLimits;
use super::seal::Seal;
use super::values;
use crate::call::params::Params;
use crate::redact::{self, Beside};
use encoding_rs::UTF_8;
use std::borrow::Cow;
use std::fmt::Write as _;

const SUCCESS_MAX: usize = 200;
/// Of the white space in so much more than is shown hardly all is folded away.
const FOLDED: usize = 64;

/// What is asked of the texts of a request.
pub struct ShownRequest<'a> {
    pub get: &'a Params,
    pub post: &'a Params,
    /// The body as it came, if it has no names of its own.
    pub body: &'a [u8],
    /// What is shown in place of the body, and of this parameter of it.
    pub instead: Option<(&'static str, RecordedText)>,
    /// Names that are secret in this call, beside those that are everywhere.
    pub secrets: &'a Beside,
    /// Names that mean something to the action: they are shown first.
    pub known: &'a dyn Fn(&str) -> bool,
    pub limits: &'a RecordLimits,
}

/// A text that stands for a longer one.
#[derive(Debug, Default)]
pub struct RecordedText {
    pub text: String,
    /// Bytes of what it stands for.
    pub size: usize,
}

/// `a=1, b=2;\nc=3`: the URL's parameters, then the body's, or the beginning of a body that has no names of its own
/// (a list of calls, a file).
pub fn write_request(out: &mut String, seal: &Seal, asked: &ShownRequest<'_>) {
    let ShownRequest { get, post, body, instead, secrets, .. } = asked;
    let most = asked.limits.all;
    values::write(out, seal, get, asked);
    if post.is_empty() && body.is_empty() {
        return;
    }
    out.push_str(";\n");
    if let Some((name, shown)) = instead {
        return write_instead(out, seal, asked, name, shown);
    }
    if !post.is_empty() {
        return values::write(out, seal, post, asked);
    }
    let head = beginning(body, most);
    let from = out.len();
    match begins_harmless(&head, most, secrets) {
        true => write_cut(out, &head, most),
        false => write_cut(out, &secrets.mask_text(&head), most),
    }
    if body.len() > head.len() || redact::place_of(&out[from..], most - 1).is_some() {
        told(out, body.len(), seal, body);
    }
}

fn write_instead(out: &mut String, seal: &Seal, asked: &ShownRequest<'_>, name: &str, shown: &RecordedText) {
    let mut rest = Params::default();
    // What came as a name may be data: a table that was sent as a form.
    let means = |other: &str| !other.eq_ignore_ascii_case(name) && (asked.known)(other);
    for (other, value) in asked.post.iter().filter(|(other, _)| means(other)) {
        rest.set(other, value.clone());
    }
    values::write(out, seal, &rest, asked);
    if !asked.post.is_empty() {
        out.push_str(if rest.is_empty() { "" } else { ", " });
        out.push_str(name);
        out.push('=');
    }
    write_cut(out, &shown.text, asked.limits.all);
    if shown.size > shown.text.len() || !asked.limits.is_enough_for(&shown.text) {
        let whole = if asked.body.is_empty() { shown.text.as_bytes() } else { asked.body };
        told(out, shown.size, seal, whole);
    }
}

/// `(21000 #1f2e3d4c5b6a)`: how long a text is of which only the beginning is shown, and a code that tells whether
/// another one is the same.
fn told(out: &mut String, size: usize, seal: &Seal, value: &[u8]) {
    let _ = write!(out, "({size} #{})", seal.short("value", value));
}

/// A few times the length is enough to find the end of it.
fn beginning(body: &[u8], most: usize) -> Cow<'_, str> {
    UTF_8.decode_without_bom_handling(&body[..body.len().min(most * 4)]).0
}

/// There is more than is shown, and nothing to be masked in that. What would be masked stands behind a name, so a name
/// beyond what is shown is no matter.
fn begins_harmless(text: &str, most: usize, secrets: &Beside) -> bool {
    redact::place_of(text, most).is_some_and(|end| secrets.leaves(&text[..end]))
}

fn write_cut(out: &mut String, text: &str, most: usize) {
    let from = out.len();
    // One character more than is shown tells that there are more.
    let end = redact::place_of(text, most + 1).unwrap_or(text.len());
    out.push_str(&text[..end]);
    redact::cut_from(out, from, most);
}

/// The beginning of a response: little of a success, of an error what it has room for; white space folded.
pub fn write_response(out: &mut String, secrets: &Beside, body: &[u8], failed: Option<&RecordLimits>) {
    let max = failed.map_or(SUCCESS_MAX, |limits| limits.all);
    let head = beginning(body, max);
    // Mostly a little more than what will be shown is enough.
    if let Some(end) = redact::place_of(&head, max + FOLDED) {
        let folded = fold(&head[..end]);
        if begins_harmless(&folded, max, secrets) {
            return write_cut(out, &folded, max);
        }
    }
    write_cut(out, &secrets.mask_text(&fold(&head)), max);
}

/// White space becomes one blank.
fn fold(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    // Looked through to the end, which takes the processor a fraction of stopping early.
    let bytes = text.as_bytes();
    let odd = bytes.iter().fold(false, |odd, b| odd | (b.is_ascii_whitespace() & (*b != b' ')));
    let double = bytes
        .iter()
        .zip(bytes.iter().skip(1))
        .fold(false, |double, (a, b)| double | (*a == b' ') & (*b == b' '));
    if !(odd | double) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(body: &[u8], failed: bool) -> String {
        let mut out = "before ".to_owned();
        write_response(&mut out, &Beside::default(), body, failed.then_some(&RecordLimits::USUAL));
        out.split_off("before ".len())
    }

    #[test]
    fn white_space_is_folded() {
        for (text, folded) in
            [("a b", "a b"), (" a  b\n", "a b"), ("a\tb", "a b"), ("中 文\r\n 字", "中 文 字"), (" ", "")]
        {
            assert_eq!(fold(text), folded, "{text:?}");
        }
        assert_eq!(response(b"[0, {\n  \"a\":  1\n}]\n", false), "[0, { \"a\": 1 }]");
    }

    proptest! {
        #[test]
        fn no_secret_is_shown_wherever_it_stands(before in "[a-z 中]{0,300}", failed: bool) {
            let body = format!(r#"[0,{{"a":"{before}","pwd":"hidden-value","b":1}}]"#);
            let shown = response(body.as_bytes(), failed);
            prop_assert!(!shown.contains("hidden"), "{}", shown);
        }

        #[test]
        fn the_beginning_of_a_long_answer_is_that_of_a_short_one(text in "[a-z ]{300,400}") {
            let whole = response(text.as_bytes(), true);
            let short = response(text.as_bytes(), false);
            prop_assert!(whole.starts_with(short.trim_end_matches('.')), "{} {}", whole, short);
        }
    }
}
