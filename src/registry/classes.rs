//! Declarations obey the classes of columns: what is secret is hidden from staff and from guests, what is private from
//! guests and from staff without the permission for it. A declaration that shows more stops the start.

use super::Registry;
use crate::auth::mask::{self, Role};
use crate::design::Class;
use crate::object::READ;

/// Who sees no secret, and without a permission nothing private. Users see what the rules of their rows give them.
const OUTSIDERS: [Role; 4] = [Role::Guest, Role::Emp, Role::Mgr, Role::Admin];

impl Registry {
    pub(super) fn check_classes(&self, faults: &mut Vec<String>) {
        for def in self.objects() {
            let columns = def.table.iter().flat_map(|table| &table.columns);
            for (column, class) in columns.filter_map(|column| Some((column, column.class?))) {
                let name = column.name.as_str();
                for role in OUTSIDERS {
                    let Some(rights) = def.rights(role) else { continue };
                    let reads = rights.access.actions & READ != 0;
                    let permitted = role == Role::Admin || rights.access.needs & mask::PRIVATE != 0;
                    let open = reads && !rights.hidden.contains(name);
                    if open && (class == Class::Secret || !permitted) {
                        faults.push(format!(
                            "object {}: the {} column `{name}` is shown to {}: hide it",
                            def.name(),
                            class.name(),
                            mask::names(role.bits()),
                        ));
                    }
                }
            }
        }
    }

    /// The secret columns of all tables, as the console asks for them.
    pub(super) fn secret_columns(&self) -> foldhash::HashSet<String> {
        let tables = self.catalogue.tables().iter();
        let secret = |column: &&crate::design::Column| column.class == Some(Class::Secret);
        tables
            .flat_map(|table| {
                table
                    .columns
                    .iter()
                    .filter(secret)
                    .map(|column| column_key(table.name.as_str(), column.name.as_str()))
            })
            .collect()
    }
}

/// By what a secret column is found; SQL may spell both names in any case.
pub fn column_key(table: &str, column: &str) -> String {
    format!("{}.{}", table.to_ascii_lowercase(), column.to_ascii_lowercase())
}
