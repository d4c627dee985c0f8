//! SELECT, written once; dialects differ only where they must.

use super::dialect::Dialect;
use super::expr::expr;
use super::writer::{Sql, Writer};
use crate::design::Ident;
use crate::plan::select::{AccessPath, Pieces};
use crate::plan::{Expr, Select};

pub fn select(plan: &Select, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    match (&plan.first_of_each, &plan.pieces, &plan.page_first) {
        (Some((each, n)), ..) => windowed(&mut w, plan, each, *n),
        (None, Some(pieces), _) => of_pieces(&mut w, plan, pieces),
        (None, None, Some(id)) => of_page(&mut w, plan, id),
        (None, None, None) => statement(&mut w, plan, Names::None),
    }
    w.finish()
}

/// How many rows the plan would give without its page.
pub fn count(plan: &Select, dialect: &'static Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    if plan.group.is_empty() && !plan.distinct {
        w.put("SELECT COUNT(*)");
        tail_from(&mut w, plan);
        return w.finish();
    }
    counted(w, plan.clone(), None)
}

/// Counts the rows the plan would give without its page, up to one beyond `most`.
pub fn count_to(plan: &Select, most: u64, dialect: &'static Dialect) -> Sql {
    let mut inner = plan.clone();
    if plan.group.is_empty() && !plan.distinct {
        inner.columns.clear();
    }
    counted(Writer::new(dialect), inner, Some(most.saturating_add(1)))
}

/// The number of rows of a statement without its order and its page.
fn counted(mut w: Writer, mut inner: Select, limit: Option<u64>) -> Sql {
    inner.order.clear();
    (inner.limit, inner.offset) = (limit, 0);
    w.put("SELECT COUNT(*) FROM (");
    statement(&mut w, &inner, Names::Numbered);
    w.put(") x");
    w.finish()
}

/// A statement inside another.
pub(super) fn inside(w: &mut Writer, plan: &Select) {
    statement(w, plan, Names::None);
}

enum Names {
    None,
    /// `AS c0`, `AS c1` … for a statement that is wrapped.
    Numbered,
}

fn statement(w: &mut Writer, plan: &Select, names: Names) {
    columns(w, plan, &names);
    tail_from(w, plan);
    grouping(w, plan);
    match w.dialect.count_function {
        Some(function) if plan.tallied => {
            w.put(" ORDER BY ").put(function).put("(), ");
            order_terms(w, plan);
        }
        _ => order(w, plan),
    }
    page(w, plan);
}

fn page(w: &mut Writer, plan: &Select) {
    if let Some(limit) = plan.limit {
        w.put(" LIMIT ").number(limit);
        if plan.offset > 0 {
            w.put(" OFFSET ").number(plan.offset);
        }
    }
}

fn grouping(w: &mut Writer, plan: &Select) {
    if !plan.group.is_empty() {
        w.put(" GROUP BY ");
        w.each(&plan.group, ", ", expr);
    }
    if let Some(having) = &plan.having {
        w.put(" HAVING ");
        expr(w, having);
    }
}

fn columns(w: &mut Writer, plan: &Select, names: &Names) {
    w.put(if plan.distinct { "SELECT DISTINCT " } else { "SELECT " });
    if plan.columns.is_empty() {
        w.put("1");
    }
    for (i, column) in plan.columns.iter().enumerate() {
        if i > 0 {
            w.put(", ");
        }
        expr(w, column);
        if matches!(names, Names::Numbered) {
            w.put(" AS ").output(i);
        }
    }
}

fn tail_from(w: &mut Writer, plan: &Select) {
    w.put(" FROM ").ident(&plan.table).put(" ").source(0);
    match &plan.way {
        AccessPath::Order(Some(index)) if w.dialect.names_indexes => {
            w.put(" INDEXED BY ").ident(index);
        }
        AccessPath::Order(None) if w.dialect.names_indexes => {
            w.put(" NOT INDEXED");
        }
        _ => {}
    }
    joins(w, plan);
    if let Some(filter) = &plan.filter {
        w.put(" WHERE ");
        expr(w, filter);
    }
}

fn joins(w: &mut Writer, plan: &Select) {
    for (i, join) in plan.joins.iter().enumerate() {
        w.put(" LEFT JOIN ").ident(&join.table).put(" ").source(i + 1).put(" ON ").column(i + 1, &join.key);
        w.put(" = ");
        expr(w, &join.equals);
    }
}

fn order(w: &mut Writer, plan: &Select) {
    if plan.order.is_empty() {
        return;
    }
    w.put(" ORDER BY ");
    order_terms(w, plan);
}

fn order_terms(w: &mut Writer, plan: &Select) {
    let sorts = plan.way == AccessPath::Filter && w.dialect.names_indexes;
    w.each(&plan.order, ", ", |w, (by, desc)| {
        // An output column is named by its place: what is grouped or distinct must be the very same column.
        match plan.columns.iter().position(|column| column == by) {
            Some(at) if plan.first_of_each.is_none() && !sorts => {
                w.number(at as u64 + 1);
            }
            _ => {
                w.put(if sorts { "+" } else { "" });
                expr(w, by);
            }
        }
        w.put(if *desc { " DESC" } else { "" });
        // As the other dialects order them. A key has no nulls, and its index no other order.
        if w.dialect.nulls_last && !by.is_key() {
            w.put(if *desc { " NULLS LAST" } else { " NULLS FIRST" });
        }
    });
}

/// The page's ids first, then the columns of those rows alone: what a column costs is not paid for the rows
/// that sorting throws away.
fn of_page(w: &mut Writer, plan: &Select, id: &Ident) {
    columns(w, plan, &Names::None);
    w.put(" FROM (");
    statement(w, &plan.ids(id), Names::Numbered);
    w.put(") x JOIN ").ident(&plan.table).put(" ").source(0).put(" ON ").column(0, id).put(" = x.").output(0);
    joins(w, plan);
    order(w, plan);
}

/// The ids of the page from each piece, which its index has in order; then the page among them. A row is in one piece
/// only, whatever the values: equal ids are one.
fn of_pieces(w: &mut Writer, plan: &Select, pieces: &Pieces) {
    columns(w, plan, &Names::None);
    w.put(" FROM (");
    for (at, filter) in pieces.filters.iter().enumerate() {
        let mut piece = plan.ids(&pieces.id);
        piece.filter = Some(filter.clone());
        piece.limit = plan.limit.map(|limit| limit.saturating_add(plan.offset));
        piece.offset = 0;
        w.put(if at > 0 { " UNION " } else { "" }).put("SELECT * FROM (");
        statement(w, &piece, Names::Numbered);
        w.put(") p");
    }
    w.put(") x JOIN ")
        .ident(&plan.table)
        .put(" ")
        .source(0)
        .put(" ON ")
        .column(0, &pieces.id)
        .put(" = x.")
        .output(0);
    joins(w, plan);
    order(w, plan);
    page(w, plan);
}

/// The first n rows of each group of equal `each`, in one statement.
fn windowed(w: &mut Writer, plan: &Select, each: &Expr, n: u64) {
    w.put("SELECT ");
    for i in 0..plan.columns.len() {
        if i > 0 {
            w.put(", ");
        }
        w.output(i);
    }
    w.put(" FROM (");
    columns(w, plan, &Names::Numbered);
    w.put(", ROW_NUMBER() OVER (PARTITION BY ");
    expr(w, each);
    order(w, plan);
    w.put(") AS rn");
    tail_from(w, plan);
    grouping(w, plan);
    w.put(") x WHERE rn <= ").number(n).put(" ORDER BY rn");
    page(w, plan);
}
