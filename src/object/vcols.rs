//! Virtual columns: fields that a query computes. Joins and sub-counts are declared by names; free
//! expressions are written in a small language of our own, so that every dialect can spell them.

/// Virtual columns that come from one place. `join`, `formula`, `count` and `over` begin them.
#[derive(Debug, Clone, Copy)]
pub struct VCols {
    /// Where they come from.
    pub kind: VKind,
    /// Part of `*` and of an absent `res`.
    pub default: bool,
    /// Shown from the page's rows only: its helper fields come along, hidden.
    pub outer: bool,
    /// The class of what it is made from does not count.
    pub handed_out: bool,
}

/// The sources of virtual columns.
#[derive(Debug, Clone, Copy)]
pub enum VKind {
    /// `table` joined where its `key` equals our field `by`; `cols` = `"name userName, phone userPhone"`.
    Join {
        /// The table that is joined.
        table: &'static str,
        /// Our field.
        by: &'static str,
        /// Its column that equals our field.
        key: &'static str,
        /// Its columns, each with the name that it has here.
        cols: &'static str,
    },
    /// `"concat(y,'-',m) ym"`
    Formula {
        /// The expression, and the name of the field.
        text: &'static str,
    },
    /// An aggregate over the rows of `table` that `link` (`"userId={id}"`) ties to ours.
    Over {
        /// Which aggregate.
        func: Over,
        /// The other table.
        table: &'static str,
        /// Its column that is counted or summed.
        column: &'static str,
        /// Its column that equals a field of ours.
        link: &'static str,
        /// The name of the field.
        name: &'static str,
    },
}

/// Aggregates over the rows of another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Their number.
    Count,
    /// The sum of a column.
    Sum,
    /// The greatest value of a column.
    Max,
    /// The least value of a column.
    Min,
}

/// Columns of the row of `table` whose `id` stands in our field `by`.
pub const fn join(table: &'static str, by: &'static str) -> VCols {
    VCols {
        kind: VKind::Join { table, by, key: "id", cols: "" },
        default: false,
        outer: false,
        handed_out: false,
    }
}

/// A value made from other fields: `"concat(y,'-',m) ym"`.
pub const fn formula(text: &'static str) -> VCols {
    VCols { kind: VKind::Formula { text }, default: false, outer: false, handed_out: false }
}

/// The number of rows of `table` that `link` ties to ours: `"userId={id}"`.
pub const fn count(name: &'static str, table: &'static str, link: &'static str) -> VCols {
    over(Over::Count, name, table, "id", link)
}

/// An aggregate of `column` over the rows of `table` that `link` ties to ours.
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

    /// Part of `*`.
    pub const fn by_default(mut self) -> VCols {
        self.default = true;
        self
    }

    /// Computed for the rows of the page alone, from fields that come along hidden.
    pub const fn outer(mut self) -> VCols {
        self.outer = true;
        self
    }
}

/// A field made from others after the rows were read.
#[derive(Clone, Copy)]
pub struct Computed {
    /// The name of the field.
    pub name: &'static str,
    /// The fields (columns, virtual columns, sub-objects) it is made from; fetched hidden when not asked for.
    pub from: &'static str,
    /// Part of `*`.
    pub default: bool,
    /// Makes the value from those of `from`, in their order.
    pub make: fn(&[&serde_json::Value]) -> serde_json::Value,
}

/// A field made by `make` from the fields `from`.
pub const fn computed(
    name: &'static str,
    from: &'static str,
    make: fn(&[&serde_json::Value]) -> serde_json::Value,
) -> Computed {
    Computed { name, from, default: false, make }
}

impl Computed {
    /// Part of `*`.
    pub const fn by_default(mut self) -> Computed {
        self.default = true;
        self
    }
}
