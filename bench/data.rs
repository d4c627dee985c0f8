//! The data all servers share: users, an employee, orders with their first log line. Made by plain SQL in
//! tables that jindou made itself, so that everybody works on the same file; made once per size, then copied.

use crate::{Options, server};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Orders of one user: a list of one's own orders stays the same however many there are of others.
pub const EACH: u64 = 1000;
/// Of the user and the employee who measure: `user1` and `staff`.
pub const PASSWORD: &str = "a word for measuring";

/// How the orders are spread over users: order n belongs to user `n % users + 1`.
pub fn users(rows: u64) -> u64 {
    (rows / EACH).max(1)
}

/// The n-th order of the user who measures (user 1).
pub fn own(rows: u64, n: u64) -> u64 {
    let mine = rows / users(rows);
    (n % mine + 1) * users(rows)
}

/// The folder of this run, which `scripts/bench.sh` makes and removes.
pub fn room() -> PathBuf {
    let own = || std::env::temp_dir().join(format!("jindou-bench-{}", std::process::id()));
    std::env::var_os("JINDOU_BENCH_DIR").map_or_else(own, PathBuf::from)
}

/// A folder of databases, gone with the value.
pub struct Store {
    dir: PathBuf,
}

impl Store {
    pub fn new() -> Store {
        let dir = room().join("data");
        std::fs::create_dir_all(&dir).unwrap();
        Store { dir }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A database of its own with so many orders.
    pub fn copy(&self, options: &Options, rows: u64, name: &str) -> PathBuf {
        let first = self.dir.join(format!("{rows}.db"));
        if !first.exists() {
            drop(server::jindou(options, "jindou", &first, "normal"));
            fill(&first, rows);
        }
        let copy = self.dir.join(format!("{name}.db"));
        self.forget(name);
        std::fs::copy(&first, &copy).unwrap();
        // Or the disk would still be busy with it while something is measured.
        std::fs::File::open(&copy).unwrap().sync_all().unwrap();
        copy
    }

    /// Removes a database and what stands beside it.
    pub fn forget(&self, name: &str) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(self.dir.join(format!("{name}.db{suffix}")));
        }
        let _ = std::fs::remove_dir_all(self.dir.join(format!("{name}.data")));
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(room());
    }
}

/// For each million of orders that were written, or given back, a moment ago.
const BREATH: Duration = Duration::from_secs(3);

/// Gigabytes were written, and outside of a virtual machine some of it goes on: even the floor is a third lower then.
pub fn rest(rows: u64) {
    std::thread::sleep(BREATH.mul_f64(rows as f64 / 1e6));
}

/// A minute apart, from 2020 on, and over again after six years.
const TIME: &str = "strftime('%Y-%m-%d %H:%M:%S', 1577836800 + n % 3000000 * 60, 'unixepoch')";

/// The n-th order, for every server that has orders.
pub fn orders(id: &str, rows: u64) -> String {
    let users = users(rows);
    format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
         SELECT {id}, n % {users} + 1, {TIME}, 'CR', n * 37 % 20000 / 100.0, 'two boxes of apples' FROM numbers"
    )
}

/// Spreads states unevenly: `PA` is one order in fifty thousand, `CA` a thousandth of the oldest tenth, `RE` nearly all.
pub fn skew(path: &Path, table: &str, rows: u64) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(&format!(
        "PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;
         UPDATE {table} SET status = CASE WHEN CAST(id AS INTEGER) % 50000 = 7 THEN 'PA'
           WHEN CAST(id AS INTEGER) < {} AND CAST(id AS INTEGER) % 1000 = 3 THEN 'CA' ELSE 'RE' END;
         PRAGMA analysis_limit=10000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);",
        rows / 10
    ))
    .unwrap();
}

fn fill(path: &Path, rows: u64) {
    let mut db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;").unwrap();
    let tx = db.transaction().unwrap();
    {
        let mut user = tx.prepare("INSERT INTO User (id, uname, phone, name) VALUES (?,?,?,?)").unwrap();
        for id in 1..=users(rows) {
            let (uname, phone) = (format!("user{id}"), format!("137{id:08}"));
            user.execute(params![id as i64, uname, phone, format!("Customer {id}")]).unwrap();
        }
        // The old form of a stored password, which a login replaces.
        let stored = format!("{:x}", md5::compute(PASSWORD));
        tx.execute("UPDATE User SET pwd = ? WHERE id = 1", [&stored]).unwrap();
        tx.execute(
            "INSERT INTO Employee (id, uname, phone, name, perms, pwd) VALUES (1, 'staff', '13800000001', 'Staff', 'emp', ?)",
            [&stored],
        )
        .unwrap();
    }
    // An index that is made at the end costs a fraction of one that grows with the rows.
    let indexes: Vec<(String, String)> = tx
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('Ordr', 'OrderLog') AND sql IS NOT NULL")
        .and_then(|mut found| found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .unwrap();
    for (name, _) in &indexes {
        tx.execute_batch(&format!("DROP INDEX \"{name}\"")).unwrap();
    }
    tx.execute_batch(&format!(
        "INSERT INTO Ordr (id, userId, createTm, status, amount, dscr) {};
         INSERT INTO OrderLog (id, orderId, action, tm) SELECT id, id, 'CR', createTm FROM Ordr;",
        orders("n", rows)
    ))
    .unwrap();
    for (_, sql) in &indexes {
        tx.execute_batch(sql).unwrap();
    }
    tx.commit().unwrap();
    db.execute_batch("PRAGMA analysis_limit=10000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
}
