//! Pages and shapes.

use crate::app::Client;
use crate::code;
use crate::lab::{admin, lab};
use serde_json::{Value, json};

/// More customers than one page holds.
fn many(client: &Client<'_>) {
    let list: Vec<Value> = (0..30).map(|i| json!({"name": format!("n{i:02}")})).collect();
    client.ok("Node.batchAdd", json!({"list": list}));
}

#[test]
fn twenty_rows_and_the_next_key() {
    let app = lab();
    let client = admin(&app);
    many(&client);
    let got = client.ok("Node.query?res=id,name", json!(null));
    assert_eq!((got["d"].as_array().unwrap().len(), &got["nextkey"]), (20, &json!(20)));
    assert!(got.get("total").is_none());
    let next = client.ok("Node.query?res=name&pagekey=20&pagesz=0", json!(null));
    assert_eq!((next["d"].as_array().unwrap().len(), next.get("nextkey")), (15, None));
    let next = client.ok("Node.query?res=name&pagekey=30&pagesz=5", json!(null));
    assert_eq!(next["d"].as_array().unwrap().len(), 5);
    assert!(next.get("nextkey").is_none(), "an exactly full last page has no next: {next}");
}

#[test]
fn a_page_size_is_read_as_every_typed_integer() {
    let app = lab();
    let client = admin(&app);
    many(&client);
    let rows = |size: &str| {
        client.ok(&format!("Node.query?res=id&fmt=list&pagesz={size}"), json!(null))["list"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((rows("1.7"), rows("1e1"), rows("2e1")), (1, 10, 20));
    assert_eq!(client.fails("Node.query?pagesz=1a", json!(null)).0, code::PARAM);
}

#[test]
fn keyset_pages_follow_the_id() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Bill.query?res=name&pagesz=3", json!(null));
    assert_eq!(got, json!({"h": ["name"], "d": [["a"], ["b"], ["c"]], "nextkey": 3}));
    let got = client.ok("Bill.query?res=name&pagesz=3&pagekey=3", json!(null));
    assert_eq!((&got["d"], &got["nextkey"]), (&json!([["d"], ["e"], ["f"]]), &json!(6)));
    let got = client.ok("Bill.query?res=id&pagesz=3&orderby=id desc", json!(null));
    assert_eq!((&got["d"], &got["nextkey"]), (&json!([[8], [7], [6]]), &json!(6)));
    let got = client.ok("Bill.query?res=id&pagesz=3&orderby=t0.id desc&pagekey=6", json!(null));
    assert_eq!(got["d"], json!([[5], [4], [3]]));
    assert_eq!(client.fails("Bill.query?pagekey=abc", json!(null)).0, code::PARAM);
    assert_eq!(client.fails("Bill.query?pagesz=abc", json!(null)).0, code::PARAM);
}

#[test]
fn other_orders_have_numbered_pages() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Bill.query?res=id&pagesz=3&orderby=status desc", json!(null));
    assert_eq!((&got["d"], &got["nextkey"]), (&json!([[7], [5], [2]]), &json!(2)));
    let got = client.ok("Bill.query?res=id&pagesz=3&orderby=status desc&pagekey=3", json!(null));
    assert_eq!((&got["d"], got.get("nextkey")), (&json!([[4], [8]]), None));
}

#[test]
fn totals_are_counted_when_asked() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Bill.query?res=id&pagesz=2&pagekey=0&cond=id>2", json!(null));
    assert_eq!((&got["total"], &got["nextkey"]), (&json!(6), &json!(4)));
    assert!(client.ok("Bill.query?res=id&pagesz=2&pagekey=4", json!(null)).get("total").is_none());
    let got = client.ok("Bill.query?res=id&rows=3&page=2", json!(null));
    assert_eq!((&got["d"], &got["total"], &got["nextkey"]), (&json!([[4], [5], [6]]), &json!(8), &json!(3)));
    for page in ["0", "-1", "1"] {
        let got = client.ok(&format!("Bill.query?res=id&pagesz=2&page={page}"), json!(null));
        assert_eq!((&got["d"], &got["total"]), (&json!([[1], [2]]), &json!(8)));
    }
    let got = client.ok("Bill.query?res=id&pagesz=2&page=1&pagekey=2", json!(null));
    assert_eq!((&got["d"], got.get("total")), (&json!([[3], [4]]), None));
    let got = client.ok("Bill.query?res=id&_pagesz=2&_pagekey=2", json!(null));
    assert_eq!(got["d"], json!([[3], [4]]));
    let got = client.ok("Bill.query?res=count(*) c&page=1", json!(null));
    assert_eq!((&got["d"], &got["total"]), (&json!([[8]]), &json!(8)));
}

#[test]
fn sorted_pages_have_the_totals_of_a_count() {
    let app = lab();
    let client = admin(&app);
    let status = |i: i32| ["CR", "PA", "RE"][i as usize % 3];
    let list: Vec<Value> = (0..50)
        .map(|i| json!({"name": format!("n{}", i % 7), "custId": i % 3, "status": status(i)}))
        .collect();
    client.ok("Bill.batchAdd", json!({"list": list}));
    let list: Vec<Value> = (0..25)
        .map(|i| json!({"name": format!("c{}", i % 4), "code": format!("k{i}"), "shopId": i % 2}))
        .collect();
    client.ok("Cust.batchAdd", json!({"list": list}));
    // Sorted by nothing known beforehand, by an index, by an index and then not, by another table's column; pages
    // of rows with columns that are read for the page alone.
    let asked = [
        ("Bill", "id", &["status desc", "custId", "custId desc,name", "name,id", "amount"][..], "name<>'n3'"),
        (
            "Cust",
            "id,billCnt",
            &["name", "code", "shopName desc,name", "name,billCnt", "level"][..],
            "name<>'c2'",
        ),
    ];
    for (object, res, orders, some) in asked {
        for (order, cond) in orders.iter().flat_map(|order| ["id>0", some, "id<0"].map(|cond| (order, cond)))
        {
            let all =
                client.ok(&format!("{object}.query?res=count(*) c&cond={cond}&fmt=one"), json!(null))["c"]
                    .clone();
            let mut seen = Vec::new();
            for page in 1..=20 {
                let url =
                    format!("{object}.query?res={res}&cond={cond}&orderby={order}&page={page}&pagesz=9");
                let got = client.ok(&url, json!(null));
                assert_eq!(got["total"], all, "{url}");
                seen.extend(got["d"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()));
                if got.get("nextkey").is_none() {
                    break;
                }
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(json!(seen.len()), all, "each row once: {object} {cond} {order}");
        }
    }
    // Asked for beside the rows of a batch, on the connection that writes.
    let calls = json!([
        {"ac": "Bill.add", "post": {"name": "last", "status": "CR"}},
        {"ac": "Bill.query", "get": {"res": "id", "orderby": "status", "page": 1, "pagesz": 5}},
    ]);
    let got = client.ok("batch?useTrans=1", calls);
    assert_eq!(got[1][1]["total"], json!(59));
}

#[test]
fn the_cap_of_an_object() {
    let app = lab();
    let client = admin(&app);
    let list: Vec<Value> = (0..150).map(|i| json!({"name": format!("n{i}")})).collect();
    client.ok("Bill.batchAdd", json!({"list": list}));
    for size in ["-1", "5000"] {
        let got = client.ok(&format!("Bill.query?res=id&pagesz={size}"), json!(null));
        assert_eq!((got["d"].as_array().unwrap().len(), &got["nextkey"]), (100, &json!(100)));
    }
    assert_eq!(client.ok("Bill.query?res=id&fmt=array", json!(null)).as_array().unwrap().len(), 100);
    assert_eq!(client.ok("Bill.query?res=id&fmt=array&pagesz=7", json!(null)).as_array().unwrap().len(), 7);
}

#[test]
fn shapes() {
    let app = lab();
    let client = admin(&app);
    let base = "Shop.query?res=id,name";
    let one = json!({"id": 1, "name": "南店"});
    assert_eq!(
        client.ok(&format!("{base}&pagesz=1&fmt=list"), json!(null)),
        json!({"list": [one], "nextkey": 1})
    );
    assert_eq!(client.ok(&format!("{base}&fmt=array"), json!(null))[0], one);
    assert_eq!(client.ok(&format!("{base}&fmt=one"), json!(null)), one);
    assert_eq!(client.ok(&format!("{base}&fmt=one?"), json!(null)), one);
    assert_eq!(client.ok("Shop.query?res=name&fmt=one?&cond=2", json!(null)), json!("北店"));
    assert_eq!(client.ok("Bill.query?res=tm&fmt=one?&cond=8", json!(null)), json!(null));
    assert_eq!(client.ok("Shop.query?res=name&fmt=one?&cond=9", json!(null)), json!(false));
    assert_eq!(client.fails("Shop.query?fmt=one&cond=9", json!(null)), (1, "查询不到数据".into()));
    assert_eq!(
        client.ok(&format!("{base}&fmt=nosuch&cond=1"), json!(null)),
        json!({"h": ["id", "name"], "d": [[1, "南店"]]})
    );
    assert_eq!(
        client.ok("Shop.query?res=id,name&cond=9", json!(null)),
        json!({"h": ["id", "name"], "d": []})
    );
    assert_eq!(client.fails("Shop.query?fmt=outfile", json!(null)).0, code::SERVER);
}

#[test]
fn hashes() {
    let app = lab();
    let client = admin(&app);
    let base = "Bill.query?cond=custId<3&res=custId,status,id";
    assert_eq!(
        client.ok(&format!("{base}&fmt=hash:id,status"), json!(null)),
        json!({"1": "CR", "2": "RE", "3": "CR", "4": "CA", "5": "RE"})
    );
    assert_eq!(
        client.ok(&format!("{base}&fmt=multihash:custId,id"), json!(null)),
        json!({"1": [1, 2], "2": [3, 4, 5]})
    );
    assert_eq!(
        client.ok(&format!("{base}&fmt=hash&cond=id=1"), json!(null)),
        json!({"1": {"custId": 1, "status": "CR", "id": 1}})
    );
    assert_eq!(client.ok("Bill.query?fmt=hash&cond=id>99", json!(null)), json!({}));
    assert_eq!(client.fails(&format!("{base}&fmt=hash:zz"), json!(null)).0, code::PARAM);
}

#[test]
fn trees() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Node.query?res=id,fatherId&fmt=tree", json!(null));
    assert_eq!(
        got,
        json!([
            {"id": 1, "fatherId": null, "children": [{"id": 2, "fatherId": 1, "children": [{"id": 4, "fatherId": 2}]}, {"id": 3, "fatherId": 1}]},
            {"id": 5, "fatherId": 99}
        ])
    );
    let got = client
        .ok("Node.query?res=id k,fatherId up&fmt=tree&treeFields=k,up,subs&cond=id in (1,3)", json!(null));
    assert_eq!(got, json!([{"k": 1, "up": null, "subs": [{"k": 3, "up": 1}]}]));
    assert_eq!(client.fails("Node.query?res=id&fmt=tree", json!(null)).0, code::PARAM);
}
