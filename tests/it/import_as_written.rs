//! Imports of files as people write them: labels as headings, words, amounts, dates, rows named by their texts; a look
//! beforehand, good rows without the faulty ones, the faulty ones as a workbook, and all of it undone as one call.

use crate::app::{Client, TestApp};
use crate::login;
use crate::plugins::{account, syslog};
use crate::table_import::{bytes, upload};
use calamine::{Data, Reader, Xlsx};
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::{Value, json};

static PARCELS: Plugin =
    Plugin::new("parcel", DESIGN).needs(&["account"]).objects(&[&PARCEL, &LINE, &SHELF, &VAULT]);

const DESIGN: &str = "
**[包裹|Parcel]**

@Parcel: id, userId, shelfId, vaultId, status(2), amount, qty&, onFlag, dt, tm, code(s), cmt(l), pin(s), createTm
@key Parcel: unique(code)
@class Parcel: secret(pin)

userId
: 客户|Customer.

shelfId
: 货架|Shelf.

status
: 状态|Status. Enum(CR-新创建|New, RE-已送达|Delivered)

amount
: 金额|Amount.

qty
: 数量|Quantity.

onFlag
: 是否急件|Urgent.

dt
: 送达日期|Day.

tm
: 取件时间|Picked up.

code
: 单号|Number.

cmt
: 备注|Comment.

createTm
: 创建时间|Created.

userName
: 客户姓名|Customer name.

@ParcelLine: id, parcelId, name(s), qty&, shelfId

@Shelf: id, name(s), hiddenName(s)

@Vault: id, name(s)
";

static PARCEL: Object = Object::table("Parcel")
    .vcols(&[join("User", "userId").cols("name userName").by_default()])
    .subs(&[list("lines", "ParcelLine", "parcelId={id}").res("id, name, qty, shelfId")])
    .hidden("pin")
    .on_write(rules)
    .emp(can(ADD | READ | SET | BATCH_ADD).required("code").readonly("createTm"))
    .mgr(can(ALL).required("code").readonly("createTm"));
static LINE: Object = Object::table("ParcelLine").emp(can(READ)).mgr(can(ALL));
// Known by the column that stands for its rows.
static SHELF: Object = Object::table("Shelf").hidden("hiddenName").emp(can(READ));
// Closed to staff.
static VAULT: Object = Object::table("Vault").lookup("name").admin(can(ALL));

fn rules(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.text("cmt").is_some_and(|text| text.contains("bad")) {
        // Something was written before it is refused.
        tx.insert("Shelf", [("name", json!("left behind"))])?;
        return Err(Error::param("bad word in `cmt`").say("字段`cmt`文字不当", "field `cmt` has bad words"));
    }
    if write.adding() {
        write.set("createTm", tx.now());
    }
    Ok(())
}

static PLUGINS: &[&Plugin] = &[&account::PLUGIN, &syslog::PLUGIN, &PARCELS];

/// Customers 1 to 4, two of them of one name.
fn parcels() -> TestApp {
    let app = TestApp::with_plugins(PLUGINS, &[]);
    app.write(|tx| {
        for (name, phone) in [
            ("韩梅梅", "13800000001"),
            ("李雷", "13800000002"),
            ("李雷", "13800000003"),
            ("Ann", "13800000004"),
        ] {
            tx.insert("User", [("name", json!(name)), ("phone", json!(phone)), ("uname", json!(phone))])?;
        }
        for name in ["A1", "B2"] {
            tx.insert("Shelf", [("name", json!(name)), ("hiddenName", json!(format!("x{name}")))])?;
        }
        tx.insert("Vault", [("name", json!("gold"))]).map(|_| ())
    });
    app
}

fn staff<'a>(app: &'a TestApp, uname: &str, perms: &str) -> Client<'a> {
    let id = login::employee(app, uname, perms);
    app.login(if perms.contains("mgr") { Role::Mgr } else { Role::Emp }, id)
}

#[track_caller]
fn good(answer: Value) -> Value {
    assert_eq!(answer[0], json!(0), "{answer}");
    answer[1].clone()
}

fn send(client: &Client<'_>, wish: &str, text: &str) -> Value {
    bytes(client, &format!("Parcel.batchAdd?{wish}"), text.as_bytes())
}

fn all(app: &TestApp, sql: &str) -> String {
    app.cell(&format!("select group_concat(x, ';') from ({sql})")).as_str().unwrap_or_default().to_owned()
}

fn messages(answer: &Value) -> Vec<String> {
    let faults = answer["faults"].as_array().unwrap();
    faults.iter().map(|one| format!("{} {}", one["line"], one["message"].as_str().unwrap())).collect()
}

/// The cells of the file of faulty rows.
fn left_rows(client: &Client<'_>, job: &Value) -> Vec<Vec<String>> {
    let got = client.send("GET", &format!("Job.file?id={job}"), &[], None);
    assert!(got.header("content-type").contains("spreadsheetml"), "{}", got.text());
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(got.bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| if let Data::Empty = cell { String::new() } else { cell.to_string() };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

const SHEET: &str = "单号,客户,货架,状态,金额(元),数量,是否急件,送达日期,取件时间,备注\n\
    P1,韩梅梅,A1,新创建,\"￥1,234.50\",\"1,000\",是,2026年3月1日,2026年3月2日 下午2点半,一\n\
    P2,13800000002,2,Delivered,（5.00）,2.00,×,2026.3.1,45352.5,二\n\
    P3,4,b,,1.2万,三,,,,三\n";

#[test]
fn cells_as_people_write_them() {
    let app = parcels();
    let client = staff(&app, "clerk", "emp");
    let got = good(send(&client, "partial=1", SHEET));
    assert_eq!((&got["cnt"], &got["faultCnt"]), (&json!(2), &json!(1)), "{got}");
    assert_eq!(
        all(
            &app,
            "select code||'|'||userId||'|'||shelfId||'|'||amount||'|'||qty||'|'||onFlag||'|'||dt||'|'||tm x from Parcel order by id"
        ),
        "P1|1|1|1234.5|1000|1|2026-03-01|2026-03-02 14:30:00;P2|2|2|-5|2|0|2026-03-01|2024-03-01 12:00:00"
    );
    // All that is wrong with a row, by labels.
    assert_eq!(messages(&got), ["4 “货架”找不到“b”；“数量”应为整数"]);
    let fields: Vec<&Value> =
        got["faults"][0]["faults"].as_array().unwrap().iter().map(|f| &f["field"]).collect();
    assert_eq!(fields, [&json!("shelfId"), &json!("qty")]);
    let english = client.send(
        "POST",
        "Parcel.batchAdd?partial=1&_lang=en",
        &[("content-type", "text/plain"), ("accept-language", "en")],
        Some("Number,Quantity\nQ1,x\n".into()),
    );
    assert_eq!(messages(&english.json()[1]), ["2 \"Quantity\" must be a whole number"]);
    // Without the wish each cell is taken literally, as ever.
    assert_eq!(send(&client, "", SHEET)[0], json!(1));
    let plain = good(send(&client, "", "单号,金额,userId\nL1,12.5,1\n"));
    assert_eq!(plain["cnt"], json!(1), "a label is a heading all the same");
    assert_eq!(send(&client, "", "单号,客户\nL2,韩梅梅\n")[0], json!(1));
    assert_eq!(send(&client, "", "单号,客户\nL2,13800000002\n")[0], json!(0), "a number is a number");
    let whole = send(&client, "asWritten=1", "单号,客户,数量\nW1,韩梅梅,1\nW2,谁,二\n");
    assert_eq!(
        whole[1],
        json!("第3行出错(\"W2,谁,二\"): “客户”找不到“谁”；“数量”应为整数"),
        "all or nothing: {whole}"
    );
    assert_eq!(app.cell("select count(*) from Parcel where code like 'W%'"), json!(0));
}

#[test]
fn a_look_beforehand_changes_nothing() {
    let app = parcels();
    let client = staff(&app, "clerk", "emp");
    let sheet = "单号,客户姓名,没有这列,创建时间,pin,备注,数量\nP1,李雷,x,2020-01-01,77,,1\nP2,韩梅梅,y,,,bad,\nP3,Ann,z,,88,,2\n";
    let columns = good(send(&client, "preview=columns", sheet));
    assert_eq!((&columns["total"], &columns["missing"]), (&json!(3), &json!([])));
    let of = |name: &str| {
        columns["columns"].as_array().unwrap().iter().map(|c| c[name].clone()).collect::<Vec<_>>()
    };
    let null = Value::Null;
    assert_eq!(
        of("field"),
        [
            json!("code"),
            json!("userId"),
            null.clone(),
            null.clone(),
            json!("pin"),
            json!("cmt"),
            json!("qty")
        ]
    );
    assert_eq!(of("why")[2..4], [json!("unknown"), json!("readonly")]);
    assert_eq!((&of("by")[1], &of("label")[1]), (&json!("name"), &json!("客户")));
    assert_eq!(of("samples")[1], json!(["李雷", "韩梅梅", "Ann"]));
    assert_eq!(of("samples")[4], json!(["?", "?"]), "a secret is not shown");
    let seen = good(send(&client, "preview=1", sheet));
    assert_eq!((&seen["cnt"], &seen["faultCnt"]), (&json!(1), &json!(2)), "{seen}");
    assert_eq!(messages(&seen), ["2 “客户”有多条数据是“李雷”，请选择其中一条", "3 “备注”文字不当"]);
    assert_eq!(
        seen["choices"],
        json!([{"field": "userId", "label": "客户", "text": "李雷", "candidates": [
            {"id": 2, "text": "#2 李雷 13800000002"}, {"id": 3, "text": "#3 李雷 13800000003"}]}])
    );
    let missing = good(send(&client, "preview=columns&title=-,-,-,-,-,cmt", sheet));
    assert_eq!(missing["missing"], json!([{"field": "code", "label": "单号"}]));
    // Nothing is stored, kept or recorded as a change.
    assert_eq!(
        app.cell("select (select count(*) from Parcel)||'/'||(select count(*) from Shelf)||'/'||(select count(*) from ObjLog where obj='Parcel')"),
        json!("0/2/0")
    );
    assert!(!app.config().data.join("import").exists());
    // The same rows with the choice made.
    let chosen = "partial=1&title=code,userId.name,-,-,pin,cmt,qty&choices=%7B%22userId%22:%7B%22%E6%9D%8E%E9%9B%B7%22:3%7D%7D";
    let got = good(send(&client, chosen, sheet));
    assert_eq!((&got["cnt"], messages(&got)), (&json!(2), vec!["3 “备注”文字不当".to_owned()]));
    assert_eq!(all(&app, "select code||userId||coalesce(pin,'') x from Parcel order by id"), "P1377;P3488");
    assert_eq!(app.cell("select count(*) from Shelf"), json!(2), "what a refused row wrote is undone");
    for bad in [
        "choices=5",
        "choices=%7B%22userId%22:1%7D",
        "choices=%7B%22userId%22:%7B%22%E6%9D%8E%E9%9B%B7%22:%22x%22%7D%7D",
        "preview=2",
    ] {
        assert_eq!(send(&client, &format!("partial=1&{bad}"), sheet)[0], json!(1), "{bad}");
    }
    assert_eq!(
        send(&client, "partial=1", sheet)[1],
        json!("列名不正确: 没有这列"),
        "nothing is left out unasked"
    );
}

#[test]
fn faulty_rows_come_back_as_a_workbook_and_are_sent_again() {
    let app = parcels();
    let (client, other) = (staff(&app, "clerk", "emp"), staff(&app, "another", "emp"));
    let sheet = "单号,客户,数量,备注,pin\n0012,韩梅梅,1,,\n0013,无此人,1,\"=1+1, x\",zebra1\n0012,韩梅梅,2,,zebra2\n,韩梅梅,3,,\n";
    let got = good(send(&client, "partial=1", sheet));
    assert_eq!((&got["cnt"], &got["faultCnt"]), (&json!(1), &json!(3)), "{got}");
    assert_eq!(messages(&got), ["3 “客户”找不到“无此人”", "4 已存在重复记录: 单号", "5 缺少“单号”"]);
    assert_eq!(
        got["faults"][0]["cells"],
        json!(["0013", "无此人", "1", "=1+1, x", "?"]),
        "no secret in an answer"
    );
    let rows = left_rows(&client, &got["jobId"]);
    assert_eq!(
        rows,
        [
            ["单号", "客户", "数量", "备注", "pin", "未导入的原因"],
            ["0013", "无此人", "1", "=1+1, x", "zebra1", "“客户”找不到“无此人”"],
            ["0012", "韩梅梅", "2", "", "zebra2", "已存在重复记录: 单号"],
            ["", "韩梅梅", "3", "", "", "缺少“单号”"],
        ]
    );
    // It is the caller's own.
    let job = &got["jobId"];
    assert_eq!(other.fails(&format!("Job.file?id={job}"), json!(null)).0, 1);
    assert_eq!(app.anon().fails(&format!("Job.file?id={job}"), json!(null)).0, 2);
    assert_eq!(client.fails("Job.file?id=999", json!(null)).0, 1);
    assert_eq!(client.fails("Job.file", json!(null)).0, 1);
    // Mended and sent again, the column of the reasons is passed over.
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (y, row) in rows.iter().enumerate() {
        for (x, cell) in row.iter().enumerate() {
            let cell = match (y, x) {
                (1, 1) => "Ann",
                (2, 0) => "0014",
                (3, 0) => "0015",
                _ => cell,
            };
            page.write(y as u32, x as u16, cell).unwrap();
        }
    }
    let again =
        good(upload(&client, "Parcel.batchAdd?partial=1", "again.xlsx", &book.save_to_buffer().unwrap()));
    assert_eq!(
        (&again["cnt"], &again["faultCnt"], &again["jobId"]),
        (&json!(3), &json!(0), &Value::Null),
        "{again}"
    );
    assert_eq!(
        all(&app, "select code||userId||coalesce(cmt,'') x from Parcel order by id"),
        "00121;00134=1+1, x;00141;00151"
    );
    assert_eq!(
        app.cell("select count(*) from ApiLog where res like '%zebra%' or req like '%zebra%'"),
        json!(0)
    );
}

#[test]
fn an_import_with_faults_is_one_call_in_the_log_and_undone_as_one() {
    let app = parcels();
    let mgr = staff(&app, "boss", "mgr");
    let sheet = "单号,@lines.name,@lines.qty,@lines.shelfId\nP1,pen,1,A1\n,ink,\"1,000\",B2\nP2,hat,x,A1\n,cap,2,\nP3,box,3,2\n";
    let got = good(send(&mgr, "partial=1&uniKey=code", sheet));
    assert_eq!((&got["cnt"], &got["faultCnt"]), (&json!(2), &json!(1)), "{got}");
    assert_eq!(got["faults"][0]["lines"], json!(2));
    assert_eq!(
        all(&app, "select parcelId||name||qty||shelfId x from ParcelLine order by id"),
        "1pen11;1ink10002;2box32"
    );
    let rows = left_rows(&mgr, &got["jobId"]);
    assert_eq!(rows.len(), 3, "both lines of the parcel come back: {rows:?}");
    assert!(rows[1][4].contains("应为整数") && rows[2][..2] == ["", "cap"], "{rows:?}");
    let call = got["apiLogId"].as_i64().unwrap();
    assert_eq!(
        app.cell(&format!(
            "select group_concat(dscr||changes) from ObjLog where apiLogId={call} and obj='Parcel'"
        )),
        json!("批量添加{\"cnt\":[null,2],\"id\":[null,\"1-2\"],\"fields\":[null,{\"code\":2,\"lines\":2}]}")
    );
    mgr.ok("ObjLog.undo", json!({"apiLogId": call}));
    assert_eq!(
        app.cell("select (select count(*) from Parcel)||'/'||(select count(*) from ParcelLine)"),
        json!("0/0")
    );
    // Where no row is good nothing has happened.
    let none = good(send(&mgr, "partial=1", "单号\n\"\"\n单,号\n"));
    assert_eq!(none["cnt"], json!(1), "{none}");
    let none = good(send(&mgr, "partial=1", "单号,数量\nZ,x\n"));
    assert_eq!((&none["cnt"], &none["faultCnt"]), (&json!(0), &json!(1)));
    assert_eq!(mgr.fails("ObjLog.undo", json!({"apiLogId": none["apiLogId"]})).0, 1);
}

#[test]
fn rows_are_named_only_as_far_as_the_caller_may_query_them() {
    let app = parcels();
    let client = staff(&app, "clerk", "emp");
    let faults = |sheet: &str| {
        let got = good(send(&client, "preview=1", sheet));
        messages(&got).join("|")
    };
    // A hidden column finds nothing; an object that is closed takes numbers alone.
    assert_eq!(faults("单号,货架\nP1,xA1\n"), "2 “货架”找不到“xA1”");
    assert_eq!(faults("单号,vaultId\nP1,gold\n"), "2 “vaultId”应为整数");
    assert_eq!(faults("单号,vaultId\nP1,1\n"), "");
    assert_eq!(send(&client, "partial=1&title=code,shelfId.hiddenName", "a,b\nP1,xA1\n")[0], json!(1));
    assert_eq!(send(&client, "partial=1&title=code,userId.pwd", "a,b\nP1,x\n")[0], json!(1));
    assert_eq!(send(&client, "partial=1&title=code,userId.nosuch", "a,b\nP1,x\n")[0], json!(1));
    // By one field alone, a number in it is a text.
    assert_eq!(faults("单号,userId.phone\nP1,13800000003\n"), "");
    assert_eq!(faults("单号,userId.phone\nP1,3\n"), "2 “客户”找不到“3”");
    assert_eq!(faults("单号,userId.phone\nP1,x\n"), "2 “客户”找不到“x”");
    // A text that is the number of one row and the name of another is not guessed.
    app.write(|tx| tx.insert("Shelf", [("name", json!("1"))]).map(|_| ()));
    assert_eq!(faults("单号,货架\nP1,1\nP2,2\n"), "2 “货架”有多条数据是“1”，请选择其中一条");
    // What a user who may not query customers can name.
    assert_eq!(
        app.anon()
            .send(
                "POST",
                "Parcel.batchAdd?preview=1",
                &[("content-type", "text/plain")],
                Some("code\nx\n".into())
            )
            .json()[0],
        json!(2)
    );
}

#[test]
fn long_imports_tell_how_far_they_are_and_what_they_left() {
    let app = parcels();
    let client = staff(&app, "boss", "mgr");
    let mut sheet = String::from("单号,客户,数量\n");
    for n in 0..1500 {
        let who = ["韩梅梅", "13800000002", "Ann", "无此人"][n % 4];
        sheet.push_str(&format!("N{n},{who},{n}\n"));
    }
    let job = good(send(&client, "partial=1&async=1", &sheet))["jobId"].clone();
    let ended = loop {
        let now = client.ok(&format!("Job.get?id={job}"), json!(null));
        if now["state"] != json!("running") {
            break now;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let result = &ended["result"];
    assert_eq!(
        (&ended["state"], &ended["done"], &ended["total"]),
        (&json!("done"), &json!(1500), &json!(1500))
    );
    assert_eq!((&result["cnt"], &result["faultCnt"], &result["jobId"]), (&json!(1125), &json!(375), &job));
    assert_eq!(result["faults"].as_array().unwrap().len(), 200, "the file has all of them");
    assert_eq!(left_rows(&client, &job).len(), 376);
    assert_eq!(app.cell("select count(*) from Parcel"), json!(1125));
    assert_eq!(client.ok("ObjLog.undo", json!({"apiLogId": result["apiLogId"]}))["cnt"], json!(1125));
}

#[test]
fn in_a_batch_and_from_json() {
    let app = parcels();
    let mgr = staff(&app, "boss", "mgr");
    let rows = json!([{"code": "J1", "userId": "韩梅梅", "amount": "￥5"}, {"code": "J2", "userId": "谁"}, {"code": "J3", "userId": 4}]);
    let got = mgr.ok("Parcel.batchAdd?partial=1", json!({"list": rows}));
    assert_eq!((&got["cnt"], messages(&got)), (&json!(2), vec!["2 “客户”找不到“谁”".to_owned()]), "{got}");
    assert_eq!(left_rows(&mgr, &got["jobId"])[1], ["J2", "谁", "", "“客户”找不到“谁”"]);
    let rows = json!([{"code": "B1", "qty": "x"}, {"code": "B2", "qty": 2}]);
    let batch = json!([
        {"ac": "Parcel.batchAdd", "get": {"partial": 1}, "post": {"list": rows}},
        {"ac": "Parcel.query", "get": {"cond": "code='B2'", "res": "qty", "fmt": "one"}},
    ]);
    let got = mgr.ok("batch?useTrans=1", batch);
    assert_eq!((&got[0][1]["cnt"], &got[1][1]["qty"]), (&json!(1), &json!(2)), "{got}");
    // An update by a key goes on past its faults, too.
    let got = good(send(&mgr, "partial=1&uniKey=code!", "单号,数量\nJ1,7\nnone,8\nJ3,\"1,0\"\n"));
    assert_eq!((&got["cnt"], messages(&got).len()), (&json!(1), 2), "{got}");
    assert_eq!(app.cell("select qty from Parcel where code='J1'"), json!(7));
}
