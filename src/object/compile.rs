//! Declaration + catalogue → definition, with every fault found on the way.

use super::{
    Access, Field, JoinDef, Link, Make, Object, ObjectDef, Over, Own, Rights, Run, Sub, VCols, VKind,
    Virtual, can, formula, names, required_field,
};
use crate::auth::mask::Role;
use crate::design::{Catalogue, Class, Kind, Table};
use crate::plan::TimeUnit;
use crate::redact::Beside;
use foldhash::HashMap;
use std::sync::Arc;

/// Looks up every name of a declaration; `faults` receives what is wrong with it.
pub fn compile(
    object: &'static Object,
    plugin: &'static str,
    catalogue: &Catalogue,
    faults: &mut Vec<String>,
) -> ObjectDef {
    let mut def = ObjectDef {
        decl: object,
        plugin,
        table: None,
        fields: HashMap::default(),
        joins: Vec::new(),
        virtuals: Vec::new(),
        links: Vec::new(),
        rights: [const { None }; 6],
        filters: Vec::new(),
        guarded: names("pwd")
            .chain(names(object.hidden))
            .chain(names(object.passwords))
            .map(Box::from)
            .collect(),
        secrets: Beside::default(),
    };
    let mut check = Check { object: object.name, faults };
    if !object.table.is_empty() {
        match catalogue.table(object.table) {
            Some(table) => def.table = Some(table.clone()),
            None => check.fault(format!("table `{}` is not in any DESIGN.md", object.table)),
        }
    }
    if object.live {
        check.live(object);
    }
    if let Some(table) = def.table.clone() {
        for (i, column) in table.columns.iter().enumerate() {
            def.fields.insert(column.name.as_str().into(), Field::Column(i));
        }
        for group in object.vcols {
            virtual_columns(&mut def, group, catalogue, &mut check);
        }
        time_columns(&mut def, object, &mut check);
        for (i, computed) in object.computed.iter().enumerate() {
            check.claim(&mut def, computed.name, Field::Computed(i));
        }
        for sub in object.subs {
            link(&mut def, sub, &mut check);
        }
        for (_, target) in object.references.iter().filter(|(_, target)| catalogue.table(target).is_none()) {
            check.fault(format!("references name unknown table `{target}`"));
        }
        for (_, target, _) in
            object.points_to.iter().filter(|(_, target, _)| catalogue.table(target).is_none())
        {
            check.fault(format!("points_to names unknown table `{target}`"));
        }
        check.formulas(&def);
        check.names(&def, &table, catalogue);
    }
    rights(&mut def, object);
    def
}

struct Check<'a> {
    object: &'static str,
    faults: &'a mut Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, what: String) {
        self.faults.push(format!("object {}: {what}", self.object));
    }

    /// What is followed are rows of a table, of which not every look need be recorded.
    fn live(&mut self, object: &Object) {
        if object.table.is_empty() {
            self.fault("live needs a table".to_owned());
        }
        let own = object.actions.iter().find(|action| action.name == "query");
        if own.is_some_and(|own| !matches!(own.run, Run::Read(_))) {
            self.fault("live needs an action `query` that only reads".to_owned());
        }
        if object.owner.is_some() {
            self.fault("rows of private matters cannot be live: each look at them is recorded".to_owned());
        }
    }

    fn claim(&mut self, def: &mut ObjectDef, name: &str, field: Field) {
        if def.fields.insert(name.into(), field).is_some() {
            self.fault(format!("field `{name}` is declared twice"));
        }
    }

    fn formulas(&mut self, def: &ObjectDef) {
        for virtual_column in &def.virtuals {
            let mut fields = Vec::new();
            match &virtual_column.make {
                Make::Formula(formula) => formula.fields(&mut fields),
                Make::Over { by, .. } => fields.push((*by).to_owned()),
                Make::Joined { join, .. } => fields.push(def.joins[*join].by.to_owned()),
            }
            for field in fields {
                if !def.fields.contains_key(field.as_str()) {
                    self.fault(format!("`{}` needs unknown field `{field}`", virtual_column.name));
                }
            }
        }
        for computed in def.decl.computed {
            for field in names(computed.from) {
                if !def.fields.contains_key(field) {
                    self.fault(format!("`{}` needs unknown field `{field}`", computed.name));
                }
            }
        }
    }

    /// Every list of a declaration names fields that exist.
    fn names(&mut self, def: &ObjectDef, table: &Table, catalogue: &Catalogue) {
        let decl = def.decl;
        let mut lists = vec![("hidden", decl.hidden), ("quick_search", decl.quick), ("lookup", decl.lookup)];
        lists.push(("passwords", decl.passwords));
        lists.push(("perms", decl.perms));
        for (column, _) in decl.references {
            if table.column(column).is_none() {
                self.fault(format!("references name unknown column `{column}`"));
            }
        }
        for (column, ..) in decl.points_to {
            if table.column(column).is_none() {
                self.fault(format!("points_to names unknown column `{column}`"));
            }
        }
        lists.extend(decl.soft_delete.map(|flag| ("soft_delete", flag)));
        lists.extend(decl.states.map(|states| ("states", states.field)));
        lists.extend(decl.owner.map(|(_, field)| ("private_of", field)));
        for access in decl.access.iter().flatten() {
            lists.push(("readonly", access.readonly));
            lists.push(("readonly_on_set", access.readonly2));
            lists.push(("stamped", access.stamped));
            lists.push(("hidden", access.hidden));
            lists.push(("else_hidden", access.else_hidden));
            lists.push(("free_in_bulk", access.bulk));
            self.own(def, access, table, catalogue);
            for entry in names(access.required).chain(names(access.required2)) {
                for one in entry.split('|') {
                    self.known(def, "required", required_field(one));
                }
            }
        }
        for (place, list) in lists {
            names(list).for_each(|name| self.known(def, place, name));
        }
    }

    fn known(&mut self, def: &ObjectDef, place: &str, name: &str) {
        // `pwd` may be hidden or read-only everywhere, whether the table has it or not.
        if !def.fields.contains_key(name) && name != "pwd" {
            self.fault(format!("{place} names unknown field `{name}`"));
        }
    }

    fn own(&mut self, def: &ObjectDef, access: &Access, table: &Table, catalogue: &Catalogue) {
        match access.own {
            Own::All => {}
            Own::Field(field) if table.column(field).is_none() => {
                self.fault(format!("own names unknown column `{field}`"));
            }
            Own::Field(_) => {}
            Own::Via { link, table: members, key, field, when } => {
                self.known(def, "own", link);
                let found = catalogue.table(members);
                for name in [key, field].into_iter().chain(when.map(|(name, _)| name)) {
                    if found.is_none_or(|members| members.column(name).is_none()) {
                        self.fault(format!("own names unknown column `{members}.{name}`"));
                    }
                }
            }
        }
    }
}

fn virtual_columns(def: &mut ObjectDef, group: &'static VCols, catalogue: &Catalogue, check: &mut Check<'_>) {
    match group.kind {
        VKind::Join { table, by, key, cols } => {
            let Some(table) = catalogue.table(table).cloned() else {
                return check.fault(format!("join names unknown table `{table}`"));
            };
            let Some(key) = table.column(key).map(|c| c.name.clone()) else {
                return check.fault(format!("join names unknown column `{}.{key}`", table.name));
            };
            let join = def.joins.len();
            def.joins.push(JoinDef { table: table.clone(), key, by });
            for item in names(cols) {
                let (column, name) = match item.split_once(char::is_whitespace) {
                    Some((column, name)) => (column, name.trim()),
                    None => (item, item),
                };
                match table.column(column) {
                    Some(column) => {
                        let make = Make::Joined { join, column: column.name.clone() };
                        add(def, group, name, make, Some(column.kind), check);
                    }
                    None => check.fault(format!("join names unknown column `{}.{column}`", table.name)),
                }
            }
        }
        VKind::Formula { text } => match formula::parse(text) {
            Ok((formula, name)) => add(def, group, &name, Make::Formula(formula), None, check),
            Err(error) => check.fault(error.to_string()),
        },
        VKind::Over { func, table, column, link, name } => {
            let Some(table) = catalogue.table(table) else {
                return check.fault(format!("`{name}` names unknown table `{table}`"));
            };
            let Some((child, by)) = split_link(link) else {
                return check.fault(format!("`{name}`: link `{link}` is not `child={{parent}}`"));
            };
            match (table.column(column), table.column(child)) {
                (Some(column), Some(key)) => {
                    let kind = if func == Over::Count { Kind::Int } else { column.kind };
                    let make = Make::Over {
                        func,
                        table: table.name.clone(),
                        column: column.name.clone(),
                        key: key.name.clone(),
                        by,
                    };
                    // The greatest id is a number like any other, not the id of this object.
                    let kind = if kind == Kind::Id { Kind::Int } else { kind };
                    add(def, group, name, make, Some(kind), check);
                }
                _ => check.fault(format!("`{name}` names unknown columns of `{}`", table.name)),
            }
        }
    }
}

fn add(
    def: &mut ObjectDef,
    group: &VCols,
    name: &str,
    make: Make,
    kind: Option<Kind>,
    check: &mut Check<'_>,
) {
    let kind = kind.map(|k| if k == Kind::Id { Kind::Int } else { k });
    let at = def.virtuals.len();
    def.virtuals.push(Virtual {
        name: Arc::from(name),
        make,
        kind,
        default: group.default,
        outer: group.outer,
        handed_out: group.handed_out,
    });
    check.claim(def, name, Field::Virtual(at));
}

fn time_columns(def: &mut ObjectDef, object: &Object, check: &mut Check<'_>) {
    let Some(field) = object.time_field else { return };
    if !def.fields.contains_key(field) {
        return check.fault(format!("time_columns names unknown field `{field}`"));
    }
    for (name, unit) in TimeUnit::NAMES {
        // A table may have a column called `d`; then the column is meant.
        def.fields.entry((*name).into()).or_insert(Field::Time(*unit));
    }
}

/// `"orderId={id}"` → child field, parent field.
pub(super) fn split_link(link: &'static str) -> Option<(&'static str, &'static str)> {
    let (child, parent) = link.split_once('=')?;
    Some((child.trim(), parent.trim().strip_prefix('{')?.strip_suffix('}')?))
}

fn link(def: &mut ObjectDef, sub: &'static Sub, check: &mut Check<'_>) {
    let Some((child, parent)) = split_link(sub.link) else {
        return check
            .fault(format!("sub-object `{}`: link `{}` is not `child={{parent}}`", sub.name, sub.link));
    };
    if !def.fields.contains_key(parent) {
        check.fault(format!("sub-object `{}` links by unknown field `{parent}`", sub.name));
    }
    let at = def.links.len();
    def.links.push(Link { sub, child, parent, shown: [const { None }; 6] });
    check.claim(def, sub.name, Field::Sub(at));
}

fn rights(def: &mut ObjectDef, object: &'static Object) {
    for role in Role::ALL {
        let declared = object.access[role as usize];
        let access = match (role, declared) {
            (Role::Admin, None) => Some(can(super::ALL)),
            (_, declared) => declared,
        };
        def.rights[role as usize] = access.map(|access| Rights::of(object, access));
    }
    for role in [Role::Emp, Role::Mgr] {
        let hidden: Vec<Box<str>> =
            def.all_rights(role).flat_map(|rights| &rights.hidden).map(|name| Box::from(&**name)).collect();
        def.guarded.extend(hidden);
    }
    let columns = def.table.iter().flat_map(|table| &table.columns);
    let secret = columns.filter(|column| column.class == Some(Class::Secret));
    def.guarded.extend(secret.map(|column| Box::from(column.name.as_str())));
}
