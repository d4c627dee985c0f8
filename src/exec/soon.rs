//! Rows that an import writes beside its own, gathered into statements of many rows: the log line of each of
//! a hundred thousand orders. Whatever looks at the database meanwhile sees them; outside of an import each
//! is written at once.

use crate::db::Tx;
use crate::design::Ident;
use crate::error::Result;
use crate::plan::write::{self as plan, InsertMany};
use serde_json::Value;

/// Rows of one statement: past this a longer one gains nothing.
const MANY: usize = 32;

#[derive(Default)]
pub struct Soon {
    gathering: bool,
    waiting: Option<InsertMany>,
}

impl Soon {
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    pub fn take(&mut self) -> Option<InsertMany> {
        self.waiting.take()
    }
}

impl<'a> Tx<'a> {
    /// A row whose id nobody asks for. It is written before anything is read, and at the end at the latest.
    pub fn insert_soon(&mut self, table: &str, fields: &[(&str, Value)]) -> Result<()> {
        let env = self.env();
        let table = self.table(table)?;
        let fields = fields.iter().map(|(name, value)| (name, value));
        let row = plan::insert(&table, fields, &|text: &str| env.parse_date(text))?;
        if !self.state.soon.gathering {
            return self.run_insert(&row).map(|_| ());
        }
        let (columns, values): (Vec<Ident>, Vec<_>) = row.columns.into_iter().unzip();
        let alike =
            |many: &InsertMany| many.table == row.table && many.columns == columns && many.rows.len() < MANY;
        match &mut self.state.soon.waiting {
            Some(many) if alike(many) => many.rows.push(values),
            _ => {
                self.write_waiting()?;
                let many = InsertMany { table: row.table, columns, rows: vec![values] };
                self.state.soon.waiting = Some(many);
            }
        }
        Ok(())
    }

    /// Gathers such rows while it works.
    pub(crate) fn gathering<T>(&mut self, work: impl FnOnce(&mut Tx<'a>) -> Result<T>) -> Result<T> {
        let outer = std::mem::replace(&mut self.state.soon.gathering, true);
        let done = work(self);
        self.state.soon.gathering = outer;
        if done.is_ok() {
            self.write_waiting()?;
        }
        self.state.soon.waiting = None;
        done
    }
}
