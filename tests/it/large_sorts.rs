//! Groups and sorts of many rows, several at once: the memory of the program stays bounded, it is given back, and no file
//! is left behind.

use crate::kill::{KEY, Running, program};
use serde_json::{Value, json};
use std::path::Path;

const ROWS: u32 = 300_000;
/// Bytes of text in each row, which all go through the sort.
const WIDTH: usize = 250;
/// Queries at once. In memory each would take `ROWS` times `WIDTH` bytes and more.
const AT_ONCE: usize = 8;

/// Mebibytes of memory that the program has, by the name of a line.
fn memory(server: &Running, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id())).unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() >> 10
}

fn started(dir: &Path) -> Running {
    let mut command = program(dir);
    command.env("P_READERS", AT_ONCE.to_string()).env("P_QUERY_TIMEOUT_MS", "300000").arg("serve");
    Running::start(command)
}

fn get(server: &Running, target: &str) -> Value {
    let url = format!("http://{}/api/{target}", server.1);
    let mut response = ureq::get(url).header("x-daca-simple", KEY).call().unwrap();
    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn many_large_groups_at_once_take_bounded_memory() {
    let dir = tempfile::tempdir().unwrap();
    drop(started(dir.path()));
    let fill = format!(
        "INSERT INTO User(id, name, phone) VALUES (1, 'Li', '13800138000');
         INSERT INTO Ordr(userId, amount, dscr)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
         SELECT 1, 1, printf('%0{WIDTH}d', (i * 7919) % {ROWS}) FROM n"
    );
    let conn = rusqlite::Connection::open(dir.path().join("kill.db")).unwrap();
    conn.execute_batch(&fill).unwrap();
    drop(conn);
    let server = started(dir.path());
    assert_eq!(get(&server, "Ordr.query?pagesz=1")[0], 0);
    let before = memory(&server, "VmRSS:");
    let last = "0".repeat(WIDTH);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let answer = get(&server, "Ordr.query?gres=dscr&res=count(*)%20n&orderby=n,dscr&pagesz=1");
                assert_eq!(answer[1]["d"], json!([[last, 1]]), "{answer}");
            });
        }
    });
    let most = memory(&server, "VmHWM:");
    assert!(most < before + 100, "{before} MiB before, {most} MiB at most");
    let after = memory(&server, "VmRSS:");
    assert!(after < before + 100, "{before} MiB before, {after} MiB afterwards");
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("etilqs"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
