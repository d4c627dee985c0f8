//! The fields of an object: columns, then virtual columns, then computed ones; none that is hidden.

use super::{Look, put};
use crate::auth::Role;
use crate::design::{Class, Column, Ident, Kind, Table, Words};
use crate::object::{ADD, Make, ObjectDef, Own, Rights, SET, Virtual, names};
use crate::plugin::Perm;
use serde_json::{Map, Value, json};

/// An object under the rights that hold for the caller.
pub struct View<'a> {
    pub look: Look<'a>,
    pub def: &'a ObjectDef,
    pub rights: &'a Rights,
    /// Rows of a sub-object, which come and go on their parent's word.
    pub by_parent: bool,
}

impl View<'_> {
    pub fn fields(&self) -> Vec<Value> {
        let Some(table) = &self.def.table else { return Vec::new() };
        let seen = |name: &str| !self.rights.hidden.contains(name);
        let columns = table.columns.iter();
        let columns = columns.filter(|column| seen(column.name.as_str())).map(|column| self.column(column));
        let virtuals =
            self.def.virtuals.iter().filter(|v| seen(&v.name)).map(|v| self.virtual_column(table, v));
        let computed = self.def.decl.computed.iter().filter(|c| seen(c.name));
        let computed = computed.map(|c| self.derived(c.name, table.others.get(c.name), c.default, false));
        columns.chain(self.password(table)).chain(virtuals).chain(computed).map(Value::Object).collect()
    }

    fn column(&self, column: &Column) -> Map<String, Value> {
        let name = column.name.as_str();
        let mut out = Map::new();
        out.insert("name".into(), name.into());
        let unnamed = if column.kind == Kind::Id { "编号|No." } else { name };
        out.insert("label".into(), column.label.as_deref().unwrap_or(unnamed).into());
        kind(&mut out, Some(column.kind));
        options(&mut out, &column.options);
        let rights = self.rights;
        // A field that must be given when adding is closed to changes alone.
        let required = rights.requires(name);
        let readonly = column.kind == Kind::Id || rights.readonly.contains(name) || self.stamped(name);
        out.insert("readonly".into(), (readonly && !required).into());
        out.insert("readonly2".into(), (readonly || rights.readonly2.contains(name)).into());
        out.insert("required".into(), required.into());
        out.insert("virtual".into(), false.into());
        out.insert("default".into(), self.by_default(name, true).into());
        out.insert("sortable".into(), true.into());
        put(&mut out, "ref", self.reference(column));
        put(&mut out, "kind", self.look.registry.is_attachment(column).then_some("attachment"));
        put(&mut out, "class", column.class.map(Class::name));
        put(&mut out, "note", column.note.as_deref());
        put(&mut out, "perms", (self.def.decl.perms == name).then(|| self.perms()));
        out
    }

    /// The permissions that there are to be given: those of plugins, then those of the server itself.
    fn perms(&self) -> Vec<Value> {
        let of_server = crate::builtin::PLUGIN.perms;
        let (last, first): (Vec<&Perm>, Vec<&Perm>) =
            (self.look.registry.perms()).partition(|perm| of_server.iter().any(|own| own.word == perm.word));
        let all = first.into_iter().chain(last);
        all.map(|perm| json!({"value": perm.word, "label": perm.label, "note": perm.note})).collect()
    }

    /// What the server fills in itself: the owner, and the state of a new row.
    fn stamped(&self, name: &str) -> bool {
        let owner = matches!(self.rights.access.own, Own::Field(field) if field == name);
        let state =
            self.def.decl.states.is_some_and(|states| states.field == name && !states.start.is_empty());
        !self.by_parent && (owner || (state && self.look.caller.role() != Role::Admin))
    }

    /// A password can be given, and never be seen: the one hidden column that forms know.
    fn password(&self, table: &Table) -> Option<Map<String, Value>> {
        let field = if self.def.decl.passwords.is_empty() { "pwd" } else { self.def.decl.passwords };
        let column = table.column(field).filter(|_| self.rights.may(ADD | SET))?;
        if self.rights.readonly.contains(field) {
            return None;
        }
        if names(self.def.decl.hidden).chain(names(self.rights.access.hidden)).any(|name| name == field) {
            return None;
        }
        let mut out = self.column(column);
        out.insert("default".into(), false.into());
        out.insert("sortable".into(), false.into());
        out.insert("kind".into(), "pwd".into());
        Some(out)
    }

    fn virtual_column(&self, table: &Table, found: &Virtual) -> Map<String, Value> {
        let said = table.others.get(&*found.name);
        let mut out = self.derived(&found.name, said, found.default, true);
        let joined = match &found.make {
            Make::Joined { join, column } => self.joined(*join, column),
            _ => None,
        };
        kind(&mut out, found.kind);
        if let Some(column) = joined {
            if said.is_none_or(|words| words.label.is_none()) {
                put(&mut out, "label", column.label.as_deref());
            }
            if said.is_none_or(|words| words.options.is_empty()) {
                options(&mut out, &column.options);
            }
            put(&mut out, "kind", self.look.registry.is_attachment(column).then_some("attachment"));
        }
        out
    }

    fn joined(&self, join: usize, column: &Ident) -> Option<&Column> {
        self.def.joins.get(join)?.table.column(column.as_str())
    }

    /// What a query makes up: it can be read only.
    fn derived(&self, name: &str, said: Option<&Words>, default: bool, sortable: bool) -> Map<String, Value> {
        let label = said.and_then(|words| words.label.as_deref()).unwrap_or(name);
        let mut out = Map::new();
        out.insert("name".into(), name.into());
        out.insert("label".into(), label.into());
        kind(&mut out, None);
        out.insert("readonly".into(), true.into());
        out.insert("readonly2".into(), true.into());
        out.insert("required".into(), false.into());
        out.insert("virtual".into(), true.into());
        out.insert("default".into(), self.by_default(name, default).into());
        out.insert("sortable".into(), sortable.into());
        if let Some(words) = said {
            options(&mut out, &words.options);
            put(&mut out, "note", words.note.as_deref());
        }
        out
    }

    /// Whether an absent `res` brings it.
    fn by_default(&self, name: &str, otherwise: bool) -> bool {
        let declared = [self.rights.access.default_res, self.def.decl.default_res];
        match declared.into_iter().find(|res| !res.is_empty()) {
            Some(res) => names(res).any(|item| item == name || (item == "*" && otherwise)),
            None => otherwise,
        }
    }
}

fn kind(out: &mut Map<String, Value>, kind: Option<Kind>) {
    let (word, max, scale) = match kind {
        Some(Kind::Id) => ("id", None, None),
        Some(Kind::Int) => ("int", None, None),
        Some(Kind::Flag) => ("flag", None, None),
        Some(Kind::Real) => ("real", None, None),
        Some(Kind::Decimal { scale }) => ("decimal", None, Some(scale)),
        Some(Kind::Str { max }) => ("string", Some(max), None),
        Some(Kind::Text { max }) => ("text", Some(max), None),
        Some(Kind::DateTime) => ("datetime", None, None),
        Some(Kind::Date) => ("date", None, None),
        None => ("string", None, None),
    };
    out.insert("type".into(), word.into());
    put(out, "max", max);
    put(out, "scale", scale);
}

fn options(out: &mut Map<String, Value>, options: &[(String, String)]) {
    if !options.is_empty() {
        let list: Vec<Value> =
            options.iter().map(|(value, label)| json!({"value": value, "label": label})).collect();
        out.insert("options".into(), list.into());
    }
}
