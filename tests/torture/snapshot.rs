//! What the database holds, read in one transaction beside a server that is idle.

use crate::server::Place;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

pub struct OrderRow {
    pub id: i64,
    pub user: i64,
    pub status: String,
    pub remark: Option<String>,
    pub mark: String,
}

pub struct ObjRow {
    pub object: String,
    pub id: Option<i64>,
    pub what: String,
    pub call: i64,
    pub changes: String,
}

pub struct CallRow {
    pub user: i64,
    pub code: i64,
    pub action: String,
}

pub struct FileRow {
    pub path: String,
    pub name: String,
    pub size: i64,
}

#[derive(Default)]
pub struct Snapshot {
    pub orders: Vec<OrderRow>,
    /// Lines of each order's own log, and its files.
    pub lines: HashMap<i64, Vec<String>>,
    pub order_files: HashMap<i64, Vec<i64>>,
    pub objects: Vec<ObjRow>,
    pub calls: HashMap<i64, CallRow>,
    pub files: HashMap<i64, FileRow>,
    /// Files that wait for their row, or for their end.
    pub noted: HashSet<String>,
    /// Items of batches: their batch.
    pub items: Vec<i64>,
    pub begun: i64,
    /// The chain: hash by number.
    pub chain: HashMap<i64, String>,
    pub integrity: String,
    pub broken_references: i64,
}

impl Snapshot {
    pub fn read(place: &Place) -> rusqlite::Result<Snapshot> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(place.db(), flags)?;
        db.busy_timeout(Duration::from_secs(10))?;
        db.execute_batch("PRAGMA query_only=ON; BEGIN")?;
        let mut out = Snapshot {
            integrity: db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?,
            broken_references: all(&db, "PRAGMA foreign_key_check", |_| Ok(()))?.len() as i64,
            begun: db.query_row("SELECT COUNT(*) FROM BatchBegun", [], |row| row.get(0))?,
            ..Snapshot::default()
        };
        out.orders = all(&db, "SELECT id, userId, status, cmt, dscr FROM Ordr", |row| {
            Ok(OrderRow {
                id: row.get(0)?,
                user: row.get(1)?,
                status: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                remark: row.get(3)?,
                mark: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            })
        })?;
        for (order, action) in
            all(&db, "SELECT orderId, action FROM OrderLog", |row| Ok((row.get(0)?, row.get(1)?)))?
        {
            out.lines.entry(order).or_default().push(action);
        }
        for (order, file) in
            all(&db, "SELECT orderId, attId FROM OrderAtt", |row| Ok((row.get(0)?, row.get(1)?)))?
        {
            out.order_files.entry(order).or_default().push(file);
        }
        out.objects = all(&db, "SELECT obj, objId, dscr, apiLogId, changes FROM ObjLog", |row| {
            Ok(ObjRow {
                object: row.get(0)?,
                id: row.get(1)?,
                what: row.get(2)?,
                call: row.get(3)?,
                changes: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            })
        })?;
        out.calls = all(&db, "SELECT id, userId, retval, ac FROM ApiLog", |row| {
            let call = CallRow {
                user: row.get::<_, Option<i64>>(1)?.unwrap_or_default(),
                code: row.get::<_, Option<i64>>(2)?.unwrap_or(i64::MIN),
                action: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            };
            Ok((row.get(0)?, call))
        })?
        .into_iter()
        .collect();
        out.items = all(&db, "SELECT apiLogId FROM ApiLog1", |row| row.get(0))?;
        out.noted = all(&db, "SELECT path FROM AttachmentGone", |row| row.get(0))?.into_iter().collect();
        out.files = all(&db, "SELECT id, path, orgName, size FROM Attachment", |row| {
            Ok((row.get(0)?, FileRow { path: row.get(1)?, name: row.get(2)?, size: row.get(3)? }))
        })?
        .into_iter()
        .collect();
        for table in ["ApiLog", "ApiLog1", "ObjLog"] {
            let sql = format!("SELECT seq, hash FROM {table} WHERE seq IS NOT NULL");
            out.chain.extend(all(&db, &sql, |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?);
        }
        Ok(out)
    }

    /// The newest link of the chain.
    pub fn head(&self) -> Option<(i64, String)> {
        self.chain.iter().max_by_key(|(number, _)| **number).map(|(number, hash)| (*number, hash.clone()))
    }

    /// By which calls each order was made, as the log of objects says.
    pub fn births(&self) -> HashMap<i64, Vec<i64>> {
        let mut out: HashMap<i64, Vec<i64>> = HashMap::new();
        for row in self.objects.iter().filter(|row| row.object == "Ordr") {
            match (row.what.as_str(), row.id) {
                ("添加", Some(id)) => out.entry(id).or_default().push(row.call),
                ("批量添加", _) => {
                    ids(&row.changes).for_each(|id| out.entry(id).or_default().push(row.call))
                }
                _ => {}
            }
        }
        out
    }
}

fn all<T>(
    db: &Connection,
    sql: &str,
    each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare(sql)?.query_map([], each)?.collect()
}

/// The ids of an import: `{"id":[null,"9-10,12"]}`.
fn ids(changes: &str) -> impl Iterator<Item = i64> {
    let told: Value = serde_json::from_str(changes).unwrap_or_default();
    let text = told["id"][1].as_str().map(str::to_owned).unwrap_or_else(|| told["id"][1].to_string());
    let spans: Vec<(i64, i64)> = text
        .split(',')
        .filter_map(|span| {
            let (from, to) = span.split_once('-').unwrap_or((span, span));
            Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
        })
        .collect();
    spans.into_iter().flat_map(|(from, to)| from..=to)
}
