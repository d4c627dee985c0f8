//! Groups, time columns, pivots, statistics and totals.

use crate::code;
use crate::lab::{admin, lab};
use serde_json::json;

#[test]
fn groups_come_first() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Bill.query?gres=status&res=count(*) cnt,sum(amount) s&orderby=status&cond=status is not null",
        json!(null),
    );
    assert_eq!(got["h"], json!(["status", "cnt", "s"]));
    assert_eq!(got["d"], json!([["CA", 1, 40], ["CR", 3, 100.85], ["RE", 3, 70.2]]));
    assert_eq!(client.ok("Bill.query?gres=status&orderby=status", json!(null))["h"], json!(["status"]));
    let got = client.ok(
        "Bill.query?gres=custName 客户,status 状态=CR:新&res=count(*) 数&orderby=客户,状态&cond=custId=2",
        json!(null),
    );
    assert_eq!(got["h"], json!(["客户", "状态", "数"]));
    assert_eq!(got["d"], json!([["李四", "CA", 1], ["李四", "新", 1], ["李四", "RE", 1]]));
    let got = client.ok(
        "Bill.query?gres=status&gresHidden=1&res=count(*) cnt&orderby=cnt desc,status&cond=id<8",
        json!(null),
    );
    assert_eq!(got, json!({"h": ["cnt"], "d": [[3], [3], [1]]}));
    assert_eq!(client.fails("Bill.query?gres=upper(name)&res=count(*) c", json!(null)).0, code::FORBIDDEN);
    assert_eq!(client.fails("Bill.query?gres=nosuch&res=count(*) c", json!(null)).0, code::DB);
}

#[test]
fn having() {
    let app = lab();
    let client = admin(&app);
    let got =
        client.ok("Bill.query?gres=custId&res=count(*) cnt,sum(amount) s&gcond=cnt>1 and s>100", json!(null));
    assert_eq!(got["d"], json!([[2, 3, 120.25]]));
    let got = client.ok(
        "Bill.query?gres=custId 客&res=count(*) 数量&orderby=客",
        json!({"gcond": {"数量": "<3", "客": "!null"}}),
    );
    assert_eq!(got["d"], json!([[1, 2], [3, 2]]));
    assert_eq!(client.ok("Bill.query?res=id&gcond=id>3&cond=id<3", json!(null))["d"], json!([[1], [2]]));
    assert_eq!(client.fails("Bill.query?gres=status&res=count(*) c&cond=c>1", json!(null)).0, code::PARAM);
}

#[test]
fn time_columns_of_a_chosen_field() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Bill.query?res=id,y,q,m,d,h,w,wd&cond=id in (1,2,4,5,6,7,8)", json!(null));
    assert_eq!(
        got["d"],
        json!([
            [1, 2024, 1, 1, 1, 10, 1, 1],
            [2, 2024, 1, 1, 7, 11, 1, 7],
            [4, 2024, 1, 2, 6, 23, 6, 2],
            [5, 2024, 4, 12, 31, 0, 53, 2],
            [6, 2023, 1, 1, 1, 0, 0, 7],
            [7, 2023, 1, 1, 2, 8, 1, 1],
            [8, null, null, null, null, null, null, null]
        ])
    );
    let got = client.ok(
        "Bill.query?tmField=payDt&gres=y,m&res=count(*) c&cond=payDt is not null&orderby=y,m",
        json!(null),
    );
    assert_eq!(got["d"], json!([[2024, 1, 2], [2024, 2, 1]]));
    let got = client.ok("Bill.query?gres=m&res=count(*) c&tmField=tm&gcond=c>1&orderby=m", json!(null));
    assert_eq!(got["d"], json!([[1, 4], [2, 2]]));
    assert_eq!(client.fails("Shop.query?res=y", json!(null)).0, code::DB);
    assert_eq!(client.fails("Bill.query?tmField=nosuch&res=y", json!(null)).0, code::DB);
}

#[test]
fn a_time_column_is_no_field_of_time() {
    let app = lab();
    let client = admin(&app);
    // `y` of `y` of `y`…: what has no end must not take the server with it.
    for field in ["y", "w", "ym", "id", "amount"] {
        let query = format!("Bill.query?tmField={field}&gres=y,m&res=count(*) n");
        let code = client.fails(&query, json!(null)).0;
        assert!(code == 1 || code == 3, "{field}: {code}");
    }
    client.call("Cust.query?tmField=ym&gres=y&res=count(*) n", json!(null));
    client.ok("Bill.query?tmField=payDt&gres=y,m&res=count(*) n", json!(null));
}

#[test]
fn weeks_across_years() {
    let app = lab();
    let client = admin(&app);
    // 2023-01-01 is a Sunday before the first Monday: with years it is the last week of 2022.
    let got = client.ok("Bill.query?gres=y,w&res=count(*) c&orderby=y,w&cond=id in (5,6,7)", json!(null));
    assert_eq!(got["d"], json!([[2022, 52, 1], [2023, 1, 1], [2024, 53, 1]]));
    let got = client.ok("Bill.query?gres=w&res=count(*) c&orderby=w&cond=id in (6,7)", json!(null));
    assert_eq!(got["d"], json!([[0, 1], [1, 1]]));
}

#[test]
fn pivot() {
    let app = lab();
    let client = admin(&app);
    let got = client
        .ok("Bill.query?gres=y,status&res=count(*) c&pivot=status&orderby=y,status&cond=id<8", json!(null));
    assert_eq!(got, json!({"h": ["y", "CR", "RE", "CA"], "d": [[2023, 1, 1, null], [2024, 2, 2, 1]]}));
    let got = client.ok("Bill.query?gres=custId,y,status&res=sum(qty) q&pivot=y,status&orderby=custId,y,status&cond=id in (1,2,7)&fmt=array", json!(null));
    assert_eq!(
        got,
        json!([{"custId": 1, "2024-CR": 1, "2024-RE": 2, "2023-RE": null}, {"custId": 3, "2024-CR": null, "2024-RE": null, "2023-RE": 7}])
    );
    let got = client.ok(
        "Bill.query?gres=status,y&res=count(*) c&pivot=status&orderby=y,status&cond=id in (1,8)",
        json!(null),
    );
    assert_eq!(got["h"], json!(["y", "(null)", "CR"]));
    assert_eq!(
        client.fails("Bill.query?gres=y,status&res=count(*) c&pivot=zz", json!(null)),
        (1, "分组列不正确: zz".into())
    );
}

#[test]
fn pivot_with_several_statistics_and_sums() {
    let app = lab();
    let client = admin(&app);
    let base = "Bill.query?gres=y,status&orderby=y,status&cond=id in (1,2,3,6,7)&pivot=status";
    let got = client.ok(&format!("{base}&res=count(*) c,sum(amount) s&pivotCnt=2"), json!(null));
    assert_eq!(
        got,
        json!({"h": ["y", "CR", "RE"], "d": [[2023, [1, 60.1], [1, 0.2]], [2024, [2, 40.75], [1, 20]]]})
    );
    let got = client.ok(&format!("{base}&res=sum(amount) s&pivotSumField=合计"), json!(null));
    assert_eq!(
        got,
        json!({"h": ["y", "CR", "RE", "合计"], "d": [[2023, 60.1, 0.2, 60.3], [2024, 40.75, 20, 60.75], ["合计", 100.85, 20.2, 121.05]]})
    );
}

#[test]
fn statistics_over_all_pages() {
    let app = lab();
    let client = admin(&app);
    let got =
        client.ok("Bill.query?res=id&pagesz=2&statRes=sum(amount) total,count(*) n&cond=id<8", json!(null));
    assert_eq!(got["stat"], json!({"total": 211.05, "n": 7}));
    assert_eq!(got["nextkey"], json!(2));
    let list =
        client.ok("Bill.query?res=id&pagesz=1&fmt=list&statRes=max(custName) c&cond=custId=1", json!(null));
    assert_eq!(list, json!({"list": [{"id": 1}], "nextkey": 1, "stat": {"c": "张三"}}));
    let array = client.ok("Bill.query?res=id&fmt=array&statRes=count(*) n&cond=1", json!(null));
    assert_eq!(array, json!([{"id": 1}]));
    assert_eq!(client.fails("Bill.query?res=id&statRes=amount", json!(null)).0, code::PARAM);
}

#[test]
fn totals_row() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Bill.query?res=name,amount,qty&sumFields=amount,qty&cond=id<4", json!(null));
    assert_eq!(got["d"][3], json!(["合计", 60.75, 6]));
    let got = client.ok(
        "Bill.query?res=name,amount&sumFields=amount&statRes=sum(amount) amount&cond=id<8&pagesz=2",
        json!(null),
    );
    assert_eq!((&got["d"][2], &got["nextkey"]), (&json!(["合计", 211.05]), &json!(2)));
    let one = client.ok("Bill.query?res=name,amount&sumFields=amount&cond=1", json!(null));
    assert_eq!(one["d"].as_array().unwrap().len(), 1);
}

#[test]
fn groups_have_pages_and_a_total() {
    let app = lab();
    let client = admin(&app);
    let got =
        client.ok("Bill.query?gres=status&res=count(*) c&pagesz=2&pagekey=0&orderby=c desc", json!(null));
    assert_eq!((&got["total"], &got["nextkey"]), (&json!(4), &json!(2)));
    assert_eq!(got["d"], json!([["CR", 3], ["RE", 3]]));
    let next =
        client.ok("Bill.query?gres=status&res=count(*) c&pagesz=2&pagekey=2&orderby=c desc", json!(null));
    assert_eq!(next["d"], json!([[null, 1], ["CA", 1]]));
    assert!(next.get("nextkey").is_none());
}
