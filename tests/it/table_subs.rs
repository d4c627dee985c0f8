//! Sub-objects in answers: lists, single rows, merged rows, their options, and their bounds.

use crate::code;
use crate::lab::{admin, emp, lab};
use serde_json::json;

#[test]
fn lists_single_rows_and_merged_rows() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Cust.query?res=id,bills,shop,place&cond=id in (1,4)&fmt=array", json!(null));
    assert_eq!(
        got,
        json!([
            {"id": 1, "bills": [{"id": 1, "amount": 10.5, "status": "CR"}, {"id": 2, "amount": 20, "status": "RE"}],
             "shop": {"id": 1, "name": "南店", "city": "上海"}, "place": "上海", "placeName": "南店"},
            {"id": 4, "bills": [], "shop": null, "place": null, "placeName": null}
        ])
    );
    assert_eq!(
        client.ok("Cust.get?id=2&res=lastBill", json!(null)),
        json!({"id": 2, "lastBill": {"id": 5, "tm": "2024-12-31 00:00:00", "amount": 50}})
    );
    assert_eq!(client.ok("Cust.get?id=4&res=id,lastBill", json!(null)), json!({"id": 4, "lastBill": null}));
}

/// The plan that the first row made serves the others: each must get its own children by it.
#[test]
fn parents_and_pages_take_turns() {
    let app = lab();
    let client = admin(&app);
    let res = "res=id,bills,lastBill,place&res_bills=id,amount";
    let one = |id: i64| client.ok(&format!("Cust.get?id={id}&{res}"), json!(null));
    let page =
        |cond: &str| client.ok(&format!("Cust.query?{res}&cond={cond}&orderby=id&fmt=array"), json!(null));
    for _ in 0..2 {
        let [first, second, fourth] = [1, 2, 4].map(one);
        assert_eq!(first["bills"], json!([{"id": 1, "amount": 10.5}, {"id": 2, "amount": 20}]));
        assert_eq!(second["lastBill"]["id"], json!(5));
        assert_eq!(fourth["bills"], json!([]));
        assert_eq!(page("id in (1,2)"), json!([first, second]));
        assert_eq!(page("id in (1,4)"), json!([first, fourth]));
        assert_eq!(page("id in (1,2,4)"), json!([first, second, fourth]));
    }
}

#[test]
fn res_and_param_of_a_sub_object() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Cust.get?id=2&res=bills&res_bills=id", json!(null));
    assert_eq!(got, json!({"id": 2, "bills": [{"id": 3}, {"id": 4}, {"id": 5}]}));
    let got = client.ok(
        "Cust.get?id=2&res=bills x&res_x=id&param_x[cond]=status<>'CA'&param_x[orderby]=id desc",
        json!(null),
    );
    assert_eq!(got, json!({"id": 2, "x": [{"id": 5}, {"id": 3}]}));
    let got = client
        .ok("Cust.get?id=2&res=bills a,bills b&res_a=id&res_b=amount", json!({"param_b": {"wantOne": 1}}));
    assert_eq!(got, json!({"id": 2, "a": [{"id": 3}, {"id": 4}, {"id": 5}], "b": {"amount": 30.25}}));
    let got = client
        .ok("Cust.get?id=2&res=bills&param_bills={\"res\":\"id,amount 额\",\"wantOne\":2}", json!(null));
    assert_eq!(got, json!({"id": 3, "额": 30.25}));
    assert_eq!(client.fails("Cust.get?id=2&res=bills&param_bills[wantOne]=7", json!(null)).0, code::PARAM);
    assert_eq!(client.fails("Cust.get?id=2&res=bills&res_bills=nosuch", json!(null)).0, code::DB);
    assert_eq!(client.fails("Cust.query?cond=id=99&res=bills&res_bills=nosuch", json!(null)).0, code::DB);
}

#[test]
fn the_latest_of_each_parent() {
    let app = lab();
    let client = admin(&app);
    for extra in ["", "&disableSubobjOptimize=1"] {
        let query = format!(
            "Cust.query?res=id,bills&res_bills=id&param_bills[pagesz]=1&param_bills[orderby]=id desc&cond=id<4&fmt=array{extra}"
        );
        let got = client.ok(&query, json!(null));
        assert_eq!(
            got,
            json!([{"id": 1, "bills": [{"id": 2}]}, {"id": 2, "bills": [{"id": 5}]}, {"id": 3, "bills": [{"id": 7}]}])
        );
    }
    let got = client
        .ok("Cust.query?res=id,bills&res_bills=id&param_bills[pagesz]=2&cond=id=2&fmt=one", json!(null));
    assert_eq!(got["bills"], json!([{"id": 3}, {"id": 4}]));
}

#[test]
fn aggregates_are_per_parent() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Cust.query?res=id,bills&res_bills=count(*) cnt,sum(amount) total&cond=id<5&fmt=array",
        json!(null),
    );
    assert_eq!(
        got,
        json!([
            {"id": 1, "bills": [{"cnt": 2, "total": 30.5}]},
            {"id": 2, "bills": [{"cnt": 3, "total": 120.25}]},
            {"id": 3, "bills": [{"cnt": 2, "total": 60.3}]},
            {"id": 4, "bills": []}
        ])
    );
    let got = client.ok("Cust.query?res=id,bills&res_bills=count(*) cnt&param_bills[gres]=status&param_bills[wantOne]=1&param_bills[orderby]=cnt desc&cond=id in (2,3)&fmt=array", json!(null));
    assert_eq!(got[1]["bills"]["cnt"], json!(1));
    let got = client.ok("Cust.query?res=id,bills&param_bills[distinct]=1&res_bills=status&param_bills[pagesz]=5&cond=id=2&fmt=one", json!(null));
    assert_eq!(got["bills"].as_array().unwrap().len(), 3);
}

#[test]
fn shapes_named_in_res() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Cust.query?cond=id=1&fmt=one",
        json!({"res": "id,%bills one={id},@shop list={name},...lastBill={id lastId}"}),
    );
    assert_eq!(got, json!({"id": 1, "one": {"id": 1}, "list": [{"name": "南店"}], "lastId": 2}));
    let got = client.ok("Bill.get?id=1", json!({"res": "id,items={id,notes={text}}"}));
    assert_eq!(
        got,
        json!({"id": 1, "items": [{"id": 1, "notes": [{"text": "n1"}, {"text": "n3"}]}, {"id": 2, "notes": [{"text": "n2"}]}]})
    );
    assert_eq!(client.fails("Cust.query", json!({"res": "id,@name"})).0, code::PARAM);
    assert_eq!(client.fails("Cust.query", json!({"res": "id,bills={"})).0, code::PARAM);
}

#[test]
fn sub_objects_are_not_without_number() {
    let app = lab();
    let client = admin(&app);
    let many = |n: usize| (0..n).map(|i| format!("@bills b{i}")).collect::<Vec<_>>().join(",");
    client.ok(&format!("Cust.query?res=id,{}", many(64)), json!(null));
    assert_eq!(client.fails(&format!("Cust.query?res=id,{}", many(65)), json!(null)).0, code::PARAM);
}

#[test]
fn nested_options_and_declared_order() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Bill.get?id=1&res=items,notes",
        json!({"param_items": {"res": "id,notes", "res_notes": "id", "cond": "name='pen'"}}),
    );
    assert_eq!(got["items"], json!([{"id": 1, "notes": [{"id": 1}, {"id": 3}]}]));
    assert_eq!(
        got["notes"],
        json!([{"id": 3, "text": "n3"}, {"id": 2, "text": "n2"}, {"id": 1, "text": "n1"}])
    );
    assert_eq!(
        client.ok("Bill.get?id=1&res=items&param_items={\"res\":\"id\"}", json!(null)),
        json!({"id": 1, "items": [{"id": 1}, {"id": 2}]})
    );
}

#[test]
fn hidden_columns_of_children_stay_hidden() {
    let app = lab();
    let client = emp(&app);
    app.write(|tx| tx.insert("Bill", json!({"custId": 1}).as_object().unwrap().clone()));
    for query in ["res_shop=pwd", "res_shop=id,secretWord"] {
        assert_eq!(client.fails(&format!("Cust.get?id=1&res=shop&{query}"), json!(null)).0, code::DB);
    }
}

#[test]
fn sub_objects_asked_for_alone_bring_the_id_of_their_row() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Cust.get?id=1&res=bills", json!(null));
    assert_eq!((&got["id"], got["bills"].is_array()), (&json!(1), true));
    let got = client.ok("Cust.query?res=bills,shop&fmt=list&pagesz=2", json!(null));
    assert_eq!((&got["list"][0]["id"], &got["list"][1]["id"]), (&json!(1), &json!(2)));
    let got = client.ok("Bill.get?id=1&res=@items", json!(null));
    assert_eq!(got["id"], json!(1));
    // What is grouped has no id, and whoever names a field gets just that.
    let got = client.ok("Cust.query?res=name,bills&fmt=list&pagesz=1", json!(null));
    assert!(got["list"][0].get("id").is_none(), "{got}");
}
