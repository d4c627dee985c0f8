//! Orders: users place them, staff completes or cancels them. Tables and actions: DESIGN.md beside this file.

mod demo;
mod rules;

use crate::plugins::upload::file_cols;
use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("order", include_str!("DESIGN.md"))
    .needs(&["account", "upload"])
    .objects(&[&ORDR, &ORDER_LOG, &ORDER_ATT])
    .files(&[file_in("OrderAtt", "attId").of("Ordr", "orderId")])
    .demo(demo::orders);

static ORDR: Object = Object::table("Ordr")
    .vcols(&[join("User", "userId").cols("name userName, phone userPhone").by_default()])
    .time_columns("createTm")
    .live()
    .quick_search("dscr, cmt, userName, userPhone")
    .subs(&[
        list("orderLog", "OrderLog", "orderId={id}").order("id desc").readonly().not_copied(),
        list("atts", "OrderAtt", "orderId={id}").res("id, attId, k, orgName, size, mime"),
    ])
    .get_res("*, orderLog, atts")
    .states(&STATUS)
    .on_add(rules::begin)
    .on_set(rules::note_status)
    .on_del(rules::take_along)
    .user(
        can(ADD | READ | SET)
            .own("userId")
            .stamped("createTm")
            .readonly_on_set("userId, amount")
            .on_set(rules::only_new)
            .on_del(rules::only_new),
    )
    .emp(
        can(ADD | READ | SET | BATCH_ADD)
            .required("userId")
            .stamped("createTm")
            .readonly_on_set("userId, amount")
            .on_add(rules::for_somebody),
    )
    .mgr_also(can(ALL).free_in_bulk("dscr, cmt"));

static STATUS: States = States::of("status")
    .start("CR")
    .step("CR", "RE", EMP)
    .called("完成订单|Complete order")
    .step("CR", "CA", EMP | USER)
    .called("取消订单|Cancel order");

static ORDER_LOG: Object = Object::table("OrderLog")
    .live()
    .vcols(&[join("Employee", "empId").cols("name empName, phone empPhone").by_default()])
    .time_columns("tm")
    .default_sort("id desc")
    .references(&[("empId", "Employee")])
    .user(can(READ).own_via("orderId", "Ordr", "userId"))
    .emp(can(READ));

static ORDER_ATT: Object = Object::table("OrderAtt")
    .vcols(&[file_cols("attId")])
    .user(can(READ).own_via("orderId", "Ordr", "userId"))
    .emp(can(READ));
