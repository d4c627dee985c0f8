//! SQLite: times are texts, parts of them come from strftime.

use super::super::expr::expr;
use super::super::writer::Writer;
use super::{Area, Dialect, concat_plain, json_remove};
use crate::design::Ident;
use crate::geo::Place;
use crate::plan::{Expr, TimeUnit};

pub static SQLITE: Dialect = Dialect {
    name: "sqlite",
    quote: '"',
    numbered: false,
    like: " LIKE ",
    like_end: "",
    find: "INSTR(",
    nulls_last: false,
    length: "LENGTH(",
    time_part,
    concat: concat_plain,
    without: json_remove,
    in_bounds,
    distance,
    // Without FAIL each such statement keeps a journal, to take back the rows before a refused one.
    insert_many: "INSERT OR FAIL INTO ",
    names_indexes: true,
    count_function: Some("jindou_tally"),
    returning_id: false,
};

/// The R-tree beside the table: it finds a little too much, never too little.
fn in_bounds(w: &mut Writer, area: &Area<'_>) {
    let (lon, lat) = (area.bounds.lon, area.bounds.lat);
    w.column(0, area.id).put(" IN (SELECT \"id\" FROM ").ident_with("geo_", area.table);
    w.put(" WHERE \"minX\" <= ").bind(lon.1.into()).put(" AND \"maxX\" >= ").bind(lon.0.into());
    w.put(" AND \"minY\" <= ").bind(lat.1.into()).put(" AND \"maxY\" >= ").bind(lat.0.into()).put(")");
}

/// The bundled SQLite has no trigonometry: the connection brings the function.
fn distance(w: &mut Writer, lon: &Ident, lat: &Ident, from: Place) {
    w.put("geo_distance(").column(0, lon).put(", ").column(0, lat).put(", ");
    w.bind(from.lon.into()).put(", ").bind(from.lat.into()).put(")");
}

fn time_part(w: &mut Writer, unit: TimeUnit, of: &Expr) {
    match unit {
        TimeUnit::Year => part(w, "'%Y'", of),
        TimeUnit::Month => part(w, "'%m'", of),
        TimeUnit::Day => part(w, "'%d'", of),
        TimeUnit::Hour => part(w, "'%H'", of),
        TimeUnit::Week => part(w, "'%W'", of),
        TimeUnit::Quarter => {
            w.put("((");
            part(w, "'%m'", of);
            w.put(" + 2) / 3)");
        }
        // %w counts from Sunday = 0.
        TimeUnit::Weekday => {
            w.put("((");
            part(w, "'%w'", of);
            w.put(" + 6) % 7 + 1)");
        }
        TimeUnit::WeekRolled => rolled(w, "'%W'", of),
        TimeUnit::YearRolled => rolled(w, "'%Y'", of),
    }
}

fn part(w: &mut Writer, format: &'static str, of: &Expr) {
    w.put("CAST(strftime(").put(format).put(", ");
    expr(w, of);
    w.put(") AS INTEGER)");
}

/// In week 0 the answer is that of the last day of the year before.
fn rolled(w: &mut Writer, format: &'static str, of: &Expr) {
    w.put("CASE WHEN ");
    part(w, "'%W'", of);
    w.put(" = 0 THEN CAST(strftime(").put(format).put(", ");
    expr(w, of);
    w.put(", 'start of year', '-1 day') AS INTEGER) ELSE ");
    part(w, format, of);
    w.put(" END");
}
