//! Where dialects differ, as data: one constant per dialect, chosen at start.

mod mysql;
mod postgres;
mod sqlite;

pub use mysql::MYSQL;
pub use postgres::POSTGRES;
pub use sqlite::SQLITE;

use super::writer::Writer;
use crate::plan::{Expr, TimeUnit};

pub struct Dialect {
    pub name: &'static str,
    pub quote: char,
    /// `$1` instead of `?`.
    pub numbered: bool,
    /// ` LIKE ` that ignores case.
    pub like: &'static str,
    /// Ends a LIKE so that a backslash is an ordinary character.
    pub like_end: &'static str,
    /// Where a text stands in another (0 = nowhere); with its opening parenthesis.
    pub find: &'static str,
    /// Nulls come after everything else unless told otherwise.
    pub nulls_last: bool,
    /// Characters, not bytes; with its opening parenthesis.
    pub length: &'static str,
    pub time_part: fn(&mut Writer, TimeUnit, &Expr),
    pub concat: fn(&mut Writer, &[Expr]),
    /// Ends an INSERT so that it gives the new id; empty where the driver knows it.
    pub returning_id: bool,
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// CONCAT that ignores nulls, as SQLite and PostgreSQL have it.
fn concat_plain(w: &mut Writer, args: &[Expr]) {
    w.put("CONCAT(");
    w.each(args, ", ", super::expr::expr);
    w.put(")");
}
