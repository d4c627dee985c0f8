//! Names in PHP bracket syntax (`a[b][]`) and the tree they build. Lists come out as JSON arrays when their
//! keys are 0, 1, 2, … in that order, everything else as objects.

use super::FEW;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;

const DEEPEST: usize = 16;
const MOST: usize = 10_000;
/// Keys of all names together: each of them becomes a branch of its own.
const KEYS_MAX: usize = 3 * MOST;

/// The parameters so far.
#[derive(Default)]
pub struct Tree {
    root: Branch,
    count: usize,
    keys: usize,
}

/// A text, or a branch once a name went below it.
#[derive(Default)]
struct Node {
    text: String,
    branch: Option<Branch>,
}

#[derive(Default)]
struct Branch {
    items: Vec<(String, Node)>,
    /// Where each key is, once they are no longer few.
    places: HashMap<String, usize>,
    /// The key that `[]` means next.
    next: u64,
}

impl Tree {
    /// Puts one parameter in its place; a later one wins over an earlier one of the same name.
    pub fn put(&mut self, name: impl Into<String>, text: String) -> Result<()> {
        let name = name.into();
        let found = match is_plain(&name) {
            true => Some((name, Vec::new())),
            false => path(&name),
        };
        let Some((top, keys)) = found else { return Ok(()) };
        self.count += 1;
        if self.count > MOST {
            return Err(Error::param(format!("too many parameters, at most {MOST}")));
        }
        self.keys += 1 + keys.len();
        if self.keys > KEYS_MAX {
            return Err(Error::param(format!(
                "too many keys in the names of parameters, at most {KEYS_MAX}"
            )));
        }
        if keys.len() >= DEEPEST {
            return Err(Error::param(format!("param `{top}` is nested too deeply, at most {DEEPEST}")));
        }
        let mut branch = &mut self.root;
        let mut key = top;
        for below in keys {
            branch = branch.node(key).branch.get_or_insert_default();
            key = if below.is_empty() { branch.next.to_string() } else { below.to_owned() };
        }
        *branch.node(key) = Node { text, branch: None };
        Ok(())
    }

    pub fn into_map(self) -> Map<String, Value> {
        self.root.into_map()
    }
}

impl Branch {
    /// The node of a key, made empty when it is missing.
    fn node(&mut self, key: String) -> &mut Node {
        let at = match self.place(&key) {
            Some(at) => at,
            None => {
                if let Some(number) = index(&key) {
                    self.next = self.next.max(number.saturating_add(1));
                }
                self.items.push((key, Node::default()));
                if self.items.len() > FEW {
                    let new = self.items.iter().enumerate().skip(self.places.len());
                    self.places.extend(new.map(|(at, (key, _))| (key.clone(), at)));
                }
                self.items.len() - 1
            }
        };
        &mut self.items[at].1
    }

    fn place(&self, key: &str) -> Option<usize> {
        match self.items.len() {
            0..=FEW => self.items.iter().position(|(known, _)| known == key),
            _ => self.places.get(key).copied(),
        }
    }

    fn into_map(self) -> Map<String, Value> {
        self.items.into_iter().map(|(key, node)| (key, node.into_value())).collect()
    }
}

impl Node {
    fn into_value(self) -> Value {
        let Some(branch) = self.branch else { return Value::String(self.text) };
        let listed = branch.items.iter().enumerate().all(|(at, (key, _))| index(key) == Some(at as u64));
        if listed {
            branch.items.into_iter().map(|(_, node)| node.into_value()).collect()
        } else {
            Value::Object(branch.into_map())
        }
    }
}

/// A key that counts as a number: plain decimal digits without leading zeros.
fn index(key: &str) -> Option<u64> {
    let plain = key.bytes().all(|b| b.is_ascii_digit()) && (key.len() == 1 || !key.starts_with('0'));
    if plain { key.parse().ok() } else { None }
}

/// A name that is one key, as it stands.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.bytes().any(|b| matches!(b, b'[' | b'.' | b' '))
}

/// `a.b[c][]` as its top-level name `a_b` and the keys below. As PHP reads them: `.`, blank and a stray `[` of
/// the top-level name become `_`, and what follows the last closing bracket is dropped.
fn path(name: &str) -> Option<(String, Vec<&str>)> {
    let name = name.trim_start_matches(' ');
    let open = name.char_indices().skip(1).find(|(_, c)| *c == '[').map(|(at, _)| at);
    let bracketed = open.filter(|at| name[*at..].contains(']'));
    let (top, mut rest) = match (bracketed, open) {
        (Some(at), _) => (spell(&name[..at]), &name[at..]),
        (None, Some(at)) => (format!("{}_{}", spell(&name[..at]), &name[at + 1..]), ""),
        (None, None) => (spell(name), ""),
    };
    let mut keys = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let Some((key, after)) = inner.split_once(']') else { break };
        keys.push(key.trim_start_matches(' '));
        rest = after;
    }
    (!top.is_empty()).then_some((top, keys))
}

fn spell(top: &str) -> String {
    top.chars().map(|c| if matches!(c, '.' | ' ' | '[') { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree(names: &[&str]) -> Value {
        let mut tree = Tree::default();
        for (at, name) in names.iter().enumerate() {
            tree.put(*name, at.to_string()).unwrap();
        }
        Value::Object(tree.into_map())
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(tree(&["cond[id]", "cond[name]"]), json!({"cond": {"id": "0", "name": "1"}}));
        assert_eq!(tree(&["a[]", "a[]", "a[]"]), json!({"a": ["0", "1", "2"]}));
        assert_eq!(tree(&["a[b][c]", "a[b][]"]), json!({"a": {"b": {"c": "0", "0": "1"}}}));
        assert_eq!(
            tree(&["log[0][ac]", "log[0][tm]", "log[1][ac]"]),
            json!({"log": [{"ac": "0", "tm": "1"}, {"ac": "2"}]})
        );
    }

    #[test]
    fn of_many_names_each_keeps_its_place_and_its_last_text() {
        let names: Vec<String> = (0..3 * FEW).map(|n| format!("n{n}")).collect();
        let twice: Vec<&str> = names.iter().chain(&names).map(String::as_str).collect();
        let Value::Object(map) = tree(&twice) else { panic!("an object") };
        let expected =
            names.iter().enumerate().map(|(at, name)| (name.clone(), json!((at + 3 * FEW).to_string())));
        assert!(map.into_iter().eq(expected));
    }

    #[test]
    fn only_keys_in_their_order_make_a_list() {
        assert_eq!(tree(&["a[1]", "a[0]"]), json!({"a": {"1": "0", "0": "1"}}));
        assert_eq!(tree(&["a[0]", "a[2]"]), json!({"a": {"0": "0", "2": "1"}}));
        assert_eq!(tree(&["a[00]"]), json!({"a": {"00": "0"}}));
        assert_eq!(tree(&["a[5]", "a[]"]), json!({"a": {"5": "0", "6": "1"}}));
        assert_eq!(tree(&["0", "1"]), json!({"0": "0", "1": "1"}));
    }

    #[test]
    fn the_later_one_wins() {
        assert_eq!(tree(&["a[x]", "a[x]"]), json!({"a": {"x": "1"}}));
        assert_eq!(tree(&["a", "a[x]"]), json!({"a": {"x": "1"}}));
        assert_eq!(tree(&["a[x]", "a"]), json!({"a": "1"}));
    }

    #[test]
    fn odd_names_read_as_php_reads_them() {
        assert_eq!(tree(&["a.b c", " x"]), json!({"a_b_c": "0", "x": "1"}));
        assert_eq!(tree(&["a.b[c.d]"]), json!({"a_b": {"c.d": "0"}}));
        assert_eq!(tree(&["a[b", "[c]", "d[e]f[g]"]), json!({"a_b": "0", "_c]": "1", "d": {"e": "2"}}));
        assert_eq!(tree(&["", " "]), json!({}));
    }

    #[test]
    fn limits_name_what_was_too_much() {
        let mut tree = Tree::default();
        let deep = format!("a{}", "[b]".repeat(DEEPEST));
        let error = tree.put(deep.as_str(), String::new()).unwrap_err();
        assert_eq!(error.detail.as_deref(), Some("param `a` is nested too deeply, at most 16"));
        tree.put(&deep[..deep.len() - 3], String::new()).unwrap();
        let error = (0..MOST).find_map(|_| tree.put("a[]", String::new()).err()).unwrap();
        assert_eq!(error.detail.as_deref(), Some("too many parameters, at most 10000"));
    }
}
