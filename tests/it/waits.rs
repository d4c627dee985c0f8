//! A query is understood before anything is waited for: while every connection of long reads is in use and the lane is
//! busy, an ill-formed one is refused at once, and a well-formed one waits.

use crate::app::{Client, TestApp};
use crate::login::employee;
use jindou::auth::Role;
use jindou::call::params::Params;
use jindou::pipeline;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Scope, scope};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

/// Takes all connections of long reads, and the room of those that wait for one, until the sender is dropped.
fn take_connections<'s>(scope: &'s Scope<'s, '_>, app: &'s TestApp) -> Vec<Sender<()>> {
    let most = app.server.db.long_reads().most;
    let holders = (0..most).map(|_| {
        let ((release, until), (send, taken)) = (channel::<()>(), channel());
        scope.spawn(move || {
            let held = app.server.db.read_long(LONG, LONG, |_| {
                send.send(()).unwrap();
                let _ = until.recv();
                Ok(())
            });
            held.unwrap();
        });
        taken.recv().unwrap();
        release
    });
    holders.collect()
}

/// Keeps the lane busy until the sender is dropped.
fn take_lane<'s>(scope: &'s Scope<'s, '_>, app: &'s TestApp) -> Sender<()> {
    let ((release, until), (send, taken)) = (channel::<()>(), channel());
    scope.spawn(move || {
        app.write(move |_| {
            send.send(()).unwrap();
            let _ = until.recv();
            Ok(())
        });
    });
    taken.recv().unwrap();
    release
}

/// Texts that no parameter of this name may have.
const ILL_FORMED: &[(&str, &str)] = &[
    ("cond", "((id=1"),
    ("cond", "id=1 or"),
    ("cond", "1=1; DROP TABLE Ordr"),
    ("cond", "id in (SELECT id FROM Ordr)"),
    ("res", "id,,("),
    ("gres", "status("),
    ("orderby", "id up"),
    ("gcond", "((id=1"),
    ("statRes", "sum("),
    ("pagesz", "many"),
    ("qsearch", "no colon"),
];

/// A call with an ill-formed parameter in its URL, without and with a body.
fn spellings(call: &str, (name, value): (&str, &str)) -> Vec<(String, Value)> {
    let query = format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    let url = format!("{call}{}{query}", if call.contains('?') { '&' } else { '?' });
    vec![(url.clone(), json!(null)), (url, json!({"cmt": "x"}))]
}

type Call<'c> = (&'c Client<'c>, String, Value);

/// What each call is answered.
fn answers(calls: &[Call<'_>]) -> Vec<Value> {
    calls.iter().map(|(client, url, post)| client.call(url, post.clone())).collect()
}

/// The answers to calls each of which is refused for its words (1), or for what they are after (5).
#[track_caller]
fn refused(calls: &[Call<'_>]) -> Vec<Value> {
    let answers = answers(calls);
    for ((_, url, post), answer) in calls.iter().zip(&answers) {
        assert!(answer[0] == 1 || answer[0] == 5, "{url} {post}: {answer}");
    }
    answers
}

#[test]
fn an_ill_formed_query_waits_for_no_connection() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_QUERY_TIMEOUT_MS", "300")]);
    let admin = app.login(Role::Admin, 1);
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    let reads: [(&Client<'_>, &str); 6] = [
        (&admin, "Ordr.query"),
        (&admin, "Ordr.query?fmt=csv"),
        (&admin, "Ordr.query?fmt=excel&fname=all"),
        (&trusted, "CircleMsg.query"),
        (&trusted, "CircleMsg.query?fmt=csv"),
        (&trusted, "CircleMsg.get?id=1"),
    ];
    let mut calls = Vec::new();
    for (client, call) in reads {
        let spelt = ILL_FORMED.iter().flat_map(|pair| spellings(call, *pair));
        calls.extend(spelt.map(|(url, post)| (client, url, post)));
        calls.push((client, call.to_owned(), json!({"cond": "((id=1"})));
    }
    let free = refused(&calls);
    scope(|scope| {
        let _held = take_connections(scope, &app);
        // A well-formed one waits, and has waited in vain.
        for (client, call) in reads.iter().filter(|(_, call)| *call != "Ordr.query") {
            let answer = client.call(call, json!(null));
            assert!(answer[0] == 3 || answer[0] == 4, "{call}: {answer}");
        }
        assert_eq!(answers(&calls), free);
        // Likewise in a batch whose calls stand each by itself.
        let batch = json!([{"ac": "Ordr.query", "get": {"fmt": "csv", "cond": "(("}}, {"ac": "Ordr.query"}]);
        let answer = admin.call("batch", batch);
        assert_eq!((&answer[1][0][0], &answer[1][1][0]), (&json!(1), &json!(0)), "{answer}");
    });
}

#[test]
fn an_ill_formed_write_waits_for_no_lane() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    let user = app.write(|tx| tx.insert("User", [("name", json!("Li")), ("phone", json!("13800000001"))]));
    let id = admin.ok("Ordr.add", json!({"userId": user, "dscr": "here", "amount": 1}));
    let by_condition =
        ["Ordr.setIf", "Ordr.delIf", "Ordr.batchSet", "Ordr.batchDel", "Ordr.set?id=1", "Ordr.del?id=1"];
    let mut calls: Vec<Call<'_>> = Vec::new();
    for pair in ILL_FORMED {
        let of_condition = by_condition.iter().filter(|_| pair.0 == "cond");
        let spelt = of_condition.chain(&["Ordr.add"]).flat_map(|call| spellings(call, *pair));
        calls.extend(spelt.map(|(url, post)| (&admin, url, post)));
    }
    for call in ["Ordr.setIf", "Ordr.delIf"] {
        calls.push((&admin, call.to_owned(), json!({"cond": "((id=1", "cmt": "x"})));
    }
    let free = refused(&calls);
    scope(|scope| {
        let held = take_lane(scope, &app);
        let server = app.server.clone();
        let waiting = scope.spawn(move || {
            let admin = jindou::auth::Caller::of_role(Role::Admin, 1);
            let get = json!({"cond": "id=1"}).as_object().unwrap().clone();
            let post = json!({"cmt": "changed"}).as_object().unwrap().clone();
            let call = pipeline::call_as(&server, admin, "Ordr.batchSet", Params(get), Params(post));
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
        });
        assert_eq!(answers(&calls), free);
        assert!(!waiting.is_finished(), "a well-formed write waits for the lane");
        drop(held);
        let answer: Value = serde_json::from_str(&waiting.join().unwrap().unwrap()).unwrap();
        assert_eq!(answer, json!([0, 1]));
    });
    assert_eq!(admin.ok(&format!("Ordr.get?id={id}&res=id,cmt"), json!(null))["cmt"], "changed");
}
