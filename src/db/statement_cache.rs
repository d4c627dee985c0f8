//! A cache of the statements that are run again and again: looking one up among all that were ever prepared, and
//! forgetting its values after each run, costs as much as some of them take. Insertions are known by their columns,
//! so that their text is made once.

use super::conn::{Bound, Conn, failed};
use crate::design::Ident;
use crate::error::Result;
use crate::plan::write::Insert;
use crate::sql;
use crate::value::ValRef;
use rusqlite::CachedStatement;

/// A statement keeps the values it ran with: with more bytes than this it is not held.
const LARGE: usize = 256 << 10;

pub(super) struct StatementCache<'a> {
    most: usize,
    statements: Vec<(StatementKey, CachedStatement<'a>)>,
}

/// What a statement is known by.
enum StatementKey {
    Text(String),
    Insert { table: Ident, columns: Vec<Ident>, rows: usize },
}

impl StatementKey {
    fn is_text(&self, text: &str) -> bool {
        matches!(self, StatementKey::Text(mine) if mine == text)
    }

    fn is_insert(&self, plan: &Insert) -> bool {
        matches!(self, StatementKey::Insert { table, columns, rows }
            if *table == plan.table && *columns == plan.columns && *rows == plan.rows())
    }
}

impl<'a> StatementCache<'a> {
    /// Room for so many.
    pub fn of(most: usize) -> StatementCache<'a> {
        StatementCache { most, statements: Vec::new() }
    }

    /// Runs a changing statement, its values lent; gives the number of rows it changed.
    pub fn run<'v>(
        &mut self,
        conn: &'a Conn,
        text: &str,
        values: impl Iterator<Item = ValRef<'v>>,
    ) -> Result<usize> {
        let at = match self.find(|known| known.is_text(text)) {
            Some(at) => at,
            None => self.hold(StatementKey::Text(text.to_owned()), conn.prepared(text)?),
        };
        self.execute(at, values).map_err(|e| failed(e, text))
    }

    pub fn insert(&mut self, conn: &'a Conn, plan: &Insert) -> Result<usize> {
        let text = || sql::insert(plan, &sql::SQLITE).text;
        let at = match self.find(|known| known.is_insert(plan)) {
            Some(at) => at,
            None => {
                let (table, columns) = (plan.table.clone(), plan.columns.clone());
                self.hold(StatementKey::Insert { table, columns, rows: plan.rows() }, conn.prepared(&text())?)
            }
        };
        self.execute(at, plan.values.iter().map(ValRef::from)).map_err(|e| failed(e, &text()))
    }

    /// What is often wanted moves to the front, where it is found soon.
    fn find(&mut self, wanted: impl Fn(&StatementKey) -> bool) -> Option<usize> {
        let at = self.statements.iter().position(|(known, _)| wanted(known))?;
        self.statements.swap(at, at / 2);
        Some(at / 2)
    }

    /// When there is no more room it takes the place of the one that was wanted least.
    fn hold(&mut self, known: StatementKey, statement: CachedStatement<'a>) -> usize {
        self.statements.truncate(self.most.saturating_sub(1));
        self.statements.push((known, statement));
        self.statements.len() - 1
    }

    fn execute<'v>(
        &mut self,
        at: usize,
        values: impl Iterator<Item = ValRef<'v>>,
    ) -> rusqlite::Result<usize> {
        let mut size = 0;
        let values = values.map(|value| {
            size += value.text_len();
            Bound(value)
        });
        let done = self.statements[at].1.execute(rusqlite::params_from_iter(values));
        if size > LARGE {
            self.statements.swap_remove(at);
        }
        done
    }
}
