//! A declaration joined with the catalogue: every declared name looked up once, at start.

use super::{Access, FilterHook, Formula, Narrowed, Object, Over, Own, Shown, Sub, names};
use crate::auth::Caller;
use crate::auth::mask::{Mask, Role};
use crate::call::res::ResItem;
use crate::design::{Ident, Kind, Table};
use crate::redact::Beside;
use foldhash::{HashMap, HashSet};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// An object ready for planning.
pub struct ObjectDef {
    /// The declaration.
    pub decl: &'static Object,
    /// The plugin that brings it.
    pub plugin: &'static str,
    /// None for an object that only has actions.
    pub table: Option<Arc<Table>>,
    /// Every name that `res`, `cond` and `orderby` may use.
    pub fields: HashMap<Box<str>, Field>,
    /// The tables that virtual columns join.
    pub joins: Vec<JoinDef>,
    /// Its virtual columns.
    pub virtuals: Vec<Virtual>,
    /// Its sub-objects.
    pub links: Vec<Link>,
    /// The rights of each role, by its number.
    pub rights: [Option<Rights>; 6],
    /// Parameters by which other plugins filter its queries.
    pub filters: Vec<(&'static str, FilterHook)>,
    /// Columns whose values no record of changes shows, and whose names no hint tells: passwords, and what is
    /// hidden from everybody or from staff, who reads these records.
    pub guarded: HashSet<Box<str>>,
    /// Names that are secret in records of its calls: its secret columns and those of its sub-objects.
    pub secrets: Beside,
}

/// What a name of an object stands for; numbers are positions in its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A column of its table.
    Column(usize),
    /// A virtual column.
    Virtual(usize),
    /// A time part of the declared time field.
    Time(crate::plan::TimeUnit),
    /// How far away, in a search around a place.
    Distance,
    /// A sub-object.
    Sub(usize),
    /// A field made by a function.
    Computed(usize),
}

/// A table that virtual columns join.
pub struct JoinDef {
    /// The table that is joined.
    pub table: Arc<Table>,
    /// Its column that is compared.
    pub key: Ident,
    /// The field of ours that holds the key.
    pub by: &'static str,
}

/// A virtual column.
pub struct Virtual {
    /// Its name.
    pub name: Arc<str>,
    /// How it is computed.
    pub make: Make,
    /// The type of its values, where it is known.
    pub kind: Option<Kind>,
    /// Part of `*`.
    pub default: bool,
    /// Computed for the rows of the page alone.
    pub outer: bool,
    /// Shown although its source has a class.
    pub handed_out: bool,
}

/// How a virtual column is computed.
pub enum Make {
    /// A column of a joined table.
    Joined {
        /// Position in `ObjectDef::joins`.
        join: usize,
        /// The column.
        column: Ident,
    },
    /// From other fields.
    Formula(Formula),
    /// An aggregate over the rows of another table.
    Over {
        /// Which aggregate.
        func: Over,
        /// The other table.
        table: Ident,
        /// Its column that is counted or summed.
        column: Ident,
        /// Its column that ties its rows to ours.
        key: Ident,
        /// Our field that it equals.
        by: &'static str,
    },
}

/// How a sub-object hangs on its parent.
pub struct Link {
    /// The declaration.
    pub sub: &'static Sub,
    /// The field of the child that is compared.
    pub child: &'static str,
    /// The field of the parent that is compared.
    pub parent: &'static str,
    /// What each role may see of the child rows; None where it may see nothing of them. A sub-object that is left
    /// to the rights of the role has no such list.
    pub shown: [Option<Arc<Shown>>; 6],
}

/// What one role may do, with its lists looked up.
pub struct Rights {
    /// Tells them from all others of this process, so that what depends on them can be kept under it.
    pub number: u32,
    /// The declaration.
    pub access: Access,
    /// Fields that are neither seen nor named.
    pub hidden: HashSet<Cow<'static, str>>,
    /// Fields that are never written.
    pub readonly: HashSet<Cow<'static, str>>,
    /// Fields that are not changed.
    pub readonly2: HashSet<&'static str>,
    /// Fields needed on add and never emptied.
    pub required: Vec<&'static str>,
    /// Fields never emptied by set.
    pub required2: Vec<&'static str>,
    /// Fields that setIf may change although rules watch.
    pub bulk: HashSet<&'static str>,
    /// Some hook watches over writes, so bulk changes are limited to `bulk`.
    pub hooked: bool,
    /// Those of callers without the bits that the access needs.
    pub otherwise: Option<Box<Rights>>,
    /// Roles hide fields that the declarations rely on.
    pub is_narrowed: bool,
}

/// How many rights were looked up so far.
static NUMBERED: AtomicU32 = AtomicU32::new(0);

/// The field of a typed entry of `required`: that of `amount/n` is `amount`.
pub fn required_field(entry: &str) -> &str {
    entry.split('/').next().unwrap_or(entry)
}

impl Rights {
    /// Looks up the lists of a declaration.
    pub fn of(object: &Object, access: Access) -> Rights {
        let otherwise = (access.needs != 0 && !access.else_hidden.is_empty()).then(|| {
            let mut less = Rights::of(object, Access { needs: 0, else_hidden: "", ..access });
            less.hidden.extend(words(access.else_hidden));
            Box::new(less)
        });
        Rights {
            number: NUMBERED.fetch_add(1, Ordering::Relaxed),
            is_narrowed: false,
            otherwise,
            access,
            hidden: words("pwd").chain(words(object.hidden)).chain(words(access.hidden)).collect(),
            readonly: words(access.readonly).chain(words(access.stamped)).collect(),
            readonly2: names(access.readonly2).collect(),
            required: names(access.required).collect(),
            required2: names(access.required2).collect(),
            bulk: names(access.bulk).collect(),
            hooked: !access.hooks.is_none() || !object.hooks.is_none() || object.states.is_some(),
        }
    }

    /// Whether a new row needs this very field.
    pub fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|entry| required_field(entry) == name)
    }

    /// Whether a standard action is open.
    pub fn may(&self, action: u16) -> bool {
        self.access.actions & action != 0
    }

    /// The same for fewer actions, rows and fields.
    pub fn narrowed(&self, actions: u16, own: Own, hidden: &[String], readonly: &[String]) -> Rights {
        let more = |names: &HashSet<Cow<'static, str>>, more: &[String]| {
            names.iter().cloned().chain(more.iter().cloned().map(Cow::Owned)).collect()
        };
        Rights {
            number: NUMBERED.fetch_add(1, Ordering::Relaxed),
            access: Access { actions: self.access.actions & actions, own, ..self.access },
            hidden: more(&self.hidden, hidden),
            readonly: more(&self.readonly, readonly),
            readonly2: self.readonly2.clone(),
            required: self.required.clone(),
            required2: self.required2.clone(),
            bulk: self.bulk.clone(),
            hooked: self.hooked,
            otherwise: None,
            is_narrowed: true,
        }
    }

    /// Of a declared list of fields those that are not hidden by a role; what the declarations hide, no declared list has.
    pub fn shown_of(&self, mut items: Vec<ResItem>) -> Vec<ResItem> {
        if self.is_narrowed {
            items.retain(|item| match item {
                ResItem::Field { name, .. } => !self.hidden.contains(name.name.as_str()),
                ResItem::Sub { name, .. } => !self.hidden.contains(name.as_str()),
                ResItem::Aggregate { .. } => false,
                ResItem::Star | ResItem::MainStar | ResItem::Null { .. } => true,
            });
        }
        items
    }
}

fn words(list: &'static str) -> impl Iterator<Item = Cow<'static, str>> {
    names(list).map(Cow::Borrowed)
}

impl ObjectDef {
    /// What applies to a role: its own declaration or the next in its chain.
    pub fn rights(&self, role: Role) -> Option<&Rights> {
        role.chain().iter().find_map(|r| self.rights[*r as usize].as_ref())
    }

    /// What applies to a caller: that of their role, or what is left of it without the permission that it needs. Where
    /// roles narrow it, that by which they read; `rights_for` knows the rest.
    pub fn rights_of<'a>(&'a self, caller: &'a Caller) -> Option<&'a Rights> {
        match Narrowed::of(caller) {
            None => self.declared_for(caller.role(), caller.bits),
            Some(left) => left.main_rights(self.name()),
        }
    }

    /// What applies to a caller who does one standard action.
    pub fn rights_for<'a>(&'a self, caller: &'a Caller, action: u16) -> Option<&'a Rights> {
        match Narrowed::of(caller) {
            None => self.declared_for(caller.role(), caller.bits).filter(|rights| rights.may(action)),
            Some(left) => left.rights(self.name(), action),
        }
    }

    /// What applies to rows that a caller reaches on the word of their parents: all, but for callers whom roles narrow.
    pub fn rights_below<'a>(&'a self, caller: &'a Caller, action: u16) -> Option<&'a Rights> {
        match Narrowed::of(caller) {
            None => self.rights(Role::Admin),
            Some(left) => left.below(self.name(), action),
        }
    }

    /// What is declared for a role and these bits.
    pub fn declared_for(&self, role: Role, bits: Mask) -> Option<&Rights> {
        let rights = self.rights(role)?;
        match rights.access.needs == 0 || bits & rights.access.needs != 0 {
            true => Some(rights),
            false => rights.otherwise.as_deref(),
        }
    }

    /// All rights that callers of a role may have.
    pub fn all_rights(&self, role: Role) -> impl Iterator<Item = &Rights> {
        let rights = self.rights(role);
        rights.into_iter().chain(rights.and_then(|rights| rights.otherwise.as_deref()))
    }

    /// The object's name on the wire.
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
