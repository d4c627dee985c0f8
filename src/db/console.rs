//! SQL typed by a person: the administrator's query page and the regression plugin. Whoever opens this door
//! has asked for the right first; everything else goes through plans.

use super::conn::{cell, failed};
use super::tx::Tx;
use crate::env::LogTable;
use crate::error::{Error, Result};
use serde_json::Value;

/// What one statement gave.
#[derive(Debug, Default)]
pub struct Console {
    /// Empty for a statement that gives no rows.
    pub header: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub changed: usize,
    pub last_id: i64,
}

/// Rows one statement may give.
const ROWS_MAX: usize = 10_000;

impl Tx<'_> {
    /// Runs one statement; `writes` = it may change data.
    pub fn console(&mut self, sql: &str, writes: bool) -> Result<Console> {
        if !writes {
            return self.typed(sql, false);
        }
        // Rows put into the log by hand must neither take an id that a call already has nor give one away.
        let env = self.env();
        self.conn().reserve_log_ids(env.peek_log_id(LogTable::Call))?;
        let done = self.typed(sql, true)?;
        env.continue_log_ids(LogTable::Call, crate::audit::last_ids(self.conn())?.0);
        Ok(done)
    }

    fn typed(&mut self, sql: &str, writes: bool) -> Result<Console> {
        self.conn().hold_snapshot()?;
        let conn = self.conn().raw();
        let bad = |e| {
            let error = failed(e, sql);
            let why = error.source.as_deref().unwrap_or_default().to_owned();
            // The person who typed it must see what is wrong with it.
            Error { detail: Some(why.into_boxed_str()), ..error }
        };
        let mut statement = conn.prepare(sql).map_err(bad)?;
        if !statement.readonly() && !writes {
            return Err(Error::forbidden("only reading statements are allowed (P_EXECSQL=read)"));
        }
        let mut out = Console {
            header: statement.column_names().iter().map(|name| (*name).to_owned()).collect(),
            ..Console::default()
        };
        if out.header.is_empty() {
            out.changed = statement.execute([]).map_err(bad)?;
            out.last_id = conn.last_insert_rowid();
            return Ok(out);
        }
        let width = out.header.len();
        let mut rows = statement.query([]).map_err(bad)?;
        while let Some(row) = rows.next().map_err(bad)? {
            if out.rows.len() == ROWS_MAX {
                break;
            }
            let mut cells = Vec::with_capacity(width);
            for i in 0..width {
                let val = cell(row.get_ref(i).map_err(bad)?);
                cells.push(crate::render::cell::cell(val, crate::render::CellKind::Any));
            }
            out.rows.push(cells);
        }
        Ok(out)
    }
}
