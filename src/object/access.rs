//! The rights of one role on one object: actions, rows, fields.

use super::{WriteHook, WriteHooks};
use crate::auth::mask::Mask;
use crate::call::cond::Cond;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::Result;
use crate::plan::ReadPolicy;

/// `add`: a new row.
pub const ADD: u16 = 1;
/// `get`: one row.
pub const GET: u16 = 1 << 1;
/// `set`: changes one row.
pub const SET: u16 = 1 << 2;
/// `del`: deletes one row.
pub const DEL: u16 = 1 << 3;
/// `query`: rows by condition.
pub const QUERY: u16 = 1 << 4;
/// `setIf`: changes all rows that meet a condition.
pub const SET_IF: u16 = 1 << 5;
/// `delIf`: deletes all rows that meet a condition.
pub const DEL_IF: u16 = 1 << 6;
/// `batchSet`: changes many rows, each in its own way.
pub const BATCH_SET: u16 = 1 << 7;
/// `batchDel`: deletes rows by their ids.
pub const BATCH_DEL: u16 = 1 << 8;
/// `batchAdd`: imports rows.
pub const BATCH_ADD: u16 = 1 << 9;
/// `dup`: copies rows with their sub-objects.
pub const DUP: u16 = 1 << 10;
/// `get` and `query`.
pub const READ: u16 = GET | QUERY;
/// Every standard action.
pub const ALL: u16 = (1 << 11) - 1;

/// The standard actions by their names on the wire.
pub const STANDARD: &[(&str, u16)] = &[
    ("add", ADD),
    ("get", GET),
    ("set", SET),
    ("del", DEL),
    ("query", QUERY),
    ("setIf", SET_IF),
    ("delIf", DEL_IF),
    ("batchSet", BATCH_SET),
    ("batchDel", BATCH_DEL),
    ("batchAdd", BATCH_ADD),
    ("dup", DUP),
];

/// The bit of a standard action.
pub fn standard(action: &str) -> Option<u16> {
    STANDARD.iter().find(|(name, _)| *name == action).map(|(_, bit)| *bit)
}

/// Which rows are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// All rows.
    All,
    /// Rows whose field holds the caller's id; `add` stamps it.
    Field(&'static str),
    /// Rows whose `link` equals the `key` of a row of `table` whose `field` holds the caller's id, and, where
    /// it says so, another column a value.
    Via {
        /// Our field that leads to the other table.
        link: &'static str,
        /// The other table.
        table: &'static str,
        /// Its column that equals `link`.
        key: &'static str,
        /// Its column that holds the caller's id.
        field: &'static str,
        /// Another of its columns, and the value that it must have.
        when: Option<(&'static str, i64)>,
    },
}

/// How get and set find their row when it is the caller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Me {
    /// The id is a parameter like any other.
    No,
    /// Always the caller's own row, whatever id is sent.
    Always,
    /// Without an id the caller's own row; another id is forbidden.
    Only,
    /// Without an id the caller's own row, else the one named.
    Default,
}

/// Adds a condition to every read, and to the row search of set and del: it can only narrow.
pub type NarrowHook = fn(&mut Tx<'_>, &Params) -> Result<Cond>;

/// The condition that a parameter of a query stands for, by its value.
pub type FilterHook = fn(&mut Tx<'_>, &str) -> Result<Cond>;

/// What the caller sees of rows that tell of rows of other objects; None = all of them, whole.
pub type ReadPolicyHook = fn(&mut Tx<'_>) -> Result<Option<ReadPolicy>>;

/// The rights of one role. `can(..)` begins one.
#[derive(Clone, Copy)]
pub struct Access {
    /// Bits of the standard actions.
    pub actions: u16,
    /// Open only to callers who also have one of these bits; 0 = to everybody of the role.
    pub needs: Mask,
    /// What callers of the role without such a bit get all the same: everything but these fields. Empty = nothing.
    pub else_hidden: &'static str,
    /// Which rows.
    pub own: Own,
    /// How `get` and `set` find their row when it is the account itself.
    pub me: Me,
    /// Refused on add and set.
    pub readonly: &'static str,
    /// Refused on set.
    pub readonly2: &'static str,
    /// Read-only, and set by the server on add, where values that a client sends are ignored.
    pub stamped: &'static str,
    /// Read-only fields are dropped silently instead of refused.
    pub lenient: bool,
    /// Needed on add and never emptied. `a|b` = one of; `amount/n` = typed.
    pub required: &'static str,
    /// Never emptied by set.
    pub required2: &'static str,
    /// Fields that the role does not see and cannot name.
    pub hidden: &'static str,
    /// What `query` gives without `res`; empty = as the object says.
    pub default_res: &'static str,
    /// The order without `orderby`; empty = as the object says.
    pub default_sort: &'static str,
    /// Fields that setIf may change although write hooks exist.
    pub bulk: &'static str,
    /// A condition found by a function.
    pub narrow: Option<NarrowHook>,
    /// Rules for writes of this role.
    pub hooks: WriteHooks,
}

/// The named actions on all rows and all fields.
pub const fn can(actions: u16) -> Access {
    Access {
        actions,
        needs: 0,
        else_hidden: "",
        own: Own::All,
        me: Me::No,
        readonly: "",
        readonly2: "",
        stamped: "",
        lenient: false,
        required: "",
        required2: "",
        hidden: "",
        default_res: "",
        default_sort: "",
        bulk: "",
        narrow: None,
        hooks: WriteHooks::NONE,
    }
}

impl Access {
    /// Only for callers who also have one of these bits, such as staff with a permission of its own.
    pub const fn needs(mut self, bits: Mask) -> Access {
        self.needs = bits;
        self
    }

    /// Callers without what it `needs` see no more than the other fields.
    pub const fn else_hidden(mut self, fields: &'static str) -> Access {
        self.else_hidden = fields;
        self
    }

    /// Only rows whose `field` is the caller's id.
    pub const fn own(mut self, field: &'static str) -> Access {
        self.own = Own::Field(field);
        self
    }

    /// Only rows whose `link` leads to a row of `table` that is the caller's by `field`.
    pub const fn own_via(mut self, link: &'static str, table: &'static str, field: &'static str) -> Access {
        self.own = Own::Via { link, table, key: "id", field, when: None };
        self
    }

    /// Rows of the groups the caller is a member of: `link` names the group, `table` has its members, one row
    /// each, with the group in `key` and the member in `field`.
    pub const fn own_among(
        mut self,
        link: &'static str,
        table: &'static str,
        key: &'static str,
        field: &'static str,
    ) -> Access {
        self.own = Own::Via { link, table, key, field, when: None };
        self
    }

    /// Only memberships whose `field` has this value count.
    pub const fn while_is(mut self, field: &'static str, value: i64) -> Access {
        if let Own::Via { when, .. } = &mut self.own {
            *when = Some((field, value));
        }
        self
    }

    /// How `get` and `set` find their row when it is the account itself.
    pub const fn me(mut self, me: Me) -> Access {
        self.me = me;
        self
    }

    /// Fields that the role never writes.
    pub const fn readonly(mut self, fields: &'static str) -> Access {
        self.readonly = fields;
        self
    }

    /// Fields that are given on `add` and not changed afterwards.
    pub const fn readonly_on_set(mut self, fields: &'static str) -> Access {
        self.readonly2 = fields;
        self
    }

    /// Fields that a rule of the server sets on `add` (`Write::stamp`); the role never writes them.
    pub const fn stamped(mut self, fields: &'static str) -> Access {
        self.stamped = fields;
        self
    }

    /// Drops read-only fields that a client sends, instead of refusing the call.
    pub const fn lenient(mut self) -> Access {
        self.lenient = true;
        self
    }

    /// Fields needed on `add` and never emptied: `"name, amount/n, phone|mail"`.
    pub const fn required(mut self, fields: &'static str) -> Access {
        self.required = fields;
        self
    }

    /// Fields that `set` never empties.
    pub const fn required_on_set(mut self, fields: &'static str) -> Access {
        self.required2 = fields;
        self
    }

    /// Fields that the role does not see and cannot name.
    pub const fn hidden(mut self, fields: &'static str) -> Access {
        self.hidden = fields;
        self
    }

    /// What `query` gives without `res`.
    pub const fn default_res(mut self, res: &'static str) -> Access {
        self.default_res = res;
        self
    }

    /// The order without `orderby`.
    pub const fn default_sort(mut self, order: &'static str) -> Access {
        self.default_sort = order;
        self
    }

    /// Fields that `setIf` may change although rules watch over writes, which it does not run.
    pub const fn free_in_bulk(mut self, fields: &'static str) -> Access {
        self.bulk = fields;
        self
    }

    /// Adds a condition to every read, set and delete.
    pub const fn narrow(mut self, hook: NarrowHook) -> Access {
        self.narrow = Some(hook);
        self
    }

    /// A rule for every write of this role, after those of the object.
    pub const fn on_write(mut self, hook: WriteHook) -> Access {
        self.hooks.every = Some(hook);
        self
    }

    /// A rule for new rows of this role.
    pub const fn on_add(mut self, hook: WriteHook) -> Access {
        self.hooks.add = Some(hook);
        self
    }

    /// A rule for changes by this role.
    pub const fn on_set(mut self, hook: WriteHook) -> Access {
        self.hooks.set = Some(hook);
        self
    }

    /// A rule for deletions by this role.
    pub const fn on_del(mut self, hook: WriteHook) -> Access {
        self.hooks.del = Some(hook);
        self
    }

    /// These rights and `more`: the actions of both. A list of `more` (read-only, required, hidden fields) or a rule of it
    /// takes the place of the one here; where it has none, the one here stays, and so do the rows that are the caller's.
    pub(super) const fn plus(self, more: Access) -> Access {
        let Access {
            actions,
            needs,
            else_hidden,
            own,
            me,
            readonly,
            readonly2,
            stamped,
            lenient,
            required,
            required2,
            hidden,
            default_res,
            default_sort,
            bulk,
            narrow,
            hooks,
        } = more;
        Access {
            actions: self.actions | actions,
            needs: if needs == 0 { self.needs } else { needs },
            else_hidden: either(else_hidden, self.else_hidden),
            own: match own {
                Own::All => self.own,
                own => own,
            },
            me: match me {
                Me::No => self.me,
                me => me,
            },
            readonly: either(readonly, self.readonly),
            readonly2: either(readonly2, self.readonly2),
            stamped: either(stamped, self.stamped),
            lenient: self.lenient || lenient,
            required: either(required, self.required),
            required2: either(required2, self.required2),
            hidden: either(hidden, self.hidden),
            default_res: either(default_res, self.default_res),
            default_sort: either(default_sort, self.default_sort),
            bulk: either(bulk, self.bulk),
            narrow: match narrow {
                Some(_) => narrow,
                None => self.narrow,
            },
            hooks: self.hooks.plus(hooks),
        }
    }
}

/// The first list, unless it is empty.
const fn either(first: &'static str, second: &'static str) -> &'static str {
    if first.is_empty() { second } else { first }
}
