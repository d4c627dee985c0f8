//! What differs between calls that are otherwise alike: these values stand open in a plan, so that one plan
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
}

/// The values of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    pub caller: i64,
    pub id: i64,
    pub after: i64,
}

impl Given {
    pub fn value(&self, open: Open) -> Val {
        Val::Int(match open {
            Open::Caller => self.caller,
            Open::Id => self.id,
            Open::After => self.after,
        })
    }
}
