//! Whether the rights of one caller lie within those of another: nobody whom roles narrow gives others what they lack.

use crate::auth::Caller;
use crate::authorize::admit;
use crate::object::{
    ADD, BATCH_ADD, BATCH_SET, DEL, GET, Link, ObjectDef, Own, QUERY, Rights, SET, SET_IF, STANDARD,
};
use crate::registry::Registry;

/// Actions that write fields.
const WRITES: u16 = ADD | SET | SET_IF | BATCH_SET | BATCH_ADD;
/// What a parent does with its sub-objects.
const OF_PARENT: u16 = QUERY | ADD | SET | DEL;

impl Registry {
    /// What `other` may do and `caller` may not: `Ordr.set`. None if there is nothing.
    pub fn beyond(&self, caller: &Caller, other: &Caller) -> Option<String> {
        for def in self.objects() {
            for (name, bit) in STANDARD.iter().filter(|_| def.table.is_some()) {
                let Some(theirs) = def.rights_for(other, *bit) else { continue };
                let kept = *bit == GET && self.is_kept(def, theirs);
                if !kept && !covers(def.rights_for(caller, *bit), theirs, *bit) {
                    return Some(format!("{}.{name}", def.name()));
                }
            }
            let opens = |who: &Caller, action| admit(who, Some(def), action).is_ok();
            let more = self.actions_of(def).find(|action| {
                let stands_for = STANDARD.iter().any(|(name, _)| *name == action.name);
                !stands_for && opens(other, action) && !opens(caller, action)
            });
            if let Some(action) = more {
                return Some(format!("{}.{}", def.name(), action.name));
            }
        }
        let opens = |who: &Caller, action| admit(who, None, action).is_ok();
        let functions = self.functions();
        let more = functions.iter().find(|(action, _)| opens(other, action) && !opens(caller, action));
        more.map(|(action, _)| action.name.to_owned()).or_else(|| self.beyond_below(caller, other))
    }

    /// The same for rows that `other` reaches as sub-objects of rows, and of sub-objects of these.
    fn beyond_below(&self, caller: &Caller, other: &Caller) -> Option<String> {
        let direct = |def| {
            STANDARD.iter().filter_map(move |(_, bit)| Some((def, ObjectDef::rights_for(def, other, *bit)?)))
        };
        let mut parents: Vec<(&ObjectDef, &Rights)> = self.objects().flat_map(direct).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some((parent, rights)) = parents.pop() {
            let by_parent = |link: &&Link| !link.sub.by_role && !rights.hidden.contains(link.sub.name);
            for link in parent.links.iter().filter(by_parent) {
                let Some(child) = self.object(link.sub.obj) else { continue };
                for (name, bit) in STANDARD.iter().filter(|(_, bit)| OF_PARENT & bit != 0) {
                    if *bit != QUERY && !link.sub.writable {
                        continue;
                    }
                    let theirs = child.rights_below(other, *bit);
                    if theirs.is_some_and(|theirs| !covers(child.rights_below(caller, *bit), theirs, *bit)) {
                        return Some(format!("{}.{name}", child.name()));
                    }
                }
                if let Some(theirs) = child.rights_below(other, QUERY)
                    && !seen.contains(&child.name())
                {
                    seen.push(child.name());
                    parents.push((child, theirs));
                }
            }
        }
        None
    }

    /// The look at one's own account, which everybody keeps.
    fn is_kept(&self, def: &ObjectDef, rights: &Rights) -> bool {
        let accounts = self.login("emp").map_or("", |login| login.table);
        def.name() == accounts && rights.access.own != Own::All
    }
}

/// Whether one's own rights for an action hold all that others give.
fn covers(mine: Option<&Rights>, theirs: &Rights, action: u16) -> bool {
    let Some(mine) = mine else { return false };
    let rows = mine.access.own == Own::All || mine.access.own == theirs.access.own;
    let seen = mine.hidden.iter().all(|field| theirs.hidden.contains(field));
    let closed = |field| theirs.readonly.contains(field) || theirs.hidden.contains(field);
    let written = action & WRITES == 0 || mine.readonly.iter().all(closed);
    rows && seen && written
}
