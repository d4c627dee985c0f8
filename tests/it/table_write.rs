//! add, set, del and dup, with the rules every write passes.

use crate::code;
use crate::lab::{admin, emp, lab, user};
use serde_json::json;

#[test]
fn add_gives_the_id_or_the_row() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Shop.add", json!({"name": "x"})), json!(3));
    assert_eq!(client.form("Shop.add", "name=y")[1], json!(4));
    assert_eq!(client.ok("Shop.add?res=id,name 名", json!({"name": "z"})), json!({"id": 5, "名": "z"}));
    assert_eq!(client.ok("Shop.add", json!({"id": 77, "name": "w"})), json!(6), "a posted id is not used");
    assert_eq!(client.ok("Shop.add", json!({"name": "v", "city": null, "p_x": 1})), json!(7));
    assert_eq!(client.ok("Shop.get?id=7&res=city", json!(null)), json!({"city": null}));
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"a-b": 1}),
        json!({"nosuch": 1}),
        json!({"name": "x".repeat(21)}),
    ] {
        assert_eq!(client.fails("Shop.add", body).0, code::PARAM);
    }
    assert_eq!(client.fails("Bill.add", json!({"amount": "abc"})).0, code::PARAM);
    assert_eq!(client.ok("Bill.add?res=cmt", json!({"cmt": {"a": [1]}}))["cmt"], json!("{\"a\":[1]}"));
    assert_eq!(app.cell("select count(*) from Shop"), json!(7));
}

#[test]
fn required_fields() {
    let app = lab();
    let client = emp(&app);
    assert_eq!(client.fails("Cust.add", json!({"phone": "1"})), (1, "缺少参数`name`".into()));
    assert_eq!(client.fails("Cust.add", json!({"name": "n"})), (1, "缺少参数`phone or code`".into()));
    assert_eq!(client.ok("Cust.add", json!({"name": "n", "code": "X"})), json!(6));
    for empty in ["", "null", "empty"] {
        assert_eq!(client.fails("Cust.set?id=1", json!({"name": empty})), (1, "字段`name`不允许置空".into()));
        assert_eq!(
            client.fails("Cust.set?id=1", json!({"phone": empty})).0,
            code::PARAM,
            "required on set only"
        );
    }
    assert_eq!(client.ok("Cust.set?id=1", json!({"name": null})), json!("OK"));
    assert_eq!(client.ok("Cust.get?id=1&res=name", json!(null)), json!({"name": "张三"}));
}

#[test]
fn readonly_fields() {
    let app = lab();
    let client = emp(&app);
    let add = json!({"name": "n", "code": "R", "createTm": "2020-01-01"});
    assert_eq!(client.fails("Cust.add", add.clone()).0, code::FORBIDDEN);
    assert_eq!(client.ok("Cust.add?useStrictReadonly=0&res=createTm", add), json!({"createTm": null}));
    assert_eq!(client.fails("Cust.set?id=1", json!({"createTm": "2020-01-01"})).0, code::FORBIDDEN);
    assert_eq!(
        client.fails("Cust.set?id=1", json!({"code": "N"})).0,
        code::FORBIDDEN,
        "readonly on set, allowed on add"
    );
    assert_eq!(
        client.ok("Cust.set?id=1", json!({"code": "N", "cmt": "c", "useStrictReadonly": "0"})),
        json!("OK")
    );
    assert_eq!(client.ok("Cust.get?id=1&res=code,cmt", json!(null)), json!({"code": "C1", "cmt": "c"}));
}

#[test]
fn set_empties_and_keeps() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Cust.set?id=1", json!({"cmt": "x", "level": 5, "t0.phone": "7"})), json!("OK"));
    client.ok("Cust.set", json!({"id": 1, "cmt": "", "level": "null", "flags": "empty", "id2": null}));
    let row = client.ok("Cust.get?id=1&res=cmt,level,flags,phone", json!(null));
    assert_eq!(row, json!({"cmt": null, "level": null, "flags": "", "phone": "7"}));
    assert_eq!(client.ok("Cust.set?id=1", json!({})), json!("OK"), "nothing to set is fine");
    assert_eq!(client.fails("Cust.set?id=1", json!({"nosuch": 1})).0, code::PARAM);
    assert_eq!(client.fails("Cust.set", json!({"name": "x"})), (1, "缺少参数`id`".into()));
    assert_eq!(
        client.fails("Cust.set?id=99", json!({"name": "x"})),
        (1, "操作对象不存在或无权限修改".into())
    );
    assert_eq!(client.fails("Cust.set?id=1&cond=level=9", json!({"name": "x"})).0, code::PARAM);
}

#[test]
fn rows_of_others_are_out_of_reach() {
    let app = lab();
    let client = user(&app, 1);
    assert_eq!(client.ok("Bill.query?res=id", json!(null))["d"], json!([[1], [2], [3], [7]]));
    assert_eq!(client.fails("Bill.get?id=4", json!(null)).0, code::PARAM);
    assert_eq!(
        client.fails("Bill.set?id=4", json!({"name": "mine"})),
        (1, "操作对象不存在或无权限修改".into())
    );
    assert_eq!(client.fails("Bill.del?id=4", json!({})), (1, "操作对象不存在或无权限修改".into()));
    for cond in ["id=4 or 1=1 -- ", "id=4) or (id>0", "id>0 or id<0"] {
        let got = client.call("Bill.query", json!({"cond": cond, "res": "id"}));
        assert!(got[0] != json!(0) || !got.to_string().contains("[4]"), "{cond}: {got}");
    }
    assert_eq!(client.ok("Bill.setIf", json!({"cond": "id>0", "cmt": "all mine"})), json!(4));
    assert_eq!(client.ok("Bill.add?res=ownerId", json!({"name": "n", "ownerId": 2})), json!({"ownerId": 1}));
    assert_eq!(client.ok("Bill.query?res=count(*) c", json!(null))["d"], json!([[5]]));
}

#[test]
fn validation_alone_writes_nothing() {
    let app = lab();
    let client = emp(&app);
    assert_eq!(client.ok("Cust.add?doValidateOnly=1", json!({"name": "n", "code": "V"})), json!(null));
    assert_eq!(client.fails("Cust.add?doValidateOnly=1", json!({"name": "n"})).0, code::PARAM);
    assert_eq!(client.ok("Cust.set?id=1&doValidateOnly=1", json!({"name": "changed"})), json!(null));
    assert_eq!(client.fails("Cust.set?id=1&doValidateOnly=1", json!({"name": ""})).0, code::PARAM);
    assert_eq!(app.cell("select count(*)||max(name) from Cust"), json!("5王五"));
    assert_eq!(app.cell("select count(*) from ObjLog"), json!(0));
}

#[test]
fn uni_key_set_ignore_error() {
    let app = lab();
    let client = admin(&app);
    let post = || json!({"code": "C1", "cmt": "new"});
    assert_eq!(client.ok("Cust.add?uniKey=code", post()), json!(1));
    assert_eq!(client.ok("Cust.get?id=1&res=cmt", json!(null)), json!({"cmt": "new"}));
    assert_eq!(
        client.ok("Cust.add?uniKey=code&uniKeyMode=ignore", json!({"code": "C1", "cmt": "other"})),
        json!(1)
    );
    assert_eq!(client.ok("Cust.get?id=1&res=cmt", json!(null)), json!({"cmt": "new"}));
    let (code, message) = client.fails("Cust.add?uniKey=code&uniKeyMode=error", post());
    assert_eq!((code, message.as_str()), (1, "已存在重复记录: code=C1"));
    assert_eq!(client.ok("Cust.add?uniKey=code", json!({"code": "C9", "name": "n"})), json!(6));
    assert_eq!(client.fails("Cust.add?uniKey=code", json!({"name": "n"})), (1, "字段`code`要求必填".into()));
    assert_eq!(client.fails("Cust.add?uniKey=code&uniKeyMode=zz", post()).0, code::PARAM);
}

#[test]
fn uni_key_of_existing_rows_only() {
    let app = lab();
    let client = admin(&app);
    let no = || json!({"code": "C77", "cmt": "x"});
    assert_eq!(client.fails("Cust.add?uniKey=code!", no()), (1, "找不到匹配项: code=C77".into()));
    assert_eq!(client.fails("Cust.add?uniKey=code!&uniKeyMode=error", no()).0, code::PARAM);
    assert_eq!(client.ok("Cust.add?uniKey=code!&uniKeyMode=ignore", no()), json!(-1));
    for (mode, text) in [("set", "a"), ("ignore", "b"), ("error", "c")] {
        assert_eq!(
            client
                .ok(&format!("Cust.add?uniKey=code!&uniKeyMode={mode}"), json!({"code": "C2", "cmt": text})),
            json!(2)
        );
        assert_eq!(client.ok("Cust.get?id=2&res=cmt", json!(null)), json!({"cmt": text}));
    }
    assert_eq!(app.cell("select count(*) from Cust"), json!(5));
}

#[test]
fn uni_key_of_several_and_of_virtual_fields() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(
        client.ok("Bill.add?uniKey=custId,status", json!({"custId": 2, "status": "CA", "cmt": "x"})),
        json!(4)
    );
    assert_eq!(
        client.ok("Bill.add?uniKey=custName,status", json!({"custName": "李四", "status": "RE", "cmt": "v"})),
        json!(5)
    );
    assert_eq!(
        app.cell("select group_concat(cmt,' ') from (select cmt from Bill where id in (4,5) order by id)"),
        json!("x v")
    );
    assert_eq!(client.fails("Bill.add?uniKey=nosuch", json!({"nosuch": 1})).0, code::DB);
}

#[test]
fn uni_key_values_are_no_operators() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Cust.add?uniKey=code", json!({"code": "~C", "name": "n"})), json!(6));
    assert_eq!(client.ok("Cust.add?uniKey=name", json!({"name": "!张三", "code": "Z"})), json!(7));
}

#[test]
fn flags_and_props() {
    let app = lab();
    let client = admin(&app);
    client.ok("Cust.set?id=3", json!({"flag_vip": 1, "prop_green": "1"}));
    let row = client.ok("Cust.get?id=3&res=flags,props", json!(null));
    assert_eq!(
        row,
        json!({"flags": "vipx vip", "props": "green", "flag_vipx": 1, "flag_vip": 1, "prop_green": 1})
    );
    client.ok("Cust.set?id=3", json!({"flag_vip": 1}));
    client.ok("Cust.set?id=3", json!({"flag_vip": 0}));
    assert_eq!(client.ok("Cust.get?id=3&res=flags", json!(null)), json!({"flags": "vipx", "flag_vipx": 1}));
    client.ok("Cust.set?id=3", json!({"flag_vipx": "0"}));
    assert_eq!(client.ok("Cust.get?id=3&res=flags", json!(null)), json!({"flags": null}));
    assert_eq!(client.fails("Cust.set?id=3", json!({"flag_vip": 2})).0, code::PARAM);
    let new = client.ok("Cust.add", json!({"name": "f", "flag_a": 1, "flag_b": 1, "flag_c": 0}));
    assert_eq!(client.ok(&format!("Cust.get?id={new}&res=flags"), json!(null))["flags"], json!("a b"));
    let table = client.ok("Cust.query?res=id,flags&cond=id<3", json!(null));
    assert_eq!(
        table,
        json!({"h": ["id", "flags", "flag_vip", "flag_new"], "d": [[1, "vip new", 1, 1], [2, "vip", 1, null]]})
    );
}

#[test]
fn children_are_added_patched_and_put() {
    let app = lab();
    let client = emp(&app);
    let bill = client.ok(
        "Bill.add?res=id,items,notes",
        json!({"name": "n", "items": [{"id": 55, "name": "i1"}, {"name": "i2", "billId": 1}], "notes": []}),
    );
    assert_eq!(
        bill["items"].as_array().unwrap().iter().map(|i| (&i["id"], &i["name"])).collect::<Vec<_>>(),
        [(&json!(5), &json!("i1")), (&json!(6), &json!("i2"))]
    );
    let id = &bill["id"];
    let items = |extra: &str| {
        client.ok(&format!("Bill.get?id={id}&res=items&res_items=id,name{extra}"), json!(null))["items"]
            .clone()
    };
    client.ok(
        &format!("Bill.set?id={id}"),
        json!({"items": [{"id": 5, "name": "changed"}, {"id": 6, "_delete": 1}, {"name": "i3"}]}),
    );
    assert_eq!(items(""), json!([{"id": 5, "name": "changed"}, {"id": 7, "name": "i3"}]));
    client.ok(&format!("Bill.set?id={id}"), json!({"items": []}));
    assert_eq!(items("").as_array().unwrap().len(), 2, "an empty list patches nothing");
    client.ok(
        &format!("Bill.set?id={id}&submode=put"),
        json!({"items": [{"id": 7, "qty": 3}, {"name": "i4"}]}),
    );
    assert_eq!(items(""), json!([{"id": 7, "name": "i3"}, {"id": 8, "name": "i4"}]));
    client.ok(&format!("Bill.set?id={id}&submode=put"), json!({"items": []}));
    assert_eq!(items(""), json!([]));
    assert_eq!(app.cell("select count(*) from BillItem"), json!(4), "other bills keep theirs");
    assert_eq!(
        client.fails("Bill.add", json!({"name": "n", "items": {"name": "x"}})),
        (1, "子对象必须为数组: items".into())
    );
    assert_eq!(client.fails("Bill.set?id=1&submode=zz", json!({"name": "n"})).0, code::PARAM);
    for no in [json!("0"), json!(""), json!("false"), json!(null), json!(false), json!(0)] {
        client.ok("Bill.set?id=1", json!({"items": [{"id": 1, "_delete": no}]}));
    }
    assert_eq!(
        client.form("Bill.set?id=1", "items[0][id]=1&items[0][qty]=9&items[0][_delete]=0")[0],
        json!(0)
    );
    assert_eq!(app.cell("select qty from BillItem where id=1"), json!(9));
}

#[test]
fn a_child_of_another_parent_is_out_of_reach() {
    let app = lab();
    let client = emp(&app);
    for item in [json!({"id": 1, "name": "stolen"}), json!({"id": 1, "_delete": 1})] {
        assert_eq!(client.fails("Bill.set?id=4", json!({"name": "changed", "items": [item]})).0, code::PARAM);
    }
    assert_eq!(
        app.cell("select name||(select count(*) from BillItem) from Bill where id=4"),
        json!("d4"),
        "all or nothing"
    );
    client.ok("Bill.set?id=4", json!({"any": [{"id": 1, "name": "taken over"}]}));
    assert_eq!(app.cell("select billId||name from BillItem where id=1"), json!("4taken over"));
    client.ok("Bill.set?id=1", json!({"items": [{"id": 2, "billId": 4, "qty": 8}]}));
    assert_eq!(app.cell("select billId from BillItem where id=2"), json!(1), "a child stays with its parent");
}

#[test]
fn get_needs_an_id_that_exists() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.fails("Shop.get", json!(null)), (1, "缺少参数`id`".into()));
    assert_eq!(client.fails("Shop.get?id=99", json!(null)).0, code::PARAM);
    assert_eq!(client.fails("Shop.get?id=abc", json!(null)).0, code::PARAM);
    assert_eq!(client.fails("Shop.get?id=1&cond=city='x'", json!(null)).0, code::PARAM);
}

#[test]
fn del_and_force() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Shop.del?id=2", json!({})), json!("OK"));
    assert_eq!(client.fails("Shop.del?id=2", json!({})).0, code::PARAM);
    assert_eq!(client.ok("Shop.del?id=2&force=1", json!({})), json!("OK"));
    assert_eq!(client.fails("Shop.del", json!({})).0, code::PARAM);
}

#[test]
fn soft_delete_marks() {
    let app = lab();
    let client = emp(&app);
    client.ok("Doc.del?id=2", json!({}));
    assert_eq!(client.ok("Doc.query?res=name", json!(null))["d"], json!([["d1"], ["d3"]]));
    assert_eq!(client.fails("Doc.get?id=2", json!(null)).0, code::PARAM);
    assert_eq!(client.fails("Doc.del?id=2", json!({})).0, code::PARAM);
    assert_eq!(client.ok("Doc.delIf?cond=id>0", json!({})), json!(2));
    assert_eq!(app.cell("select count(*)||'/'||sum(delFlag) from Doc"), json!("3/3"));
    assert_eq!(client.ok("Doc.set?id=2", json!({"delFlag": 0})), json!("OK"), "how a row comes back");
    assert_eq!(client.ok("Doc.query?res=name", json!(null))["d"], json!([["d2"]]));
}

#[test]
fn dup_copies_rows_with_their_children() {
    let app = lab();
    let client = emp(&app);
    let made = client.ok("Bill.dup?id=1,2", json!({}));
    assert_eq!(made, json!([9, 10]));
    let copy = client.ok("Bill.get?id=9&res=name,amount,items,notes,custId&res_items=name,qty", json!(null));
    assert_eq!(copy["items"], json!([{"name": "pen", "qty": 2}, {"name": "ink", "qty": 1}]));
    assert_eq!((&copy["notes"], &copy["amount"], &copy["custId"]), (&json!([]), &json!(10.5), &json!(1)));
    let name = copy["name"].as_str().unwrap();
    assert!(name.len() == 6 && name.starts_with("a-"), "{name}");
    let cust = client.ok("Cust.dup?id=1", json!({}));
    assert!(
        client.ok(&format!("Cust.get?id={}&res=code", cust[0]), json!(null))["code"]
            .as_str()
            .unwrap()
            .starts_with("C1-")
    );
    assert_eq!(client.fails("Bill.dup?id=99", json!({})).0, code::PARAM);
    assert_eq!(client.fails("Bill.dup?id=1,x", json!({})).0, code::PARAM);
}

#[test]
fn states_go_by_their_steps() {
    let app = lab();
    let client = user(&app, 1);
    let id = client.ok("Memo.add", json!({"text": "t", "status": "RE"}));
    assert_eq!(
        client.ok(&format!("Memo.get?id={id}&res=status,userId"), json!(null)),
        json!({"status": "CR", "userId": 1})
    );
    assert_eq!(client.fails(&format!("Memo.set?id={id}"), json!({"status": "RE"})).0, code::FORBIDDEN);
    client.ok(&format!("Memo.set?id={id}"), json!({"status": "CA"}));
    assert_eq!(client.fails(&format!("Memo.set?id={id}"), json!({"status": "CR"})).0, code::FORBIDDEN);
    // Staff sees open rows only, and closes them.
    let emp = emp(&app);
    assert_eq!(emp.ok("Memo.query?res=id", json!(null))["d"], json!([[1], [3]]));
    assert_eq!(emp.fails("Memo.set?id=2", json!({"dscr": "x"})).0, code::PARAM);
    assert_eq!(emp.ok("Memo.set?id=1", json!({"status": "RE"})), json!("OK"));
}

#[test]
fn what_is_not_granted_is_refused() {
    let app = lab();
    assert_eq!(app.anon().fails("Shop.query", json!(null)).0, code::NOAUTH);
    assert_eq!(user(&app, 1).fails("Shop.add", json!({"name": "x"})).0, code::FORBIDDEN);
    assert_eq!(user(&app, 1).fails("Shop.nosuch", json!(null)).0, code::PARAM);
    assert_eq!(user(&app, 1).fails("NoSuch.query", json!(null)).0, code::FORBIDDEN);
    assert_eq!(app.anon().fails("NoSuch.query", json!(null)).0, code::NOAUTH);
    assert_eq!(emp(&app).fails("Shop.dup?id=1", json!({})).0, code::FORBIDDEN);
    assert_eq!(admin(&app).ok("Node.query?res=id&pagesz=1", json!(null))["d"], json!([[1]]));
}
