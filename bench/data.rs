//! The data all servers share: users, an employee, orders with their first log line. Made by
//! plain SQL into tables that jindou made itself, so that everybody works on the same file.

use rusqlite::{Connection, params};
use std::path::Path;

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

pub fn fill(path: &Path, rows: u64) {
    let mut db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;").unwrap();
    let tx = db.transaction().unwrap();
    let users = users(rows);
    {
        let mut user = tx.prepare("INSERT INTO User (id, uname, phone, name) VALUES (?,?,?,?)").unwrap();
        for id in 1..=users {
            user.execute(params![
                id as i64,
                format!("user{id}"),
                format!("137{id:08}"),
                format!("Customer {id}")
            ])
            .unwrap();
        }
        // The old form of a stored password, which a login replaces.
        let stored = format!("{:x}", md5::compute(PASSWORD));
        tx.execute("UPDATE User SET pwd = ? WHERE id = 1", [&stored]).unwrap();
        tx.execute(
            "INSERT INTO Employee (id, uname, phone, name, perms, pwd) VALUES (1, 'staff', '13800000001', 'Staff', 'emp', ?)",
            [&stored],
        )
        .unwrap();
        let mut order = tx
            .prepare("INSERT INTO Ordr (id, userId, createTm, status, amount, dscr) VALUES (?,?,?,'CR',?,?)")
            .unwrap();
        let mut log =
            tx.prepare("INSERT INTO OrderLog (id, orderId, action, tm) VALUES (?,?,'CR',?)").unwrap();
        for id in 1..=rows {
            let time = time(id);
            let amount = (id * 37 % 20_000) as f64 / 100.0;
            order
                .execute(params![id as i64, (id % users + 1) as i64, time, amount, "two boxes of apples"])
                .unwrap();
            log.execute(params![id as i64, id as i64, time]).unwrap();
        }
    }
    tx.commit().unwrap();
    db.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
}

/// A minute apart, from 2020 on.
fn time(n: u64) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    (start + chrono::Duration::minutes((n % 3_000_000) as i64)).format("%Y-%m-%d %H:%M:%S").to_string()
}
