//! Conditions in all their spellings, on every kind of field; what is not grammar is refused.

use crate::app::{Client, TestApp};
use crate::code;
use crate::lab::{admin, emp, lab};
use serde_json::{Value, json};

/// The ids that a condition selects.
#[track_caller]
fn ids(client: &Client<'_>, obj: &str, cond: Value) -> Vec<i64> {
    let got = client.ok(&format!("{obj}.query?res=id&pagesz=-1&fmt=array"), json!({"cond": cond}));
    got.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[track_caller]
fn check(client: &Client<'_>, obj: &str, cases: &[(Value, &[i64])]) {
    for (cond, expected) in cases {
        assert_eq!(ids(client, obj, cond.clone()), *expected, "{obj} {cond}");
    }
}

fn client(app: &TestApp) -> Client<'_> {
    admin(app)
}

#[test]
fn string_operators() {
    let app = lab();
    check(
        &client(&app),
        "Bill",
        &[
            (json!("status='CR'"), &[1, 3, 6]),
            (json!("status<>'CR'"), &[2, 4, 5, 7]),
            (json!("status!='CR' and amount>=40"), &[4, 5]),
            (json!("amount > 30 AND amount < 60"), &[3, 4, 5]),
            (json!("amount<=10.5"), &[1, 7]),
            (json!("name LIKE 'a%' or name like '%h'"), &[1, 8]),
            (json!("name not like 'a%' and id<3"), &[2]),
            (json!("status IN ('CA','RE')"), &[2, 4, 5, 7]),
            (json!("id in (1,2,99)"), &[1, 2]),
            (json!("id not in (1,2,3,4,5,6)"), &[7, 8]),
            (json!("amount BETWEEN 20 AND 40"), &[2, 3, 4]),
            (json!("id not between 2 and 7"), &[1, 8]),
            (json!("tm is null"), &[8]),
            (json!("qty IS NOT NULL and weight is null"), &[3, 7]),
            (json!("NOT status='CR'"), &[2, 4, 5, 7]),
            (json!("not (id=1 or id=2) and id<4"), &[3]),
            (json!("(id=1 or id=2) and (status='RE' or status='CA')"), &[2]),
            (json!("t0.id=3"), &[3]),
            (json!(""), &[1, 2, 3, 4, 5, 6, 7, 8]),
            (json!("ALL"), &[1, 2, 3, 4, 5, 6, 7, 8]),
            (json!("5"), &[5]),
            (json!(5), &[5]),
        ],
    );
}

#[test]
fn dates_are_compared_as_dates() {
    let app = lab();
    check(
        &client(&app),
        "Bill",
        &[
            (json!("tm>='2024-02-05' and tm<'2024-02-06'"), &[3]),
            (json!("tm>='2024/02/05' and tm<'2/6/2024'"), &[3]),
            (json!({"tm": ">=2024-2-5 AND <2024-2-7"}), &[3, 4]),
            (json!({"tm>=": "2024-12-30T16:00:00Z"}), &[5]),
            (json!("payDt='2024/1/8'"), &[2]),
            (json!({"payDt": "<2024-01-08"}), &[1]),
            (json!("tm between '2023-01-01' and '2023-01-02'"), &[6]),
        ],
    );
}

#[test]
fn object_operators() {
    let app = lab();
    let client = client(&app);
    check(
        &client,
        "Bill",
        &[
            (json!({"status": "CR"}), &[1, 3, 6]),
            (json!({"id": 5}), &[5]),
            (json!({"status": "CR", "custId": 1}), &[1]),
            (json!({"amount": ">30"}), &[3, 4, 5, 6]),
            (json!({"amount": "<>20", "id": "<=3"}), &[1, 3]),
            (json!({"status": "!CR", "id": "<6"}), &[2, 4, 5]),
            (json!({"status": "!=CR", "id": "<6"}), &[2, 4, 5]),
            (json!({"tm": "null"}), &[8]),
            (json!({"tm": "!null", "id": ">6"}), &[7]),
            (json!({"id": "IN 1,3,5"}), &[1, 3, 5]),
            (json!({"status": "NOT IN CR,RE"}), &[4]),
            (json!({"id": [1, 2]}), &[1, 2]),
            (json!({"id!": [1, 2, 3, 4, 5, 6]}), &[7, 8]),
            (json!({"id": ">=1 AND <4"}), &[1, 2, 3]),
            (json!({"status": "CA OR RE"}), &[2, 4, 5, 7]),
            (json!({"status": "CR", "custId": 2, "_or": 1}), &[1, 3, 4, 5, 6]),
            (json!({"status": null, "custId": "", "id": 1}), &[1]),
            (json!({"_note": "ignored", "id": 1}), &[1]),
        ],
    );
    check(
        &client,
        "Cust",
        &[
            (json!({"name": "~jack"}), &[4, 5]),
            (json!({"name": "~Jack*"}), &[4, 5]),
            (json!({"name": "~*son"}), &[5]),
            (json!({"name": "!~jack"}), &[1, 2, 3]),
            (json!({"phone": "empty", "id": 1, "_or": 1}), &[1]),
        ],
    );
    client.ok("Cust.set?id=4", json!({"phone": "empty"}));
    check(&client, "Cust", &[(json!({"phone": "empty"}), &[4]), (json!({"phone": "!empty"}), &[1, 2, 3])]);
}

#[test]
fn key_operators() {
    let app = lab();
    let client = client(&app);
    check(
        &client,
        "Bill",
        &[
            (json!({"id>=": 7}), &[7, 8]),
            (json!({"id>": 7}), &[8]),
            (json!({"id<": 2, "id=": 1}), &[1]),
            (json!({"tm<": "2023-1-2"}), &[6]),
            (json!({"status!": "CR", "id<=": 4}), &[2, 4]),
            (json!({"status<>": "CR", "id<=": 4}), &[2, 4]),
            (json!({"t0.id": 1}), &[1]),
        ],
    );
    check(&client, "Cust", &[(json!({"name~": "jack"}), &[4, 5]), (json!({"name!~": "jack"}), &[1, 2, 3])]);
}

#[test]
fn lists_and_both_sources() {
    let app = lab();
    let client = client(&app);
    check(
        &client,
        "Bill",
        &[
            (json!(["status='CR'", {"custId": 3}]), &[6]),
            (json!([{"status": "CR", "custId": 2, "_or": 1}, "id<>1 or id=99"]), &[3, 4, 5, 6]),
            (json!({"0": "id>3", "1": "id<6"}), &[4, 5]),
        ],
    );
    let got = client
        .ok("Bill.query?res=id&fmt=array&cond=id>2 or id=1&cond2x=1", json!({"cond": {"status": "CR"}}));
    assert_eq!(got, json!([{"id": 1}, {"id": 3}, {"id": 6}]));
    let got = client.ok("Bill.query?res=id&fmt=array&cond[status]=CR&cond[id]=>2", json!(null));
    assert_eq!(got, json!([{"id": 3}, {"id": 6}]));
    let got = client.ok("Bill.query?res=id&fmt=array&cond[]=id>2&cond[]=id<5", json!(null));
    assert_eq!(got, json!([{"id": 3}, {"id": 4}]));
}

#[test]
fn virtual_columns_need_not_be_shown() {
    let app = lab();
    check(
        &client(&app),
        "Cust",
        &[
            (json!({"shopName": "南店"}), &[1, 2]),
            (json!("fullName='王五@北店'"), &[3]),
            (json!("billCnt>=2"), &[1, 2, 3]),
            (json!("billTotal>100"), &[2]),
            (json!("y=2024 and m=7"), &[5]),
            (json!({"shopCity": "null"}), &[4]),
        ],
    );
}

#[test]
fn word_flags_are_whole_words() {
    let app = lab();
    let client = client(&app);
    check(
        &client,
        "Cust",
        &[
            (json!("flag_vip=1"), &[1, 2]),
            (json!("flag_vip=0"), &[3, 4, 5]),
            (json!({"flag_vipx": 1}), &[3]),
            (json!({"prop_blue": "1"}), &[5]),
        ],
    );
    assert_eq!(client.fails("Cust.query?cond=flag_vip=2", json!(null)).0, code::PARAM);
}

#[test]
fn functions_and_foreign_sql_are_refused() {
    let app = lab();
    let client = client(&app);
    for (cond, code) in [
        ("sleep(1)", 5),
        ("id=1 and sleep(1)", 5),
        ("length(name)>1", 5),
        ("id=(select 1)", 5),
        ("select", 5),
        ("exists (select 1)", 5),
        ("id=1 -- x", 5),
        ("id=1 /* x */", 5),
        ("id=1;delete from Bill", 5),
        ("@@version=1", 5),
        ("id=1 # x", 5),
        ("1=1", 1),
        ("name=status", 1),
        ("id=1 or", 1),
        ("id", 1),
        ("(id=1", 1),
        ("id=1)", 1),
        ("id like", 1),
        ("x.id=1", 1),
        ("id in ()", 1),
        ("'a'='a'", 1),
        ("nosuch=1", 3),
        ("t0.nosuch=1", 3),
        ("t0.custName='x'", 3),
    ] {
        let got = client.fails("Bill.query", json!({"cond": cond}));
        assert_eq!(got.0, code, "{cond}: {got:?}");
    }
    let escaped = client.ok("Bill.query?res=id", json!({"cond": "name='x'' or ''1''=''1'"}));
    assert_eq!(escaped["d"], json!([]));
    for cond in
        [json!({"a b": 1}), json!({"id>": [1]}), json!({"id": {"x": 1}}), json!([true]), json!({"id;": 1})]
    {
        assert_eq!(client.fails("Bill.query", json!({"cond": cond})).0, code::PARAM);
    }
}

#[test]
fn a_statement_of_ones_own_is_forbidden_wherever_it_stands() {
    let app = lab();
    let client = client(&app);
    for clause in [
        "cond=id=1 union select 1",
        "cond=id in (1,select 1)",
        "res=(select 1) x",
        "res=id,(select pwd from Cust) y",
    ] {
        assert_eq!(client.fails(&format!("Cust.query?{clause}"), json!(null)).0, code::FORBIDDEN, "{clause}");
    }
    let (code, _) = client.fails("Cust.query?cond=id=1 xor id=2", json!(null));
    assert_eq!(code, 1);
    assert_eq!(client.ok("Cust.query?cond=name='select'&res=id", json!(null))["d"], json!([]));
}

#[test]
fn a_hidden_field_resolves_in_no_clause() {
    let app = lab();
    for client in [admin(&app), emp(&app)] {
        for query in [
            "cond=secretWord='sesame'",
            "cond=pwd='hash1'",
            "cond[pwd~]=a",
            "orderby=pwd",
            "orderby=secretWord desc",
            "res=pwd",
            "res=pwd x",
            "res=id,secretWord s",
            "res=max(pwd) x",
            "res=countif(pwd='hash1') x",
            "res=sumif(secretWord like 's%',level) x",
            "gres=pwd",
            "gres=pwd x&res=count(*) c",
            "gres=level&res=count(*) c&gcond=pwd='x'",
            "statRes=max(secretWord) m",
            "qsearch=pwd:hash1",
            "tmField=pwd&gres=y&res=count(*) c",
        ] {
            assert_eq!(client.fails(&format!("Cust.query?{query}"), json!(null)).0, code::DB, "{query}");
        }
        let row = client.ok("Cust.get?id=1", json!(null));
        assert!(row.get("pwd").is_none() && row.get("secretWord").is_none(), "{row}");
        assert!(client.ok("Cust.query?res=t0.*&fmt=one", json!(null)).get("pwd").is_none());
    }
}

#[test]
fn qsearch() {
    let app = lab();
    let client = client(&app);
    for (search, expected) in [
        ("name:jack", json!([4, 5])),
        ("name!:jack", json!([])),
        ("name!:Jack", json!([4])),
        ("name*:jack", json!([4, 5])),
        ("name,phone:138 三", json!([1])),
        ("name,phone:139", json!([3, 4])),
        ("name:*son", json!([5])),
        ("shopName:北", json!([3, 5])),
        ("name:", json!([1, 2, 3, 4, 5])),
    ] {
        let got = client.ok("Cust.query?res=id&fmt=multihash:id,id", json!({"qsearch": search}));
        let ids: Vec<i64> = got.as_object().unwrap().keys().map(|id| id.parse().unwrap()).collect();
        assert_eq!(json!(ids), expected, "{search}");
    }
    assert_eq!(client.fails("Cust.query?qsearch=name", json!(null)).0, code::PARAM);
    assert_eq!(client.ok("Cust.query?q=139 王&res=id", json!(null))["d"], json!([[3]]));
}
