//! Calls taken back, versions and deleted rows restored, the bin, rows as they were.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login;
use crate::plugins::{account, syslog};
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::json;

/// Tables with all that an undo has to respect.
pub static PLACE: Plugin = Plugin::new("place", DESIGN)
    .needs(&["account"])
    .objects(&[&THING, &PART, &SCREW, &JOB_, &PAPER, &TAG, &SHEET]);

const DESIGN: &str = "
@Thing: id, name(s), code(s), amount, qty&, onFlag, dt, tm, cmt(l), userId, secretNote(s), touchTm
@key Thing: unique(code)
@Part: id, thingId, name(s), qty&
@Screw: id, partId, name(s)
@JobCard: id, status(2), dscr(l), thingId
@Paper: id, name(s), delFlag
@Tag: id, thingId, text(s)
@Sheet: id, text(s)
";

static THING: Object = Object::table("Thing")
    .subs(&[
        list("parts", "Part", "thingId={id}").res("id, name, qty"),
        list("tags", "Tag", "thingId={id}").res("id, text").readonly(),
    ])
    .hidden("secretNote")
    .on_write(tags_go_along)
    .emp(can(ADD | READ | SET).required("name").readonly("amount"))
    .mgr(can(ALL).required("name").free_in_bulk("cmt, qty"))
    .admin(can(ALL).free_in_bulk("cmt, qty"));
static PART: Object = Object::table("Part")
    .subs(&[list("screws", "Screw", "partId={id}").res("id, name")])
    .on_write(screws_go)
    .emp(can(READ));
static SCREW: Object = Object::table("Screw").emp(can(READ));
static JOB_: Object = Object::table("JobCard")
    .states(&STATUS)
    .points_to(&[("thingId", "Thing", (90_101, "没有该物品", "there is no such thing"))])
    .emp(can(ADD | READ | SET))
    .mgr(can(ALL));
static PAPER: Object = Object::table("Paper").soft_delete("delFlag").emp(can(ALL));
static TAG: Object = Object::table("Tag").emp(can(READ));

static SHEET: Object = Object::table("Sheet").guest(can(ADD | BATCH_ADD)).emp(can(ALL));

static STATUS: States = States::of("status").start("CR").step("CR", "RE", EMP).step("CR", "CA", EMP);

fn tags_go_along(_: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.deleting() {
        write.after(|tx, id| {
            tx.del_all("Part", Cond::int("thingId", id))?;
            tx.del_along("Tag", &[("thingId", json!(id))]).map(|_| ())
        });
    }
    Ok(())
}

fn screws_go(_: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.deleting() {
        write.after(|tx, id| tx.del_all("Screw", Cond::int("partId", id)).map(|_| ()));
    }
    Ok(())
}

static PLUGINS: &[&Plugin] = &[&account::PLUGIN, &syslog::PLUGIN, &PLACE];

pub fn place() -> TestApp {
    TestApp::with_plugins(PLUGINS, &[])
}

/// Every row of the tables, as one text.
pub fn dump(app: &TestApp) -> String {
    let table = |name: &str, columns: &str| {
        let sql = format!(
            "select group_concat(json_array({columns}), char(10)) from (select * from {name} order by id)"
        );
        format!("{name}\n{}", app.cell(&sql).as_str().unwrap_or_default())
    };
    [
        table("Thing", "id,name,code,amount,qty,onFlag,dt,tm,cmt,userId,secretNote,touchTm"),
        table("Part", "id,thingId,name,qty"),
        table("Screw", "id,partId,name"),
        table("JobCard", "id,status,dscr,thingId"),
        // A row that is marked as deleted is none.
        table("Paper where delFlag=0", "id,name"),
        table("Tag", "id,thingId,text"),
    ]
    .join("\n\n")
}

/// The log id of a client's call that must succeed.
#[track_caller]
pub fn done(client: &Client<'_>, target: &str, body: Value) -> i64 {
    let got =
        client.send("POST", target, &[("content-type", "application/json")], Some(body.to_string().into()));
    assert_eq!(got.json()[0], json!(0), "{target}: {}", got.text());
    got.header("x-daca-log-id").parse().unwrap_or_else(|_| panic!("{:?}", got.headers))
}

fn undo(client: &Client<'_>, call: i64) -> Value {
    client.call("ObjLog.undo", json!({"apiLogId": call}))
}

fn staff<'a>(app: &'a TestApp, uname: &str, perms: &str) -> Client<'a> {
    let id = login::employee(app, uname, perms);
    app.login(if perms.contains("mgr") { Role::Mgr } else { Role::Emp }, id)
}

#[test]
fn a_call_is_undone_and_the_undo_as_well() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    mgr.ok("Thing.add", json!({"name": "lamp", "code": "L", "amount": "12.50", "cmt": "old"}));
    let before = dump(&app);
    let call =
        done(&mgr, "Thing.set?id=1", json!({"name": "desk lamp", "cmt": "", "qty": "3", "tm": "2024-01-02"}));
    let after = dump(&app);
    let seen = mgr.ok("ObjLog.undo", json!({"apiLogId": call, "preview": 1}));
    assert_eq!(
        (&seen["ok"], &seen["cnt"], &seen["conflicts"]),
        (&json!(true), &json!(1), &json!([])),
        "{seen}"
    );
    assert_eq!(seen["rows"][0]["fields"]["cmt"], json!([null, "old"]));
    assert_eq!(dump(&app), after, "a preview changes nothing");
    assert_eq!(app.cell(&format!("select count(*) from ObjLog where apiLogId > {call}")), json!(0));
    let told = undo(&mgr, call);
    assert_eq!((&told[0], &told[1]["cnt"]), (&json!(0), &json!(1)), "{told}");
    assert_eq!(dump(&app), before);
    assert_eq!(undo(&mgr, call)[0], json!(7), "it is undone already");
    let again = told[1]["apiLogId"].as_i64().unwrap();
    assert_eq!(undo(&mgr, again)[0], json!(0));
    assert_eq!(dump(&app), after);
    assert_eq!(app.cell(&format!("select ac from ApiLog where id={again}")), json!("ObjLog.undo"));
    assert_eq!(app.cell(&format!("select dscr from ObjLog where apiLogId={again}")), json!("更新"));
}

#[test]
fn what_was_changed_since_is_shown_and_kept() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    mgr.ok("Thing.add", json!({"name": "a", "cmt": "x", "qty": 1}));
    let call = done(&mgr, "Thing.set?id=1", json!({"name": "b", "cmt": "y"}));
    // Another field does no harm.
    mgr.ok("Thing.set?id=1", json!({"qty": 2}));
    mgr.ok("Thing.set?id=1", json!({"name": "c"}));
    let told = undo(&mgr, call);
    assert_eq!(told[0], json!(7));
    assert_eq!(
        told[2]["conflicts"],
        json!([{"obj": "Thing", "id": 1, "field": "name", "was": "b", "now": "c"}])
    );
    assert_eq!(
        mgr.ok("Thing.get?id=1&res=name,cmt,qty", json!(null)),
        json!({"name": "c", "cmt": "y", "qty": 2})
    );
    let seen = mgr.ok("ObjLog.undo", json!({"apiLogId": call, "preview": 1}));
    assert_eq!((&seen["ok"], seen["conflicts"].as_array().unwrap().len()), (&json!(false), 1));
    // A change without a record is one too.
    mgr.ok("Thing.set?id=1", json!({"name": "b"}));
    app.write(|tx| tx.update("Thing", &[("id", json!(1))], [("cmt".to_owned(), json!("z"))]));
    assert_eq!(undo(&mgr, call)[2]["conflicts"][0]["field"], json!("cmt"));
    app.write(|tx| tx.update("Thing", &[("id", json!(1))], [("cmt".to_owned(), json!("y"))]));
    assert_eq!(undo(&mgr, call)[0], json!(0));
    assert_eq!(
        mgr.ok("Thing.get?id=1&res=name,cmt,qty", json!(null)),
        json!({"name": "a", "cmt": "x", "qty": 2})
    );
    // A new row that somebody has worked on stays.
    let call = done(&mgr, "Thing.add", json!({"name": "new"}));
    mgr.ok("Thing.set?id=2", json!({"cmt": "work"}));
    assert_eq!(undo(&mgr, call)[2]["conflicts"][0]["field"], json!("cmt"));
    mgr.ok("Thing.set?id=2", json!({"cmt": ""}));
    assert_eq!(undo(&mgr, call)[0], json!(0));
    assert_eq!(app.cell("select count(*) from Thing"), json!(1));
}

#[test]
fn a_deleted_row_comes_back_with_its_children_under_the_old_ids() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    let parts =
        json!([{"name": "foot", "qty": 1, "screws": [{"name": "s1"}, {"name": "s2"}]}, {"name": "bulb"}]);
    mgr.ok("Thing.add", json!({"name": "lamp", "code": "L", "amount": 5, "parts": parts}));
    mgr.ok("Thing.add", json!({"name": "other", "parts": [{"name": "own"}]}));
    app.write(|tx| {
        tx.insert("Tag", [("thingId", json!(1)), ("text", json!("red"))])?;
        tx.update("Thing", &[("id", json!(1))], [("secretNote".to_owned(), json!("psst"))])
    });
    let before = dump(&app);
    let call = done(&mgr, "Thing.batchDel?cond=id>0", json!({}));
    assert_eq!(app.cell("select count(*) from Thing,Part,Screw,Tag"), json!(0));
    let bin = mgr.ok("ObjLog.bin?obj=Thing", json!(null));
    let ids: Vec<_> = bin["list"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [json!(2), json!(1)]);
    assert_eq!(
        (&bin["list"][1]["row"]["name"], &bin["list"][1]["empName"]),
        (&json!("lamp"), &json!("Wang"))
    );
    assert!(!bin.to_string().contains("psst"));
    // One of them, with its own.
    let told = mgr.ok("ObjLog.restore", json!({"obj": "Thing", "id": 1}));
    assert_eq!(told["cnt"], json!(6), "{told}");
    assert_eq!(app.cell("select group_concat(id) from Part"), json!("1,2"));
    assert_eq!(mgr.ok("ObjLog.bin?obj=Thing", json!(null))["list"].as_array().unwrap().len(), 1);
    assert_eq!(undo(&mgr, call)[0], json!(7), "half of it is back");
    mgr.ok("ObjLog.restore", json!({"obj": "Thing", "id": 2}));
    assert_eq!(dump(&app), before.replace("\"psst\"", "null"), "all but the secret");
    // What came back goes again, and comes again.
    let again = done(&mgr, "ObjLog.undo", json!({"apiLogId": told["apiLogId"]}));
    assert_eq!(app.cell("select group_concat(id) from Thing"), json!("2"));
    assert_eq!(undo(&mgr, again)[0], json!(0));
    assert_eq!(app.cell("select count(*) from Screw"), json!(2));
    assert_eq!(app.cell("select text from Tag"), json!("red"));
    assert_eq!(mgr.ok("Thing.add", json!({"name": "next"})), json!(3), "ids are not used again");
}

#[test]
fn imports_batches_and_statements_over_many_rows_are_one_call_each() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    let empty = dump(&app);
    let list: Vec<Value> =
        (0..50).map(|n| json!({"name": format!("n{n}"), "code": format!("c{n}"), "qty": n})).collect();
    let import = done(&mgr, "Thing.batchAdd", json!({"list": list}));
    let full = dump(&app);
    let set_if = done(&mgr, "Thing.setIf?cond=id<=20", json!({"cmt": "all", "qty": 7}));
    let del_if = done(&mgr, "JobCard.delIf?cond=id>0", json!({}));
    let batch = json!([
        {"ac": "Thing.set", "get": {"id": 1}, "post": {"code": "tmp"}},
        {"ac": "Thing.set", "get": {"id": 2}, "post": {"code": "c0"}},
        {"ac": "Thing.set", "get": {"id": 1}, "post": {"code": "c1"}},
        {"ac": "Thing.add", "post": {"name": "new", "parts": [{"name": "p"}]}},
        {"ac": "JobCard.add", "post": {"dscr": "of the new one", "thingId": "{$-1}"}, "ref": ["thingId"]},
        {"ac": "Thing.del", "get": {"id": 3}, "post": {"x": null}},
    ]);
    let batch = done(&mgr, "batch?useTrans=1", batch);
    assert_eq!(app.cell("select count(*) from JobCard"), json!(1));
    assert_eq!(undo(&mgr, import)[0], json!(7), "not before what came later");
    assert_eq!(undo(&mgr, batch)[0], json!(0));
    assert_eq!(undo(&mgr, del_if)[0], json!(1), "there was nothing to delete");
    assert_eq!(undo(&mgr, set_if)[0], json!(0));
    assert_eq!(dump(&app), full);
    let told = undo(&mgr, import);
    assert_eq!((&told[0], &told[1]["cnt"]), (&json!(0), &json!(50)), "{told}");
    assert_eq!(dump(&app), empty);
    assert_eq!(undo(&mgr, told[1]["apiLogId"].as_i64().unwrap())[0], json!(0));
    assert_eq!(dump(&app), full);
}

#[test]
fn too_many_rows_are_refused_and_a_statement_over_them_leaves_one_line() {
    let app = TestApp::with_plugins(PLUGINS, &[("P_UNDO_ROWS", "10")]);
    let mgr = staff(&app, "m", "mgr");
    let list: Vec<Value> = (0..11).map(|n| json!({"name": format!("n{n}")})).collect();
    let import = done(&mgr, "Thing.batchAdd", json!({"list": list}));
    assert_eq!(undo(&mgr, import)[0], json!(5));
    let wide = done(&mgr, "Thing.setIf?cond=id>0", json!({"cmt": "x"}));
    assert_eq!(app.cell(&format!("select count(*) from ObjLog where apiLogId={wide}")), json!(1));
    assert_eq!(undo(&mgr, wide)[0], json!(5));
    let narrow = done(&mgr, "Thing.delIf?cond=id>1", json!({}));
    assert_eq!(undo(&mgr, narrow)[0], json!(0));
    assert_eq!(app.cell("select count(*) from Thing"), json!(11));
}

#[test]
fn rules_rights_and_states_hold() {
    let app = place();
    let (mgr, emp) = (staff(&app, "m", "mgr"), staff(&app, "clerk", "emp"));
    // A state machine knows no way back.
    mgr.ok("JobCard.add", json!({"dscr": "x"}));
    let call = done(&emp, "JobCard.set?id=1", json!({"status": "RE"}));
    for client in [&emp, &mgr, &app.login(Role::Admin, 1)] {
        assert_eq!(undo(client, call)[0], json!(5), "the step RE -> CR does not exist");
        let seen = client.ok("ObjLog.undo", json!({"apiLogId": call, "preview": 1}));
        assert!(seen["ok"] == json!(false) && seen["problem"].is_string(), "{seen}");
    }
    assert_eq!(app.cell("select status from JobCard"), json!("RE"));
    // Who may not delete cannot undo what was added, who may not add brings nothing back.
    let call = done(&emp, "Thing.add", json!({"name": "mine"}));
    assert_eq!(undo(&emp, call)[0], json!(5));
    mgr.ok("Paper.add", json!({"name": "p"}));
    // A read-only field stays as it is.
    let call = done(&mgr, "Thing.set?id=1", json!({"name": "b", "amount": 9}));
    let told = emp.ok("ObjLog.undo", json!({"apiLogId": call}));
    assert_eq!(told["left"], json!([{"obj": "Thing", "id": 1, "field": "amount", "why": "readonly"}]));
    assert_eq!(emp.ok("Thing.get?id=1&res=name,amount", json!(null)), json!({"name": "mine", "amount": 9}));
    // A state comes back with its row, whatever a new row begins with.
    mgr.ok("JobCard.del?id=1", json!({}));
    mgr.ok("ObjLog.restore", json!({"obj": "JobCard", "id": 1}));
    assert_eq!(app.cell("select status from JobCard"), json!("RE"));
    // Uniqueness and references.
    mgr.ok("Thing.add", json!({"name": "u", "code": "U"}));
    let call = done(&mgr, "Thing.del?id=2", json!({}));
    mgr.ok("Thing.add", json!({"name": "v", "code": "U"}));
    assert_ne!(undo(&mgr, call)[0], json!(0), "the code is taken");
    mgr.ok("Thing.del?id=3", json!({}));
    assert_eq!(undo(&mgr, call)[0], json!(0));
    let card = mgr.ok("JobCard.add", json!({"dscr": "y", "thingId": 2}));
    let call = done(&mgr, &format!("JobCard.del?id={card}"), json!({}));
    mgr.ok("Thing.del?id=2", json!({}));
    assert_eq!(undo(&mgr, call)[0], json!(90_101), "what it named is gone");
}

#[test]
fn nobody_undoes_what_they_may_not_see() {
    let app = place();
    let (mgr, emp) = (staff(&app, "m", "mgr"), staff(&app, "clerk", "emp"));
    let user = app.login(Role::User, login::user(&app, "13800000001"));
    let call = done(&mgr, "Cinf.add", json!({"name": "rate", "value": "1"}));
    assert_eq!(
        emp.fails("ObjLog.undo", json!({"apiLogId": call})),
        emp.fails("ObjLog.undo", json!({"apiLogId": 999_999}))
    );
    assert_eq!(user.fails("ObjLog.undo", json!({"apiLogId": call})).0, code::FORBIDDEN);
    assert_eq!(app.anon().fails("ObjLog.undo", json!({"apiLogId": call})).0, code::NOAUTH);
    for action in ["ObjLog.bin?obj=Cinf", "ObjLog.asOf?obj=Cinf&id=1&at=2030-01-01", "ObjLog.bin?obj=Nothing"]
    {
        assert_eq!(emp.fails(action, json!(null)).0, code::FORBIDDEN, "{action}");
    }
    assert_eq!(emp.fails("ObjLog.restore", json!({"obj": "Cinf", "id": 1, "version": 1})).0, code::FORBIDDEN);
    // A page of another site cannot ask for it.
    assert_eq!(app.cell("select value from Cinf"), json!("1"));
    // Part of a call that is not the caller's to see.
    let batch = json!([
        {"ac": "Thing.add", "post": {"name": "a"}},
        {"ac": "Cinf.add", "post": {"name": "tax", "value": "2"}},
    ]);
    let call = done(&mgr, "batch?useTrans=1", batch);
    assert_eq!(emp.fails("ObjLog.undo", json!({"apiLogId": call, "preview": 1})).0, code::FORBIDDEN);
    assert_eq!(undo(&mgr, call)[0], json!(0));
}

#[test]
fn secrets_never_come_back() {
    let app = place();
    let admin = app.login(Role::Admin, 1);
    let id = login::employee(&app, "clerk", "emp");
    let call = done(&admin, &format!("Employee.set?id={id}"), json!({"pwd": "another-cloud-8"}));
    let hash = app.cell(&format!("select pwd from Employee where id={id}"));
    assert_eq!(undo(&admin, call)[0], json!(1));
    assert_eq!(app.cell(&format!("select pwd from Employee where id={id}")), hash);
    let call = done(&admin, &format!("Employee.del?id={id}"), json!({}));
    let told = admin.ok("ObjLog.undo", json!({"apiLogId": call}));
    assert!(
        told["left"]
            .as_array()
            .unwrap()
            .contains(&json!({"obj": "Employee", "id": id, "field": "pwd", "why": "secret"})),
        "{told}"
    );
    assert_eq!(
        app.cell(&format!("select uname||coalesce(pwd,'-') from Employee where id={id}")),
        json!("clerk-")
    );
    let client = app.client("emp");
    assert_ne!(client.call("login", json!({"uname": "clerk", "pwd": "another-cloud-8"}))[0], json!(0));
}

#[test]
fn an_old_version_comes_back_and_a_marked_row_too() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    mgr.ok("Thing.add", json!({"name": "one", "cmt": "c1"}));
    for (name, cmt) in [("two", "c2"), ("three", "")] {
        mgr.ok("Thing.set?id=1", json!({"name": name, "cmt": cmt}));
    }
    let log = mgr.ok(
        "ObjLog.query?res=id,dscr,changes&cond=obj='Thing' and objId=1&orderby=id&fmt=array",
        json!(null),
    );
    let version = log[0]["id"].clone();
    let seen = mgr.ok("ObjLog.restore", json!({"obj": "Thing", "id": 1, "version": version, "preview": 1}));
    assert_eq!(seen["rows"][0]["fields"], json!({"cmt": [null, "c1"], "name": ["three", "one"]}));
    let row = mgr.ok("Thing.get?id=1&withVersion=1", json!(null));
    mgr.ok("Thing.set?id=1", json!({"qty": 5}));
    let stale = json!({"obj": "Thing", "id": 1, "version": version});
    let target = format!("ObjLog.restore?ifVersion={}", row["_version"].as_str().unwrap());
    assert_eq!(mgr.fails(&target, stale).0, code::CONFLICT);
    mgr.ok("ObjLog.restore", json!({"obj": "Thing", "id": 1, "version": version}));
    assert_eq!(
        mgr.ok("Thing.get?id=1&res=name,cmt,qty", json!(null)),
        json!({"name": "one", "cmt": "c1", "qty": null})
    );
    assert_eq!(
        mgr.fails("ObjLog.restore", json!({"obj": "Thing", "id": 1})).0,
        code::PARAM,
        "which version?"
    );
    assert_eq!(
        mgr.fails("ObjLog.restore", json!({"obj": "Thing", "id": 1, "at": "2001-01-01"})).0,
        code::PARAM
    );
    mgr.ok("Paper.add", json!({"name": "p"}));
    mgr.ok("Paper.del?id=1", json!({}));
    assert_eq!(mgr.ok("ObjLog.bin?obj=Paper", json!(null))["list"][0]["row"]["name"], json!("p"));
    mgr.ok("ObjLog.restore", json!({"obj": "Paper", "id": 1}));
    assert_eq!(app.cell("select delFlag from Paper"), json!(0));
    assert_eq!(mgr.ok("ObjLog.bin?obj=Paper", json!(null))["list"], json!([]));
}

#[test]
fn a_row_as_it_was() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    mgr.ok("Thing.add", json!({"name": "one", "qty": 1}));
    mgr.ok("Thing.set?id=1", json!({"name": "two"}));
    mgr.ok("Thing.del?id=1", json!({}));
    mgr.ok("Thing.batchAdd", json!({"list": [{"name": "imported"}]}));
    // Calls an hour apart, as the log would have them.
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    let calls = "select id from ApiLog where ac in ('Thing.add','Thing.set','Thing.del','Thing.batchAdd') order by id";
    let ids: Vec<i64> =
        conn.prepare(calls).unwrap().query_map([], |row| row.get(0)).unwrap().map(|id| id.unwrap()).collect();
    for (hour, id) in ids.iter().enumerate() {
        let tm = format!("2024-05-01 1{hour}:00:00");
        conn.execute("update ApiLog set tm=?1 where id=?2", rusqlite::params![tm, id]).unwrap();
    }
    let at = |id: i64, at: &str| mgr.ok(&format!("ObjLog.asOf?obj=Thing&id={id}&at={at}"), json!(null));
    assert_eq!(at(1, "2024-05-01 09:00:00")["row"], json!(null));
    assert_eq!(at(1, "2024-05-01 10:30:00")["row"]["name"], json!("one"));
    let two = at(1, "2024-05-01 11:30:00");
    assert_eq!(
        (&two["row"]["name"], &two["row"]["qty"], &two["doubts"]),
        (&json!("two"), &json!(1), &json!([]))
    );
    assert_eq!(at(1, "2024-05-01")["row"], json!(null), "a date alone means its end");
    assert_eq!(at(2, "2024-05-01 12:30:00")["row"], json!(null));
    assert_eq!(at(2, "2024-05-01 13:30:00")["row"]["name"], json!("imported"));
    assert_eq!(mgr.fails("ObjLog.asOf?obj=Thing&id=1", json!(null)).0, code::PARAM);
    assert_eq!(mgr.fails("ObjLog.asOf?obj=Thing&id=77&at=2024-05-01", json!(null)).0, code::PARAM);
}

#[test]
fn of_two_who_undo_at_once_one_does() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    mgr.ok("Thing.add", json!({"name": "a"}));
    let call = done(&mgr, "Thing.set?id=1", json!({"name": "b"}));
    let codes: Vec<Value> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..4).map(|_| scope.spawn(|| undo(&app.login(Role::Admin, 1), call)[0].clone())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 7).count(), 3, "{codes:?}");
}

#[test]
fn a_long_one_goes_on_after_its_call() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    let list: Vec<Value> = (0..300).map(|n| json!({"name": format!("n{n}")})).collect();
    let ended = |job: &Value| loop {
        let state = mgr.ok(&format!("Job.get?id={job}"), json!(null));
        if state["state"] != json!("running") {
            break state;
        }
        std::thread::yield_now();
    };
    // By the number of the call that began it, though its changes belong to a later row of the log.
    let import =
        ended(&mgr.ok("Thing.batchAdd?async=1", json!({"list": list}))["jobId"])["result"]["apiLogId"]
            .clone();
    assert_eq!(app.cell("select count(*) from Thing"), json!(300));
    let job = ended(&mgr.ok("ObjLog.undo", json!({"apiLogId": import, "async": 1}))["jobId"]);
    assert_eq!((&job["state"], &job["result"]["cnt"]), (&json!("done"), &json!(300)));
    assert_eq!(app.cell("select count(*) from Thing"), json!(0));
    assert_eq!(undo(&mgr, job["result"]["apiLogId"].as_i64().unwrap())[0], json!(0));
    assert_eq!(app.cell("select count(*) from Thing"), json!(300));
}

#[test]
fn no_request_passes_for_the_work_of_another_call() {
    let app = place();
    let mgr = staff(&app, "m", "mgr");
    let rows =
        |texts: &[&str]| json!({"list": texts.iter().map(|text| json!({"text": text})).collect::<Vec<_>>()});
    // A call that has changed nothing, and one of somebody else who names it in the words of the log.
    let empty = done(&mgr, "Sheet.batchAdd", json!({"list": []}));
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntext\nguest\n\r\n--x--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    let path = format!("/api/Sheet.batchAdd?apiLogId={empty}");
    let theirs = app.anon().exactly("POST", &path, &headers, Some(form.into())).json();
    assert_eq!(theirs[0], json!(0), "{theirs}");
    let said = app.cell("select req from ApiLog where ac='Sheet.batchAdd' order by id desc limit 1");
    assert_eq!(said, json!(format!("apiLogId={empty}")), "as the log says it of work that goes on");
    assert_eq!(undo(&mgr, empty)[0], json!(1), "it has changed nothing");
    assert_eq!(app.cell("select group_concat(text) from Sheet"), json!("guest"));
    // What really went on after a call is found by its number.
    let began = done(&mgr, "Sheet.batchAdd?async=1", rows(&["a", "b"]));
    while app.cell("select count(*) from Sheet") != json!(3) {
        std::thread::yield_now();
    }
    let told = undo(&mgr, began);
    assert_eq!((&told[0], &told[1]["cnt"]), (&json!(0), &json!(2)), "{told}");
    assert_eq!(app.cell("select group_concat(text) from Sheet"), json!("guest"));
    assert_eq!(app.cell("select count(*) from CallWork"), json!(1));
}

#[test]
fn an_order_comes_back_with_its_log_and_says_which_pictures_do_not() {
    let app = TestApp::new();
    let customer = login::user(&app, "13800000001");
    let mgr = staff(&app, "m", "mgr");
    app.login(Role::User, customer).ok("Ordr.add", json!({"dscr": "a cake", "amount": 12}));
    mgr.ok("Ordr.set?id=1", json!({"status": "RE"}));
    app.write(|tx| tx.insert("OrderAtt", [("orderId", json!(1)), ("attId", json!(77))]));
    let rows = "select group_concat(id||action||tm, ',') from OrderLog";
    let (log, made) = (app.cell(rows), app.cell("select createTm||status||amount from Ordr"));
    mgr.ok("Ordr.del?id=1", json!({}));
    let told = mgr.ok("ObjLog.restore", json!({"obj": "Ordr", "id": 1}));
    assert_eq!(app.cell(rows), log);
    assert_eq!(app.cell("select createTm||status||amount from Ordr"), made);
    assert_eq!(told["left"], json!([{"obj": "OrderAtt", "id": 1, "field": "attId", "why": "file"}]));
    assert_eq!(app.cell("select count(*)||coalesce(attId,'-') from OrderAtt"), json!("1-"));
}

#[test]
fn counters_that_rules_keep_are_not_counted_twice() {
    let app = TestApp::new();
    let emp = staff(&app, "clerk", "emp");
    app.write(|tx| {
        tx.insert("Plaza", [("userId", json!(1)), ("content", json!("hello")), ("commentCnt", json!(2))])?;
        for text in ["a", "b"] {
            tx.insert(
                "PlazaComment",
                [("plazaId", json!(1)), ("userId", json!(1)), ("content", json!(text))],
            )?;
        }
        Ok(())
    });
    let state = || {
        let sql = "select (select coalesce(group_concat(commentCnt),'-') from Plaza)||(select count(*) from PlazaComment)";
        app.cell(sql)
    };
    // Who may delete may take their own deletion back, though not add.
    let mut call = done(&emp, "Plaza.del?id=1", json!({}));
    for expected in ["22", "-0", "22", "-0", "22"] {
        let told = emp.ok("ObjLog.undo", json!({"apiLogId": call}));
        assert_eq!(state(), json!(expected));
        call = told["apiLogId"].as_i64().unwrap();
    }
    // Another one's deletion is not theirs to take back.
    let admin = app.login(Role::Admin, 1);
    let call = done(&admin, "Plaza.del?id=1", json!({}));
    assert_eq!(undo(&emp, call)[0], json!(5));
    assert_eq!(undo(&admin, call)[0], json!(0));
    assert_eq!(state(), json!("22"));
}

#[test]
fn a_file_is_not_brought_back_and_its_row_neither() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    app.write(|tx| {
        tx.insert("Attachment", [("path", json!("upload/default/x.txt")), ("orgName", json!("x.txt"))])
    });
    let call = done(&admin, "Attachment.del?id=1", json!({}));
    assert_eq!(undo(&admin, call)[0], json!(5));
    assert_eq!(admin.fails("ObjLog.restore", json!({"obj": "Attachment", "id": 1})).0, code::FORBIDDEN);
    assert_eq!(app.cell("select count(*) from Attachment"), json!(0));
}
