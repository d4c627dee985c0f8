//! The parts of an object beside its fields: sub-objects, states, what bulk changes may touch, its name.

use super::fields::View;
use super::{Look, label, put};
use crate::auth::mask::ADMIN;
use crate::authorize::child_rights;
use crate::design::Kind;
use crate::object::{ADD, Link, ObjectDef, QUERY, Rights, SET, Shape, names};
use serde_json::{Map, Value, json};

impl Look<'_> {
    /// Whether a field is the caller's to write when a row is added or changed.
    fn writes(&self, def: &ObjectDef, field: &str) -> bool {
        self.writes_by(def, ADD, field) || self.writes_by(def, SET, field)
    }

    fn writes_by(&self, def: &ObjectDef, action: u16, field: &str) -> bool {
        def.rights_for(self.caller, action).is_some_and(|rights| !rights.readonly.contains(field))
    }

    pub fn subs(&self, def: &ObjectDef, rights: &Rights) -> Vec<Value> {
        let seen = def.links.iter().filter(|link| !rights.hidden.contains(link.sub.name));
        seen.filter_map(|link| self.sub(def, link)).map(Value::Object).collect()
    }

    fn sub(&self, def: &ObjectDef, link: &Link) -> Option<Map<String, Value>> {
        let sub = link.sub;
        let child = self.registry.object(sub.obj)?;
        let mine = child_rights(link, child, self.caller, QUERY)?;
        let said = def.table.as_ref().and_then(|table| table.others.get(sub.name));
        let label = said.and_then(|words| words.label.as_deref()).unwrap_or_else(|| label(child));
        let view = View { look: *self, def: child, rights: mine, by_parent: !sub.by_role };
        let mut fields = view.fields();
        // What the parent shows of its children; by rights of the child's own the declared list is only usual.
        let listed: Vec<&str> = names(sub.res).collect();
        let shown = match sub.by_role {
            false => Some(link.shown[self.caller.role() as usize].as_ref()?),
            true => None,
        };
        fields.retain(|field| {
            let name = field["name"].as_str().unwrap_or_default();
            match shown {
                Some(shown) => shown.names.contains(name),
                None => listed.is_empty() || listed.contains(&"*") || listed.contains(&name),
            }
        });
        let to_write =
            |action| child_rights(link, child, self.caller, action).is_some_and(|rights| rights.may(action));
        let mine_to_write = to_write(ADD) || to_write(SET);
        let writable = sub.writable && self.writes(def, sub.name) && mine_to_write;
        let mut out = Map::new();
        out.insert("name".into(), sub.name.into());
        out.insert("obj".into(), sub.obj.into());
        out.insert("label".into(), label.into());
        out.insert("rel".into(), link.child.into());
        out.insert("writable".into(), writable.into());
        out.insert("one".into(), (sub.shape != Shape::List).into());
        out.insert("default".into(), sub.default.into());
        out.insert("fields".into(), fields.into());
        out.insert("actions".into(), json!(self.actions(child)));
        put(&mut out, "note", said.and_then(|words| words.note.as_deref()));
        Some(out)
    }

    pub fn states(&self, def: &ObjectDef, rights: &Rights) -> Option<Value> {
        let states = def.decl.states.filter(|states| !rights.hidden.contains(states.field))?;
        let options =
            def.table.as_ref().and_then(|table| table.column(states.field)).map(|column| &column.options);
        let sets = self.writes_by(def, SET, states.field);
        let named = |state: &str| {
            let found = options.and_then(|list| list.iter().find(|(value, _)| value == state));
            found.map_or_else(|| state.to_owned(), |(_, label)| label.clone())
        };
        let steps: Vec<Value> = states
            .steps()
            .map(|step| {
                let label = if step.label.is_empty() { named(step.to) } else { step.label.to_owned() };
                let allowed = sets && self.caller.has(step.who | ADMIN);
                json!({"from": step.from, "to": step.to, "label": label, "allowed": allowed})
            })
            .collect();
        Some(json!({"field": states.field, "start": states.start, "steps": steps}))
    }
}

/// The fields that `setIf` may change for this caller.
pub fn bulk(def: &ObjectDef, rights: Option<&Rights>) -> Vec<Value> {
    let (Some(table), Some(rights)) = (&def.table, rights) else { return Vec::new() };
    let columns = table.columns.iter().filter(|column| column.kind != Kind::Id);
    let open = columns.map(|column| column.name.as_str()).filter(|name| {
        let closed = rights.hidden.contains(*name)
            || rights.readonly.contains(*name)
            || rights.readonly2.contains(name);
        !closed && (!rights.hooked || rights.bulk.contains(name))
    });
    open.map(Value::from).collect()
}
