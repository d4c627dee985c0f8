//! Statements that are run again and again, held at hand: looking one up among all that were ever prepared, and
//! forgetting its values after each run, costs as much as some of them take. Insertions are known by their columns,
//! so that their text is made once.

use super::conn::{Bound, Conn, failed};
use crate::design::Ident;
use crate::error::Result;
use crate::plan::write::Insert;
use crate::sql;
use crate::value::ValRef;
use rusqlite::CachedStatement;

pub struct AtHand<'a> {
    most: usize,
    statements: Vec<(Known, CachedStatement<'a>)>,
}

/// What a statement is known by.
enum Known {
    Text(String),
    Insert { table: Ident, columns: Vec<Ident>, rows: usize },
}

impl Known {
    fn is_text(&self, text: &str) -> bool {
        matches!(self, Known::Text(mine) if mine == text)
    }

    fn is_insert(&self, plan: &Insert) -> bool {
        matches!(self, Known::Insert { table, columns, rows }
            if *table == plan.table && *columns == plan.columns && *rows == plan.rows())
    }
}

impl<'a> AtHand<'a> {
    /// Room for so many; one more takes the place of the oldest.
    pub fn of(most: usize) -> AtHand<'a> {
        AtHand { most, statements: Vec::new() }
    }

    /// Runs a changing statement, its values lent; gives the number of rows it changed.
    pub fn run<'v>(
        &mut self,
        conn: &'a Conn,
        text: &str,
        values: impl Iterator<Item = ValRef<'v>>,
    ) -> Result<usize> {
        let statement = match self.statements.iter().position(|(known, _)| known.is_text(text)) {
            Some(at) => &mut self.statements[at].1,
            None => self.hold(Known::Text(text.to_owned()), conn.prepared(text)?),
        };
        execute(statement, values).map_err(|e| failed(e, text))
    }

    pub fn insert(&mut self, conn: &'a Conn, plan: &Insert) -> Result<usize> {
        let text = || sql::insert(plan, &sql::SQLITE).text;
        let statement = match self.statements.iter().position(|(known, _)| known.is_insert(plan)) {
            Some(at) => &mut self.statements[at].1,
            None => {
                let (table, columns) = (plan.table.clone(), plan.columns.clone());
                self.hold(Known::Insert { table, columns, rows: plan.rows() }, conn.prepared(&text())?)
            }
        };
        execute(statement, plan.values.iter().map(ValRef::from)).map_err(|e| failed(e, &text()))
    }

    fn hold(&mut self, known: Known, statement: CachedStatement<'a>) -> &mut CachedStatement<'a> {
        if self.statements.len() == self.most {
            self.statements.remove(0);
        }
        &mut self.statements.push_mut((known, statement)).1
    }
}

fn execute<'v>(
    statement: &mut CachedStatement<'_>,
    values: impl Iterator<Item = ValRef<'v>>,
) -> rusqlite::Result<usize> {
    statement.execute(rusqlite::params_from_iter(values.map(Bound)))
}
