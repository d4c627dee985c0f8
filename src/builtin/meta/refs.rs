//! Which field points to which object: by a declared join, by a declared sub-object seen from the child, or
//! by its name.

use super::fields::View;
use super::{Look, parts};
use crate::design::{Column, Kind};
use crate::object::{Def, Make};
use serde_json::{Value, json};

/// Short names that tables go by in other tables' fields.
const SHORT: &[(&str, &str)] =
    &[("emp", "Employee"), ("pic", "Attachment"), ("att", "Attachment"), ("thumb", "Attachment")];

impl View<'_> {
    /// The object behind a column, if the caller may look into it.
    pub fn reference(&self, column: &Column) -> Option<Value> {
        if column.kind != Kind::Int {
            return None;
        }
        let name = column.name.as_str();
        let declared = self.def.decl.references.iter().find(|(column, _)| *column == name);
        let table = declared.map(|(_, table)| (*table).to_owned());
        let table = table
            .or_else(|| self.joined_table(name))
            .or_else(|| self.parent_table(name))
            .or_else(|| self.named_table(name))?;
        let target = self.look.object_over(&table)?;
        let label = self.joined_label(name);
        let label =
            label.or_else(|| target.rights_of(self.look.caller).and_then(|r| parts::label_field(target, r)));
        Some(json!({"obj": target.name(), "field": "id", "label": label.unwrap_or_else(|| "id".into())}))
    }

    fn joined_table(&self, by: &str) -> Option<String> {
        let join = self.def.joins.iter().find(|join| join.by == by && join.key.as_str() == "id")?;
        Some(join.table.name.to_string())
    }

    /// The first text that a declared join brings along is what people know the row by.
    fn joined_label(&self, by: &str) -> Option<String> {
        self.def.virtuals.iter().find_map(|found| match &found.make {
            Make::Joined { join, column }
                if self.def.joins[*join].by == by && self.def.joins[*join].key.as_str() == "id" =>
            {
                found.kind.is_some_and(Kind::is_text).then(|| column.to_string())
            }
            _ => None,
        })
    }

    /// Some object has rows of this one as its children by this field.
    fn parent_table(&self, field: &str) -> Option<String> {
        self.look.registry.objects().find_map(|parent| {
            let mut links = parent.links.iter();
            let linked = links.any(|link| {
                let child = self.look.registry.object(link.sub.obj);
                link.parent == "id"
                    && link.child == field
                    && child.is_some_and(|c| c.decl.table == self.def.decl.table)
            });
            linked.then(|| parent.decl.table.to_owned())
        })
    }

    /// `userId` → User, `picId2` → Attachment.
    fn named_table(&self, field: &str) -> Option<String> {
        let stem = stem(field)?;
        let catalogue = &self.look.registry.catalogue;
        let short = SHORT.iter().find(|(short, _)| *short == stem).map(|(_, table)| *table);
        let mut tables = catalogue.tables().iter().map(|table| table.name.as_str());
        let found = tables.find(|table| table.eq_ignore_ascii_case(short.unwrap_or(stem)));
        found.map(str::to_owned)
    }
}

impl Look<'_> {
    /// The object through which the caller sees a table: the one of its name first.
    fn object_over(&self, table: &str) -> Option<&Def> {
        let named =
            self.registry.object(table).filter(|def| def.decl.table == table && self.may(def, "query"));
        named
            .or_else(|| self.registry.objects().find(|def| def.decl.table == table && self.may(def, "query")))
    }
}

/// `picId2` → `pic`
pub fn stem(field: &str) -> Option<&str> {
    let stem = field.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').strip_suffix("Id")?;
    (!stem.is_empty()).then_some(stem)
}
