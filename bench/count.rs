//! `jindou-count WORKLOAD N`: makes N calls of one kind inside this process, without sockets. It prints
//! nothing of interest; its cost is counted from outside (`scripts/count.sh`: the difference between runs of
//! N and of 2 N calls under callgrind, which is the same on a busy machine as on an idle one).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measuring program stops at the first fault")]

#[path = "../plugins/mod.rs"]
mod plugins;

use jindou::call::name::Verb;
use jindou::call::params::Params;
use jindou::pipeline::{self, Body, Content, Head, Incoming};
use jindou::plugin::*;
use jindou::server::Server;
use jindou::session::{CookieChange, persist};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls on their way at the same time: writes share their commits, as under load.
const AT_ONCE: usize = 16;
/// Each is closed once at most, so there are enough for the longest run.
const ROWS: i64 = 1500;

fn main() {
    let mut args = std::env::args().skip(1);
    let (workload, n) =
        (args.next().unwrap_or_default(), args.next().and_then(|n| n.parse().ok()).unwrap_or(100));
    let dir = std::env::temp_dir().join(format!("jindou-count-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let done = std::panic::catch_unwind(|| run(&dir, &workload, n));
    std::fs::remove_dir_all(&dir).unwrap();
    done.unwrap();
}

fn run(dir: &std::path::Path, workload: &str, n: usize) {
    let db = dir.join("count.db").display().to_string();
    let data = dir.join("data").display().to_string();
    let settings = [("P_DB", db.as_str()), ("P_DATA", data.as_str()), ("P_TZ", "Asia/Shanghai")];
    let built =
        jindou::cli::build_from(plugins::ALL, &settings).unwrap_or_else(|failure| panic!("{}", failure.0));
    let server = jindou::cli::open(built).unwrap_or_else(|failure| panic!("{}", failure.0));
    let keys = server.write_as_system(fill).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(calls(&server, workload, n, &keys));
    server.db.lane.stop();
}

async fn calls(server: &Arc<Server>, workload: &str, n: usize, keys: &(String, String)) {
    let mut made = 0;
    while made < n {
        let group = AT_ONCE.min(n - made);
        let tasks: Vec<_> = (made..made + group)
            .map(|i| {
                let (server, call) = (server.clone(), call(workload, i, keys));
                tokio::spawn(async move {
                    let (incoming, body) = call;
                    let head = Head::new(&server.env, incoming);
                    pipeline::serve(&server, head, Content::of_bytes(body)).await
                })
            })
            .collect();
        for task in tasks {
            let Body::Bytes(body) = task.await.unwrap().body else { panic!("a file") };
            assert!(body.starts_with(b"[0,"), "{}", String::from_utf8_lossy(&body));
        }
        made += group;
    }
}

fn call(workload: &str, i: usize, keys: &(String, String)) -> (Incoming, Vec<u8>) {
    let id = i as i64 % ROWS + 1;
    let page = "res=id,status,amount&pagesz=20&pagekey=";
    let (path, query, body, app) = match workload {
        "get" => ("Ordr.get", format!("id={id}&res=*"), String::new(), "user"),
        "query" => ("Ordr.query", format!("{page}{id}"), String::new(), "user"),
        "add" => ("Ordr.add", String::new(), "amount=12.50&dscr=two+boxes".to_owned(), "user"),
        "set" => ("Ordr.set", format!("id={id}&_app=emp"), "status=RE".to_owned(), "emp"),
        "hundred" => {
            let item = r#"{"ac":"Ordr.add","post":{"amount":12.5,"dscr":"two boxes"}}"#;
            ("batch", "useTrans=1".to_owned(), format!("[{}]", vec![item; 100].join(",")), "user")
        }
        "import" => {
            let lines: String = (1..=100).map(|n| format!("1,{n}.50,two boxes,call first\n")).collect();
            ("Ordr.batchAdd", "_app=emp".to_owned(), format!("userId,amount,dscr,cmt\n{lines}"), "emp")
        }
        other => panic!("no workload `{other}`"),
    };
    let mut headers = vec![
        ("host", "127.0.0.1:8080".to_owned()),
        ("user-agent", "jindou-count/1".to_owned()),
        ("cookie", format!("{app}id={}", if app == "user" { &keys.0 } else { &keys.1 })),
    ];
    if !body.is_empty() {
        let kind = match workload {
            "hundred" => "application/json",
            "import" => "text/csv",
            _ => "application/x-www-form-urlencoded",
        };
        headers.push(("content-type", kind.to_owned()));
        headers.push(("content-length", body.len().to_string()));
    }
    let incoming = Incoming {
        verb: if body.is_empty() { Verb::Get } else { Verb::Post },
        path: Some(path.to_owned()),
        query,
        headers: headers.into_iter().collect(),
        throttle_key: Default::default(),
        address: "127.0.0.1".into(),
        cross_site: None,
        params: None::<Params>,
    };
    (incoming, body.into_bytes())
}

/// A user with orders and an employee; the keys of their sessions.
fn fill(tx: &mut Tx<'_>) -> Result<(String, String)> {
    let fields = |value: Value| if let Value::Object(map) = value { map } else { Map::new() };
    let user =
        tx.insert("User", fields(json!({"uname": "liang", "name": "Liang", "phone": "13700000001"})))?;
    for i in 0..ROWS {
        let amount = format!("{}.50", i % 90);
        let row = json!({"userId": user, "createTm": tx.now(), "status": "CR", "amount": amount, "dscr": "two boxes"});
        let id = tx.insert("Ordr", fields(row))?;
        tx.insert("OrderLog", fields(json!({"orderId": id, "action": "CR", "tm": tx.now()})))?;
    }
    let employee = tx.insert(
        "Employee",
        fields(json!({"uname": "wang", "name": "Wang", "phone": "13700000002", "perms": "emp"})),
    )?;
    Ok((session(tx, "user", user)?, session(tx, "emp", employee)?))
}

fn session(tx: &mut Tx<'_>, app_type: &str, id: i64) -> Result<String> {
    let login = tx.env().registry.login(app_type).expect("a login type");
    let identity = (login.identify)(tx, id)?.expect("an account");
    tx.set_caller(Caller { app_type: app_type.into(), ..Caller::default() });
    tx.log_in(id, &identity);
    match persist(tx)? {
        (Some(CookieChange::Set(key)), _) => Ok(key),
        _ => Err(Error::server("no session")),
    }
}
