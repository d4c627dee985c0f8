//! Many rows by condition: setIf, delIf, batchSet, batchDel.

use crate::code;
use crate::lab::{admin, emp, lab, user};
use serde_json::json;

#[test]
fn a_condition_is_needed() {
    let app = lab();
    let client = admin(&app);
    for action in ["setIf", "delIf"] {
        for cond in ["", "?cond=", "?cond=ALL"] {
            let got = client.fails(&format!("Bill.{action}{cond}"), json!({"cmt": "x"}));
            assert_eq!(got, (1, "未指定操作条件".into()), "{action}{cond}");
        }
    }
    for action in ["batchSet", "batchDel"] {
        assert_eq!(
            client.fails(&format!("Bill.{action}"), json!({"cmt": "x"})),
            (1, "缺少参数`cond`".into())
        );
    }
}

#[test]
fn counts_of_rows() {
    let app = lab();
    let client = admin(&app);
    assert_eq!(client.ok("Bill.setIf?cond=id in (1,2,99)", json!({"cmt": "x"})), json!(2));
    assert_eq!(client.ok("Bill.setIf?cond=id<4", json!({"cmt": "x"})), json!(1), "rows that really change");
    assert_eq!(client.ok("Bill.setIf", json!({"cond": {"custName": "李四"}, "cmt": "y"})), json!(3));
    assert_eq!(client.ok("Bill.setIf?cond=id<4", json!({})), json!(0));
    assert_eq!(client.ok("Bill.setIf?cond=t0.id>0", json!({"cmt": ""})), json!(5));
    assert_eq!(client.ok("Bill.delIf?cond=custName='王五'", json!({})), json!(2));
    assert_eq!(client.ok("Bill.delIf?cond=id>4", json!({"cond": "id<99 and status is null"})), json!(1));
    assert_eq!(app.cell("select count(*) from Bill"), json!(5));
    assert_eq!(client.fails("Bill.setIf?cond=id=1", json!({"nosuch": 1})).0, code::PARAM);
    assert_eq!(client.fails("Bill.setIf?cond=id=1", json!({"amount": "abc"})).0, code::PARAM);
}

#[test]
fn readonly_fields_of_both_lists_are_refused() {
    let app = lab();
    let client = emp(&app);
    for field in ["createTm", "code", "t0.code"] {
        let (code, _) = client.fails("Cust.setIf?cond=id=1", json!({field: "2020-01-01", "cmt": "x"}));
        assert_eq!(code, 5, "{field}");
    }
    assert_eq!(client.fails("Cust.setIf?cond=id=1", json!({"name": ""})).0, code::PARAM);
    assert_eq!(app.cell("select count(*) from Cust where cmt='x'"), json!(0));
}

#[test]
fn bulk_changes_bypass_no_rule() {
    let app = lab();
    let client = user(&app, 1);
    assert_eq!(client.fails("Memo.setIf?cond=id=1", json!({"text": "bad"})).0, code::FORBIDDEN);
    assert_eq!(client.fails("Memo.setIf?cond=id=1", json!({"status": "CA"})).0, code::FORBIDDEN);
    assert_eq!(client.ok("Memo.setIf?cond=id>0", json!({"dscr": "free"})), json!(2), "his own rows only");
    assert_eq!(client.ok("Memo.delIf?cond=id>1", json!({})), json!(1), "one by one, where a rule watches");
}

#[test]
fn batch_set_takes_every_row_through_set() {
    let app = lab();
    let client = user(&app, 1);
    let (code, message) = client.fails("Memo.batchSet?cond=id>0", json!({"text": "bad"}));
    assert_eq!((code, message.as_str()), (1, "批量处理失败, id=1: 文字不当"));
    assert_eq!(client.ok("Memo.batchSet?cond=id>0", json!({"text": "fine"})), json!(2));
    assert_eq!(
        client.fails("Memo.batchSet?cond=id>0", json!({"status": "CA", "text": "x"})).0,
        code::FORBIDDEN,
        "RE cannot become CA"
    );
    assert_eq!(
        app.cell("select group_concat(text,' ') from Memo"),
        json!("fine fine three"),
        "all or nothing"
    );
}

#[test]
fn batch_del_takes_every_row_through_del() {
    let app = lab();
    assert_eq!(user(&app, 1).ok("Memo.batchDel?cond=id>0", json!({"text": "not a set"})), json!(2));
    assert_eq!(app.cell("select group_concat(text) from Memo"), json!("three"));
    let emp = emp(&app);
    assert_eq!(emp.ok("Doc.batchDel?cond=id<3", json!({})), json!(2));
    assert_eq!(app.cell("select group_concat(name) from Doc where delFlag=1"), json!("d1,d2"));
    let log =
        app.cell("select group_concat(dscr,' ') from (select dscr from ObjLog where obj='Doc' order by id)");
    assert_eq!(log, json!("删除 删除 批量删除"));
}
