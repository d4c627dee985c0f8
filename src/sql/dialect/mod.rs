//! Where dialects differ, as data: one constant per dialect, chosen at start.

mod mysql;
mod postgres;
mod sqlite;

pub use mysql::MYSQL;
pub use postgres::POSTGRES;
pub use sqlite::SQLITE;

use super::writer::Writer;
use crate::design::Ident;
use crate::geo::{Bounds, EARTH, Place};
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
    /// A JSON object in a text without these names; null for a text that holds none.
    pub without: fn(&mut Writer, &Expr, &[String]),
    /// Whether the place of a row of the main table lies in an area, by the index of places.
    pub in_bounds: fn(&mut Writer, &Area<'_>),
    /// Metres from a place, by the haversine formula.
    pub distance: fn(&mut Writer, &Ident, &Ident, Place),
    /// Begins an INSERT of several rows. Should one of them be refused, those before it may stay: it is for rows
    /// whose call fails with it.
    pub insert_many: &'static str,
    /// A statement may name the index it is run by: `INDEXED BY`, and `+` before a column that no index shall serve.
    pub names_indexes: bool,
    /// A function of ours that counts how often it is called, and says nothing.
    pub count_function: Option<&'static str>,
    /// Ends an INSERT so that it gives the new id; empty where the driver knows it.
    pub returning_id: bool,
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// An area and the columns of the main table that hold its rows' places.
pub struct Area<'a> {
    pub table: &'a Ident,
    pub id: &'a Ident,
    pub lon: &'a Ident,
    pub lat: &'a Ident,
    pub bounds: Bounds,
}

/// The haversine formula, where the server has trigonometry.
fn haversine(w: &mut Writer, lon: &Ident, lat: &Ident, from: Place) {
    let half = |w: &mut Writer, column: &Ident, of: f64| {
        w.put("POWER(SIN(RADIANS(").column(0, column).put(" - ").bind(of.into()).put(") / 2), 2)");
    };
    w.bind((2.0 * EARTH).into()).put(" * ASIN(SQRT(LEAST(1, ");
    half(w, lat, from.lat);
    w.put(" + COS(RADIANS(").bind(from.lat.into()).put(")) * COS(RADIANS(").column(0, lat).put(")) * ");
    half(w, lon, from.lon);
    w.put(")))");
}

/// `JSON_REMOVE`, as SQLite and MySQL have it.
fn json_remove(w: &mut Writer, of: &Expr, names: &[String]) {
    w.put("CASE WHEN JSON_VALID(");
    super::expr::expr(w, of);
    w.put(") THEN JSON_REMOVE(");
    super::expr::expr(w, of);
    for name in names {
        w.put(", ").bind(format!("$.\"{name}\"").into());
    }
    w.put(") END");
}

/// CONCAT that ignores nulls, as SQLite and PostgreSQL have it.
fn concat_plain(w: &mut Writer, args: &[Expr]) {
    w.put("CONCAT(");
    w.each(args, ", ", super::expr::expr);
    w.put(")");
}
