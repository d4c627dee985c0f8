//! Open values: they differ between calls that are otherwise alike and are left out of a plan, so that one plan
//! serves all of them.

use crate::value::Val;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Whose rows.
    Caller,
    /// Which row.
    Id,
    /// The row a page begins after.
    After,
    /// Whose children: the parent at this place in the list.
    Parent(usize),
}

/// The values of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Given<'a> {
    pub caller: i64,
    pub id: i64,
    pub after: i64,
    pub parents: &'a [Val],
}

impl Given<'_> {
    pub fn value(&self, open: Open) -> Val {
        Val::Int(match open {
            Open::Caller => self.caller,
            Open::Id => self.id,
            Open::After => self.after,
            Open::Parent(at) => return self.parents.get(at).cloned().unwrap_or(Val::Null),
        })
    }
}
