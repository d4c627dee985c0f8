//! A declaration joined with the catalogue: every declared name looked up once, at start.

use super::{Access, Formula, Object, Over, Shown, Sub, names};
use crate::auth::Caller;
use crate::auth::mask::Role;
use crate::design::{Ident, Kind, Table};
use crate::redact::Beside;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// An object ready for planning.
pub struct Def {
    pub decl: &'static Object,
    pub plugin: &'static str,
    /// None for an object that only has actions.
    pub table: Option<Arc<Table>>,
    /// Every name that `res`, `cond` and `orderby` may use.
    pub fields: HashMap<Box<str>, Field>,
    pub joins: Vec<JoinDef>,
    pub virtuals: Vec<Virtual>,
    pub links: Vec<Link>,
    pub rights: [Option<Rights>; 6],
    /// Columns whose values no record of changes shows, and whose names no hint tells: passwords, and what is
    /// hidden from everybody or from staff, who reads these records.
    pub guarded: HashSet<Box<str>>,
    /// Names that are secret in records of its calls: its secret columns and those of its sub-objects.
    pub secrets: Beside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Column(usize),
    Virtual(usize),
    /// A time part of the declared time field.
    Time(crate::plan::TimeUnit),
    /// How far away, in a search around a place.
    Distance,
    Sub(usize),
    Computed(usize),
}

pub struct JoinDef {
    pub table: Arc<Table>,
    pub key: Ident,
    /// The field of ours that holds the key.
    pub by: &'static str,
}

pub struct Virtual {
    pub name: Arc<str>,
    pub make: Make,
    /// The type of its values, where it is known.
    pub kind: Option<Kind>,
    pub default: bool,
    pub outer: bool,
    pub handed_out: bool,
}

pub enum Make {
    Joined { join: usize, column: Ident },
    Formula(Formula),
    Over { func: Over, table: Ident, column: Ident, key: Ident, by: &'static str },
}

/// How a sub-object hangs on its parent.
pub struct Link {
    pub sub: &'static Sub,
    pub child: &'static str,
    pub parent: &'static str,
    /// What each role may see of the child rows; None where it may see nothing of them. A sub-object that is left
    /// to the rights of the role has no such list.
    pub shown: [Option<Arc<Shown>>; 6],
}

/// What one role may do, with its lists looked up.
pub struct Rights {
    /// Tells them from all others of this process, so that what depends on them can be kept under it.
    pub number: u32,
    pub access: Access,
    pub hidden: HashSet<&'static str>,
    pub readonly: HashSet<&'static str>,
    pub readonly2: HashSet<&'static str>,
    pub required: Vec<&'static str>,
    pub required2: Vec<&'static str>,
    pub bulk: HashSet<&'static str>,
    /// Some hook watches over writes, so bulk changes are limited to `bulk`.
    pub hooked: bool,
    /// Those of callers without the bits that the access needs.
    pub otherwise: Option<Box<Rights>>,
}

/// How many rights were looked up so far.
static NUMBERED: AtomicU32 = AtomicU32::new(0);

impl Rights {
    pub fn of(object: &Object, access: Access) -> Rights {
        let otherwise = (access.needs != 0 && !access.else_hidden.is_empty()).then(|| {
            let mut less = Rights::of(object, Access { needs: 0, else_hidden: "", ..access });
            less.hidden.extend(names(access.else_hidden));
            Box::new(less)
        });
        Rights {
            number: NUMBERED.fetch_add(1, Ordering::Relaxed),
            otherwise,
            access,
            hidden: names("pwd").chain(names(object.hidden)).chain(names(access.hidden)).collect(),
            readonly: names(access.readonly).chain(names(access.stamped)).collect(),
            readonly2: names(access.readonly2).collect(),
            required: names(access.required).collect(),
            required2: names(access.required2).collect(),
            bulk: names(access.bulk).collect(),
            hooked: access.on_write.is_some() || object.on_write.is_some() || object.states.is_some(),
        }
    }

    pub fn may(&self, action: u16) -> bool {
        self.access.actions & action != 0
    }
}

impl Def {
    /// What applies to a role: its own declaration or the next in its chain.
    pub fn rights(&self, role: Role) -> Option<&Rights> {
        role.chain().iter().find_map(|r| self.rights[*r as usize].as_ref())
    }

    /// What applies to a caller: that of their role, or what is left of it without the permission that it needs.
    pub fn rights_of(&self, caller: &Caller) -> Option<&Rights> {
        let rights = self.rights(caller.role())?;
        match rights.access.needs == 0 || caller.has(rights.access.needs) {
            true => Some(rights),
            false => rights.otherwise.as_deref(),
        }
    }

    /// All rights that callers of a role may have.
    pub fn all_rights(&self, role: Role) -> impl Iterator<Item = &Rights> {
        let rights = self.rights(role);
        rights.into_iter().chain(rights.and_then(|rights| rights.otherwise.as_deref()))
    }

    pub fn name(&self) -> &'static str {
        self.decl.name
    }

    /// The sub-object a name stands for.
    pub fn sub(&self, name: &str) -> Option<&Link> {
        match self.fields.get(name) {
            Some(Field::Sub(i)) => self.links.get(*i),
            _ => None,
        }
    }
}
