//! SQL typed by a person: the administrator's query page and the regression plugin. Whoever opens this door
//! has asked for the right first; everything else goes through plans.

mod guard;

use self::guard::{Guard, Secrets};
use super::conn::{INTERRUPTED, failed};
use super::insert_batching::Before;
use super::row::cell;
use super::tx::Tx;
use crate::error::{Code, Error, Result};
use crate::services::LogTable;
use rusqlite::Statement;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::time::Duration;

/// What one statement gave.
#[derive(Debug, Default)]
pub struct Console {
    /// Empty for a statement that gives no rows.
    pub header: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// There were more rows than one statement may give.
    pub cut: bool,
    pub changed: usize,
    pub last_id: i64,
}

/// Rows one statement may give.
const ROWS_MAX: usize = 10_000;
/// Bytes that they may have together.
const BYTES_MAX: usize = 32 << 20;
/// What a secret looks like.
const HIDDEN: &str = "****";

impl Tx<'_> {
    /// Whether the statement only reads.
    pub fn console_reads(&mut self, sql: &str) -> Result<bool> {
        Ok(self.shape(sql)?.0)
    }

    /// Runs one statement; `writes` = it may change rows. Columns that hold secrets are shown as `****`, and
    /// are null wherever else the statement uses them.
    pub fn console(&mut self, sql: &str, writes: bool) -> Result<Console> {
        self.write_waiting(Before::All)?;
        if !writes {
            return self.typed(sql, false);
        }
        // Rows put into the log by hand must neither take an id that a call already has nor give one away.
        let env = self.env();
        self.conn().reserve_log_ids(env.peek_log_id(LogTable::Call))?;
        let limit = self.conn().limited(Duration::from_millis(env.query_timeout_ms()))?;
        let done = self.typed(sql, true).map_err(|error| match super::interrupted(&error) {
            true => Error { source: error.source, ..super::pool::too_slow() },
            false => error,
        })?;
        drop(limit);
        env.continue_log_ids(LogTable::Call, crate::audit::last_ids(self.conn())?.0);
        Ok(done)
    }

    fn typed(&mut self, sql: &str, writes: bool) -> Result<Console> {
        let (reads, declared) = self.shape(sql)?;
        if !reads && !writes {
            return Err(Error::forbidden("only reading statements are allowed (P_EXECSQL=read)")
                .say("只允许执行查询语句", "only reading statements are allowed"));
        }
        self.conn().hold_snapshot()?;
        let guard = Guard::set(
            self.conn(),
            if reads { Secrets::Blank } else { Secrets::Refuse },
            &self.env().registry.secrets,
        )?;
        let conn = self.conn().raw();
        let mut statement = conn.prepare(sql).map_err(|e| refused(e, sql, &guard))?;
        let header = names(&statement);
        if header.is_empty() {
            let changed = statement.execute([]).map_err(|e| refused(e, sql, &guard))?;
            return Ok(Console { changed, last_id: conn.last_insert_rowid(), ..Console::default() });
        }
        // A column of a table knows its declared type, a blank does not: where it went, a secret stood.
        let secret: Vec<bool> =
            declared.iter().zip(types(&statement)).map(|(before, after)| *before && !after).collect();
        let mut out = Console { header, ..Console::default() };
        let mut rows = statement.query([]).map_err(|e| refused(e, sql, &guard))?;
        let mut bytes = 0;
        while let Some(row) = rows.next().map_err(|e| refused(e, sql, &guard))? {
            if out.rows.len() == ROWS_MAX || bytes > BYTES_MAX {
                out.cut = true;
                break;
            }
            let mut cells = Vec::with_capacity(secret.len());
            for (i, secret) in secret.iter().enumerate() {
                cells.push(match secret {
                    true => Value::from(HIDDEN),
                    false => {
                        let held = row.get_ref(i).map_err(|e| refused(e, sql, &guard))?;
                        if let ValueRef::Text(held) | ValueRef::Blob(held) = held {
                            bytes += held.len();
                        }
                        let val = cell(held);
                        crate::render::cell::cell(val, crate::render::CellKind::Any)
                    }
                });
            }
            out.rows.push(cells);
        }
        Ok(out)
    }

    /// Whether it only reads, and which of its columns come straight from a table.
    fn shape(&mut self, sql: &str) -> Result<(bool, Vec<bool>)> {
        let guard = Guard::set(self.conn(), Secrets::Pass, &self.env().registry.secrets)?;
        let statement = self.conn().raw().prepare(sql).map_err(|e| refused(e, sql, &guard))?;
        Ok((statement.readonly(), types(&statement)))
    }
}

fn names(statement: &Statement<'_>) -> Vec<String> {
    statement.column_names().iter().map(|name| (*name).to_owned()).collect()
}

fn types(statement: &Statement<'_>) -> Vec<bool> {
    statement.columns().iter().map(|column| column.decl_type().is_some()).collect()
}

/// The person who typed it must see what is wrong with it.
fn refused(error: rusqlite::Error, sql: &str, guard: &Guard<'_>) -> Error {
    if let Some(what) = guard.why() {
        return Error::forbidden(format!("not allowed here: {what}"))
            .say("此处不允许执行该语句", "this statement is not allowed here");
    }
    let message = match &error {
        rusqlite::Error::SqlInputError { msg, .. } | rusqlite::Error::SqliteFailure(_, Some(msg)) => {
            msg.clone()
        }
        other => other.to_string(),
    };
    match failed(error, sql) {
        // The door translates this one.
        cut if cut.detail.as_deref() == Some(INTERRUPTED) => cut,
        known => Error { source: known.source, ..Error::new(Code::DB, message) },
    }
}
