//! What comes back: names, aliases, labels, aggregates, computed and related fields; and in which order.

use crate::code;
use crate::lab::{admin, emp, lab};
use serde_json::json;

#[test]
fn aliases_of_every_kind() {
    let app = lab();
    let client = admin(&app);
    let got = client
        .ok("Bill.query?res=id 编号,name AS n,amount \"the amount\",status 金额(元)&pagesz=1", json!(null));
    assert_eq!(got["h"], json!(["编号", "n", "the amount", "金额(元)"]));
    assert_eq!(got["d"], json!([[1, "a", 10.5, "CR"]]));
    let got = client.ok("Bill.query?res=id x,amount y&cond=x=2&orderby=y desc", json!(null));
    assert_eq!(got["d"], json!([[2, 20]]));
    for res in ["id x y", "id,", "name) x", "a.b", "t0.id", "id x -- ", "name x from Shop", "1 x"] {
        let answer = client.call("Bill.query", json!({"res": res}));
        if res == "id," {
            assert_eq!(answer[0], json!(0));
        } else {
            assert_eq!(answer[0], json!(if res.contains("--") { 5 } else { 1 }), "{res}: {answer}");
        }
    }
    assert_eq!(client.fails("Bill.query?res=id,zz", json!(null)).0, code::DB);
}

#[test]
fn enum_maps() {
    let app = lab();
    let client = admin(&app);
    let got =
        client.ok("Bill.query?res=id,status 状态=CR:新建;RE:完成;:无&cond=id in (1,2,4,8)", json!(null));
    assert_eq!(got["d"], json!([[1, "新建"], [2, "完成"], [4, "CA"], [8, "无"]]));
    let got = client.ok("Cust.query?res=flags =vip new:老;vip:贵宾&cond=id=2&fmt=one?", json!(null));
    assert_eq!(got["flags"], json!("贵宾"));
    app.write(|tx| {
        tx.update("Bill", &[("id", json!(1))], json!({"cmt": "CR,RE, XX"}).as_object().unwrap().clone())
    });
    assert_eq!(client.ok("Bill.query?res=cmt=CR:新;RE:完&cond=1&fmt=one?", json!(null)), json!("新,完, XX"));
    let (code, _) = client.fails("Bill.query?res=status=CR", json!(null));
    assert_eq!(code, 1);
}

#[test]
fn aggregates() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Bill.query?fmt=one&res=count(*) c,COUNT(qty) n,sum(amount) s,Sum(qty) q,avg(qty) a,max(amount) x,min(tm) t,count(distinct custId) d",
        json!(null),
    );
    let expected = json!({"c": 8, "n": 6, "s": 211.05, "q": 22, "a": got["a"], "x": 60.1, "t": "2023-01-01 00:00:00", "d": 3});
    assert_eq!(got, expected);
    assert!((got["a"].as_f64().unwrap() - 22.0 / 6.0).abs() < 1e-9);
    let got = client.ok(
        "Bill.query?res=sum(qty*2%2B1) s,max(custName) m,sum(amount*qty) p&fmt=one&cond=id<3",
        json!(null),
    );
    assert_eq!(got, json!({"s": 8, "m": "张三", "p": 50.5}));
    for (res, code) in [
        ("count(*)", 1),
        ("sleep(1) x", 5),
        ("SUM(sleep(1)) x", 5),
        ("concat(name) x", 5),
        ("count(nosuch) x", 3),
        ("sum(max(qty)) x", 5),
        ("sum() x", 1),
        ("count(*) x from Shop", 1),
        ("sum(qty;1) x", 5),
        ("(select 1) x", 5),
    ] {
        let got = client.fails("Bill.query", json!({"res": res}));
        assert_eq!(got.0, code, "{res} {got:?}");
    }
    assert_eq!(
        client.ok("Bill.query?res=count(*) cnt&cond=id>100", json!(null)),
        json!({"h": ["cnt"], "d": [[0]]})
    );
}

#[test]
fn countif_and_sumif() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok(
        "Bill.query?fmt=one&res=countif(status='CR') a,countif(status='RE' and amount>10) b,countif(status in ('CR','RE'),qty) c,\
         countif(amount>0,distinct custId) d,sumif(status='RE',amount) e,sumif(status='ZZ',qty) f,countif(custName like '李%') g",
        json!(null),
    );
    assert_eq!(got, json!({"a": 3, "b": 2, "c": 5, "d": 3, "e": 70.2, "f": 0, "g": 3}));
    assert_eq!(client.fails("Bill.query?res=sumif(status='CR') x", json!(null)).0, code::PARAM);
}

#[test]
fn star_and_main_star() {
    let app = lab();
    let client = admin(&app);
    let star = client.ok("Cust.get?id=1", json!(null));
    assert_eq!(star["shopName"], json!("南店"));
    assert!(star.get("fullName").is_none() && star.get("bills").is_none());
    let main = client.ok("Cust.get?id=1&res=t0.*", json!(null));
    assert!(main.get("shopName").is_none() && main["name"] == json!("张三"));
    let more = client.ok("Cust.get?id=1&res=*,fullName,billCnt", json!(null));
    assert_eq!((&more["fullName"], &more["billCnt"]), (&json!("张三@南店"), &json!(2)));
    assert_eq!(client.fails("Cust.query?res=*,zz", json!(null)), (1, "虚拟字段未定义: zz".into()));
    let ordered = client.ok("Cust.query?res=code,id,name&pagesz=1", json!(null));
    assert_eq!(ordered["h"], json!(["code", "id", "name"]));
    assert_eq!(client.ok("Cust.query?res=id,null x&pagesz=1", json!(null))["d"], json!([[1, null]]));
}

#[test]
fn hidden_fields_parameter() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Cust.query?res=id,name,ym&hiddenFields=name&cond=1", json!(null));
    assert_eq!(got, json!({"h": ["id", "ym"], "d": [[1, "2024-1"]]}));
    let got = client.ok("Cust.query?res=id,ym&hiddenFields=0&cond=1", json!(null));
    assert_eq!(got["h"], json!(["id", "y", "m", "ym"]), "{got}");
    let got = client.ok("Cust.query?res=name,lastBill&hiddenFields=lastBill&cond=1&fmt=one", json!(null));
    assert_eq!(got, json!({"name": "张三"}));
}

#[test]
fn outer_columns_bring_their_helpers_hidden() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Cust.query?res=ym&cond=5", json!(null)), json!({"h": ["ym"], "d": [["2024-7"]]}));
    let got = client.ok("Cust.query?res=id,billCnt,billTotal&orderby=name desc&pagesz=2", json!(null));
    assert_eq!(got["d"], json!([[3, 2, 60.3], [2, 3, 120.25]]));
    let got = client.ok("Cust.query?res=id,billTotal&orderby=billTotal desc,id&pagesz=2", json!(null));
    assert_eq!(got["d"], json!([[2, 120.25], [3, 60.3]]));
}

#[test]
fn a_virtual_column_over_others_works_alone() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Cust.query?res=fullName&cond=3", json!(null))["d"], json!([["王五@北店"]]));
    assert_eq!(
        client.ok("Cust.query?res=max(fullName) m&cond=shopName='南店'&fmt=one?", json!(null)),
        json!("李四@南店")
    );
    assert_eq!(
        client.ok("Cust.query?res=id&orderby=fullName desc&cond=id in (1,3)", json!(null))["d"],
        json!([[3], [1]])
    );
}

#[test]
fn computed_fields_follow_their_alias() {
    let app = lab();
    let client = admin(&app);
    let got = client.ok("Cust.query?res=id,levelName 等级,level 级&cond=id<4", json!(null));
    assert_eq!(got["d"], json!([[1, "普通", 1], [2, "金卡", 2], [3, null, null]]));
    let got = client.ok("Cust.query?res=billIds&cond=id=2", json!(null));
    assert_eq!(got, json!({"h": ["billIds"], "d": [["3 4 5"]]}));
}

#[test]
fn order_by_fields_columns_and_aliases() {
    let app = lab();
    let client = admin(&app);
    let ids = |query: &str| {
        let got = client.ok(&format!("Bill.query?{query}"), json!(null));
        let at = got["h"].as_array().unwrap().iter().position(|h| h == "id").unwrap();
        got["d"].as_array().unwrap().iter().map(|row| row[at].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("res=id&orderby=amount desc&cond=id<5"), [4, 3, 2, 1]);
    assert_eq!(ids("res=id&orderby=status,amount desc&cond=id<8"), [4, 6, 3, 1, 5, 2, 7]);
    assert_eq!(ids("res=id&orderby=custName,t0.id desc&cond=custId<3"), [2, 1, 5, 4, 3]);
    assert_eq!(ids("res=id,amount \"总 额\"&orderby=\"总 额\" desc&cond=id<4"), [3, 2, 1]);
    assert_eq!(ids("res=id&sort=amount&order=desc&orderby=id&cond=id<4"), [3, 2, 1]);
    assert_eq!(ids("res=id&sort=amount&order=asc&cond=id<4"), [1, 2, 3]);
    assert_eq!(ids("res=id&sort=status,amount&order=asc,desc&cond=id<8"), [4, 6, 3, 1, 5, 2, 7]);
    for (order, code) in [
        ("rand()", 1),
        ("id+1", 1),
        ("id desc desc", 1),
        ("1", 1),
        ("nosuch", 3),
        ("id;x", 5),
        ("id -- x", 5),
    ] {
        assert_eq!(client.fails("Bill.query", json!({"orderby": order})).0, code, "{order}");
    }
}

#[test]
fn distinct_rows() {
    let app = lab();
    let client = admin(&app);
    let got =
        client.ok("Bill.query?res=status&distinct=1&orderby=status&cond=status is not null", json!(null));
    assert_eq!(got["d"], json!([["CA"], ["CR"], ["RE"]]));
    let got = client.ok("Bill.query?res=status&distinct=1&page=1&pagesz=2&orderby=status", json!(null));
    assert_eq!((&got["total"], &got["nextkey"]), (&json!(4), &json!(2)));
}

#[test]
fn parameters_of_our_own_code_are_blocked() {
    let app = lab();
    let client = admin(&app);
    for name in ["res2", "cond2", "join", "union"] {
        assert_eq!(client.fails(&format!("Bill.query?{name}=x"), json!(null)).0, code::SERVER);
        assert_eq!(client.fails("Bill.query", json!({name: "x"})).0, code::SERVER);
    }
}

#[test]
fn secret_ids() {
    let app = lab();
    let client = emp(&app);
    let page = client.ok("Card.query?res=id,name&pagesz=2", json!(null));
    let id = page["d"][0][0].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 16);
    assert_eq!(page["nextkey"], page["d"][1][0]);
    let next = client.ok(
        &format!("Card.query?res=name&pagesz=2&pagekey={}", page["nextkey"].as_str().unwrap()),
        json!(null),
    );
    assert_eq!(next["d"], json!([["iron"]]));
    assert_eq!(client.ok(&format!("Card.get?id={id}&res=name"), json!(null)), json!({"name": "gold"}));
    assert_eq!(
        client.ok(&format!("Card.query?cond=id='{id}'&res=name&fmt=one?"), json!(null)),
        json!("gold")
    );
    assert_eq!(client.ok("Card.query?res=name&fmt=one?", json!({"cond": {"id": id}})), json!("gold"));
    assert_eq!(client.fails("Card.get?id=0123456789abcdef", json!(null)).0, code::PARAM);
    // The rows below and above find each other although one side shows a number and the other a cipher.
    let uses = client.ok(&format!("Card.get?id={id}&res=id,uses"), json!(null));
    assert_eq!(uses["uses"], json!([{"id": 1, "note": "u1"}, {"id": 2, "note": "u2"}]));
    let up = client.ok("CardUse.query?res=id,card&fmt=array&cond=id<3", json!(null));
    assert_eq!(up[1]["card"], json!({"id": id, "name": "gold"}));
    let new = client.ok("Card.add", json!({"name": "tin"}));
    assert_eq!(
        client.ok(&format!("Card.set?id={}", new.as_str().unwrap()), json!({"name": "zinc"})),
        json!("OK")
    );
    assert_eq!(client.ok("Card.dup", json!({"id": new})).as_array().unwrap()[0].as_str().unwrap().len(), 16);
}
