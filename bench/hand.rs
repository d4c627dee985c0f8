//! The measure: the same answers from handlers written by hand for just these calls, over the same tables, with
//! the same durability and a row in the call log each. No framework: no rights, no parsing beyond what the
//! calls need, no plans.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, Row, params};
use std::convert::Infallible;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

struct Hand {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    next_log: AtomicI64,
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    writes: Vec<(Change, Log, oneshot::Sender<Vec<u8>>)>,
    logs: Vec<Log>,
    since: Option<Instant>,
}

enum Change {
    Add(Vec<(f64, String)>),
    Set(i64, String),
}

struct Log {
    id: i64,
    ac: &'static str,
    req: String,
    res: String,
    size: i64,
}

pub fn serve(db: &Path, port: u16) {
    let writer = open(db);
    writer
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000;")
        .unwrap();
    let last: i64 = writer.query_row("SELECT IFNULL(MAX(id), 0) FROM ApiLog", [], |row| row.get(0)).unwrap();
    let hand = Arc::new(Hand {
        path: db.to_owned(),
        readers: Mutex::default(),
        next_log: AtomicI64::new(last + 1),
        queue: Mutex::default(),
        wake: Condvar::new(),
    });
    let lane = hand.clone();
    std::thread::spawn(move || write(&lane, &writer));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let hand = hand.clone();
            let service = service_fn(move |request| {
                let hand = hand.clone();
                async move {
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(hand.answer(request).await))))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
}

pub fn open(db: &Path) -> Connection {
    let conn = Connection::open(db).unwrap();
    conn.set_prepared_statement_cache_capacity(64);
    conn.busy_timeout(Duration::from_secs(5)).unwrap();
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    conn.execute_batch("PRAGMA foreign_keys=ON; PRAGMA cache_size=-2048;").unwrap();
    conn
}

impl Hand {
    async fn answer(&self, request: Request<hyper::body::Incoming>) -> Vec<u8> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default();
        let body = match head.method == hyper::Method::POST {
            true => body.collect().await.map(|whole| whole.to_bytes()).unwrap_or_default(),
            false => Bytes::new(),
        };
        match head.uri.path() {
            "/api/Ordr.get" if query.contains("res=") => {
                self.read("Ordr.get", query, |conn, out| one(conn, query, out))
            }
            "/api/Ordr.get" => self.read("Ordr.get", query, |conn, out| {
                one(conn, query, out);
                subs(conn, query, out);
            }),
            "/api/Ordr.query" if query.contains("gres=") => self.read("Ordr.query", query, groups),
            "/api/Ordr.query" if query.contains("cond=") => {
                self.read("Ordr.query", query, |conn, out| filtered(conn, query, out))
            }
            "/api/Ordr.query" => self.read("Ordr.query", query, |conn, out| page(conn, query, out)),
            "/api/Ordr.add" => self.write("Ordr.add", &body, Change::Add(vec![order(&body)])).await,
            "/api/batch" => {
                let items: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let orders = items.as_array().unwrap().iter().map(|item| {
                    (
                        item["post"]["amount"].as_f64().unwrap(),
                        item["post"]["dscr"].as_str().unwrap().to_owned(),
                    )
                });
                self.write("batch", &body, Change::Add(orders.collect())).await
            }
            "/api/Ordr.set" => {
                let status = param(std::str::from_utf8(&body).unwrap(), "status").to_owned();
                self.write("Ordr.set", &body, Change::Set(number(query, "id"), status)).await
            }
            _ => PAGE.to_vec(),
        }
    }

    fn read(&self, ac: &'static str, query: &str, work: impl FnOnce(&Connection, &mut Vec<u8>)) -> Vec<u8> {
        let idle = self.readers.lock().unwrap().pop();
        let conn = idle.unwrap_or_else(|| open(&self.path));
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(b"[0, ");
        work(&conn, &mut out);
        out.push(b']');
        self.readers.lock().unwrap().push(conn);
        let log = self.log(ac, query.to_owned(), &out);
        let mut queue = self.queue.lock().unwrap();
        queue.logs.push(log);
        let first = queue.since.is_none();
        queue.since.get_or_insert_with(Instant::now);
        drop(queue);
        if first {
            self.wake.notify_one();
        }
        out
    }

    async fn write(&self, ac: &'static str, body: &[u8], change: Change) -> Vec<u8> {
        let (send, receive) = oneshot::channel();
        let log = self.log(ac, String::from_utf8_lossy(body).into_owned(), b"");
        self.queue.lock().unwrap().writes.push((change, log, send));
        self.wake.notify_one();
        receive.await.unwrap()
    }

    fn log(&self, ac: &'static str, req: String, out: &[u8]) -> Log {
        let id = self.next_log.fetch_add(1, Ordering::Relaxed);
        let res = String::from_utf8_lossy(&out[..out.len().min(200)]).into_owned();
        Log { id, ac, req, res, size: out.len() as i64 }
    }
}

/// One transaction for all that waits; answers after the commit.
fn write(hand: &Hand, conn: &Connection) {
    loop {
        let mut queue = hand.queue.lock().unwrap();
        loop {
            let lingered = queue.since.map(|since| since.elapsed());
            if !queue.writes.is_empty() || lingered.is_some_and(|time| time > Duration::from_millis(30)) {
                break;
            }
            queue = match lingered {
                None => hand.wake.wait(queue).unwrap(),
                Some(time) => hand.wake.wait_timeout(queue, Duration::from_millis(31) - time).unwrap().0,
            };
        }
        let Queue { writes, logs, .. } = std::mem::take(&mut *queue);
        drop(queue);
        let now = chrono::Local::now().format("%Y-%m-%d %H:%M:%S").to_string();
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut answers = Vec::with_capacity(writes.len());
        for (change, mut log, send) in writes {
            let body = apply(conn, change, &now);
            log.res = String::from_utf8_lossy(&body).into_owned();
            log.size = body.len() as i64;
            note(conn, &log, &now);
            answers.push((send, body));
        }
        for log in &logs {
            note(conn, log, &now);
        }
        conn.execute_batch("COMMIT").unwrap();
        for (send, body) in answers {
            let _ = send.send(body);
        }
    }
}

fn apply(conn: &Connection, change: Change, now: &str) -> Vec<u8> {
    let mut log = conn.prepare_cached("INSERT INTO OrderLog (orderId, action, tm) VALUES (?,?,?)").unwrap();
    match change {
        Change::Add(orders) => {
            let mut insert = conn
                .prepare_cached(
                    "INSERT INTO Ordr (userId, createTm, status, amount, dscr) VALUES (1,?,'CR',?,?)",
                )
                .unwrap();
            let ids: Vec<String> = orders
                .into_iter()
                .map(|(amount, dscr)| {
                    insert.execute(params![now, amount, dscr]).unwrap();
                    let id = conn.last_insert_rowid();
                    log.execute(params![id, "CR", now]).unwrap();
                    id.to_string()
                })
                .collect();
            format!("[0, {}]", ids.join(", ")).into_bytes()
        }
        Change::Set(id, status) => {
            let mut old = conn.prepare_cached("SELECT status FROM Ordr WHERE id=?").unwrap();
            let before: String = old.query_row([id], |row| row.get(0)).unwrap();
            if before != "CR" {
                return b"[1, \"not new\"]".to_vec();
            }
            conn.prepare_cached("UPDATE Ordr SET status=? WHERE id=?")
                .unwrap()
                .execute(params![status, id])
                .unwrap();
            log.execute(params![id, status, now]).unwrap();
            b"[0, \"OK\"]".to_vec()
        }
    }
}

fn note(conn: &Connection, log: &Log, now: &str) {
    let insert = "INSERT INTO ApiLog (id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, seq) \
        VALUES (?1,?2,'127.0.0.1','jindou-bench/1','user','0123456789abcdef',1,?3,0,0,?4,?5,?6,?7,'web',?1)";
    let mut insert = conn.prepare_cached(insert).unwrap();
    insert.execute(params![log.id, now, log.ac, log.req, log.res, log.req.len() as i64, log.size]).unwrap();
}

fn one(conn: &Connection, query: &str, out: &mut Vec<u8>) {
    let sql = "SELECT t0.id, t0.userId, t0.createTm, t0.status, t0.amount, t0.dscr, t0.cmt, t1.name, t1.phone FROM Ordr t0 \
        LEFT JOIN User t1 ON t1.id = t0.userId WHERE t0.userId = 1 AND t0.id = ?";
    let mut select = conn.prepare_cached(sql).unwrap();
    let mut rows = select.query([number(query, "id")]).unwrap();
    let row = rows.next().unwrap().expect("an order");
    object(
        row,
        &["id", "userId", "createTm", "status", "amount", "dscr", "cmt", "userName", "userPhone"],
        out,
    );
}

fn subs(conn: &Connection, query: &str, out: &mut Vec<u8>) {
    out.pop();
    let sql = "SELECT t0.id, t0.orderId, t0.action, t0.tm, t0.dscr, t0.empId, t1.name, t1.phone FROM OrderLog t0 \
        LEFT JOIN Employee t1 ON t1.id = t0.empId WHERE t0.orderId = ? ORDER BY t0.id DESC";
    let names = ["id", "orderId", "action", "tm", "dscr", "empId", "empName", "empPhone"];
    objects(conn, sql, number(query, "id"), ",\"orderLog\":[", &names, out);
    let sql = "SELECT id, attId FROM OrderAtt WHERE orderId = ?";
    objects(conn, sql, number(query, "id"), ",\"atts\":[", &["id", "attId"], out);
    out.push(b'}');
}

fn objects(conn: &Connection, sql: &str, id: i64, begin: &str, names: &[&str], out: &mut Vec<u8>) {
    out.extend_from_slice(begin.as_bytes());
    let mut select = conn.prepare_cached(sql).unwrap();
    let mut rows = select.query([id]).unwrap();
    let mut first = true;
    while let Some(row) = rows.next().unwrap() {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        object(row, names, out);
    }
    out.push(b']');
}

fn page(conn: &Connection, query: &str, out: &mut Vec<u8>) {
    let sql = "SELECT id, status, amount FROM Ordr WHERE userId = 1 AND id > ? ORDER BY id LIMIT 21";
    table(conn, sql, params![number(query, "pagekey")], "[\"id\",\"status\",\"amount\"]", 3, out);
}

fn filtered(conn: &Connection, query: &str, out: &mut Vec<u8>) {
    let sql = "SELECT id, status, amount, createTm FROM Ordr WHERE userId = 1 AND status = 'CR' AND amount > ? \
        ORDER BY createTm DESC, id DESC LIMIT 21";
    let least = number(query.split("%3E").nth(1).unwrap_or_default(), "");
    table(conn, sql, params![least], "[\"id\",\"status\",\"amount\",\"createTm\"]", 4, out);
}

fn groups(conn: &Connection, out: &mut Vec<u8>) {
    let sql = "SELECT status, COUNT(*), SUM(amount) FROM Ordr WHERE userId = 1 GROUP BY status LIMIT 21";
    table(conn, sql, [], "[\"status\",\"cnt\",\"total\"]", 3, out);
}

fn table(
    conn: &Connection,
    sql: &str,
    binds: impl rusqlite::Params,
    header: &str,
    width: usize,
    out: &mut Vec<u8>,
) {
    write!(out, "{{\"h\":{header},\"d\":[").unwrap();
    let mut select = conn.prepare_cached(sql).unwrap();
    let mut rows = select.query(binds).unwrap();
    let (mut count, mut last) = (0, 0);
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        if count > 20 {
            write!(out, "],\"nextkey\":{last}}}").unwrap();
            return;
        }
        out.extend_from_slice(if count > 1 { b",[" } else { b"[" });
        for i in 0..width {
            if i > 0 {
                out.push(b',');
            }
            cell(row, i, out);
        }
        out.push(b']');
        last = row.get(0).unwrap_or(0);
    }
    out.extend_from_slice(b"]}");
}

fn object(row: &Row<'_>, names: &[&str], out: &mut Vec<u8>) {
    for (i, name) in names.iter().enumerate() {
        write!(out, "{}\"{name}\":", if i > 0 { "," } else { "{" }).unwrap();
        cell(row, i, out);
    }
    out.push(b'}');
}

fn cell(row: &Row<'_>, i: usize, out: &mut Vec<u8>) {
    match row.get_ref(i).unwrap() {
        rusqlite::types::ValueRef::Null => out.extend_from_slice(b"null"),
        rusqlite::types::ValueRef::Integer(n) => write!(out, "{n}").unwrap(),
        rusqlite::types::ValueRef::Real(x) => write!(out, "{x}").unwrap(),
        rusqlite::types::ValueRef::Text(text) | rusqlite::types::ValueRef::Blob(text) => {
            serde_json::to_writer(&mut *out, &String::from_utf8_lossy(text)).unwrap();
        }
    }
}

/// `id=5&a=b` → the value of a name; the whole text of no name.
fn param<'a>(text: &'a str, name: &str) -> &'a str {
    let found = text.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name);
    found.map_or(text, |(_, value)| value)
}

fn number(text: &str, name: &str) -> i64 {
    let value = param(text, name);
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value[..end].parse().unwrap_or_default()
}

fn order(body: &[u8]) -> (f64, String) {
    let text = std::str::from_utf8(body).unwrap();
    (param(text, "amount").parse().unwrap(), param(text, "dscr").replace('+', " "))
}

/// About as long as the page that jindou serves.
static PAGE: &[u8] = &[b' '; 600];
