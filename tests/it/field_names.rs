//! One name for a field, however a caller spells it: `t0.x` meets the rules and the records of `x`, in every
//! action that writes.

use crate::app::{Client, TestApp};
use crate::code;
use crate::files_app::{packed, quarters};
use crate::lab::{self, lab};
use crate::login::{employee, user};
use crate::watch_family::family;
use image::ImageFormat;
use jindou::auth::Role;
use serde_json::{Value, json};

const SECRET: &str = "marble-ocean-41";

/// A user and another one, an employee and a manager.
fn people() -> TestApp {
    let app = TestApp::new();
    assert_eq!((user(&app, "13800138000"), user(&app, "13800138001")), (1, 2));
    assert_eq!((employee(&app, "wang", "emp"), employee(&app, "chief", "emp,mgr")), (1, 2));
    app
}

fn order(client: &Client<'_>, more: Value) -> Value {
    let Value::Object(mut fields) = more else { panic!("fields are an object") };
    fields.insert("dscr".into(), json!("tea"));
    client.ok("Ordr.add", Value::Object(fields))
}

fn picture(client: &Client<'_>, name: &str) -> Value {
    client.upload("upload", name, &packed(quarters(20, 20), ImageFormat::Png))["id"].clone()
}

/// Whether no record of any kind holds a text.
#[track_caller]
fn unrecorded(app: &TestApp, text: &str) {
    for (table, column) in
        [("ApiLog", "req"), ("ApiLog", "res"), ("ApiLog1", "req"), ("ApiLog1", "res"), ("ObjLog", "changes")]
    {
        let found = app.cell(&format!("select {column} from {table} where {column} like '%{text}%'"));
        assert_eq!(found, Value::Null, "{table}.{column}");
    }
}

#[test]
fn a_state_is_reached_by_its_steps_alone() {
    let app = people();
    let (owner, emp) = (app.login(Role::User, 1), app.login(Role::Emp, 1));
    let id = order(&owner, json!({}));
    assert_eq!(owner.fails(&format!("Ordr.set?id={id}"), json!({"t0.status": "RE"})).0, code::FORBIDDEN);
    assert_eq!(app.cell("select status from Ordr"), json!("CR"));
    emp.ok(&format!("Ordr.set?id={id}"), json!({"t0.status": "RE"}));
    let log = "select group_concat(action) from (select action from OrderLog order by id)";
    assert_eq!(app.cell(log), json!("CR,RE"), "the step is in the log of the order");
    for back in ["CR", "CA", "XX"] {
        assert_eq!(
            emp.fails(&format!("Ordr.set?id={id}"), json!({"t0.status": back})).0,
            code::FORBIDDEN,
            "{back}"
        );
    }
    let mgr = app.login(Role::Mgr, 2);
    assert_eq!(mgr.fails("Ordr.setIf?cond=id>0", json!({"t0.status": "CR"})).0, code::FORBIDDEN);
    assert_eq!(mgr.fails("Ordr.batchSet?cond=id>0", json!({"t0.status": "CR"})).0, code::FORBIDDEN);
    let item = json!([{"ac": "Ordr.set", "get": {"id": id}, "post": {"t0.status": "CR"}}]);
    assert_eq!(emp.ok("batch", item)[0][0], json!(5));
    assert_eq!(app.cell("select status from Ordr"), json!("RE"));
    // A new order begins at the beginning.
    let made = order(&owner, json!({"t0.status": "RE", "t0.userId": 2}));
    let row = app.cell(&format!("select status||userId from Ordr where id={made}"));
    assert_eq!(row, json!("CR1"));
}

#[test]
fn a_password_is_judged_hashed_and_masked() {
    let app = people();
    // Managers set the passwords of others; one's own is changed by `chpwd` alone.
    let (emp, mgr) = (app.login(Role::Emp, 1), app.login(Role::Mgr, 2));
    let hash = || app.cell("select pwd from Employee where id=1");
    let before = hash();
    for weak in [
        json!("123456"),
        json!(123_456),
        json!(1.0),
        json!(true),
        json!("wang"),
        json!([SECRET]),
        json!({"a": SECRET}),
    ] {
        for name in ["pwd", "t0.pwd"] {
            emp.fails("Employee.set", json!({ name: weak }));
            mgr.fails("Employee.set?id=1", json!({ name: weak }));
            assert_eq!(hash(), before, "{name}={weak}");
        }
    }
    let other = app.login(Role::Emp, 1);
    assert_eq!(emp.fails("Employee.set", json!({"t0.pwd": SECRET})).0, code::FORBIDDEN);
    mgr.ok("Employee.set?id=1", json!({"t0.pwd": SECRET}));
    let stored = hash();
    assert!(stored.as_str().unwrap().starts_with("$argon2id$"), "{stored}");
    assert_eq!(other.fails("Employee.get", json!(null)).0, code::NOAUTH, "the other sessions have ended");
    assert_eq!(app.client("emp").call("login", json!({"uname": "wang", "pwd": SECRET}))[0], json!(0));
    assert_eq!(
        app.cell("select changes from ObjLog where obj='Employee' order by id desc limit 1"),
        json!(r#"{"pwd":["?","?"]}"#)
    );
    unrecorded(&app, SECRET);
    unrecorded(&app, "argon2");
}

#[test]
fn a_secret_is_masked_under_every_spelling() {
    let app = people();
    let (mgr, guest) = (app.login(Role::Mgr, 2), app.anon());
    for name in ["t0.pwd", "T0.pwd", "t0.t0.pwd", "PWD", " pwd ", "`pwd`", "\"pwd\"", "ｐｗｄ", "t0.Pwd"] {
        for client in [&mgr, &guest] {
            client.call("Employee.set?id=1", json!({ name: SECRET }));
            client.call("Employee.add", json!({"uname": "new", "list": [{ name: SECRET }]}));
            client.call("Employee.batchSet?cond=id=1", json!({ name: SECRET }));
            client.call("batch", json!([{"ac": "Employee.set", "get": {"id": 1}, "post": { name: SECRET }}]));
            client.call("Employee.add", json!({"text": json!({ name: SECRET }).to_string()}));
        }
    }
    unrecorded(&app, SECRET);
}

#[test]
fn a_file_of_somebody_else_is_not_taken() {
    let app = people();
    let (owner, other) = (app.login(Role::User, 1), app.login(Role::User, 2));
    let private = picture(&owner, "passport.png");
    order(&owner, json!({}));
    let mine = order(&other, json!({"atts": [{"attId": picture(&other, "mine.png")}]}));
    let att = app.cell("select max(id) from OrderAtt");
    let id = private.as_i64().unwrap();
    for value in
        [json!(id), json!(id.to_string()), json!(id as f64), json!(format!("+{id}")), json!(format!("0{id}"))]
    {
        for name in ["picId", "t0.picId"] {
            assert_eq!(other.fails("User.set", json!({ name: value })).0, code::FORBIDDEN, "{name}={value}");
        }
        for name in ["attId", "t0.attId"] {
            for item in
                [json!({"id": att, name: value}), json!({ name: value }), json!({"t0.id": att, name: value})]
            {
                let body = json!({"atts": [item]});
                assert_eq!(
                    other.fails(&format!("Ordr.set?id={mine}"), body.clone()).0,
                    code::FORBIDDEN,
                    "{body}"
                );
                assert_eq!(other.fails("Ordr.add", body.clone()).0, code::FORBIDDEN, "{body}");
            }
        }
    }
    assert_eq!(other.get(&format!("att?id={private}")).status, 404);
    // So a row of another user cannot take the file along when it goes.
    other.ok(&format!("Ordr.set?id={mine}"), json!({"atts": [{"t0.id": att, "_delete": 1}]}));
    assert_eq!(app.cell("select count(*) from OrderAtt"), json!(0));
    assert_eq!(owner.get(&format!("att?id={private}")).status, 200);
}

#[test]
fn a_child_stays_with_its_parent() {
    let app = people();
    let (owner, other) = (app.login(Role::User, 1), app.login(Role::User, 2));
    let theirs = order(&owner, json!({}));
    let mine = order(&other, json!({"atts": [{"attId": picture(&other, "a.png"), "t0.orderId": theirs}]}));
    let parents = || app.cell("select group_concat(orderId) from OrderAtt");
    assert_eq!(parents(), json!(mine.to_string()));
    let att = app.cell("select max(id) from OrderAtt");
    other.ok(&format!("Ordr.set?id={mine}"), json!({"atts": [{"id": att, "t0.orderId": theirs}]}));
    other.ok(&format!("Ordr.set?id={mine}"), json!({"atts": [{"t0.id": att, "t0.orderId": theirs}]}));
    assert_eq!(parents(), json!(mine.to_string()));
}

#[test]
fn a_row_is_not_given_away() {
    let app = lab();
    let user = lab::user(&app, 1);
    for name in ["ownerId", "t0.ownerId"] {
        for action in ["set?id=1", "setIf?cond=id=1", "batchSet?cond=id=1"] {
            assert_eq!(
                user.fails(&format!("Bill.{action}"), json!({ name: 2 })).0,
                code::FORBIDDEN,
                "{action} {name}"
            );
        }
        assert_eq!(user.ok("Bill.batchAdd", json!({"list": [{"name": "n", name: 2}]}))["cnt"], json!(1));
    }
    assert_eq!(app.cell("select count(*) from Bill where ownerId=2"), json!(4));
    assert_eq!(app.cell("select count(*) from Bill where id>8 and ownerId=1"), json!(2));
}

#[test]
fn required_and_read_only_fields_hold_for_the_prefix_too() {
    let app = lab();
    let emp = lab::emp(&app);
    for empty in ["", "null", "empty"] {
        assert_eq!(emp.fails("Cust.set?id=1", json!({"t0.name": empty})), (1, "字段`name`不允许置空".into()));
        assert_eq!(emp.fails("Cust.setIf?cond=id=1", json!({"t0.name": empty})).0, code::PARAM);
    }
    assert_eq!(
        emp.fails("Cust.add", json!({"name": "n", "code": "R", "t0.createTm": "2020-01-01"})).0,
        code::FORBIDDEN
    );
    assert_eq!(emp.fails("Cust.set?id=1", json!({"t0.code": "N"})).0, code::FORBIDDEN);
    emp.ok("Cust.set?id=1", json!({"t0.code": "N", "t0.cmt": "c", "useStrictReadonly": "0"}));
    assert_eq!(app.cell("select code||cmt from Cust where id=1"), json!("C1c"));
    assert_eq!(
        app.cell("select changes from ObjLog order by id desc limit 1"),
        json!(r#"{"cmt":[null,"c"]}"#)
    );
    emp.ok("Cust.add", json!({"t0.name": "n", "t0.phone": "1", "t0.secretWord": SECRET}));
    let user = lab::user(&app, 1);
    assert_eq!(
        user.fails("Memo.set?id=1", json!({"t0.text": "bad"})),
        (1, "文字不当".into()),
        "hooks see it"
    );
    assert!(
        !app.cell("select group_concat(changes) from ObjLog").as_str().unwrap().contains(SECRET),
        "hidden fields stay hidden"
    );
}

#[test]
fn a_field_is_given_once() {
    let app = lab();
    let emp = lab::emp(&app);
    let twice = json!({"name": "x", "t0.name": "y", "phone": "1"});
    for (action, body) in [
        ("Cust.add", twice.clone()),
        ("Cust.set?id=1", twice.clone()),
        ("Cust.setIf?cond=id=1", twice.clone()),
        ("Cust.batchSet?cond=id=1", twice.clone()),
        ("Cust.add?uniKey=name", twice.clone()),
        ("Bill.add", json!({"name": "n", "items": [twice]})),
    ] {
        assert_eq!(emp.fails(action, body), (1, "字段`name`重复".into()), "{action}");
    }
    let (code, text) = emp.fails("Cust.batchAdd", json!({"list": [twice]}));
    assert!(code == 1 && text.contains("字段`name`重复"), "{text}");
    assert_eq!(app.cell("select count(*) from Cust where name in ('x','y')"), json!(0));
    assert_eq!(app.cell("select count(*) from ObjLog"), json!(0));
}

#[test]
fn a_misspelled_name_is_told_without_hidden_ones() {
    let app = lab();
    let emp = lab::emp(&app);
    for (sent, told) in [("nme", true), ("secretWor", false), ("pwdd", false)] {
        let answer = emp.call("Cust.set?id=1", json!({ sent: 1 }));
        assert_eq!((&answer[0], &answer[1]), (&json!(1), &json!(format!("未知字段`{sent}`"))));
        assert_eq!(answer.to_string().contains("did you mean"), told, "{answer}");
    }
}

#[test]
fn a_key_is_named_as_a_field_is() {
    let app = lab();
    let admin = lab::admin(&app);
    for (at, (key, name)) in
        [("code", "t0.code"), ("t0.code", "code"), ("t0.code", "t0.code")].into_iter().enumerate()
    {
        let target = format!("Cust.add?uniKey={key}");
        assert_eq!(admin.ok(&target, json!({name: "C2", "t0.cmt": at})), json!(2), "{key} {name}");
        assert_eq!(app.cell("select cmt from Cust where id=2"), json!(at.to_string()));
        assert_eq!(
            admin.fails(&format!("{target}&uniKeyMode=error"), json!({ name: "C2" })).1,
            "已存在重复记录: code=C2"
        );
    }
    // Neither what nobody may see nor what does not exist can be the key.
    for key in ["secretWord", "t0.secretWord", "pwd", "t0.pwd", "nosuch", "t0.custName", "CODE", "t0.t0.code"]
    {
        assert_eq!(
            admin.fails(&format!("Cust.add?uniKey={key}"), json!({"secretWord": "sesame", "pwd": "x"})).0,
            code::DB,
            "{key}"
        );
    }
    assert_eq!(app.cell("select count(*) from Cust"), json!(5));
}

#[test]
fn a_word_obeys_the_rules_of_its_column() {
    use jindou::plugin::*;
    static BADGE: Object = Object::table("Badge").emp(can(ALL).readonly("flags").lenient());
    static STRICT: Object = Object::table("Strict").over("Badge").emp(can(ALL).readonly_on_set("flags"));
    static PLUGIN: Plugin = Plugin::new("badge", "\n@Badge: id, name(s), flags(l)\n")
        .objects(&[&BADGE, &STRICT])
        .functions(&[write("login", GUEST, |_, _| Ok(Answer::ok()))])
        .logins(&[LoginType::new("emp", "", |_, _| Ok(Some(Identity::new(EMP, 0))))]);
    static PLUGINS: &[&Plugin] = &[&PLUGIN];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    let emp = app.login(Role::Emp, 1);
    let id = emp.ok("Strict.add", json!({"name": "n", "flag_a": 1, "flag_b": 1}));
    emp.ok(&format!("Badge.set?id={id}"), json!({"name": "m", "flag_a": 0, "flag_vip": 1}));
    assert_eq!(app.cell("select name||flags from Badge"), json!("ma b"));
    assert_eq!(emp.fails(&format!("Strict.set?id={id}"), json!({"flag_vip": 1})).0, code::FORBIDDEN);
    assert_eq!(emp.fails(&format!("Strict.set?id={id}"), json!({"t0.flag_vip": 1})).0, code::PARAM);
    let many: Map<String, Value> = (0..1000).map(|n| (format!("flag_{n}"), json!(1))).collect();
    assert_eq!(emp.fails("Strict.add", Value::Object(many)).0, code::PARAM);
    assert_eq!(app.cell("select flags from Badge"), json!("a b"));
}

#[test]
fn a_faulty_line_is_told_without_its_password() {
    let app = people();
    let mgr = app.login(Role::Mgr, 2);
    let lists =
        [json!({"list": [{"name": "n", "pwd": SECRET}]}), json!({"list": [{"name": "n", "t0.pwd": SECRET}]})];
    let mut told: Vec<String> =
        lists.into_iter().map(|body| mgr.fails("Employee.batchAdd", body).1).collect();
    for (params, header) in [
        ("", "name,pwd"),
        ("?title=name,pwd", "a,b"),
        ("?title=name,t0.pwd", "a,b"),
        ("?title=name,-", "a, PWD"),
        ("?useColMap=1&title=b->pwd,a->name", "a,b"),
    ] {
        let target = format!("Employee.batchAdd{params}");
        let body = format!("{header}\nn,{SECRET}\n");
        let got = mgr.send("POST", &target, &[("content-type", "text/csv")], Some(body.into_bytes())).json();
        assert_eq!(got[0], json!(1), "{params}: {got}");
        told.push(got[1].as_str().unwrap().to_owned());
    }
    for text in told {
        assert!(text.contains("(\"n,?\")"), "{text}");
    }
    for (table, column) in [("ApiLog", "res"), ("ObjLog", "changes")] {
        let sql = format!("select {column} from {table} where {column} like '%{SECRET}%'");
        assert_eq!(app.cell(&sql), Value::Null);
    }
}

#[test]
fn an_action_of_an_authors_own_sees_the_bare_name() {
    let app = TestApp::new();
    let (one, first, _) = family(&app, "one");
    let (two, second, _) = family(&app, "two");
    one.ok(&format!("Circle.set?id={first}"), json!({"t0.email": "home@example.test"}));
    assert_eq!(app.cell("select email from Circle where name='one'"), json!("home@example.test"));
    for name in ["email", "t0.email"] {
        let target = format!("Circle.set?id={second}");
        assert_eq!(two.fails(&target, json!({ name: "home@example.test" })).0, 10012, "{name}");
        assert_eq!(two.fails(&target, json!({ name: "no address" })).0, code::PARAM, "{name}");
    }
    let twice = json!({"email": "a@example.test", "t0.email": "home@example.test"});
    assert_eq!(two.fails(&format!("Circle.set?id={second}"), twice), (1, "字段`email`重复".into()));
    assert_eq!(app.cell("select count(email) from Circle"), json!(1));
    // Staff reads the records, and does not see the word that opens a circle.
    let changes = app.cell("select changes from ObjLog where obj='Circle' and dscr='添加' limit 1");
    assert!(changes.as_str().unwrap().contains(r#""joinPwd":["?","?"]"#), "{changes}");
}
