//! The rows of many creates and nothing else, written by hand into the database that a server left: no rules, no log to
//! make, no answer, few statements. It tells what part of a call's time is the tables' own.

use crate::hand;
use crate::proc;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows in one statement.
const ROWS: i64 = 20;
/// In one transaction.
const CREATES: i64 = 100;

/// Rows like the last one of a table, with numbers of their own.
struct Like {
    columns: Vec<String>,
    row: Vec<Value>,
    insert: String,
}

impl Like {
    fn last(conn: &Connection, table: &str) -> Like {
        let mut query = conn.prepare(&format!("SELECT * FROM {table} ORDER BY id DESC LIMIT 1")).unwrap();
        let columns: Vec<String> = query.column_names().into_iter().map(str::to_owned).collect();
        let row = query.query_row([], |row| (0..columns.len()).map(|i| row.get(i)).collect()).unwrap();
        let one = format!("({})", vec!["?"; columns.len()].join(","));
        // As the server does: without `OR FAIL` a statement of several rows keeps a journal of every page it touches.
        let insert = format!("INSERT OR FAIL INTO {table} VALUES {}", vec![one; ROWS as usize].join(","));
        Like { columns, row, insert }
    }

    /// `next` makes a row's user from that of the row before.
    fn write(&mut self, conn: &Connection, next: impl Fn(i64) -> i64) {
        let mut insert = conn.prepare_cached(&self.insert).unwrap();
        let mut at = 0;
        for _ in 0..ROWS {
            for (column, value) in self.columns.iter().zip(&mut self.row) {
                match (column.as_str(), &mut *value) {
                    ("id" | "seq" | "orderId" | "objId", Value::Integer(last)) => *last += 1,
                    ("userId", Value::Integer(user)) => *user = next(*user),
                    _ => {}
                }
                at += 1;
                insert.raw_bind_parameter(at, &*value).unwrap();
            }
        }
        insert.raw_execute().unwrap();
    }
}

/// The rows of a batch of a hundred creates, one transaction after the other: the median time and the processor time of one.
pub fn hundred(db: &Path, seconds: f64) -> (Duration, Duration) {
    let conn = hand::open(db);
    let mut tables = ["Ordr", "OrderLog", "ApiLog1", "ObjLog"].map(|table| Like::last(&conn, table));
    let mut took = Vec::new();
    let (cpu, begun) = (proc::cpu(std::process::id()), Instant::now());
    while begun.elapsed().as_secs_f64() < seconds {
        let from = Instant::now();
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        for table in &mut tables {
            for _ in 0..CREATES / ROWS {
                table.write(&conn, |same| same);
            }
        }
        conn.execute_batch("COMMIT").unwrap();
        took.push(from.elapsed());
    }
    let cpu = proc::cpu(std::process::id()).saturating_sub(cpu) / took.len() as u32;
    took.sort();
    (took[took.len() / 2], cpu)
}

/// The rows of an import of orders of many users, in one transaction: rows a second.
pub fn import(db: &Path, count: u64, users: u64) -> f64 {
    let conn = hand::open(db);
    // The server keeps as many pages during an import, and copies its log on another thread.
    conn.execute_batch("PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=0").unwrap();
    let mut tables = ["Ordr", "OrderLog"].map(|table| Like::last(&conn, table));
    let begun = Instant::now();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..count as i64 / ROWS {
        for table in &mut tables {
            // As in the imported lines: every seventh, all around.
            table.write(&conn, |user| (user + 6) % users as i64 + 1);
        }
    }
    conn.execute_batch("COMMIT").unwrap();
    count as f64 / begun.elapsed().as_secs_f64()
}
