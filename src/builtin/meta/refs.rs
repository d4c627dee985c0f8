//! The object behind a column, as far as the caller may look into it.

use super::Look;
use super::fields::View;
use crate::design::{Column, Kind};
use crate::object::{Make, ObjectDef};
use crate::registry::label_field;
use serde_json::{Value, json};

impl View<'_> {
    /// The object behind a column, if the caller may look into it.
    pub fn reference(&self, column: &Column) -> Option<Value> {
        let name = column.name.as_str();
        let table = self.look.registry.target_table(self.def, column)?;
        let target = self.look.object_over(&table)?;
        let label = self.joined_label(name);
        let label = label.or_else(|| {
            target.rights_of(self.look.caller).and_then(|r| label_field(target, r)).map(str::to_owned)
        });
        Some(json!({"obj": target.name(), "field": "id", "label": label.unwrap_or_else(|| "id".into())}))
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
}

impl Look<'_> {
    /// The object through which the caller sees a table: the one of its name first.
    fn object_over(&self, table: &str) -> Option<&ObjectDef> {
        let named =
            self.registry.object(table).filter(|def| def.decl.table == table && self.may(def, "query"));
        named
            .or_else(|| self.registry.objects().find(|def| def.decl.table == table && self.may(def, "query")))
    }
}
