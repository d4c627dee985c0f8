//! The change feed: every way of writing tells the rows that it changed, after the commit and once; what was refused or only
//! tried tells nothing.

use crate::app::TestApp;
use crate::undo::place;
use jindou::auth::Role;
use jindou::db::{FeedEvent, Follow};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TABLES: [&str; 6] = ["Thing", "Part", "Screw", "Paper", "Tag", "Sheet"];

/// All that was told until now, as `Thing+1`, without repeats.
fn told(app: &TestApp, follow: &mut Follow) -> Vec<String> {
    // The feed tells after the answer: a write that ends after it ends after its telling.
    app.write(|_| Ok(()));
    app.write(|_| Ok(()));
    let mut out = BTreeSet::new();
    while let Some(told) = follow.try_next() {
        let FeedEvent::Commit(commit) = told else { panic!("{told:?}") };
        if commit.unknown {
            out.insert("unknown".to_owned());
        }
        out.extend(commit.changes.iter().map(ToString::to_string));
    }
    out.into_iter().collect()
}

#[test]
fn every_way_of_writing_tells_its_rows() {
    let app = place();
    let admin = app.login(Role::Admin, 1);
    let mut follow = app.server.db.lane.feed().follow(TABLES);
    told(&app, &mut follow);
    type Story<'a> = (&'a str, Value, &'a [&'a str]);
    let stories: &[Story<'_>] = &[
        (
            "Thing.add",
            json!({"name": "a", "code": "a", "parts": [{"name": "p"}, {"name": "q"}]}),
            &["Part+1", "Part+2", "Thing+1"],
        ),
        ("Thing.add", json!({"name": "b", "code": "b"}), &["Thing+2"]),
        ("Thing.set?id=1", json!({"cmt": "x"}), &["Thing=1"]),
        ("Thing.set?id=1", json!({"parts": [{"id": 1, "_delete": 1}, {"name": "r"}]}), &["Part+3", "Part-1"]),
        // Refused after it had written, and only tried.
        ("Thing.add", json!({"name": "c", "code": "a"}), &[]),
        ("Thing.set?id=1&doValidateOnly=1", json!({"cmt": "y"}), &[]),
        ("Thing.setIf?cond=id>0", json!({"cmt": "z"}), &["Thing=1", "Thing=2"]),
        ("Thing.batchSet?cond=id=2", json!({"cmt": "w"}), &["Thing=2"]),
        ("Sheet.batchAdd", json!({"list": [{"text": "1"}, {"text": "2"}]}), &["Sheet+1", "Sheet+2"]),
        ("Sheet.delIf?cond=id>0", json!({}), &["Sheet-1", "Sheet-2"]),
        ("Paper.add", json!({"name": "p"}), &["Paper+1"]),
        ("Paper.dup?id=1", json!({}), &["Paper+2"]),
        ("Paper.del?id=1", json!({}), &["Paper=1"]),
        ("Thing.del?id=1", json!({}), &["Part-2", "Part-3", "Thing-1"]),
        ("batch", json!([{"ac": "Sheet.add", "post": {"text": "3"}}, {"ac": "Sheet.set"}]), &["Sheet+3"]),
        ("batch?useTrans=1", json!([{"ac": "Sheet.add", "post": {"text": "3"}}, {"ac": "Sheet.set"}]), &[]),
    ];
    let mut faults = Vec::new();
    for (target, body, expected) in stories {
        let answer = admin.call(target, body.clone());
        let told = told(&app, &mut follow);
        if told != *expected {
            faults.push(format!("{target}: {told:?} instead of {expected:?}: {answer}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let call = app.cell("SELECT apiLogId FROM ObjLog WHERE obj = 'Thing' AND dscr = '删除'");
    admin.ok("ObjLog.undo", json!({"apiLogId": call}));
    assert_eq!(told(&app, &mut follow), ["Part+2", "Part+3", "Thing+1"]);
    // Rows that no rule has seen, and a table that is emptied at once.
    let id = app.write(|tx| tx.insert("Sheet", [("text", json!("4"))]));
    assert_eq!(told(&app, &mut follow), [format!("Sheet+{id}")]);
    app.write(|tx| tx.clear("Sheet"));
    assert_eq!(told(&app, &mut follow), ["Sheet*0"]);
}

#[test]
fn statements_of_the_console_make_everything_unknown() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_EXECSQL", "write")]);
    let admin = app.login(Role::Admin, 1);
    let mut follow = app.server.db.lane.feed().follow(["User"]);
    told(&app, &mut follow);
    admin.ok("execSql", json!({"sql": "UPDATE Employee SET name = name WHERE id = 0"}));
    assert!(told(&app, &mut follow).contains(&"unknown".to_owned()));
}
