//! The regression surface, as its public suite uses it.

use crate::app::TestApp;
use crate::code;
use serde_json::json;

#[test]
fn a_login_sees_its_own_row_in_the_log() {
    let app = TestApp::rtest();
    let client = app.anon();
    assert_eq!(client.fails("whoami", json!(null)).0, code::NOAUTH);
    assert_eq!(client.ok("login", json!({"uname": "rtest", "pwd": "1234"})), json!({"id": 1}));
    let me = client.ok("UserA.get?id=1&res=id,lastLogAc,logCnt", json!(null));
    assert_eq!(me, json!({"id": 1, "lastLogAc": "login", "logCnt": 1}));
}

#[test]
fn typed_lookups() {
    let app = TestApp::rtest();
    let client = app.anon();
    assert_eq!(client.ok("fn?f=param&name=cnt/i&cnt=1.7", json!(null)), json!(1));
    assert_eq!(
        client.ok("fn?f=param&name=items/i:n?:s&items=100:1:a,101::b", json!(null)),
        json!([[100, 1, "a"], [101, null, "b"]])
    );
    assert_eq!(client.fails("fn?f=mparam&name=cnt/i", json!(null)).1, "缺少参数`cnt`");
}

#[test]
fn rows_of_the_log_by_hand() {
    let app = TestApp::rtest();
    let client = app.anon();
    let id = client.ok("ApiLog.add", json!({"ac": "mine", "addr": "a<b"})).as_i64().unwrap();
    let row = client.ok(&format!("ApiLog.get?id={id}&res=id,ac,addr,tm"), json!(null));
    assert_eq!((&row["ac"], &row["addr"]), (&json!("mine"), &json!("a&lt;b")));
    assert_eq!(
        client.ok(&format!("ApiLog.set?id={id}"), json!({"ac": "other", "tm": "2020-1-1", "addr": "empty"})),
        json!("OK")
    );
    let row = client.ok(&format!("ApiLog.get?id={id}&res=ac,addr"), json!(null));
    assert_eq!(row, json!({"ac": "mine", "addr": ""}));
    // A row put in by SQL takes no id that a call already has.
    let sql = "INSERT INTO ApiLog (tm, ac) VALUES ('2020-01-02 03:04:05', 'sql')";
    let new = client.ok("fn?f=execOne&getNewId=1", json!({"sql": sql})).as_i64().unwrap();
    assert!(new > id);
    assert_eq!(
        client.ok("ApiLog.query?fmt=one&res=id,y,m,d,h,w,wd,q&cond=ac='sql'", json!(null)),
        json!({"id": new, "y": 2020, "m": 1, "d": 2, "h": 3, "w": 0, "wd": 4, "q": 1})
    );
    client.ok(&format!("ApiLog.del?id={id}"), json!(null));
    assert_eq!(client.fails(&format!("ApiLog.get?id={id}"), json!(null)).0, code::PARAM);
    assert_eq!(client.fails(&format!("ApiLog.del?id={id}"), json!(null)).0, code::PARAM);
}

#[test]
fn rows_of_the_log_in_bulk() {
    let app = TestApp::rtest();
    let guest = app.anon();
    let id = guest.ok("ApiLog.add", json!({"ac": "bulk"}));
    assert_eq!(guest.ok(&format!("ApiLog.setIf?cond=id={id}"), json!({"addr": "here"})), json!(1));
    assert_eq!(guest.ok(&format!("ApiLog.get?id={id}&res=addr"), json!(null)), json!({"addr": "here"}));
    assert_eq!(guest.fails(&format!("ApiLog.setIf?cond=id={id}"), json!({"ac": "x"})).0, code::FORBIDDEN);
    assert_eq!(guest.fails(&format!("ApiLog.setIf?cond=id={id}"), json!({"nosuch": "x"})).0, code::PARAM);
    assert_eq!(guest.ok(&format!("ApiLog.delIf?cond=id={id}"), json!(null)), json!(1));
}

#[test]
fn sheets_with_titles_of_their_own_although_input_is_escaped() {
    let app = TestApp::rtest();
    let guest = app.anon();
    let target = "ApiLog.batchAdd?useColMap=1&title=Where->addr,What->ac";
    let sent = guest.send(
        "POST",
        target,
        &[("content-type", "text/plain")],
        Some(b"What,Where\ncol,here\n".to_vec()),
    );
    assert_eq!(sent.json()[1]["cnt"], json!(1), "{}", sent.text());
    let row = guest.ok("ApiLog.query?cond=ac='col'&res=addr&fmt=one?", json!(null));
    assert_eq!(row, json!("here"));
}

#[test]
fn a_rolled_back_id_is_not_given_again() {
    let app = TestApp::rtest();
    let client = app.anon();
    let items = json!([
        {"ac": "ApiLog.add", "post": {"ac": "gone"}},
        {"ac": "ApiLog.get", "get": {"id": "{$-1}", "res": "id,ac"}, "ref": ["id"]},
        {"ac": "ApiLog.add", "post": {}},
        {"ac": "ApiLog.add", "post": {"ac": "never"}},
    ]);
    let results = client.ok("batch?useTrans=1", items.clone());
    let gone = results[0][1].as_i64().unwrap();
    assert_eq!(results[1], json!([0, {"id": gone, "ac": "gone"}]));
    assert_eq!((&results[2][0], &results[3][0]), (&json!(1), &json!(-100)));
    for _ in 0..3 {
        client.ok("ApiLog.hello", json!(null));
    }
    assert_eq!(client.fails(&format!("ApiLog.get?id={gone}"), json!(null)).0, code::PARAM);
    let kept = client.ok("batch", items);
    assert_eq!((&kept[2][0], &kept[3][0]), (&json!(1), &json!(0)));
}

#[test]
fn children_and_relations_of_the_log() {
    let app = TestApp::rtest();
    let client = app.anon();
    assert_eq!(client.fails("whoami", json!(null)).0, code::NOAUTH);
    client.ok("login", json!({"uname": "rtest", "pwd": "1234"}));
    let id =
        client.ok("UserA.add", json!({"uname": "second", "log": [{"ac": "x1", "addr": "a"}, {"ac": "x2"}]}));
    let row = client.ok(&format!("UserA.get?id={id}&res=id,log&res_log=id,ac,addr"), json!(null));
    let log = row["log"].as_array().unwrap().clone();
    assert_eq!(log.len(), 2);
    let patch = json!({"log": [{"id": log[0]["id"], "ac": "changed", "addr": "b"}, {"id": log[1]["id"], "_delete": 1}, {"ac": "x3"}]});
    client.ok(&format!("UserA.set?id={id}"), patch);
    let row = client.ok(&format!("UserA.get?id={id}&res=id,log&res_log=ac,addr"), json!(null));
    assert_eq!(row["log"], json!([{"ac": "x1", "addr": "b"}, {"ac": "x3", "addr": null}]));
    for ac in ["a1", "a2", "a3", "a4"] {
        client.ok("UserApiLog.add", json!({"ac": ac}));
    }
    let mine = client.ok("UserApiLog.query?res=id,ac,user,user2,last3LogAc&pagesz=1&fmt=list", json!(null));
    let row = &mine["list"][0];
    assert_eq!(row["user"], json!({"id": 1, "name": "jdcloud-test"}));
    assert_eq!(row["user2"], row["user"]);
    assert!(row["last3LogAc"].as_str().unwrap().matches(':').count() == 3, "{row}");
    assert_eq!(client.fails("UserApiLog.set?id=1", json!({"addr": "x"})).0, code::FORBIDDEN);
    assert_eq!(client.ok("UserApiLog.listByAc?ac=a1", json!(null))["list"].as_array().unwrap().len(), 1);
    assert_eq!(client.fails("UserApiLog.del?id=1", json!(null)).0, code::FORBIDDEN);
}

#[test]
fn pages_of_another_origin_on_this_machine_may_call_in_test_mode() {
    let app = TestApp::rtest();
    let origin = |origin| {
        let got = app.anon().send("GET", "initClient", &[("origin", origin)], None);
        got.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(origin("http://localhost:9000"), "http://localhost:9000");
    assert_eq!(origin("null"), "");
    assert_eq!(origin("http://evil.test"), "");
}

#[test]
fn rows_by_condition_change_and_go() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for _ in 0..3 {
        anon.ok("ApiLog.add", json!({"ac": "bulk", "addr": "here"}));
    }
    let cond = "cond=ac='bulk'";
    assert_eq!(anon.ok(&format!("ApiLog.setIf?{cond}"), json!({"addr": "there", "t": 5})), json!(3));
    assert_eq!(
        anon.ok(&format!("ApiLog.query?{cond}&res=addr,t&distinct=1&fmt=array"), json!(null)),
        json!([{"addr": "there", "t": 5}])
    );
    assert_eq!(anon.fails(&format!("ApiLog.setIf?{cond}"), json!({"ac": "x"})).0, code::FORBIDDEN);
    assert_eq!(anon.fails("ApiLog.setIf", json!({"addr": "x"})), (1, "未指定操作条件".into()));
    assert_eq!(anon.ok(&format!("ApiLog.delIf?{cond}"), json!(null)), json!(3));
    assert_eq!(anon.ok(&format!("ApiLog.delIf?{cond}"), json!(null)), json!(0));
}
