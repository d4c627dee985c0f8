//! Declarations obey the classes of columns: what is secret is hidden from staff and from guests, what is private from
//! guests and from staff without the permission for it. A declaration that shows more stops the start.

use super::Registry;
use crate::auth::mask::{self, Role};
use crate::design::{Catalogue, Class, Column};
use crate::object::{Field, Make, ObjectDef, Over, READ, names};
use crate::redact::Beside;
use foldhash::HashSet;

/// Who sees no secret, and without a permission nothing private. Users see what the rules of their rows give them.
const OUTSIDERS: [Role; 4] = [Role::Guest, Role::Emp, Role::Mgr, Role::Admin];

impl Registry {
    pub(super) fn check_classes(&self, faults: &mut Vec<String>) {
        for def in self.objects() {
            let all =
                OUTSIDERS.into_iter().flat_map(|role| def.all_rights(role).map(move |rights| (role, rights)));
            for (role, rights) in all.filter(|(_, rights)| rights.access.actions & READ != 0) {
                let permitted = role == Role::Admin || rights.access.needs & mask::PRIVATE != 0;
                let open = |name: &str| !rights.hidden.contains(name);
                for (class, field) in self.shown(def, role, &open, &mut HashSet::default()) {
                    if class == Class::Secret || !permitted {
                        faults.push(format!(
                            "object {}: the {} column `{field}` is shown to {}: hide it",
                            def.name(),
                            class.name(),
                            mask::names(role.bits()),
                        ));
                    }
                }
            }
        }
    }

    /// The fields with a class that a role sees of an object and of its sub-objects.
    fn shown(
        &self,
        def: &ObjectDef,
        role: Role,
        open: &dyn Fn(&str) -> bool,
        visited: &mut HashSet<(&'static str, &'static str)>,
    ) -> Vec<(Class, String)> {
        let fields = def.fields.keys().filter(|name| open(name));
        let mut shown: Vec<(Class, String)> = fields
            .filter_map(|name| Some((class_of(&self.catalogue, def, name, 0)?, (**name).to_owned())))
            .collect();
        for link in def.links.iter().filter(|link| !link.sub.by_role && open(link.sub.name)) {
            let child =
                self.objects.get(link.sub.obj).filter(|_| visited.insert((def.name(), link.sub.name)));
            let (Some(child), Some(most)) = (child, &link.shown[role as usize]) else { continue };
            let below = self.shown(child, role, &|name| most.names.contains(name), visited);
            // Rows that take the permission, shown by no list but that of the rights that come with it.
            let whole =
                most.whole && child.rights(role).is_some_and(|own| own.access.needs & mask::PRIVATE != 0);
            shown.extend(whole.then(|| (Class::Private, link.sub.name.to_owned())));
            shown.extend(below.into_iter().map(|(class, name)| (class, format!("{}.{name}", link.sub.name))));
        }
        shown.sort_by(|a, b| a.1.cmp(&b.1));
        shown
    }

    /// What records of calls mask beside the names that are secret everywhere.
    pub(super) fn set_secret_names(&mut self) {
        let mut made = Vec::new();
        for def in self.objects() {
            let mut names = Vec::new();
            self.secrets_below(def, &mut names, &mut HashSet::default());
            made.push((def.name(), names));
        }
        self.secret_names = Beside::of(made.iter().flat_map(|(_, names)| names).map(String::as_str));
        for (object, names) in made {
            if let Some(def) = self.objects.get_mut(object) {
                def.secrets = Beside::of(names.iter().map(String::as_str));
            }
        }
    }

    fn secrets_below(&self, def: &ObjectDef, names: &mut Vec<String>, visited: &mut HashSet<&'static str>) {
        if !visited.insert(def.name()) {
            return;
        }
        let columns = def.table.iter().flat_map(|table| &table.columns);
        let secret = columns.filter(|column| column.class == Some(Class::Secret));
        names.extend(secret.map(|column| column.name.as_str().to_owned()));
        for child in def.links.iter().filter_map(|link| self.objects.get(link.sub.obj)) {
            self.secrets_below(child, names, visited);
        }
    }

    /// The secret columns of all tables, as the console asks for them.
    pub(super) fn secret_columns(&self) -> HashSet<String> {
        let tables = self.catalogue.tables().iter();
        let secret = |column: &&Column| column.class == Some(Class::Secret);
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

/// Formulas of formulas deeper than this are refused when they are used.
const DEPTH_MAX: usize = 16;

/// The class of a field: that of its column, or the stricter one of what it is made from.
fn class_of(tables: &Catalogue, def: &ObjectDef, name: &str, depth: usize) -> Option<Class> {
    if depth > DEPTH_MAX {
        return None;
    }
    let of_all =
        |fields: &[&str]| fields.iter().filter_map(|name| class_of(tables, def, name, depth + 1)).max();
    match def.fields.get(name)? {
        Field::Column(at) => def.table.as_ref()?.columns.get(*at)?.class,
        Field::Virtual(at) if def.virtuals.get(*at)?.handed_out => None,
        Field::Virtual(at) => match &def.virtuals.get(*at)?.make {
            Make::Joined { join, column } => def.joins.get(*join)?.table.column(column.as_str())?.class,
            // How many there are tells nothing of what they hold.
            Make::Over { func: Over::Count, .. } => None,
            Make::Over { table, column, .. } => tables.table(table.as_str())?.column(column.as_str())?.class,
            Make::Formula(formula) => {
                let mut fields = Vec::new();
                formula.fields(&mut fields);
                of_all(&fields.iter().map(String::as_str).collect::<Vec<_>>())
            }
        },
        Field::Computed(at) => of_all(&names(def.decl.computed.get(*at)?.from).collect::<Vec<_>>()),
        Field::Time(_) | Field::Distance | Field::Sub(_) => None,
    }
}
