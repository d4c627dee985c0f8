//! Sub-objects shown on their parent's word: which fields each role may see of them. What is declared is a ceiling;
//! where nothing is declared, the role sees what its own rights on the child show, and a role without such rights
//! stops the start, for it would see whatever it asked for.

use super::Registry;
use crate::auth::mask::Role;
use crate::object::{Link, ObjectDef, READ, Rights, Shown};
use foldhash::HashSet;
use std::sync::Arc;

type ByRole = [Option<Arc<Shown>>; 6];

impl Registry {
    pub(super) fn set_ceilings(&mut self, faults: &mut Vec<String>) {
        let mut made: Vec<(&'static str, Vec<ByRole>)> = Vec::new();
        for def in self.objects() {
            let of = |link: &Link| self.ceilings(def, link, faults);
            made.push((def.name(), def.links.iter().map(of).collect()));
        }
        for (name, ceilings) in made {
            let links = self.objects.get_mut(name).into_iter().flat_map(|def| &mut def.links);
            links.zip(ceilings).for_each(|(link, shown)| link.shown = shown);
        }
        for def in self.objects() {
            for role in Role::ALL {
                let Some(rights) = def.rights(role).filter(|rights| rights.access.actions & READ != 0) else {
                    continue;
                };
                let seen = |name: &str| !rights.hidden.contains(name);
                self.check_shown(def, role, &seen, &mut HashSet::default(), faults);
            }
        }
    }

    fn ceilings(&self, def: &ObjectDef, link: &Link, faults: &mut Vec<String>) -> ByRole {
        let mut by_role = [const { None }; 6];
        let child = self.objects.get(link.sub.obj).filter(|_| !link.sub.by_role);
        let Some((child, most)) = child.and_then(|child| Some((child, child.rights(Role::Admin)?))) else {
            return by_role;
        };
        if !link.sub.res.is_empty() {
            match Shown::declared(link.sub.res, child, most) {
                Ok(shown) => {
                    let shown = Arc::new(shown);
                    by_role = std::array::from_fn(|_| Some(shown.clone()));
                }
                Err(what) => {
                    faults.push(format!("object {}: sub-object `{}` {what}", def.name(), link.sub.name));
                }
            }
            return by_role;
        }
        let reads = |rights: &&Rights| rights.access.actions & READ != 0;
        for role in Role::ALL {
            let own = child.rights(role).filter(reads);
            by_role[role as usize] = own.map(|own| Arc::new(Shown::by_rights(child, own, most)));
        }
        by_role
    }

    /// Everything that a role can reach from an object it may read, sub-objects of sub-objects included.
    fn check_shown(
        &self,
        def: &ObjectDef,
        role: Role,
        seen: &dyn Fn(&str) -> bool,
        visited: &mut HashSet<(&'static str, &'static str)>,
        faults: &mut Vec<String>,
    ) {
        for link in def.links.iter().filter(|link| !link.sub.by_role && seen(link.sub.name)) {
            let Some(child) = self.objects.get(link.sub.obj) else { continue };
            if !visited.insert((def.name(), link.sub.name)) {
                continue;
            }
            match &link.shown[role as usize] {
                Some(shown) => {
                    let seen = |name: &str| shown.names.contains(name);
                    self.check_shown(child, role, &seen, visited, faults);
                }
                None if link.sub.res.is_empty() => faults.push(format!(
                    "object {}: sub-object `{}` declares no `res`, and {} has no rights of its own on {}",
                    def.name(),
                    link.sub.name,
                    role.name(),
                    child.name()
                )),
                // Its list is a fault already.
                None => {}
            }
        }
    }
}
