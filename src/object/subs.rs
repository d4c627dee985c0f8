//! Sub-objects: the rows of another object that belong to a row of ours, or the one row it points to.

pub use crate::call::res::Shape;

/// A sub-object. `list` and `one` begin one.
#[derive(Debug, Clone, Copy)]
pub struct Sub {
    /// Its name as a field of the parent.
    pub name: &'static str,
    /// The object of the children.
    pub obj: &'static str,
    /// `"orderId={id}"`: field of the child = field of the parent.
    pub link: &'static str,
    /// A further condition on the child rows, in the language of `cond`.
    pub cond: &'static str,
    /// Field of the child that must hold the caller's id; empty = anybody's children.
    pub caller: &'static str,
    /// A list, one object, or fields of the parent.
    pub shape: Shape,
    /// The most that is shown of a child, and what is shown when nothing is asked for. Empty: what the caller's role may
    /// see of the child by rights of its own, and there must be some. With `by_role` it is a mere default.
    pub res: &'static str,
    /// The order of the children, in the language of `orderby`.
    pub order: &'static str,
    /// At most so many children per parent; 0 = all.
    pub latest: u32,
    /// Part of `*`.
    pub default: bool,
    /// Children come and go through add and set of the parent.
    pub writable: bool,
    /// A child named by id may be taken over from another parent.
    pub takes_over: bool,
    /// The rights of the caller on the child object apply, for rows and fields, instead of the parent's word.
    pub by_role: bool,
    /// `dup` leaves these children behind.
    pub not_copied: bool,
}

/// A list of children.
pub const fn list(name: &'static str, obj: &'static str, link: &'static str) -> Sub {
    Sub {
        name,
        obj,
        link,
        cond: "",
        caller: "",
        shape: Shape::List,
        res: "",
        order: "",
        latest: 0,
        default: false,
        writable: true,
        takes_over: false,
        by_role: false,
        not_copied: false,
    }
}

/// The one related row, or null.
pub const fn one(name: &'static str, obj: &'static str, link: &'static str) -> Sub {
    let mut sub = list(name, obj, link);
    sub.shape = Shape::One;
    sub.writable = false;
    sub.not_copied = true;
    sub
}

impl Sub {
    /// The most that is shown of a child, and what is shown when nothing is asked for.
    pub const fn res(mut self, res: &'static str) -> Sub {
        self.res = res;
        self
    }

    /// A further condition on the child rows, in the language of `cond`.
    pub const fn cond(mut self, cond: &'static str) -> Sub {
        self.cond = cond;
        self
    }

    /// Only the caller's own children: those whose `field` holds their id.
    pub const fn of_caller(mut self, field: &'static str) -> Sub {
        self.caller = field;
        self
    }

    /// The order of the children.
    pub const fn order(mut self, order: &'static str) -> Sub {
        self.order = order;
        self
    }

    /// The newest `n` children of each parent.
    pub const fn latest(mut self, n: u32) -> Sub {
        self.latest = n;
        self.order = "id desc";
        self
    }

    /// Part of `*`.
    pub const fn by_default(mut self) -> Sub {
        self.default = true;
        self
    }

    /// The fields of the one related row stand among those of the parent.
    pub const fn merged(mut self) -> Sub {
        self.shape = Shape::Merge;
        self
    }

    /// Children are not written through the parent.
    pub const fn readonly(mut self) -> Sub {
        self.writable = false;
        self
    }

    /// A child named by id may be taken over from another parent.
    pub const fn takes_over(mut self) -> Sub {
        self.takes_over = true;
        self
    }

    /// The caller's own rights on the child object decide what is shown.
    pub const fn by_role(mut self) -> Sub {
        self.by_role = true;
        self
    }

    /// `dup` leaves these children behind.
    pub const fn not_copied(mut self) -> Sub {
        self.not_copied = true;
        self
    }
}
