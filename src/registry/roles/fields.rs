//! The fields that a role hides, and what is made from them: a formula, a joined column or a sum would tell what is not
//! to be seen.

use super::Columns;
use crate::object::{Make, Matrix, MatrixEntry, ObjectDef, Over, names};
use crate::registry::Registry;

/// The hidden columns of all tables, by the matrix of one role.
pub struct Hidden {
    columns: Columns,
}

impl Hidden {
    pub fn of(registry: &Registry, role: &Matrix) -> Hidden {
        let mut columns = Columns::default();
        for (name, entry) in &role.objects {
            if let Some(def) = registry.object(name) {
                columns.entry(def.decl.table.to_owned()).or_default().extend(entry.hidden.iter().cloned());
            }
        }
        Hidden { columns }
    }

    fn has(&self, table: &str, column: &str) -> bool {
        self.columns.get(table).is_some_and(|names| names.iter().any(|name| name == column))
    }

    /// All that is hidden of an object, beside its sub-objects whose rows are closed.
    pub fn of_object(
        &self,
        def: &ObjectDef,
        entry: Option<&MatrixEntry>,
        closed_subs: &[String],
    ) -> Vec<String> {
        let mut hidden: Vec<String> =
            entry.iter().flat_map(|entry| &entry.hidden).chain(closed_subs).cloned().collect();
        loop {
            let more: Vec<String> = def
                .fields
                .keys()
                .map(|name| &**name)
                .filter(|name| !hidden.iter().any(|known| known == name))
                .filter(|name| self.tells(def, name, &hidden))
                .map(str::to_owned)
                .collect();
            if more.is_empty() {
                return hidden;
            }
            hidden.extend(more);
        }
    }

    /// Whether a field is made from something hidden.
    fn tells(&self, def: &ObjectDef, name: &str, hidden: &[String]) -> bool {
        let is_hidden = |field: &str| hidden.iter().any(|known| known == field);
        if let Some(computed) = def.decl.computed.iter().find(|computed| computed.name == name) {
            return names(computed.from).any(is_hidden);
        }
        let Some(made) = def.virtuals.iter().find(|made| &*made.name == name) else { return false };
        match &made.make {
            Make::Joined { join, column } => {
                let table = def.joins.get(*join).map_or("", |join| join.table.name.as_str());
                self.has(table, column.as_str())
            }
            Make::Formula(formula) => {
                let mut fields = Vec::new();
                formula.tells_of(&mut fields);
                fields.iter().any(|field| is_hidden(field))
            }
            Make::Over { func: Over::Count, .. } => false,
            Make::Over { table, column, .. } => self.has(table.as_str(), column.as_str()),
        }
    }
}
