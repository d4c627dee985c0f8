//! May this caller do this? The answer is a value that only this file can make, and only that value can be
//! planned. What is not declared is closed to all but the super administrator.

use crate::auth::caller::Caller;
use crate::auth::mask::{self, Mask, Role};
use crate::call::cond::Cond;
use crate::call::name::Action as Name;
use crate::error::{Error, Result};
use crate::object::{self, Action, Link, Narrowed, ObjectDef, Rights};

/// The right of a caller to do one standard action on one object.
#[derive(Clone, Copy)]
pub struct Authorized<'a> {
    def: &'a ObjectDef,
    rights: &'a Rights,
    caller: &'a Caller,
    action: u16,
}

impl<'a> Authorized<'a> {
    pub fn def(&self) -> &'a ObjectDef {
        self.def
    }

    pub fn rights(&self) -> &'a Rights {
        self.rights
    }

    pub fn caller(&self) -> &'a Caller {
        self.caller
    }

    pub fn action(&self) -> u16 {
        self.action
    }

    /// The right to another standard action on the same object, if the caller has it.
    pub fn also(&self, action: u16) -> Result<Authorized<'a>> {
        match self.rights.may(action) {
            true => Ok(Authorized { action, ..*self }),
            // Roles may give other rows and fields for it.
            false if self.caller.narrowing.is_some() => of_role(self.def, self.caller, action),
            false => Err(refused(self.caller, action_name(action), self.def.name())),
        }
    }

    /// Whether code of the object's own says which rows and fields are shown.
    pub fn has_hooks(&self) -> bool {
        self.rights.access.narrow.is_some() || self.def.decl.read_policy.is_some()
    }

    /// Whom the private data in the rows belong to, if staff looks at them: object and field, see `Object::private_of`.
    pub fn owner(&self) -> Option<(&'static str, &'static str)> {
        let owner = self.def.decl.owner?;
        let permitted = self.rights.access.needs & mask::PRIVATE != 0 || self.caller.has(mask::ADMIN);
        permitted.then_some(owner)
    }

    /// Whether the caller may read such rows at all.
    pub fn reads(&self) -> bool {
        self.rights.access.actions & object::READ != 0
    }

    /// Checks that the caller may set a condition on the rows of a write: the result tells what the rows hold, so it
    /// takes a right to read.
    pub fn with_cond(&self, cond: &Cond) -> Result<()> {
        match cond.is_none() || self.reads() {
            true => Ok(()),
            false => Err(refused(self.caller, action_name(object::QUERY), self.def.name())),
        }
    }

    /// What is said to a caller who may not do this after all.
    pub fn refused(&self) -> Error {
        refused(self.caller, action_name(self.action), self.def.name())
    }

    /// Finds or shows rows for an action that was granted, under the same row rules, without asking for a further right
    /// as `also` does: the code that uses it must limit what is shown.
    pub fn over_same_rows(&self, action: u16) -> Authorized<'a> {
        Authorized { action, ..*self }
    }
}

/// Something a caller asked for and may have.
#[derive(Clone, Copy)]
pub enum Granted<'a> {
    Table(Authorized<'a>),
    Action(&'static Action),
}

/// The declarations in force, as authorization looks them up.
pub trait Declarations {
    fn object(&self, name: &str) -> Option<&ObjectDef>;

    /// An action without an object.
    fn function(&self, name: &str) -> Option<&'static Action>;

    /// An action that an object has beside the standard ones.
    fn action(&self, def: &ObjectDef, name: &str) -> Option<&'static Action>;
}

pub fn authorize<'a>(
    registry: &'a impl Declarations,
    caller: &'a Caller,
    name: &Name,
) -> Result<Granted<'a>> {
    let Some(object) = &name.object else {
        let action = registry.function(&name.name).filter(|a| !a.test_only || caller.test_mode());
        let action = action.ok_or_else(|| unsupported(format!("Bad request - unknown ac: {}", name.name)))?;
        admit(caller, None, action)?;
        return Ok(Granted::Action(action));
    };
    let Some(def) = registry.object(object).filter(|def| !def.decl.test_only || caller.test_mode()) else {
        return Err(invisible(caller, name));
    };
    if let Some(action) = registry.action(def, &name.name).filter(|a| !a.test_only || caller.test_mode()) {
        match (admit(caller, Some(def), action), object::standard(&name.name)) {
            (Ok(()), _) => return Ok(Granted::Action(action)),
            (Err(refused), None) => return Err(refused),
            // It stands for the standard action of its name for the logins it is open to; others have theirs.
            (Err(refused), Some(bit)) => {
                if def.rights_for(caller, bit).is_none() {
                    return Err(refused);
                }
            }
        }
    }
    match object::standard(&name.name).filter(|_| def.table.is_some()) {
        Some(action) => match def.rights_for(caller, action) {
            Some(rights) => Ok(Granted::Table(Authorized { def, rights, caller, action })),
            None if def.rights_of(caller).is_none() => Err(invisible(caller, name)),
            None => Err(refused(caller, &name.name, def.name())),
        },
        None if def.rights_of(caller).is_none() => Err(invisible(caller, name)),
        None => Err(unsupported(format!("Bad request - unknown `{object}` method: `{}`", name.name))),
    }
}

/// The right to a standard action that was granted before, asked for again where the call goes on.
pub fn authorize_table<'a>(
    registry: &'a impl Declarations,
    caller: &'a Caller,
    name: &Name,
) -> Result<Authorized<'a>> {
    match authorize(registry, caller, name)? {
        Granted::Table(authorized) => Ok(authorized),
        Granted::Action(_) => Err(Error::server(format!("`{name}` is no standard action"))),
    }
}

/// Full rights on an object for code of ours, and for sub-objects, whose fields have a ceiling of their own; with the
/// hooks and the hidden columns of the object itself. Never a substitute for rights that a caller lacks.
pub fn by_declaration<'a>(def: &'a ObjectDef, caller: &'a Caller, action: u16) -> Result<Authorized<'a>> {
    match def.rights(Role::Admin) {
        Some(rights) => Ok(Authorized { def, rights, caller, action }),
        None => Err(Error::server(format!("object {} has no declaration for the administrator", def.name()))),
    }
}

/// The caller's own rights on an object.
pub fn of_role<'a>(def: &'a ObjectDef, caller: &'a Caller, action: u16) -> Result<Authorized<'a>> {
    match def.rights_for(caller, action) {
        Some(rights) => Ok(Authorized { def, rights, caller, action }),
        None => Err(refused(caller, action_name(action), def.name())),
    }
}

/// The right by which an action of the author's own goes on to the standard action of its name: the caller's own, or what
/// is left of the declared one where no role takes the author's action away.
pub fn of_own_action<'a>(def: &'a ObjectDef, caller: &'a Caller, action: u16) -> Result<Authorized<'a>> {
    of_role(def, caller, action).or_else(|refused| {
        let rights = Narrowed::of(caller).and_then(|left| left.behind(def.name(), action));
        rights.map(|rights| Authorized { def, rights, caller, action }).ok_or(refused)
    })
}

/// The rights on rows that are shown and written as sub-objects: the parent's word, unless the declaration leaves them to
/// the child's own rights, and never more than the caller's roles leave of the child.
pub fn child_rights<'a>(
    link: &Link,
    child: &'a ObjectDef,
    caller: &'a Caller,
    action: u16,
) -> Option<&'a Rights> {
    match link.sub.by_role {
        true => child.rights_for(caller, action),
        false => child.rights_below(caller, action),
    }
}

/// The right by them.
pub fn of_child<'a>(
    link: &Link,
    child: &'a ObjectDef,
    caller: &'a Caller,
    action: u16,
) -> Result<Authorized<'a>> {
    match child_rights(link, child, caller, action) {
        Some(rights) => Ok(Authorized { def: child, rights, caller, action }),
        None => Err(refused(caller, action_name(action), child.name())),
    }
}

/// Whether an action of an author's own is open to the caller.
pub fn admit(caller: &Caller, object: Option<&ObjectDef>, action: &Action) -> Result<()> {
    check(caller, action.who)?;
    match Narrowed::of(caller) {
        Some(left) if !left.opens(object.map(ObjectDef::name), action) => {
            let object = object.map_or("", ObjectDef::name);
            Err(Error::forbidden(format!("no role of the caller allows {object}.{}", action.name)))
        }
        _ => Ok(()),
    }
}

/// Any of the bits opens it; nothing needed means everybody.
pub fn check(caller: &Caller, who: Mask) -> Result<()> {
    if who == mask::GUEST || caller.has(who) {
        return Ok(());
    }
    let detail = format!("require auth to {}", mask::names(who));
    Err(if caller.is_guest() { Error::no_auth(detail) } else { Error::forbidden(detail) })
}

fn refused(caller: &Caller, action: &str, object: &str) -> Error {
    let detail = format!("Operation `{action}` is not allowed on object `{object}`");
    if caller.is_guest() { Error::no_auth(detail) } else { Error::forbidden(detail) }
}

/// An object that does not exist and one the caller may not see answer alike.
fn invisible(caller: &Caller, name: &Name) -> Error {
    let detail = format!("Operation is not allowed for current user: `{name}`");
    if caller.is_guest() { Error::no_auth(detail) } else { Error::forbidden(detail) }
}

fn unsupported(detail: String) -> Error {
    Error::param(detail).say("接口不支持", "no such action")
}

fn action_name(action: u16) -> &'static str {
    object::STANDARD.iter().find(|(_, bit)| *bit == action).map_or("?", |(name, _)| name)
}
