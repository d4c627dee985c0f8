//! Mistakes that other implementations of the protocol are known for, each as a test that this one does not
//! make them.

use crate::app::TestApp;
use crate::code;
use crate::lab::{admin, emp, lab, user};
use serde_json::json;

#[test]
fn batch_del_ran_set_and_deleted_nothing() {
    let app = lab();
    assert_eq!(emp(&app).ok("Bill.batchDel?cond=id<3", json!({"cmt": "x"})), json!(2));
    assert_eq!(app.cell("select count(*) from Bill where id<3 or cmt='x'"), json!(0));
}

#[test]
fn set_if_lost_a_part_of_the_readonly_fields() {
    let app = lab();
    assert_eq!(emp(&app).fails("Cust.setIf?cond=id=1", json!({"code": "X"})).0, code::FORBIDDEN);
    assert_eq!(emp(&app).fails("Cust.setIf?cond=id=1", json!({"createTm": "2020-01-01"})).0, code::FORBIDDEN);
}

#[test]
fn uni_key_mode_error_with_update_only_failed_on_a_match() {
    let app = lab();
    assert_eq!(
        admin(&app).ok("Cust.add?uniKey=code!&uniKeyMode=error", json!({"code": "C1", "cmt": "x"})),
        json!(1)
    );
    assert_eq!(app.cell("select cmt from Cust where id=1"), json!("x"));
}

#[test]
fn use_strict_readonly_had_no_effect_in_batch_add() {
    let app = lab();
    let list = json!({"list": [{"name": "a", "code": "R1", "createTm": "2020-01-01"}]});
    assert_eq!(emp(&app).ok("Cust.batchAdd", list.clone())["cnt"], json!(1));
    assert_eq!(app.cell("select coalesce(createTm,'-') from Cust where code='R1'"), json!("-"));
    assert_eq!(emp(&app).fails("Cust.batchAdd?useStrictReadonly=1", list).0, code::PARAM);
}

#[test]
fn documented_condition_keys_were_sql_errors() {
    let app = lab();
    let got =
        admin(&app).ok("Cust.query?res=id", json!({"cond": {"name~": "jack", "level!": 1, "code!~": "zz"}}));
    assert_eq!(got["d"], json!([[4]]));
}

#[test]
fn csv_lost_every_value_that_needs_quotes() {
    let app = lab();
    let client = admin(&app);
    client.ok("Shop.set?id=1", json!({"name": "a,b", "city": "c\"d\ne"}));
    let got = client.send("GET", "Shop.query?fmt=csv&cond=1", &[], None);
    assert_eq!(got.text(), "id,name,city\n1,\"a,b\",\"c\"\"d\ne\"\n");
}

#[test]
fn test_mode_bits_were_never_granted() {
    let app = TestApp::rtest();
    assert_eq!(app.anon().ok("fn?f=queryOne&sql=select 1", json!(null)), json!(1));
}

#[test]
fn next_key_was_missing_or_false() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(
        client.ok("Bill.query?res=name&pagesz=2", json!(null))["nextkey"],
        json!(2),
        "id is not in res"
    );
    assert_eq!(client.ok("Bill.query?res=name,qty&sumFields=qty&pagesz=2", json!(null))["nextkey"], json!(2));
    assert!(client.ok("Bill.query?res=id&pagesz=8", json!(null)).get("nextkey").is_none(), "exactly full");
    assert_eq!(client.ok("Bill.query?res=id&page=-3&pagesz=1", json!(null))["d"], json!([[1]]));
    assert_eq!(
        client.ok("Bill.query?res=id,name&cond=id>99", json!(null)),
        json!({"h": ["id", "name"], "d": []})
    );
}

#[test]
fn aggregates_of_children_went_to_the_first_parent() {
    let app = lab();
    let got = admin(&app).ok("Cust.query?res=id,bills&res_bills=count(*) n&cond=id<4&fmt=array", json!(null));
    assert_eq!(
        got,
        json!([{"id": 1, "bills": [{"n": 2}]}, {"id": 2, "bills": [{"n": 3}]}, {"id": 3, "bills": [{"n": 2}]}])
    );
}

#[test]
fn set_of_a_missing_row_reported_ok() {
    let app = lab();
    assert_eq!(
        admin(&app).fails("Bill.set?id=999", json!({"cmt": "x"})),
        (1, "操作对象不存在或无权限修改".into())
    );
}

#[test]
fn a_batch_item_with_bad_parameters_had_two_results() {
    let app = lab();
    let got = admin(&app).ok(
        "batch",
        json!([{"ac": "Shop.get", "get": 5}, {"ac": "Shop.get", "get": {"id": 1, "res": "id"}}]),
    );
    assert_eq!((got.as_array().unwrap().len(), &got[0][0], &got[1]), (2, &json!(1), &json!([0, {"id": 1}])));
}

#[test]
fn raw_2_printed_array() {
    let app = lab();
    let got = admin(&app).send("GET", "Shop.query?res=id,name&fmt=array&_raw=2", &[], None).text();
    assert!(!got.contains("Array") && got.contains("1\t南店"), "{got}");
}

#[test]
fn flags_were_edited_by_substring() {
    let app = lab();
    let client = admin(&app);
    client.ok("Cust.set?id=3", json!({"flag_vip": 0}));
    assert_eq!(app.cell("select flags from Cust where id=3"), json!("vipx"));
    client.ok("Cust.set?id=1", json!({"flag_vip": 1}));
    assert_eq!(app.cell("select flags from Cust where id=1"), json!("new vip"));
}

#[test]
fn parallel_adds_of_one_key_could_collide() {
    let app = lab();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = admin(&app);
                for i in 0..5 {
                    client.ok("Node.add?uniKey=name", json!({"name": format!("k{i}"), "fatherId": 1}));
                }
            });
        }
    });
    assert_eq!(app.cell("select count(*) from Node where name like 'k%'"), json!(5));
}

#[test]
fn numbers_became_0_and_texts_were_cut() {
    let app = lab();
    let client = admin(&app);
    for (field, value) in [
        ("amount", json!("abc")),
        ("qty", json!("1.5x")),
        ("name", json!("x".repeat(21))),
        ("tm", json!("soon")),
        ("payDt", json!("2024-02-30")),
    ] {
        let answer = client.call("Bill.add", json!({field: value}));
        assert_eq!(answer[0], json!(1), "{answer}");
        assert!(answer.to_string().contains(field), "{answer}");
    }
    assert_eq!(app.cell("select count(*) from Bill"), json!(8));
}

#[test]
fn another_users_rows_through_a_comment() {
    let app = lab();
    let client = user(&app, 1);
    assert_eq!(client.fails("Bill.query", json!({"cond": "1=1) -- "})).0, code::FORBIDDEN);
    assert_eq!(client.fails("Bill.set?id=4", json!({"name": "x", "cond": "id=4 -- "})).0, code::PARAM);
}
