//! Parameters as the log shows them. When they are long, each value is cut by itself: it keeps its name, its beginning,
//! its length and a code, so that no value pushes another one out of the record.

use super::record_limits::RecordLimits;
use super::seal::Seal;
use super::summary::ShownRequest;
use crate::call::params::Params;
use crate::redact::{self, Beside, MASKED};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of a value that is shown beyond those which there is room for.
const FURTHER_MIN: usize = 20;
/// Bytes of a long value that are looked through for secrets.
const LOOKED_AT: usize = RecordLimits::USUAL.all * 4;

/// `a=1, b=2`.
pub(super) fn write(out: &mut String, seal: &Seal, params: &Params, asked: &ShownRequest<'_>) {
    let from = out.len();
    if !write_short(out, from, params, asked.secrets) || !asked.limits.is_enough_for(&out[from..]) {
        out.truncate(from);
        write_long(out, seal, params, asked);
    }
}

/// All of it; false as soon as there is too much.
fn write_short(out: &mut String, from: usize, params: &Params, secrets: &Beside) -> bool {
    for (name, value) in params.iter() {
        if out.len() - from > LOOKED_AT || !is_small(value, &mut LOOKED_AT.clone()) {
            return false;
        }
        if out.len() > from {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push('=');
        if secrets.names(name) {
            out.push('?');
            continue;
        }
        match value {
            Value::String(text) => out.push_str(&secrets.mask_text(text)),
            Value::Null => {}
            Value::Number(n) => {
                let _ = write!(out, "{n}");
            }
            other => {
                out.push_str("obj:");
                out.push_str(&secrets.mask(other).to_string());
            }
        }
    }
    true
}

/// Whether a value has no more than so many bytes, by and large.
fn is_small(value: &Value, left: &mut usize) -> bool {
    let size = match value {
        Value::String(text) => text.len(),
        Value::Array(list) => return list.iter().all(|item| is_small(item, left)),
        Value::Object(map) => {
            return map.iter().all(|(name, value)| take(left, name.len() + 3) && is_small(value, left));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    };
    take(left, size + 1)
}

/// Whether so much is left.
fn take(left: &mut usize, size: usize) -> bool {
    *left = left.saturating_sub(size);
    *left > 0
}

/// A value to be shown by itself: a parameter, or a leaf of one.
struct Leaf {
    /// Names that mean something come first, then others, then those that writes ignore; what is inside a value after
    /// those that are values themselves.
    rank: usize,
    name: String,
    text: String,
    /// What it is cut from, if more than `text`.
    whole: Option<(usize, String)>,
}

fn write_long(out: &mut String, seal: &Seal, params: &Params, asked: &ShownRequest<'_>) {
    let RecordLimits { all, fields, value_min, further, name: name_max } = *asked.limits;
    let shown = fields + further;
    let mut leaves =
        Leaves { seal, secrets: asked.secrets, shown, list: Vec::new(), rank: 0, counts: [0; RANKS] };
    for (name, value) in params.iter() {
        leaves.rank = match () {
            () if (asked.known)(name) => 0,
            () if name.starts_with("p_") || name.starts_with('_') => 4,
            () => 2,
        };
        leaves.add(name.to_owned(), value, 0);
    }
    let Leaves { mut list, counts, .. } = leaves;
    list.sort_by_key(|leaf| leaf.rank);
    let limit = limit(list.iter().take(fields).map(|leaf| leaf.text.len()), all, value_min);
    let more = counts.iter().sum::<usize>() - list.len().min(shown);
    for (at, leaf) in list.iter().take(shown).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(&redact::cut(leaf.name.as_str(), name_max));
        out.push('=');
        leaf.write(out, seal, if at < fields { limit } else { FURTHER_MIN });
    }
    if more > 0 {
        let _ = write!(out, ", ... and {more} more");
    }
}

/// The most that each value may have so that all of them fit into `room`; `value_min` at least.
pub fn limit(lengths: impl Iterator<Item = usize>, room: usize, value_min: usize) -> usize {
    let mut lengths: Vec<usize> = lengths.collect();
    lengths.sort_unstable();
    let (mut room, mut count) = (room, lengths.len());
    for length in lengths {
        // The short ones leave to the long ones what they do not need.
        if length > room / count {
            return value_min.max(room / count);
        }
        room -= length;
        count -= 1;
    }
    usize::MAX
}

struct Leaves<'a> {
    seal: &'a Seal,
    secrets: &'a Beside,
    /// Values that are shown at most.
    shown: usize,
    list: Vec<Leaf>,
    /// Of the parameter that is looked at.
    rank: usize,
    /// By rank, so that a crowd of one rank takes no room from another.
    counts: [usize; RANKS],
}

const RANKS: usize = 6;

/// Deeper values are shown as one.
const DEEPEST: usize = 16;

impl Leaves<'_> {
    fn add(&mut self, name: String, value: &Value, depth: usize) {
        if depth == 0 && self.secrets.names(&name) {
            return self.push(depth, name, MASKED.to_owned(), None);
        }
        match value {
            Value::Object(_) | Value::Array(_) if depth == 0 => {
                // Masked as a whole: what is secret may be said beside a value.
                self.branch(&name, &self.secrets.mask(value), depth);
            }
            Value::Object(_) | Value::Array(_) => self.branch(&name, value, depth),
            Value::String(text) => {
                let head = beginning(text);
                let whole = (head.len() < text.len())
                    .then(|| (text.chars().count(), self.seal.short("value", text.as_bytes())));
                let shown = self.secrets.mask_text(head).into_owned();
                self.push(depth, name, shown, whole);
            }
            Value::Null => self.push(depth, name, String::new(), None),
            other => self.push(depth, name, other.to_string(), None),
        }
    }

    fn branch(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::Object(map) if depth < DEEPEST && !map.is_empty() => {
                map.iter().for_each(|(part, value)| self.add(format!("{name}.{part}"), value, depth + 1));
            }
            Value::Array(list) if depth < DEEPEST && !list.is_empty() => {
                list.iter()
                    .enumerate()
                    .for_each(|(at, value)| self.add(format!("{name}[{at}]"), value, depth + 1));
            }
            other => self.push(depth, name.to_owned(), other.to_string(), None),
        }
    }

    fn push(&mut self, depth: usize, name: String, text: String, whole: Option<(usize, String)>) {
        let rank = self.rank + usize::from(depth > 0);
        self.counts[rank] += 1;
        if self.counts[rank] <= self.shown {
            self.list.push(Leaf { rank, name, text, whole });
        }
    }
}

fn beginning(text: &str) -> &str {
    if text.len() <= LOOKED_AT {
        return text;
    }
    let end = (0..=LOOKED_AT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    &text[..end]
}

impl Leaf {
    fn write(&self, out: &mut String, seal: &Seal, limit: usize) {
        let end = redact::place_of(&self.text, limit);
        out.push_str(end.map_or(self.text.as_str(), |end| &self.text[..end]));
        let whole = match &self.whole {
            Some((size, code)) => Some((*size, Cow::Borrowed(code))),
            None => end
                .map(|_| (self.text.chars().count(), Cow::Owned(seal.short("value", self.text.as_bytes())))),
        };
        if let Some((size, code)) = whole {
            let _ = write!(out, "...({size} #{code})");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::LazyLock;

    static NONE: LazyLock<Beside> = LazyLock::new(Beside::default);

    fn asked<'a>(params: &'a Params, known: &'a dyn Fn(&str) -> bool) -> ShownRequest<'a> {
        ShownRequest {
            get: params,
            post: params,
            body: b"",
            instead: None,
            secrets: &NONE,
            known,
            limits: &RecordLimits::USUAL,
        }
    }

    fn shown(value: Value, known: &[&str]) -> String {
        let Value::Object(map) = value else { panic!() };
        let mut out = String::new();
        let params = Params(map);
        write(&mut out, &Seal::of(b"k"), &params, &asked(&params, &|name| known.contains(&name)));
        out
    }

    #[test]
    fn short_ones_are_shown_as_they_are() {
        assert_eq!(
            shown(json!({"a": 1, "b": "x", "pwd": "y", "c": {"d": [1]}}), &[]),
            r#"a=1, b=x, pwd=?, c=obj:{"d":[1]}"#
        );
    }

    #[test]
    fn no_value_pushes_another_one_out() {
        let pad = "x".repeat(21_000);
        let text = shown(json!({"p_pad": pad, "big": pad, "phone": "13812340001", "pwd": "no"}), &["phone"]);
        assert!(text.starts_with("phone=13812340001, big=xxx") && text.contains("pwd=?"), "{text}");
        assert!(text.contains("...(21000 #") && text.contains("p_pad=xx") && text.len() < 3000, "{text}");
        // By number, by nesting, by names.
        let crowd: serde_json::Map<String, Value> = (0..9000)
            .map(|n| (format!("x{n}"), json!("y")))
            .chain([("dscr".into(), json!("deed"))])
            .collect();
        let text = shown(Value::Object(crowd), &["dscr"]);
        assert!(text.starts_with("dscr=deed, x0=y") && text.ends_with("and 6801 more"), "{text}");
        let text = shown(json!({"list": [{"a": pad, "token": "t"}, {"dscr": "deed"}]}), &[]);
        assert!(text.contains("list[1].dscr=deed") && text.contains("list[0].token=?"), "{text}");
        let text = shown(json!({pad.clone(): 1, "dscr": "deed"}), &[]);
        assert!(text.contains("dscr=deed") && text.len() < 200, "{text}");
    }

    #[test]
    fn a_little_room_holds_the_names_that_matter() {
        let pad = "x".repeat(3000);
        let crowd = (0..3000).map(|n| (format!("{n}{pad}"), json!(pad)));
        let params = Params(crowd.chain([("phone".into(), json!("13812340001"))]).collect());
        let mut out = String::new();
        let known = |name: &str| name == "phone";
        write(
            &mut out,
            &Seal::of(b"k"),
            &params,
            &ShownRequest { limits: &RecordLimits::LITTLE, ..asked(&params, &known) },
        );
        assert!(out.starts_with("phone=13812340001, ") && out.len() < 500, "{out}");
    }

    #[test]
    fn the_code_of_a_value_tells_equal_ones_apart_from_others_and_needs_the_key() {
        let text = "z".repeat(3000);
        let of = |key: &[u8], text: &str| {
            let mut out = String::new();
            let params = Params(serde_json::Map::from_iter([("a".to_owned(), json!(text))]));
            write(&mut out, &Seal::of(key), &params, &asked(&params, &|_| false));
            out.split_once('#').unwrap().1.to_owned()
        };
        assert_eq!(of(b"k", &text), of(b"k", &text));
        assert_ne!(of(b"k", &text), of(b"k2", &text));
        assert_ne!(of(b"k", &text), of(b"k", &(text.clone() + "z")));
    }

    proptest! {
        #[test]
        fn every_known_field_is_there_whatever_stands_beside_it(
            sizes in prop::collection::vec(0usize..9000, 1..12), at in 0usize..12,
        ) {
            let mut map: serde_json::Map<String, Value> =
                sizes.iter().enumerate().map(|(n, size)| (format!("f{n}"), json!("梨".repeat(*size)))).collect();
            map.shift_insert(at.min(map.len()), "dscr".to_owned(), json!("the deed"));
            let text = shown(Value::Object(map), &["dscr"]);
            prop_assert!(text.contains("dscr=the deed"), "{}", text);
            prop_assert!(text.chars().count() <= RecordLimits::USUAL.all + 12 * (RecordLimits::USUAL.value_min + 60));
        }
    }
}
