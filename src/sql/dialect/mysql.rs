//! MySQL: backticks, CONCAT, date functions of its own.

use super::super::expr::expr;
use super::super::writer::Writer;
use super::{Area, Dialect, haversine, json_remove};
use crate::plan::{Expr, TimeUnit};

pub static MYSQL: Dialect = Dialect {
    name: "mysql",
    quote: '`',
    numbered: false,
    like: " LIKE ",
    like_end: " ESCAPE ''",
    find: "INSTR(",
    nulls_last: false,
    length: "CHAR_LENGTH(",
    time_part,
    concat,
    without: json_remove,
    in_bounds,
    distance: haversine,
    insert_many: "INSERT INTO ",
    names_indexes: false,
    count_function: None,
    returning_id: false,
};

fn in_bounds(w: &mut Writer, area: &Area<'_>) {
    let (lon, lat) = (area.bounds.lon, area.bounds.lat);
    w.column(0, area.lon).put(" BETWEEN ").bind(lon.0.into()).put(" AND ").bind(lon.1.into()).put(" AND ");
    w.column(0, area.lat).put(" BETWEEN ").bind(lat.0.into()).put(" AND ").bind(lat.1.into());
}

fn time_part(w: &mut Writer, unit: TimeUnit, of: &Expr) {
    match unit {
        TimeUnit::Year => function(w, "YEAR(", of, ")"),
        TimeUnit::Quarter => function(w, "QUARTER(", of, ")"),
        TimeUnit::Month => function(w, "MONTH(", of, ")"),
        TimeUnit::Day => function(w, "DAYOFMONTH(", of, ")"),
        TimeUnit::Hour => function(w, "HOUR(", of, ")"),
        TimeUnit::Weekday => function(w, "(WEEKDAY(", of, ") + 1)"),
        TimeUnit::Week => function(w, "WEEK(", of, ", 5)"),
        TimeUnit::WeekRolled => function(w, "WEEK(", of, ", 7)"),
        TimeUnit::YearRolled => {
            function(w, "(YEAR(", of, ") - (WEEK(");
            expr(w, of);
            w.put(", 5) = 0))");
        }
    }
}

fn function(w: &mut Writer, open: &'static str, of: &Expr, close: &'static str) {
    w.put(open);
    expr(w, of);
    w.put(close);
}

/// One null would swallow the whole text.
fn concat(w: &mut Writer, args: &[Expr]) {
    w.put("CONCAT(");
    w.each(args, ", ", |w, arg| {
        w.put("COALESCE(");
        expr(w, arg);
        w.put(", '')");
    });
    w.put(")");
}
