//! Open values: they differ between calls that are otherwise alike and are left out of a plan, so that one plan
//! serves all of them.

use crate::value::Val;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
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
pub struct Bindings<'a> {
    pub caller: i64,
    pub id: i64,
    pub after: i64,
    pub parents: &'a [Val],
}

impl Bindings<'_> {
    pub fn value(&self, open: Placeholder) -> Val {
        Val::Int(match open {
            Placeholder::Caller => self.caller,
            Placeholder::Id => self.id,
            Placeholder::After => self.after,
            Placeholder::Parent(at) => return self.parents.get(at).cloned().unwrap_or(Val::Null),
        })
    }
}
