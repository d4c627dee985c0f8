//! What only a whole server reads: heads and bodies of requests, forms, cookies, batches, imports, pictures. No input may make
//! it panic or answer "internal error".

use crate::engine::{Target, mark, run};
use crate::plugins;
use jindou::cli;
use jindou::http::assets::ASSETS;
use jindou::http::{HttpServer, serve};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

const KEY: &str = "key-only-for-fuzzing";

/// One server for all of them.
fn address() -> SocketAddr {
    static AT: OnceLock<(tempfile::TempDir, tokio::runtime::Runtime, SocketAddr)> = OnceLock::new();
    let (_, _, at) = AT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let allowed = ["Ordr.*", "batch", "upload"];
        let keys = json!([{"authType": "simple", "key": KEY, "allowedAc": allowed, "app": "emp", "id": 1}]);
        let (db, data, keys) = (path("fuzz.db"), path("data"), keys.to_string());
        let settings = [
            ("P_DB", db.as_str()),
            ("P_DATA", data.as_str()),
            ("P_TEST_MODE", "2"),
            ("P_AUTH_KEYS", &keys),
            ("P_TZ", "Asia/Shanghai"),
            ("P_MAX_BODY", "1M"),
            ("P_IMPORT_MAX_MB", "1"),
            ("P_GUEST_RATE", "0"),
        ];
        let built =
            cli::build_from(plugins::ALL, &settings).unwrap_or_else(|failure| panic!("{}", failure.0));
        let server = cli::open(built).unwrap_or_else(|failure| panic!("{}", failure.0));
        let staff = json!({"name": "wang", "uname": "wang", "perms": "mgr"});
        let user = json!({"name": "li", "phone": "13800138000"});
        for (table, row) in [("Employee", staff), ("User", user)] {
            let row = row.as_object().cloned().unwrap();
            server.write_as_system(move |tx| tx.insert(table, row)).unwrap();
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        runtime.spawn(serve(HttpServer { listener, server, assets: ASSETS }, std::future::pending()));
        (dir, runtime, at)
    });
    *at
}

/// Sends bytes as they are. Gives the kind of the answer.
fn raw(bytes: &[u8]) -> u64 {
    let mut stream = TcpStream::connect(address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The server may have answered and hung up before it has read all.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    assert_ne!(status, "500", "{text}");
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let items = value[1].as_array().into_iter().flatten();
    for answer in items.chain([&value]) {
        assert_ne!(answer[0], 4, "{text}");
    }
    let words: String =
        value[2].as_str().unwrap_or_default().chars().filter(char::is_ascii_alphabetic).take(40).collect();
    mark(&(status, value[0].as_i64(), words))
}

fn post(target: &str, kind: &str, body: &[u8]) -> u64 {
    let mut bytes = format!(
        "POST /api/{target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-daca-simple: {KEY}\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    raw(&bytes)
}

fn form(name: &str, content: &[u8], target: &str) -> u64 {
    let mut body =
        format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--X--\r\n");
    post(target, "multipart/form-data; boundary=X", &body)
}

fn fuzz(name: &'static str, words: &[&str], parse: impl Fn(&[u8]) -> u64) {
    run(&Target { name, words, parse: &parse });
}

#[test]
fn requests() {
    let words = [
        "\r\n",
        ": ",
        "GET ",
        "POST ",
        " HTTP/1.1",
        "host: localhost",
        "content-length: 5",
        "transfer-encoding: chunked",
        "cookie: userid=",
        "x-forwarded-for: ",
        "range: bytes=",
        "if-none-match: ",
        "/api/",
        "/att?id=1",
        "?xp=",
        "%00",
        "../",
        "content-type: application/json;xparam=1;charset=gbk",
        "idempotency-key: ",
        "authorization: Basic ",
        "traceparent: 00-",
    ];
    fuzz("request", &words, raw);
}

#[test]
fn bodies() {
    let words = [
        "{",
        "}",
        "[",
        "\"",
        ":",
        ",",
        "null",
        "{\"list\":[",
        "\"dscr\"",
        "\"atts\":[{",
        "\"userId\":1",
        "\\u0000",
        "1e999",
    ];
    fuzz("body", &words, |bytes| {
        post("Ordr.add", "application/json", bytes)
            ^ post("Ordr.query", "application/x-www-form-urlencoded", bytes).rotate_left(1)
    });
}

#[test]
fn batches() {
    let words = [
        "{\"ac\":",
        "\"Ordr.add\"",
        "\"post\":",
        "\"get\":",
        "\"ref\":[",
        "\"{$1}\"",
        "\"{$-1.id}\"",
        "[",
        "]",
        "}",
        ",",
        "\"batch\"",
    ];
    fuzz("batch", &words, |bytes| {
        post("batch", "application/json", bytes)
            ^ post("batch?useTrans=1", "application/json", bytes).rotate_left(1)
    });
}

#[test]
fn forms() {
    let words = [
        "--X",
        "\r\n",
        "Content-Disposition: form-data; ",
        "name=\"a\"",
        "filename=\"a.txt\"",
        "filename*=utf-8''",
        "Content-Type: ",
        "--",
    ];
    fuzz("multipart", &words, |bytes| post("upload", "multipart/form-data; boundary=X", bytes));
}

#[test]
fn imported_tables() {
    let words = [",", "\t", "\n", "\"", "dscr", "userId", "\u{feff}", "=\"1\"", "-", "->", "2024-1-1"];
    fuzz("csv", &words, |bytes| {
        post("Ordr.batchAdd?doValidateOnly=1", "text/plain", bytes)
            ^ form("a.csv", bytes, "Ordr.batchAdd?doValidateOnly=1").rotate_left(1)
    });
}

#[test]
fn imported_spreadsheets() {
    fuzz("spreadsheet", &["PK\u{3}\u{4}", "<c r=\"A1\"><v>1</v></c>", "xl/workbook.xml"], |bytes| {
        form("a.xlsx", bytes, "Ordr.batchAdd?doValidateOnly=1")
            ^ form("a.xls", bytes, "Ordr.batchAdd?doValidateOnly=1").rotate_left(1)
    });
}

#[test]
fn pictures() {
    fuzz("picture", &["\u{0}", "Exif\0\0", "IDAT", "IHDR", "VP8 ", "GIF89a"], |bytes| {
        ["jpg", "png", "gif", "webp"]
            .iter()
            .map(|kind| form(&format!("a.{kind}"), bytes, "upload?genThumb=1"))
            .fold(0, u64::wrapping_add)
    });
}
