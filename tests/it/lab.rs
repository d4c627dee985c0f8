//! A plugin for tests alone: small tables with every feature of the generic table layer, and rows whose
//! numbers a person can add up.

use crate::app::{Client, TestApp};
use jindou::auth::Role;
use jindou::plugin::*;

pub static LAB: Plugin = Plugin::new("lab", DESIGN)
    .objects(&[&SHOP, &CUST, &BILL, &ITEM, &NOTE, &CARD, &CARD_USE, &DOC, &NODE, &MEMO])
    .functions(&[write("login", GUEST, |_, _| Ok(Answer::ok()))])
    .logins(&[
        LoginType::new("user", "", |_, _| Ok(Some(Identity::new(USER, 0)))),
        LoginType::new("emp", "", |_, id| Ok(Some(Identity::new(if id == 9 { EMP | MGR } else { EMP }, 0)))),
        LoginType::new("admin", "", |_, _| Ok(Some(Identity::new(ADMIN, 0)))),
    ]);

const DESIGN: &str = "
@Shop: id, name(s), city(s)
@Cust: id, name(s), phone(s), code(s), shopId, level&, pwd(128), secretWord(s), flags(l), props(l), createTm, cmt(l)
@key Cust: unique(code)
@Bill: id, custId, ownerId, tm, status(2), amount, qty&, weight#, payDt, name(s), code(s), cmt(l)
@key Bill: index(custId)
@range Bill: weight 0..
@BillItem: id, billId, name(s), qty&, price
@BillNote: id, billId, itemId, text(l)
@Card: id, name(s)
@CardUse: id, cardId, note(s)
@Doc: id, name(s), delFlag
@Node: id, name(s), fatherId
@Memo: id, userId, text(l), status(2), dscr(l)
";

static SHOP: Object = Object::table("Shop").lookup("name").user(can(READ)).emp(can(READ | ADD | BATCH_ADD));

static CUST: Object = Object::table("Cust")
    .vcols(&[
        join("Shop", "shopId").cols("name shopName, city shopCity").by_default(),
        formula("concat(name,'@',shopName) fullName"),
        formula("concat(y,'-',m) ym").outer(),
        count("billCnt", "Bill", "custId={id}"),
        over(Over::Sum, "billTotal", "Bill", "amount", "custId={id}"),
        over(Over::Max, "lastBillId", "Bill", "id", "custId={id}"),
    ])
    .subs(&[
        list("bills", "Bill", "custId={id}").res("id,amount,status"),
        one("shop", "Shop", "id={shopId}"),
        one("lastBill", "Bill", "id={lastBillId}").res("id,tm,amount"),
        one("place", "Shop", "id={shopId}").res("city place,name placeName").merged(),
    ])
    .computed(&[computed("levelName", "level", level_name), computed("billIds", "bills", bill_ids)])
    .time_columns("createTm")
    .quick_search("name, phone")
    .hidden("secretWord")
    .lookup("name, code")
    .user(can(READ))
    .emp(
        can(ALL)
            .readonly("createTm")
            .readonly_on_set("code")
            .required("name, phone|code")
            .required_on_set("phone"),
    );

static BILL: Object = Object::table("Bill")
    .vcols(&[join("Cust", "custId").cols("name custName, shopId custShopId").by_default()])
    .subs(&[
        list("items", "BillItem", "billId={id}"),
        list("notes", "BillNote", "billId={id}").res("id,text").order("id desc").not_copied(),
        list("any", "BillItem", "billId={id}").takes_over().not_copied(),
    ])
    .time_columns("tm")
    .page_max(100)
    .user(can(ALL).own("ownerId"))
    .emp(can(ALL));

static ITEM: Object = Object::table("BillItem")
    .subs(&[list("notes", "BillNote", "itemId={id}").res("id,text")])
    .user(can(READ).own_via("billId", "Bill", "ownerId"))
    .emp(can(ALL));
static NOTE: Object = Object::table("BillNote").emp(can(ALL));

static CARD: Object = Object::table("Card")
    .secret_ids()
    .subs(&[list("uses", "CardUse", "cardId={id}").res("id,note")])
    .emp(can(ALL));
static CARD_USE: Object =
    Object::table("CardUse").subs(&[one("card", "Card", "id={cardId}").res("id,name")]).emp(can(ALL));

static DOC: Object = Object::table("Doc").soft_delete("delFlag").emp(can(ALL));
static NODE: Object = Object::table("Node").emp(can(ALL));

static MEMO: Object = Object::table("Memo")
    .states(&STATUS)
    .guest(can(ADD))
    .user(
        can(ADD | READ | SET | SET_IF | DEL_IF | BATCH_SET | BATCH_DEL | DEL)
            .own("userId")
            .required("text")
            .free_in_bulk("dscr")
            .on_write(no_bad_words),
    )
    .emp(can(READ | SET).narrow(only_open));

static STATUS: States = States::of("status").start("CR").step("CR", "RE", EMP).step("CR", "CA", USER);

fn no_bad_words(_: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    match write.text("text") {
        Some(text) if text.contains("bad") => Err(Error::param("bad word").say("文字不当", "bad words")),
        _ => Ok(()),
    }
}

fn only_open(_: &mut Tx<'_>, _: &Params) -> Result<Cond> {
    Ok(Cond::equals("status", Literal::Text("CR".into())))
}

fn level_name(from: &[&Value]) -> Value {
    match from[0].as_i64() {
        Some(1) => "普通".into(),
        Some(2) => "金卡".into(),
        _ => Value::Null,
    }
}

fn bill_ids(from: &[&Value]) -> Value {
    let ids = from[0].as_array().into_iter().flatten().map(|bill| bill["id"].to_string());
    ids.collect::<Vec<_>>().join(" ").into()
}

/// The lab with its rows.
pub fn lab() -> TestApp {
    static PLUGINS: &[&Plugin] = &[&LAB];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    app.write(|tx| {
        for (table, rows) in ROWS {
            let (names, rows) = rows.trim().split_once('\n').unwrap();
            let names: Vec<&str> = names.split(',').map(str::trim).collect();
            for row in rows.lines() {
                let cells = row
                    .split(',')
                    .map(str::trim)
                    .map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
                tx.insert(table, names.iter().map(|n| (*n).to_owned()).zip(cells))?;
            }
        }
        Ok(())
    });
    app
}

pub fn admin(app: &TestApp) -> Client<'_> {
    app.login(Role::Admin, 1)
}

pub fn emp(app: &TestApp) -> Client<'_> {
    app.login(Role::Emp, 1)
}

pub fn user(app: &TestApp, id: i64) -> Client<'_> {
    app.login(Role::User, id)
}

const ROWS: &[(&str, &str)] = &[
    ("Shop", "name,city\n南店,上海\n北店,北京"),
    (
        "Cust",
        "name,phone,code,shopId,level,pwd,secretWord,flags,props,createTm
         张三,13800000001,C1,1,1,hash1,sesame,vip new,red,2024-01-01 08:30:00
         李四,13800000002,C2,1,2,hash2,,vip,,2024-12-30 23:00:00
         王五,13900000003,C3,2,,hash3,,vipx,,2023-01-01 00:00:00
         Jack,13900000004,C4,,2,hash4,,,,2022-12-31 12:00:00
         jackson,,C5,2,1,hash5,,,blue,2024-07-15 05:06:07",
    ),
    (
        "Bill",
        "custId,ownerId,tm,status,amount,qty,weight,payDt,name
         1,1,2024-01-01 10:00:00,CR,10.5,1,0.5,2024-01-02,a
         1,1,2024-01-07 11:00:00,RE,20,2,1.5,2024-01-08,b
         2,1,2024-02-05 10:00:00,CR,30.25,3,,,c
         2,2,2024-02-06 23:59:59,CA,40,4,2,2024-02-07,d
         2,2,2024-12-31 00:00:00,RE,50,5,0.25,,e
         3,2,2023-01-01 00:00:00,CR,60.1,,1,,f
         3,1,2023-01-02 08:00:00,RE,0.2,7,,,g
         ,2,,,,,,,h",
    ),
    ("BillItem", "billId,name,qty,price\n1,pen,2,1.5\n1,ink,1,7.5\n2,cup,3,5\n4,hat,1,40"),
    ("BillNote", "billId,itemId,text\n1,1,n1\n1,2,n2\n1,1,n3\n2,3,n4\n2,3,n5"),
    ("Card", "name\ngold\nsilver\niron"),
    ("CardUse", "cardId,note\n1,u1\n1,u2\n2,u3"),
    ("Doc", "name\nd1\nd2\nd3"),
    ("Node", "name,fatherId\nroot,\nleft,1\nright,1\nleaf,2\nlost,99"),
    ("Memo", "userId,text,status\n1,one,CR\n1,two,RE\n2,three,CR"),
];
