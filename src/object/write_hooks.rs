//! The rules of writes that an object or a role has: for new rows, for changes, for deletions, and for all three.

use super::{WriteHook, WriteKind};

/// Rules by the kind of write. That of the kind runs first, then the one for every write.
#[derive(Clone, Copy)]
pub struct WriteHooks {
    pub(super) every: Option<WriteHook>,
    pub(super) add: Option<WriteHook>,
    pub(super) set: Option<WriteHook>,
    pub(super) del: Option<WriteHook>,
}

impl WriteHooks {
    /// No rule.
    pub const NONE: WriteHooks = WriteHooks { every: None, add: None, set: None, del: None };

    /// Whether there is any rule.
    pub const fn is_none(&self) -> bool {
        self.every.is_none() && self.add.is_none() && self.set.is_none() && self.del.is_none()
    }

    /// The rules of one kind of write, in the order in which they run.
    pub fn of(&self, kind: WriteKind) -> impl Iterator<Item = WriteHook> {
        let own = match kind {
            WriteKind::Add => self.add,
            WriteKind::Set => self.set,
            WriteKind::Del => self.del,
        };
        [own, self.every].into_iter().flatten()
    }

    /// These rules, and those of `more` in the place of theirs.
    pub(super) const fn plus(self, more: WriteHooks) -> WriteHooks {
        WriteHooks {
            every: one_of(more.every, self.every),
            add: one_of(more.add, self.add),
            set: one_of(more.set, self.set),
            del: one_of(more.del, self.del),
        }
    }
}

const fn one_of(first: Option<WriteHook>, second: Option<WriteHook>) -> Option<WriteHook> {
    match first {
        Some(_) => first,
        None => second,
    }
}
