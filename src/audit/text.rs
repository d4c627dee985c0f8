//! Requests and responses as the log shows them: short, readable, without secrets.

use crate::call::params::Params;
use crate::facility::secret;
use serde_json::Value;

const PART_MAX: usize = 2000;
const SUCCESS_MAX: usize = 200;

/// `a=1, b=2;\nc=3`: the URL's parameters, then the body's.
pub fn request_text(get: &Params, post: &Params, is_secret: &dyn Fn(&str) -> bool) -> String {
    let get = part(get, is_secret);
    if post.is_empty() {
        return get;
    }
    format!("{get};\n{}", part(post, is_secret))
}

fn part(params: &Params, is_secret: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for (name, value) in params.iter() {
        if out.len() > PART_MAX {
            break;
        }
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push('=');
        if is_secret(name) {
            out.push('?');
            continue;
        }
        match secret::mask(value, is_secret) {
            Value::String(text) => out.push_str(&text),
            Value::Null => {}
            Value::Number(n) => out.push_str(&n.to_string()),
            other => {
                out.push_str("obj:");
                out.push_str(&other.to_string());
            }
        }
    }
    secret::cut(&out, PART_MAX)
}

/// The beginning of a response: little of a success, more of an error; white space folded.
pub fn response_text(body: &[u8], failed: bool, is_secret: &dyn Fn(&str) -> bool) -> String {
    let max = if failed { PART_MAX } else { SUCCESS_MAX };
    // A few times the length is enough to find the end of what will be shown.
    let head = &body[..body.len().min(max * 4)];
    let text = String::from_utf8_lossy(head);
    let mut folded = String::with_capacity(max + 8);
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
        if folded.len() > max * 4 {
            break;
        }
    }
    secret::cut(&secret::mask_text(&folded, is_secret), max)
}
