//! Declarations of objects: plain data, made in constants, read by every stage. Nothing
//! here runs; a wrong declaration is found by `registry` at start.

#![warn(missing_docs)]

mod access;
mod action;
mod compile;
mod def;
mod formula;
mod grants;
mod matrix;
mod narrowed;
mod shown;
mod states;
mod subs;
mod vcols;
mod write;
mod write_fields;
mod write_hooks;

pub use access::*;
pub use action::*;
pub use compile::compile;
pub use def::*;
pub use formula::{Formula, Function};
pub use matrix::*;
pub use narrowed::*;
pub use shown::*;
pub use states::*;
pub use subs::*;
pub use vcols::*;
pub use write::*;
pub use write_fields::*;
pub use write_hooks::*;

use crate::error::Fault;

/// One object: a table (or a share of one) with its fields, relations, rights and actions.
#[derive(Clone, Copy)]
pub struct Object {
    /// Its name on the wire, `Ordr`; without a table of another name also that of its table.
    pub name: &'static str,
    /// Empty for an object that only has actions of its own.
    pub table: &'static str,
    /// Virtual columns.
    pub vcols: &'static [VCols],
    /// Sub-objects.
    pub subs: &'static [Sub],
    /// Fields made by functions.
    pub computed: &'static [Computed],
    /// The field behind y q m w d wd h.
    pub time_field: Option<&'static str>,
    /// Columns that no one ever sees, the administrator included.
    pub hidden: &'static str,
    /// What `query` gives without `res`; empty = `*`.
    pub default_res: &'static str,
    /// The order without `orderby`; empty = by id.
    pub default_sort: &'static str,
    /// Rows of one page at most.
    pub page_max: u32,
    /// What `get` gives without `res`; empty = what `query` gives.
    pub get_res: &'static str,
    /// Columns that hold passwords: written as hashes, which are made before the writer lane is entered.
    pub passwords: &'static str,
    /// Columns of ours that name rows of other tables, which cannot be deleted while they are named.
    pub references: &'static [(&'static str, &'static str)],
    /// Columns of ours that must name rows that exist: column, table, what is said otherwise.
    pub points_to: &'static [(&'static str, &'static str, Fault)],
    /// Fields that the parameter `q` searches.
    pub quick: &'static str,
    /// `search` looks in it without being told to: its rows are content, not a log of what happened.
    pub in_search: bool,
    /// The flag that `del` sets instead of removing the row.
    pub soft_delete: Option<&'static str>,
    /// Ids are shown as 16 hex digits that cannot be guessed.
    pub secret_ids: bool,
    /// Changes are written to ObjLog.
    pub logged: bool,
    /// Rows that tell of private matters: the object they belong to, and the field that holds the id of its row.
    pub owner: Option<(&'static str, &'static str)>,
    /// What is deleted does not come back: more went with it than its row.
    pub gone_for_good: bool,
    /// Its query can be followed: clients are told of changes of its rows.
    pub live: bool,
    /// Exists in test mode only.
    pub test_only: bool,
    /// The states of a field.
    pub states: Option<&'static States>,
    /// Actions of its own.
    pub actions: &'static [Action],
    /// The column that holds the permissions of an account, as words with commas between them.
    pub perms: &'static str,
    /// Fields by which imports may find a row of this object (`name2id`).
    pub lookup: &'static str,
    /// Where the ids of new rows come from, when not from the table.
    pub new_id: Option<fn(&crate::services::Services) -> i64>,
    /// Rules for writes of any role, run inside the transaction.
    pub hooks: WriteHooks,
    /// What is seen of rows that tell of rows of other objects.
    pub read_policy: Option<ReadPolicyHook>,
    /// Indexed by role.
    pub access: [Option<Access>; 6],
}

impl Object {
    /// An object over the table of its own name.
    pub const fn table(name: &'static str) -> Object {
        Object {
            name,
            table: name,
            vcols: &[],
            subs: &[],
            computed: &[],
            time_field: None,
            hidden: "",
            default_res: "",
            default_sort: "",
            page_max: 10_000,
            get_res: "",
            passwords: "",
            references: &[],
            points_to: &[],
            quick: "",
            in_search: true,
            soft_delete: None,
            secret_ids: false,
            logged: true,
            owner: None,
            gone_for_good: false,
            live: false,
            test_only: false,
            states: None,
            actions: &[],
            perms: "",
            lookup: "",
            new_id: None,
            hooks: WriteHooks::NONE,
            read_policy: None,
            access: [None; 6],
        }
    }

    /// An object without a table: only actions of its own.
    pub const fn actions_only(name: &'static str) -> Object {
        let mut object = Object::table(name);
        object.table = "";
        object
    }

    /// Another table than the one of its name; several objects may share a table.
    pub const fn over(mut self, table: &'static str) -> Object {
        self.table = table;
        self
    }

    /// Virtual columns: joins, counts, sums, formulas.
    pub const fn vcols(mut self, vcols: &'static [VCols]) -> Object {
        self.vcols = vcols;
        self
    }

    /// Lists and rows of other objects that come along.
    pub const fn subs(mut self, subs: &'static [Sub]) -> Object {
        self.subs = subs;
        self
    }

    /// Fields made by a function from other fields after the rows were read.
    pub const fn computed(mut self, computed: &'static [Computed]) -> Object {
        self.computed = computed;
        self
    }

    /// The time field whose parts are the fields `y q m w d wd h`.
    pub const fn time_columns(mut self, field: &'static str) -> Object {
        self.time_field = Some(field);
        self
    }

    /// Columns that nobody sees.
    pub const fn hidden(mut self, fields: &'static str) -> Object {
        self.hidden = fields;
        self
    }

    /// What `query` gives without `res`.
    pub const fn default_res(mut self, res: &'static str) -> Object {
        self.default_res = res;
        self
    }

    /// The order without `orderby`.
    pub const fn default_sort(mut self, order: &'static str) -> Object {
        self.default_sort = order;
        self
    }

    /// Rows of one page at most.
    pub const fn page_max(mut self, rows: u32) -> Object {
        self.page_max = rows;
        self
    }

    /// What `get` gives without `res`.
    pub const fn get_res(mut self, res: &'static str) -> Object {
        self.get_res = res;
        self
    }

    /// Columns that hold passwords, which are stored as hashes.
    pub const fn passwords(mut self, fields: &'static str) -> Object {
        self.passwords = fields;
        self
    }

    /// `("empId", "Employee")`: no row of Employee goes while a row of ours names it by empId.
    pub const fn references(mut self, columns: &'static [(&'static str, &'static str)]) -> Object {
        self.references = columns;
        self
    }

    /// `("storyId", "Story", codes::STORY_UNKNOWN)`: what is written into storyId is a row of Story.
    pub const fn points_to(mut self, columns: &'static [(&'static str, &'static str, Fault)]) -> Object {
        self.points_to = columns;
        self
    }

    /// Fields that the parameter `q` searches.
    pub const fn quick_search(mut self, fields: &'static str) -> Object {
        self.quick = fields;
        self
    }

    /// A log: `search` looks in it only where the caller names it.
    pub const fn out_of_search(mut self) -> Object {
        self.in_search = false;
        self
    }

    /// `del` sets this flag and keeps the row.
    pub const fn soft_delete(mut self, flag: &'static str) -> Object {
        self.soft_delete = Some(flag);
        self
    }

    /// Ids are shown as 16 hex digits that cannot be guessed.
    pub const fn secret_ids(mut self) -> Object {
        self.secret_ids = true;
        self
    }

    /// This column holds the permissions of an account.
    pub const fn perms(mut self, column: &'static str) -> Object {
        self.perms = column;
        self
    }

    /// Rows tell of private matters of the row of `object` whose id is in `field`. Each look of staff at them is written
    /// to the log of changes, under that row.
    pub const fn private_of(mut self, object: &'static str, field: &'static str) -> Object {
        self.owner = Some((object, field));
        self
    }

    /// Changes leave no line in the log of changes.
    pub const fn unlogged(mut self) -> Object {
        self.logged = false;
        self
    }

    /// Deleted rows are not restored: what they stood for, such as a file, is gone as well.
    pub const fn gone_for_good(mut self) -> Object {
        self.gone_for_good = true;
        self
    }

    /// Its query can be followed: clients are told of changes of its rows as they are committed.
    pub const fn live(mut self) -> Object {
        self.live = true;
        self
    }

    /// Exists in test mode only.
    pub const fn test_only(mut self) -> Object {
        self.test_only = true;
        self
    }

    /// The states of a field and who may take each step; consoles show the steps as buttons.
    pub const fn states(mut self, states: &'static States) -> Object {
        self.states = Some(states);
        self
    }

    /// Actions of its own. One with the name of a standard action comes before it, for the callers it is open to.
    pub const fn actions(mut self, actions: &'static [Action]) -> Object {
        self.actions = actions;
        self
    }

    /// Fields by which imports may find a row (`name2id`).
    pub const fn lookup(mut self, fields: &'static str) -> Object {
        self.lookup = fields;
        self
    }

    /// Ids of new rows come from a function.
    pub const fn new_id(mut self, source: fn(&crate::services::Services) -> i64) -> Object {
        self.new_id = Some(source);
        self
    }

    /// A rule for every write of every role: it runs after the rule for its kind of write, and before the role's own.
    pub const fn on_write(mut self, hook: WriteHook) -> Object {
        self.hooks.every = Some(hook);
        self
    }

    /// A rule for new rows.
    pub const fn on_add(mut self, hook: WriteHook) -> Object {
        self.hooks.add = Some(hook);
        self
    }

    /// A rule for changes.
    pub const fn on_set(mut self, hook: WriteHook) -> Object {
        self.hooks.set = Some(hook);
        self
    }

    /// A rule for deletions.
    pub const fn on_del(mut self, hook: WriteHook) -> Object {
        self.hooks.del = Some(hook);
        self
    }

    /// The rows tell of rows of other objects, whose rights hold for them, too.
    pub const fn read_policy(mut self, hook: ReadPolicyHook) -> Object {
        self.read_policy = Some(hook);
        self
    }
}

/// Splits a declared list: `"id, name"`.
pub fn names(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}
