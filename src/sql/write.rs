//! INSERT, UPDATE and DELETE, written once.

use super::dialect::Dialect;
use super::expr::expr;
use super::writer::{Sql, Writer};
use crate::design::Ident;
use crate::plan::write::{Delete, Filter, Insert, Update};
use crate::value::Val;

pub fn insert(plan: &Insert, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    let one = plan.rows() == 1;
    w.put(if one { "INSERT INTO " } else { dialect.insert_many }).ident(&plan.table).put(" (");
    w.each(&plan.columns, ", ", |w, col| {
        w.ident(col);
    });
    w.put(") VALUES ");
    let rows: Vec<&[Val]> = plan.values.chunks(plan.columns.len().max(1)).collect();
    w.each(&rows, ", ", |w, row| {
        w.put("(");
        w.each(row, ", ", |w, value| {
            w.bind(value.clone());
        });
        w.put(")");
    });
    if one && dialect.returning_id {
        w.put(" RETURNING id");
    }
    w.finish()
}

pub fn update(plan: &Update, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    w.put("UPDATE ").ident(&plan.table).put(" SET ");
    w.each(&plan.columns, ", ", |w, (col, value)| {
        w.ident(col).put(" = ").bind(value.clone());
    });
    filter(&mut w, &plan.table, &plan.id, plan.filter.as_ref(), dialect);
    w.finish()
}

pub fn delete(plan: &Delete, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    w.put("DELETE FROM ").ident(&plan.table);
    filter(&mut w, &plan.table, &plan.id, plan.filter.as_ref(), dialect);
    w.finish()
}

/// Conditions speak of `t0`, which UPDATE and DELETE spell differently everywhere: they go into a sub-select
/// of ids. (MySQL refuses to read the table it changes unless the sub-select is wrapped once more.)
fn filter(w: &mut Writer, table: &Ident, id: &Ident, filter: Option<&Filter>, dialect: &'static Dialect) {
    let Some(filter) = filter else { return };
    match filter {
        Filter::Id(n) => {
            w.put(" WHERE ").ident(id).put(" = ").bind((*n).into());
        }
        Filter::Where(plan) => {
            w.put(" WHERE ").ident(id).put(" IN (");
            if dialect.name == "mysql" {
                w.put("SELECT id FROM (");
            }
            w.put("SELECT ").column(0, id).put(" FROM ").ident(table).put(" ").source(0);
            for (i, join) in plan.joins.iter().enumerate() {
                w.put(" LEFT JOIN ").ident(&join.table).put(" ").source(i + 1).put(" ON ");
                w.column(i + 1, &join.key).put(" = ");
                expr(w, &join.equals);
            }
            if let Some(cond) = &plan.filter {
                w.put(" WHERE ");
                expr(w, cond);
            }
            w.put(if dialect.name == "mysql" { ") x)" } else { ")" });
        }
    }
}
