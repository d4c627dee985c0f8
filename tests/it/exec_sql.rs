//! The query page: one statement, no secrets, no way around the rules.

use crate::app::TestApp;
use crate::code;
use jindou::auth::Role;
use serde_json::{Value, json};

fn sql(app: &TestApp, fmt: &str, text: &str) -> Value {
    app.anon().call(&format!("execSql?fmt={fmt}"), json!({"sql": text}))
}

#[test]
fn rows_come_in_every_shape() {
    let app = TestApp::rtest();
    let text = "SELECT id, uname FROM User WHERE 1<2";
    assert_eq!(sql(&app, "", text), json!([0, [{"id": 1, "uname": "rtest"}]]));
    assert_eq!(sql(&app, "array", text), json!([0, [[1, "rtest"]]]));
    assert_eq!(sql(&app, "table", text), json!([0, {"h": ["id", "uname"], "d": [[1, "rtest"]]}]));
    assert_eq!(sql(&app, "one", text), json!([0, [1, "rtest"]]));
    assert_eq!(sql(&app, "one", "SELECT uname FROM User"), json!([0, "rtest"]));
    assert_eq!(sql(&app, "one", "SELECT uname FROM User WHERE id=9"), json!([0, false]));
    assert_eq!(
        sql(&app, "table", "SELECT uname FROM User WHERE id=9"),
        json!([0, {"h": ["uname"], "d": []}])
    );
    assert_eq!(app.anon().ok("execSql?wantArray=1", json!({"sql": "SELECT 1, 2"})), json!([[1, 2]]));
    assert_eq!(app.anon().ok("execSql?sql=SELECT%201%20n", json!(null)), json!([{"n": 1}]));
    assert_eq!(app.anon().ok("dbinst", json!(null)), json!([]));
    for bad in ["execSql", "execSql?fmt=tree&sql=select%201", "execSql?dbinst=other&sql=select%201"] {
        assert_eq!(app.anon().fails(bad, json!(null)).0, code::PARAM, "{bad}");
    }
}

#[test]
fn the_head_says_how_long_it_took() {
    let app = TestApp::rtest();
    let got = app.anon().send("GET", "execSql?sql=SELECT%201", &[], None);
    for name in ["x-execsql-time", "x-exec-time"] {
        let millis: f64 = got.header(name).strip_suffix("ms").unwrap().parse().unwrap();
        assert!((0.0..10_000.0).contains(&millis), "{name}");
    }
}

#[test]
fn secrets_stay_secret_under_every_name() {
    let app = TestApp::rtest();
    app.login(Role::User, 1);
    let hash = app.cell("SELECT pwd FROM User WHERE id=1");
    let hash = hash.as_str().unwrap();
    assert!(hash.starts_with("$argon2id$"));
    for text in [
        "SELECT pwd FROM User",
        "SELECT pwd AS name FROM User",
        "SELECT * FROM User",
        "SELECT x.a FROM (SELECT pwd a FROM User) x",
        "WITH t(a) AS (SELECT pwd FROM User) SELECT a FROM t",
        "SELECT pwd FROM User UNION SELECT 'x'",
        "SELECT 'x' UNION ALL SELECT pwd FROM User",
        "SELECT max(pwd) m FROM User",
        "SELECT substr(pwd, 1, 99) s, pwd||'' t, hex(pwd) h FROM User",
        "SELECT group_concat(pwd) FROM User",
        "SELECT (SELECT pwd FROM User) p",
        "SELECT json_object('p', pwd) FROM User",
        "SELECT quote(pwd) FROM User ORDER BY pwd",
        "SELECT hash FROM Session",
        "SELECT * FROM Session, Token",
    ] {
        let answer = sql(&app, "table", text);
        let shown = answer.to_string();
        assert_eq!(answer[0], 0, "{text}: {shown}");
        assert!(!shown.contains("argon2"), "{text}: {shown}");
        assert!(!shown.contains(&hex(hash)), "{text}");
        let session = app.cell("SELECT hash FROM Session");
        assert!(!shown.contains(session.as_str().unwrap()), "{text}");
    }
    assert_eq!(sql(&app, "one", "SELECT pwd AS name FROM User"), json!([0, "****"]));
    assert_eq!(sql(&app, "one", "SELECT * FROM User WHERE id=1")[1][3], "****");
    // It cannot be guessed at either.
    assert_eq!(sql(&app, "array", "SELECT id FROM User WHERE pwd LIKE '$argon2%'"), json!([0, []]));
    assert_eq!(sql(&app, "one", "SELECT count(pwd) FROM User"), json!([0, 0]));
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn only_one_reading_statement_gets_through() {
    let app = TestApp::rtest();
    let users = app.cell("SELECT count(*) FROM User");
    for (text, code) in [
        ("DELETE FROM User", 5),
        ("UPDATE User SET name='x'", 5),
        ("INSERT INTO User(uname) VALUES ('x') RETURNING id", 5),
        ("DROP TABLE User", 5),
        ("CREATE TABLE t(a)", 5),
        ("CREATE TEMP TABLE t AS SELECT * FROM User", 5),
        ("ALTER TABLE User RENAME COLUMN pwd TO open", 5),
        ("ATTACH '/tmp/other.db' AS o", 5),
        ("PRAGMA query_only=OFF", 5),
        ("PRAGMA journal_mode=DELETE", 5),
        ("BEGIN", 5),
        ("COMMIT", 5),
        ("ROLLBACK", 5),
        ("VACUUM", 5),
        ("VACUUM INTO '/tmp/copy.db'", 5),
        ("SELECT load_extension('/tmp/x.so')", 5),
        ("SELECT 1; DELETE FROM User", 3),
        ("SELECT 1; SELECT 2", 3),
        ("SELEC 1", 3),
        ("SELECT nosuch FROM User", 3),
        ("SELECT 1 FROM Nowhere", 3),
        ("-- nothing", 3),
    ] {
        let answer = sql(&app, "table", text);
        assert_eq!(answer[0], code, "{text}: {answer}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM User"), users);
    // The reader is as it was: it still refuses to write, and calls go on.
    assert_eq!(sql(&app, "one", "SELECT count(*) FROM User")[1], users);
    assert_eq!(app.anon().ok("fn?f=execOne", json!({"sql": "UPDATE User SET name='y'"})), json!(1));
    // A comment may follow, and the message is the database's.
    assert_eq!(sql(&app, "one", "SELECT 1; -- done")[1], 1);
    let answer = sql(&app, "", "SELECT nosuch FROM User");
    assert_eq!((&answer[1], &answer[2]), (&json!("数据库错误"), &json!("no such column: nosuch")));
}

#[test]
fn writing_takes_a_setting() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest"), ("P_EXECSQL", "write")]);
    assert_eq!(sql(&app, "", "UPDATE User SET name='x'"), json!([0, 1]));
    assert_eq!(
        sql(&app, "table", "UPDATE User SET name='x' WHERE id=9"),
        json!([0, {"h": ["affectedRows"], "d": [[0]]}])
    );
    let id = app.anon().ok("execSql?wantId=1", json!({"sql": "INSERT INTO User(uname) VALUES ('two')"}));
    assert_eq!(id, json!(2));
    assert_eq!(sql(&app, "one", "DELETE FROM User WHERE id=2 RETURNING uname"), json!([0, "two"]));
    // A change never sees a secret, so it cannot carry one elsewhere.
    for (text, code) in [
        ("UPDATE User SET name=pwd", 5),
        ("INSERT INTO User(uname) SELECT pwd FROM User", 5),
        ("UPDATE User SET name='x' RETURNING pwd", 5),
        ("CREATE TRIGGER t AFTER UPDATE ON User BEGIN UPDATE User SET name=new.pwd; END", 5),
        ("CREATE VIEW v AS SELECT pwd AS p FROM User", 5),
        ("DROP TABLE User", 5),
        ("INSERT INTO User(id) VALUES (1)", 3),
    ] {
        assert_eq!(sql(&app, "", text)[0], code, "{text}");
    }
    assert_eq!(app.cell("SELECT name FROM User WHERE id=1"), json!("x"));
    let got = app.anon().send("POST", "execSql", &[], Some(Vec::new()));
    assert_eq!(got.json()[0], 1);
}

#[test]
fn habits_of_other_databases_work() {
    let app = TestApp::rtest();
    let tables = sql(&app, "table", "show tables");
    assert_eq!((&tables[1]["hint"], &tables[1]["db"]), (&json!("tbl"), &json!("main")));
    assert!(tables[1]["d"].as_array().unwrap().contains(&json!(["ApiLog"])), "{tables}");
    assert_eq!(
        sql(&app, "table", "show databases")[1],
        json!({"h": ["Database"], "d": [["main"]], "hint": "db", "db": "main"})
    );
    let columns = sql(&app, "array", "describe User");
    assert_eq!(columns[1][0], json!(["id", "INTEGER", "NO", "PRI", null]));
    assert_eq!(sql(&app, "", "describe Nothing"), json!([3, "数据库错误", "no such table: Nothing"]));
    let index = sql(&app, "", "show index from User");
    assert_eq!((&index[1][0]["Column_name"], &index[1][0]["Non_unique"]), (&json!("uname"), &json!(0)));
    let create = sql(&app, "one", "show create table User");
    assert!(create[1][1].as_str().unwrap().starts_with("CREATE TABLE"));
}

#[test]
fn an_endless_statement_is_cut_off() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest"), ("P_QUERY_TIMEOUT_MS", "100")]);
    let text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n";
    let answer = sql(&app, "", text);
    assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("查询超时，请缩小查询范围")));
}

#[test]
fn an_endless_change_is_cut_off_alone() {
    let settings =
        [("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest"), ("P_EXECSQL", "write"), ("P_QUERY_TIMEOUT_MS", "300")];
    let app = TestApp::with(&settings);
    let text = "INSERT INTO User(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n";
    let (slow, others) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| sql(&app, "", text));
        let others: Vec<_> =
            (0..8).map(|_| scope.spawn(|| app.anon().call("ApiLog.add", json!({"ac": "beside"})))).collect();
        let others: Vec<Value> = others.into_iter().map(|thread| thread.join().unwrap()).collect();
        (slow.join().unwrap(), others)
    });
    assert_eq!((&slow[0], &slow[1]), (&json!(3), &json!("查询超时，请缩小查询范围")));
    assert_eq!(app.cell("SELECT COUNT(*) FROM User"), json!(1), "nothing of it stays");
    // Each of the others was either done or told to try again; the log knows which.
    let done = others.iter().filter(|answer| answer[0] == 0).count();
    assert!(others.iter().all(|answer| answer[0] == 0 || answer[0] == 3 || answer[0] == 4), "{others:?}");
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE ac='beside'"), json!(done));
    assert_eq!(app.cell("SELECT retval FROM ApiLog WHERE ac='execSql'"), json!(3));
    assert_eq!(sql(&app, "one", "SELECT count(*) FROM User"), json!([0, 1]));
}

#[test]
fn a_read_that_was_long_answers_the_same_when_it_comes_again() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest"), ("P_EXECSQL", "write")]);
    let anon = app.anon();
    let query =
        || anon.call("ApiLog.query?res=count(*) n&fmt=one", json!({"cond": "ac LIKE '%of many%' AND t>=0"}));
    assert_eq!(query(), json!([0, {"n": 0}]));
    assert!(app.server.long_reads.is_empty());
    let many = "INSERT INTO ApiLog(ac, t) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40000) SELECT 'one of many', i FROM n";
    sql(&app, "", many);
    for _ in 0..3 {
        assert_eq!(query(), json!([0, {"n": 40_000}]));
        assert!(!app.server.long_reads.is_empty());
    }
    sql(&app, "", "DELETE FROM ApiLog WHERE ac='one of many'");
    for _ in 0..3 {
        assert_eq!(query(), json!([0, {"n": 0}]));
    }
}

#[test]
fn a_result_that_was_cut_says_so() {
    let app = TestApp::rtest();
    let numbers = |to: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{to}) SELECT i FROM n")
    };
    let whole = sql(&app, "table", &numbers(10_000));
    assert_eq!((whole[1]["d"].as_array().unwrap().len(), whole[1].get("cut")), (10_000, None));
    let cut = sql(&app, "table", &numbers(10_001));
    assert_eq!((cut[1]["d"].as_array().unwrap().len(), &cut[1]["cut"]), (10_000, &json!(10_000)));
    let head = [("content-type", "application/json")];
    let body = json!({"sql": numbers(20_000)}).to_string();
    assert_eq!(app.anon().send("POST", "execSql", &head, Some(body.into())).header("x-execsql-cut"), "10000");
}

#[test]
fn outside_test_mode_it_is_the_administrators() {
    let app = TestApp::production();
    assert_eq!(app.anon().fails("execSql?sql=SELECT%201", json!(null)).0, code::NOAUTH);
    assert_eq!(app.anon().fails("dbinst", json!(null)).0, code::NOAUTH);
    let ask = |role| app.call_as(role, 1, "execSql", json!({"fmt": "one"}), json!({"sql": "SELECT 7"}));
    assert_eq!(ask(Role::Mgr)[0], 5);
    assert_eq!(ask(Role::Admin), json!([0, 7]));
}

#[test]
fn one_value_and_all_of_them_together_have_a_size() {
    let app = TestApp::rtest();
    for long in ["randomblob(1000000000)", "zeroblob(1000000000)", "printf('%.*c', 1000000000, 'x')"] {
        assert_eq!(sql(&app, "one", &format!("SELECT {long}"))[0], json!(3), "{long}");
    }
    let rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9000)";
    let text = format!("{rows} SELECT printf('%.*c', 1000000, 'x') FROM c");
    let (head, body) = ([("content-type", "application/json")], json!({"sql": text}).to_string());
    let got = app.anon().send("POST", "execSql", &head, Some(body.into()));
    let told: usize = got.header("x-execsql-cut").parse().unwrap();
    assert!((20..60).contains(&told), "{told} rows of a million letters each");
    assert_eq!(sql(&app, "one", "SELECT length(printf('%.*c', 16000000, 'x'))"), json!([0, 16_000_000]));
}
