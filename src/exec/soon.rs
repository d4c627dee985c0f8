//! Rows that an import or a batch writes beside its own, gathered into statements of many rows: the log line of
//! each of a hundred thousand orders. Whatever looks at the database meanwhile sees them; elsewhere each is
//! written at once.

use crate::db::Tx;
use crate::error::Result;
use crate::plan::write::{self as plan, Insert};
use serde_json::Value;

/// Rows of one statement: past this a longer one gains nothing.
const MANY: usize = 32;

#[derive(Default)]
pub struct Soon {
    gathering: bool,
    waiting: Option<Insert>,
}

impl Soon {
    pub fn take(&mut self) -> Option<Insert> {
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
        let alike =
            |many: &Insert| many.table == row.table && many.columns == row.columns && many.rows() < MANY;
        match &mut self.state.soon.waiting {
            Some(many) if alike(many) => many.values.extend(row.values),
            _ => {
                self.write_waiting()?;
                self.state.soon.waiting = Some(row);
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
