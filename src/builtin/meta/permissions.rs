//! The actions that the caller may call on an object: asked of authorization itself, action by action.

use super::Look;
use crate::authorize::authorize;
use crate::call::name::Action;
use crate::object::{ObjectDef, STANDARD};

/// Reading and writing first, as people look for them.
const FIRST: &[&str] = &["add", "get", "query", "set", "del"];

impl Look<'_> {
    pub fn actions(&self, def: &ObjectDef) -> Vec<&'static str> {
        let rest = STANDARD.iter().map(|(name, _)| *name).filter(|name| !FIRST.contains(name));
        let own = self.registry.actions_of(def).map(|action| action.name);
        let mut names: Vec<&'static str> = FIRST.iter().copied().chain(rest).collect();
        for name in own {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.retain(|name| self.may(def, name));
        names
    }

    pub fn may(&self, def: &ObjectDef, action: &str) -> bool {
        let name = Action { object: Some(def.name().into()), name: action.into() };
        authorize(self.registry, self.caller, &name).is_ok()
    }
}
