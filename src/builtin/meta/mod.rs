//! `Meta.query`, `Meta.get` and `Meta.all`: the objects of the product as the caller may see and use them. Every
//! console is drawn from these answers, and every answer is printed from what authorization itself decides by.

mod all;
mod fields;
mod parts;
mod permissions;
mod refs;

use crate::api::{Answer, Args};
use crate::auth::Caller;
use crate::auth::mask::GUEST;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Object, ObjectDef, SET_IF, read};
use crate::registry::Registry;
use serde_json::{Map, Value, json};

pub static META: Object = Object::actions_only("Meta").actions(&[
    read("query", GUEST, query).doc("The objects the caller may use, with their actions on each."),
    read("get", GUEST, get).doc("One object: fields, sub-objects, states, as open to the caller."),
    read("all", GUEST, all::all)
        .doc("Every object as `get` answers it, under a revision; `rev` names the one that the client has."),
]);

/// Who looks at what.
#[derive(Clone, Copy)]
struct Look<'a> {
    registry: &'a Registry,
    caller: &'a Caller,
}

fn query(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    let look = Look { registry: &tx.env().registry, caller: &caller };
    let list: Vec<Value> = known(look).map(|(def, actions)| Value::Object(head(def, &actions))).collect();
    Ok(json!({"list": list}).into())
}

/// The objects that the caller may use, with their actions on each.
fn known(look: Look<'_>) -> impl Iterator<Item = (&ObjectDef, Vec<&'static str>)> + '_ {
    let objects = look.registry.objects().filter(|def| def.table.is_some());
    objects.map(move |def| (def, look.actions(def))).filter(|(_, actions)| !actions.is_empty())
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let name = args.need_text("obj")?;
    let caller = tx.caller();
    let look = Look { registry: &tx.env().registry, caller: &caller };
    let found = look.registry.object(&name).filter(|def| def.table.is_some());
    let seen = found.map(|def| (def, look.actions(def))).filter(|(_, actions)| !actions.is_empty());
    match seen {
        Some((def, actions)) => Ok(Value::Object(look.whole(def, &actions)).into()),
        // One that is not there and one that is closed to the caller answer alike.
        None => Err(unseen(&caller, &name)),
    }
}

fn unseen(caller: &Caller, name: &str) -> Error {
    let detail = format!("object `{name}` is not open to the caller (obj)");
    if caller.is_guest() { Error::no_auth(detail) } else { Error::forbidden(detail) }
}

fn head(def: &ObjectDef, actions: &[&'static str]) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("obj".into(), def.name().into());
    out.insert("table".into(), def.decl.table.into());
    out.insert("label".into(), label(def).into());
    out.insert("plugin".into(), def.plugin.into());
    out.insert("actions".into(), json!(actions));
    if def.decl.live {
        out.insert("live".into(), 1.into());
    }
    out
}

/// In both languages: `订单|Order`. An object over a table of another name may have a label of its own.
fn label(def: &ObjectDef) -> &str {
    let Some(table) = &def.table else { return def.name() };
    let own = table.others.get(def.name()).and_then(|words| words.label.as_deref());
    own.or(table.label.as_deref()).unwrap_or(def.name())
}

impl Look<'_> {
    fn whole(&self, def: &ObjectDef, actions: &[&'static str]) -> Map<String, Value> {
        let mut out = head(def, actions);
        let own = def.table.as_ref().and_then(|table| table.others.get(def.name()));
        let note = own.map_or_else(
            || def.table.as_ref().and_then(|table| table.note.as_deref()),
            |own| own.note.as_deref(),
        );
        put(&mut out, "note", note);
        // Whoever has only actions of the object's own sees no fields.
        let Some(rights) = def.rights_of(self.caller) else {
            out.insert("fields".into(), json!([]));
            out.insert("subs".into(), json!([]));
            return out;
        };
        let view = fields::View { look: *self, def, rights, by_parent: false };
        out.insert("fields".into(), view.fields().into());
        out.insert("subs".into(), self.subs(def, rights).into());
        put(&mut out, "timeField", def.decl.time_field.filter(|field| !rights.hidden.contains(*field)));
        put(&mut out, "states", self.states(def, rights));
        out.insert("bulk".into(), parts::bulk(def, def.rights_for(self.caller, SET_IF)).into());
        put(&mut out, "labelField", crate::registry::label_field(def, rights));
        out
    }
}

/// What is not known is left out.
fn put(out: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        out.insert(name.into(), value.into());
    }
}
