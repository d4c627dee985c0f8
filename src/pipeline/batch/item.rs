//! One call of a batch: as it stands in the request, and as the call it becomes.

use crate::api::Args;
use crate::call::batch_refs;
use crate::call::name::{Action, Verb, in_batch};
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::object::{ADD, DEL_IF, GET, QUERY, SET_IF, standard};
use crate::pipeline::once;
use crate::pipeline::parse::{Outcome, Parsed};
use crate::render::View;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Its parts, null where they are missing; all are when it is no object at all.
#[derive(Debug, Default, PartialEq)]
pub struct Item {
    ac: Value,
    get: Value,
    post: Value,
    refs: Value,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Ac,
    Get,
    Post,
    Ref,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Item, D::Error> {
        from.deserialize_any(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Item, M::Error> {
        let mut item = Item::default();
        while let Some(part) = map.next_key()? {
            let place = match part {
                Part::Ac => &mut item.ac,
                Part::Get => &mut item.get,
                Part::Post => &mut item.post,
                Part::Ref => &mut item.refs,
                Part::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = map.next_value()?;
        }
        Ok(item)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> std::result::Result<Item, S::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Item::default())
    }

    fn visit_unit<E>(self) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }

    fn visit_str<E>(self, _: &str) -> std::result::Result<Item, E> {
        Ok(Item::default())
    }
}

/// The items of a batch; None when there are more than it takes: the rest is passed over.
pub struct Listed(pub Option<Vec<Item>>);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Listed, D::Error> {
        from.deserialize_seq(List)
    }
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Listed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of calls")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Listed, S::Error> {
        let mut items = Vec::new();
        while items.len() < super::ITEMS_MAX {
            match seq.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Listed(Some(items))),
            }
        }
        let mut more = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(Listed((!more).then_some(items)))
    }
}

impl Item {
    pub fn ac(&self) -> Option<&str> {
        self.ac.as_str()
    }

    pub fn post(&self) -> &Value {
        &self.post
    }

    /// Whether it speaks of results of others. A part that is a text as a whole is a reference too.
    pub fn refers(&self) -> bool {
        !self.refs.is_null() || self.get.is_string() || self.post.is_string()
    }

    /// Whether its call speaks the language of queries, as far as its action tells: rows by a condition, or fields to be shown.
    pub fn has_words(&self) -> bool {
        let action = self.ac().and_then(|ac| ac.rsplit_once('.')).and_then(|(_, action)| standard(action));
        match action {
            Some(ADD) => !self.get.is_null(),
            Some(action) => action & (GET | QUERY | SET_IF | DEL_IF) != 0,
            None => false,
        }
    }

    /// The call it becomes, its references replaced; it comes `with` the request of its batch.
    pub fn call(&self, with: &Common<'_>, results: &[Value], at: usize) -> Result<Parsed> {
        let ac = self.ac().filter(|ac| !ac.is_empty());
        let ac = ac.ok_or_else(|| bad("bad batch request: require `ac'".into()))?;
        let listed = batch_refs::listed(Some(&self.refs))?;
        let part = |name: &str, value: &Value| match batch_refs::resolve(name, value, &listed, results, at)? {
            Value::Object(map) => Ok(Params(map)),
            _ => Err(bad(format!("param {name} MUST be array."))),
        };
        let (get, post) = (part("get", &self.get)?, part("post", &self.post)?);
        let resolved = in_batch(ac, !post.is_empty())?;
        let mut call = with.named(resolved.action);
        call.verb = if post.is_empty() { Verb::Get } else { Verb::Post };
        (call.args.get, call.args.post) = (get, post);
        if let Some(id) = resolved.id {
            call.args.get.set("id", id);
        }
        if call.args.get.get(once::KEY).is_some_and(|key| !key.is_null()) {
            return Err(bad("param `_key` belongs to the batch, not to a call of it".into()));
        }
        match call.is_batch() {
            true => Err(Error::param("a batch cannot hold a batch")),
            false => Ok(call),
        }
    }
}

fn bad(detail: String) -> Error {
    Error::param(detail).say("参数错误", "bad parameter")
}

/// What the calls of a batch have in common.
pub struct Common<'a> {
    batch: &'a Parsed,
    body: Arc<crate::api::Body>,
}

impl<'a> Common<'a> {
    pub fn of(batch: &'a Parsed) -> Common<'a> {
        let headers = batch.args.body.headers.clone();
        Common { batch, body: Arc::new(crate::api::Body { headers, ..crate::api::Body::default() }) }
    }

    /// Wishes for the answer are the whole batch's; a call of it is told in its language.
    pub fn view(&self) -> View {
        View { lang: self.batch.view.lang, ..View::default() }
    }

    /// A call that has no action and parameters of its own yet.
    pub fn call(&self) -> Parsed {
        self.named(self.batch.action.clone())
    }

    fn named(&self, action: Action) -> Parsed {
        let batch = self.batch;
        Parsed {
            action,
            verb: Verb::Post,
            args: Args {
                get: Params::default(),
                post: Params::default(),
                body: self.body.clone(),
                settings: batch.args.settings,
            },
            view: self.view(),
            app: batch.app.clone(),
            version: batch.version.clone(),
            agent: batch.agent.clone(),
            address: batch.address.clone(),
            throttle_key: batch.throttle_key,
            debug_level: batch.debug_level,
            request_size: batch.request_size,
            cross_site: batch.cross_site.clone(),
            started: Instant::now(),
            outcome: Outcome::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_call_is_an_empty_one() {
        let text = r#"[{"ac":"Ordr.add","post":{"a":1},"ref":["a"],"more":[{}],"ac":"Ordr.get"},
            1,-1,1.5,"x",true,null,[{"ac":"Ordr.get"}],{}]"#;
        let items: Vec<Item> = serde_json::from_str(text).unwrap();
        let first =
            Item { ac: json!("Ordr.get"), post: json!({"a": 1}), refs: json!(["a"]), ..Item::default() };
        assert_eq!(items[0], first);
        assert!(items[1..].iter().all(|item| *item == Item::default()));
        assert_eq!(items.len(), 9);
    }

    #[test]
    fn a_text_is_a_reference() {
        let item = |value| serde_json::from_value::<Item>(value).unwrap();
        assert!(item(json!({"ac": "a", "post": "{$1}"})).refers());
        assert!(item(json!({"ac": "a", "ref": ["id"]})).refers());
        assert!(!item(json!({"ac": "a", "post": {"id": "{$1}"}})).refers());
    }
}
