//! What roles leave of the declared rights: for each object the rights that still hold, each for some of its actions.
//! Roles can only narrow: whatever is not in here is closed to the callers who have them.

use super::{Action, GET, QUERY, Rights};
use crate::auth::Caller;
use crate::auth::mask::{EMP, ENROL, GUEST, LOGIN, MGR};
use foldhash::{HashMap, HashSet};
use std::sync::LazyLock;

/// What roles leave of all rights.
#[derive(Default)]
pub struct Narrowed {
    /// What is left of each object.
    pub objects: HashMap<&'static str, LeftRights>,
    /// Actions without an object.
    pub functions: HashSet<&'static str>,
}

/// What is left of one object. Several roles may differ in rows and fields, so each action has the rights of those roles
/// alone that allow it.
#[derive(Default)]
pub struct LeftRights {
    /// On the rows themselves.
    pub direct: Vec<Rights>,
    /// On rows that are shown and written as sub-objects of others.
    pub below: Vec<Rights>,
    /// Behind actions of the author's own that stand for standard ones and that no role takes away; of an object of which
    /// the roles open nothing else.
    pub behind: Vec<Rights>,
    /// Its actions beside the standard ones.
    pub own_actions: HashSet<&'static str>,
}

/// Nothing at all.
static NOTHING: LazyLock<Narrowed> = LazyLock::new(Narrowed::default);

impl Narrowed {
    /// Of a caller; None for one whom no role narrows. Roles are for staff: without a right of theirs there is nothing to
    /// narrow.
    pub fn of(caller: &Caller) -> Option<&Narrowed> {
        let narrowing = caller.narrowing.as_ref().filter(|_| caller.has(EMP | MGR))?;
        Some(narrowing.left::<Narrowed>().unwrap_or(&*NOTHING))
    }

    /// Those by which an action is done.
    pub fn rights(&self, object: &str, action: u16) -> Option<&Rights> {
        self.objects.get(object)?.direct.iter().find(|rights| rights.may(action))
    }

    /// Those by which the rows are read, or failing that any.
    pub fn main_rights(&self, object: &str) -> Option<&Rights> {
        let first = || self.objects.get(object)?.direct.first();
        self.rights(object, QUERY).or_else(|| self.rights(object, GET)).or_else(first)
    }

    /// Those by which an action is done on rows of a sub-object.
    pub fn below(&self, object: &str, action: u16) -> Option<&Rights> {
        self.objects.get(object)?.below.iter().find(|rights| rights.may(action))
    }

    /// Those by which an action that no role takes away goes on to the standard one of its name.
    pub fn behind(&self, object: &str, action: u16) -> Option<&Rights> {
        self.objects.get(object)?.behind.iter().find(|rights| rights.may(action))
    }

    /// Whether an action of an author's own is open. What everybody may call and what is about the caller's own account
    /// is no role's to take.
    pub fn opens(&self, object: Option<&str>, action: &Action) -> bool {
        if action.personal || is_for_all(action) {
            return true;
        }
        match object {
            None => self.functions.contains(action.name),
            Some(object) => {
                self.objects.get(object).is_some_and(|left| left.own_actions.contains(action.name))
            }
        }
    }
}

/// Open to whoever is logged in, or to everybody.
pub fn is_for_all(action: &Action) -> bool {
    action.who == GUEST || action.who & LOGIN == LOGIN || action.who & ENROL != 0
}
