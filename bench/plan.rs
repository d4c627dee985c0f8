//! The workloads: what is sent, and what a good answer begins with.

use crate::data;
use crate::load::Make;

/// Keys of the two sessions that measure.
#[derive(Clone, Default)]
pub struct Keys {
    pub user: String,
    pub emp: String,
}

pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    /// Of the rate of `hand` that jindou must reach.
    pub target: Option<f64>,
    /// A run uses up orders that are still new.
    pub consumes: bool,
}

const fn kept(name: &'static str, what: &'static str, target: Option<f64>) -> Workload {
    Workload { name, what, target, consumes: false }
}

pub const ALL: &[Workload] = &[
    kept("get", "Ordr.get", Some(0.70)),
    kept("query", "Ordr.query, 20 rows of 3 columns, keyset", Some(0.70)),
    kept("cond", "Ordr.query with cond and orderby", None),
    kept("gres", "Ordr.query gres=status", None),
    kept("getsub", "Ordr.get with two sub-objects", None),
    kept("add", "Ordr.add", Some(0.70)),
    Workload { consumes: true, ..kept("set", "Ordr.set status", Some(0.70)) },
    kept("batch", "batch of 10 adds in one transaction", None),
    kept("mixed", "4 get : 1 add", Some(0.65)),
    kept("static", "a page of a front end", None),
];

/// Writes the n-th request of a workload.
pub fn make<'a>(name: &'static str, rows: u64, keys: &'a Keys) -> Box<Make<'a>> {
    let user = |out: &mut Vec<u8>, target: &str| get(out, target, "userid", &keys.user);
    match name {
        "get" => Box::new(move |out, n| user(out, &format!("/api/Ordr.get?id={}&res=*", data::own(rows, n)))),
        "query" => Box::new(move |out, n| {
            let from = data::own(rows, n % 900);
            user(out, &format!("/api/Ordr.query?res=id,status,amount&pagekey={from}&pagesz=20"));
        }),
        "cond" => Box::new(move |out, n| {
            let from = n % 100;
            let cond = format!("status%3D'CR'+and+amount%3E{from}");
            user(
                out,
                &format!(
                    "/api/Ordr.query?res=id,status,amount,createTm&cond={cond}&orderby=createTm+desc&pagesz=20"
                ),
            );
        }),
        "gres" => Box::new(move |out, _| {
            user(out, "/api/Ordr.query?gres=status&res=COUNT(*)+cnt,SUM(amount)+total");
        }),
        "getsub" => Box::new(move |out, n| user(out, &format!("/api/Ordr.get?id={}", data::own(rows, n)))),
        "add" => Box::new(move |out, _| add(out, keys)),
        "set" => Box::new(move |out, n| {
            // From the newest on: what the workload before added.
            let target = format!("/api/Ordr.set?id={}&_app=emp", rows - n);
            post(out, &target, "empid", &keys.emp, FORM, "status=RE");
        }),
        "batch" => Box::new(move |out, _| batch(out, keys, 10)),
        "hundred" => Box::new(move |out, _| batch(out, keys, 100)),
        "mixed" => Box::new(move |out, n| match n % 5 {
            4 => add(out, keys),
            _ => user(out, &format!("/api/Ordr.get?id={}&res=*", data::own(rows, n))),
        }),
        "static" => Box::new(move |out, _| user(out, "/web/adm.html")),
        other => panic!("no workload {other}"),
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn add(out: &mut Vec<u8>, keys: &Keys) {
    post(out, "/api/Ordr.add", "userid", &keys.user, FORM, "amount=12.50&dscr=two+boxes+of+apples");
}

fn batch(out: &mut Vec<u8>, keys: &Keys, n: usize) {
    let item = r#"{"ac":"Ordr.add","post":{"amount":12.5,"dscr":"two boxes of apples"}}"#;
    let body = format!("[{}]", vec![item; n].join(","));
    post(out, "/api/batch?useTrans=1", "userid", &keys.user, "application/json", &body);
}

pub fn get(out: &mut Vec<u8>, target: &str, cookie: &str, key: &str) {
    head(out, "GET", target, cookie, key);
    out.extend_from_slice(b"\r\n");
}

pub fn post(out: &mut Vec<u8>, target: &str, cookie: &str, key: &str, kind: &str, body: &str) {
    head(out, "POST", target, cookie, key);
    out.extend_from_slice(
        format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
}

fn head(out: &mut Vec<u8>, verb: &str, target: &str, cookie: &str, key: &str) {
    for part in [verb, " ", target, " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: jindou-bench/1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    if !key.is_empty() {
        for part in ["Cookie: ", cookie, "=", key, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}
