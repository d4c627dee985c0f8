//! Virtual columns: fields that a query computes. Joins and sub-counts are declared by names; free
//! expressions are written in a small language of our own, so that every dialect can spell them.

#[derive(Debug, Clone, Copy)]
pub struct VCols {
    pub kind: VKind,
    /// Part of `*` and of an absent `res`.
    pub default: bool,
    /// Shown from the page's rows only: its helper fields come along, hidden.
    pub outer: bool,
    /// The class of what it is made from does not count.
    pub handed_out: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum VKind {
    /// `table` joined where its `key` equals our field `by`; `cols` = `"name userName, phone userPhone"`.
    Join { table: &'static str, by: &'static str, key: &'static str, cols: &'static str },
    /// `"concat(y,'-',m) ym"`
    Formula { text: &'static str },
    /// An aggregate over the rows of `table` that `link` (`"userId={id}"`) ties to ours.
    Over { func: Over, table: &'static str, column: &'static str, link: &'static str, name: &'static str },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Count,
    Sum,
    Max,
    Min,
}

pub const fn join(table: &'static str, by: &'static str) -> VCols {
    VCols {
        kind: VKind::Join { table, by, key: "id", cols: "" },
        default: false,
        outer: false,
        handed_out: false,
    }
}

pub const fn formula(text: &'static str) -> VCols {
    VCols { kind: VKind::Formula { text }, default: false, outer: false, handed_out: false }
}

pub const fn count(name: &'static str, table: &'static str, link: &'static str) -> VCols {
    over(Over::Count, name, table, "id", link)
}

pub const fn over(
    func: Over,
    name: &'static str,
    table: &'static str,
    column: &'static str,
    link: &'static str,
) -> VCols {
    VCols {
        kind: VKind::Over { func, table, column, link, name },
        default: false,
        outer: true,
        handed_out: false,
    }
}

impl VCols {
    /// The columns a join brings: `"name userName, phone userPhone"`.
    pub const fn cols(mut self, list: &'static str) -> VCols {
        if let VKind::Join { table, by, key, .. } = self.kind {
            self.kind = VKind::Join { table, by, key, cols: list };
        }
        self
    }

    /// Joins by another column than `id`.
    pub const fn key(mut self, column: &'static str) -> VCols {
        if let VKind::Join { table, by, cols, .. } = self.kind {
            self.kind = VKind::Join { table, by, key: column, cols };
        }
        self
    }

    /// Shows what has a class on purpose, to all who may read the row: such as the key of a file that belongs to it.
    pub const fn handed_out(mut self) -> VCols {
        self.handed_out = true;
        self
    }

    pub const fn by_default(mut self) -> VCols {
        self.default = true;
        self
    }

    pub const fn outer(mut self) -> VCols {
        self.outer = true;
        self
    }
}

/// A field made from others after the rows were read.
#[derive(Clone, Copy)]
pub struct Computed {
    pub name: &'static str,
    /// The fields (columns, virtual columns, sub-objects) it is made from; fetched hidden when not asked for.
    pub from: &'static str,
    pub default: bool,
    pub make: fn(&[&serde_json::Value]) -> serde_json::Value,
}

pub const fn computed(
    name: &'static str,
    from: &'static str,
    make: fn(&[&serde_json::Value]) -> serde_json::Value,
) -> Computed {
    Computed { name, from, default: false, make }
}

impl Computed {
    pub const fn by_default(mut self) -> Computed {
        self.default = true;
        self
    }
}
