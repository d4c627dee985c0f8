//! Statements that a transaction runs again and again, held at hand: looking one up among all that were ever
//! prepared costs more than some of them take.

use super::conn::{Bound, Conn, failed};
use crate::error::Result;
use crate::sql::Sql;
use rusqlite::CachedStatement;

/// An import takes turns between the row and what its rules write along with it.
const MOST: usize = 4;

#[derive(Default)]
pub(super) struct Held<'a>(Vec<(String, CachedStatement<'a>)>);

impl<'a> Held<'a> {
    /// Runs a changing statement; gives the number of rows it changed.
    pub fn run(&mut self, conn: &'a Conn, sql: &Sql) -> Result<usize> {
        let at = match self.0.iter().position(|(text, _)| *text == sql.text) {
            Some(at) => at,
            None => {
                if self.0.len() == MOST {
                    self.0.remove(0);
                }
                let statement = conn.prepared(&sql.text)?;
                self.0.push((sql.text.clone(), statement));
                self.0.len() - 1
            }
        };
        let (text, statement) = &mut self.0[at];
        let binds = sql.binds.iter().map(|val| Bound(val.into()));
        statement.execute(rusqlite::params_from_iter(binds)).map_err(|e| failed(e, text))
    }
}
