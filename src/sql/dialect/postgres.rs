//! PostgreSQL: numbered placeholders, ILIKE, EXTRACT.

use super::super::expr::expr;
use super::super::writer::Writer;
use super::{Area, Dialect, haversine};
use crate::plan::{Expr, TimeUnit};

pub static POSTGRES: Dialect = Dialect {
    name: "postgres",
    quote: '"',
    numbered: true,
    like: " ILIKE ",
    like_end: " ESCAPE ''",
    find: "STRPOS(",
    nulls_last: true,
    length: "LENGTH(",
    time_part,
    concat,
    without,
    in_bounds,
    distance: haversine,
    insert_many: "INSERT INTO ",
    names_indexes: false,
    count_function: None,
    returning_id: true,
};

fn without(w: &mut Writer, of: &Expr, names: &[String]) {
    w.put("CASE WHEN ");
    expr(w, of);
    w.put(" IS JSON OBJECT THEN CAST(CAST(");
    expr(w, of);
    w.put(" AS JSONB)");
    for name in names {
        w.put(" - ").bind(name.as_str().into());
    }
    w.put(" AS TEXT) END");
}

fn in_bounds(w: &mut Writer, area: &Area<'_>) {
    let (lon, lat) = (area.bounds.lon, area.bounds.lat);
    w.put("point(").column(0, area.lon).put(", ").column(0, area.lat).put(") <@ box(point(");
    w.bind(lon.0.into()).put(", ").bind(lat.0.into()).put("), point(");
    w.bind(lon.1.into()).put(", ").bind(lat.1.into()).put("))");
}

fn time_part(w: &mut Writer, unit: TimeUnit, of: &Expr) {
    match unit {
        TimeUnit::Year => extract(w, "YEAR", of),
        TimeUnit::Quarter => extract(w, "QUARTER", of),
        TimeUnit::Month => extract(w, "MONTH", of),
        TimeUnit::Day => extract(w, "DAY", of),
        TimeUnit::Hour => extract(w, "HOUR", of),
        TimeUnit::Weekday => extract(w, "ISODOW", of),
        TimeUnit::Week => week(w, of),
        TimeUnit::WeekRolled => {
            w.put("CASE WHEN ");
            week(w, of);
            w.put(" = 0 THEN ");
            week_of_last_day(w, of);
            w.put(" ELSE ");
            week(w, of);
            w.put(" END");
        }
        TimeUnit::YearRolled => {
            w.put("(");
            extract(w, "YEAR", of);
            w.put(" - CASE WHEN ");
            week(w, of);
            w.put(" = 0 THEN 1 ELSE 0 END)");
        }
    }
}

fn extract(w: &mut Writer, part: &'static str, of: &Expr) {
    w.put("CAST(EXTRACT(").put(part).put(" FROM ");
    expr(w, of);
    w.put(") AS BIGINT)");
}

/// Days since the Monday on or before the day, counted from the year's beginning: (doy + 7 - isodow) / 7.
fn week(w: &mut Writer, of: &Expr) {
    w.put("((");
    extract(w, "DOY", of);
    w.put(" + 7 - ");
    extract(w, "ISODOW", of);
    w.put(") / 7)");
}

fn week_of_last_day(w: &mut Writer, of: &Expr) {
    w.put("((CAST(EXTRACT(DOY FROM date_trunc('year', ");
    expr(w, of);
    w.put(") - INTERVAL '1 day') AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM date_trunc('year', ");
    expr(w, of);
    w.put(") - INTERVAL '1 day') AS BIGINT)) / 7)");
}

/// A constant has no type of its own among arguments of any type.
fn concat(w: &mut Writer, args: &[Expr]) {
    w.put("CONCAT(");
    w.each(args, ", ", |w, arg| match arg {
        Expr::Val(_) => {
            w.put("CAST(");
            expr(w, arg);
            w.put(" AS TEXT)");
        }
        _ => expr(w, arg),
    });
    w.put(")");
}
