//! `batchAdd` from JSON, text and files.

use crate::app::{Client, TestApp};
use crate::lab::{admin, emp, lab};
use jindou::auth::Role;
use serde_json::{Value, json};

fn text(client: &Client<'_>, target: &str, body: &str) -> Value {
    bytes(client, target, body.as_bytes())
}

pub fn bytes(client: &Client<'_>, target: &str, body: &[u8]) -> Value {
    client.send("POST", target, &[("content-type", "text/plain")], Some(body.to_vec())).json()
}

pub fn upload(client: &Client<'_>, target: &str, name: &str, content: &[u8]) -> Value {
    let mut body =
        format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--X--\r\n");
    client.send("POST", target, &[("content-type", "multipart/form-data; boundary=X")], Some(body)).json()
}

#[track_caller]
fn good(answer: Value) -> Value {
    assert_eq!(answer[0], json!(0), "{answer}");
    answer[1].clone()
}

fn all(app: &TestApp, sql: &str) -> String {
    app.cell(&format!("select group_concat(x, ';') from ({sql})")).as_str().unwrap_or_default().to_owned()
}

#[test]
fn json_lists_with_children() {
    let app = lab();
    let client = emp(&app);
    let got = client.ok(
        "Bill.batchAdd",
        json!({"list": [{"name": "x", "items": [{"name": "i"}, {"name": "j"}]}, {"name": "y"}]}),
    );
    assert_eq!(got, json!({"cnt": 2, "idList": [9, 10]}));
    assert_eq!(all(&app, "select name x from BillItem where billId=9"), "i;j");
    assert_eq!(client.ok("Bill.batchAdd", json!([{"name": "z"}])), json!({"cnt": 1, "idList": [11]}));
    for list in [json!({"list": 1}), json!({"list": [1]}), json!({}), json!({"list": "x"})] {
        assert_eq!(client.fails("Bill.batchAdd", list).0, 1);
    }
    assert_eq!(
        app.cell("select dscr||' '||changes from ObjLog where obj='Bill' limit 1"),
        json!(
            "批量添加 {\"cnt\":[null,2],\"id\":[null,\"9-10\"],\"fields\":[null,{\"name\":2,\"items\":1}]}"
        )
    );
}

#[test]
fn texts_with_commas_or_tabs() {
    let app = lab();
    let client = emp(&app);
    let got = good(text(&client, "Shop.batchAdd", " name , city \n a ,\"x, \"\"y\"\"\nz\"\n\n , \nb,\n"));
    assert_eq!(got, json!({"cnt": 2, "idList": [3, 4]}));
    assert_eq!(all(&app, "select name||'/'||coalesce(city,'-') x from Shop where id>2"), "a/x, \"y\"\nz;b/-");
    let got = good(text(&client, "Shop.batchAdd", "\u{feff}name\tcity\r\nc, d\te\r\n"));
    assert_eq!(got["cnt"], json!(1));
    assert_eq!(all(&app, "select name||'/'||city x from Shop where id=5"), "c, d/e");
    let got = good(text(
        &client,
        "Bill.batchAdd",
        "name,amount,tm,custId\n=\"0012\",1.5,2024/3/1 8:00,1\n'=x,2,,\n",
    ));
    assert_eq!(got["cnt"], json!(2));
    assert_eq!(
        all(&app, "select name||'|'||amount||'|'||coalesce(tm,'') x from Bill where id>8"),
        "0012|1.5|2024-03-01 08:00:00;=x|2|"
    );
    assert_eq!(text(&client, "Shop.batchAdd", " \n ")[0], json!(1));
}

#[test]
fn titles_and_skipped_columns() {
    let app = lab();
    let client = emp(&app);
    good(text(&client, "Shop.batchAdd?title=city,-,name", "城市,备注,名称\nc1,skip,n1\n"));
    good(text(&client, "Shop.batchAdd", "name,-备注,city,\nn2,skip,c2,x\n"));
    assert_eq!(all(&app, "select name||city x from Shop where id>2"), "n1c1;n2c2");
    assert_eq!(text(&client, "Shop.batchAdd", "name,name\na,b\n")[1], json!("列定义重复: name"));
    assert_eq!(text(&client, "Shop.batchAdd", "-a,-b\na,b\n")[0], json!(1));
    assert_eq!(text(&client, "Shop.batchAdd", "名(称)\na\n")[0], json!(1));
    let unknown = text(&client, "Shop.batchAdd", "name,nosuch\na,b\n");
    assert!(unknown[1].as_str().unwrap().contains("未知字段`nosuch`"), "{unknown}");
}

#[test]
fn columns_found_by_their_header() {
    let app = lab();
    let client = emp(&app);
    let target = "Shop.batchAdd?useColMap=1&title=名称->name,city";
    good(text(&client, target, "备注,city,名称\nx,c,n\n"));
    assert_eq!(all(&app, "select name||city x from Shop where id>2"), "nc");
    assert_eq!(text(&client, target, "备注,名称\nx,n\n"), json!([1, "缺少列`city`", "require col: city"]));
}

#[test]
fn uni_key_strategies() {
    let app = lab();
    let client = emp(&app);
    let csv = "code,name,cmt\nC1,张三,new\nN1,某,x\n";
    let got = good(text(&client, "Cust.batchAdd?uniKey=code", csv));
    assert_eq!(got, json!({"cnt": 2, "idList": [1, 6]}));
    assert_eq!(all(&app, "select cmt x from Cust where id in (1,6)"), "new;x");
    let got = good(text(
        &client,
        "Cust.batchAdd?uniKey=code&uniKeyMode=ignore",
        "code,name,cmt\nC1,张三,zz\nN2,某,x\n",
    ));
    assert_eq!(
        (got["idList"].clone(), all(&app, "select cmt x from Cust where id=1")),
        (json!([1, 7]), "new".into())
    );
    let failed = text(&client, "Cust.batchAdd?uniKey=code&uniKeyMode=error", "code,name\nN3,n\nC2,n\n");
    assert!(
        failed[1].as_str().unwrap().starts_with("第3行出错(\"C2,n\"): 已存在重复记录: code=C2"),
        "{failed}"
    );
    let failed = text(&client, "Cust.batchAdd?uniKey=code!", "code,name\nN9,n\n");
    assert!(failed[1].as_str().unwrap().contains("找不到匹配项: code=N9"), "{failed}");
    let got = good(text(&client, "Cust.batchAdd?uniKey=code!&uniKeyMode=ignore", "code,cmt\nN9,n\nC3,upd\n"));
    assert_eq!(got, json!({"cnt": 2, "idList": [-1, 3]}));
    assert_eq!(all(&app, "select cmt x from Cust where id=3"), "upd");
    assert_eq!(app.cell("select count(*) from Cust"), json!(7));
}

#[test]
fn lines_of_one_key_are_one_object() {
    let app = lab();
    let client = emp(&app);
    let csv =
        "code,name,@items.name,@items.qty\nB1,one,pen,1\nB1,,ink,2\n,,cup,3\nB2,two,hat,4\nB3,three,,\n";
    let got = good(text(&client, "Bill.batchAdd?uniKey=code", csv));
    assert_eq!(got, json!({"cnt": 3, "idList": [9, 10, 11]}));
    assert_eq!(
        all(&app, "select billId||name||qty x from BillItem where billId>8"),
        "9pen1;9ink2;9cup3;10hat4"
    );
    // Once more with other children: put replaces them, patch adds.
    good(text(&client, "Bill.batchAdd?uniKey=code", "code,@items.name\nB1,new\n"));
    assert_eq!(all(&app, "select name x from BillItem where billId=9"), "new");
    good(text(&client, "Bill.batchAdd?uniKey=code&submode=patch", "code,@items.name\nB1,more\n"));
    assert_eq!(all(&app, "select name x from BillItem where billId=9"), "new;more");
    let single = good(text(&client, "Bill.batchAdd", "name,@items.name\nq,a\nq,b\n"));
    assert_eq!(single["cnt"], json!(2), "without a key each line is an object");
    let failed = text(&client, "Bill.batchAdd?uniKey=code", "code,name,@items.name\n,x,a\n");
    assert!(failed[1].as_str().unwrap().contains("第2行") && failed[0] == json!(1), "{failed}");
    let failed = text(&client, "Bill.batchAdd?uniKey=code,name", "code,name,@items.name\nK,n,a\nK,,b\n");
    assert!(failed[1].as_str().unwrap().contains("第3行"), "{failed}");
    assert_eq!(text(&client, "Bill.batchAdd", "name,@nosuch.x\na,b\n")[0], json!(1));
}

#[test]
fn all_errors_are_told_and_nothing_is_stored() {
    let app = lab();
    let client = emp(&app);
    let failed = text(&client, "Bill.batchAdd", "name,amount,tm\na,1,2024-01-01\nb,x,\nc,2,nodate\nd,3,\n");
    let message = failed[1].as_str().unwrap().to_owned();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!((failed[0].clone(), lines.len()), (json!(1), 2), "{message}");
    assert!(lines[0].starts_with("第3行出错(\"b,x,\"): ") && lines[0].contains("amount"), "{message}");
    assert!(lines[1].starts_with("第4行出错(\"c,2,nodate\"): ") && lines[1].contains("tm"), "{message}");
    assert_eq!(app.cell("select count(*) from Bill"), json!(8));
    let many: String =
        std::iter::once("name,amount\n".to_owned()).chain((0..50).map(|i| format!("n,x{i}\n"))).collect();
    let message = text(&client, "Bill.batchAdd", &many)[1].as_str().unwrap().to_owned();
    assert_eq!((message.lines().count(), message.lines().last()), (21, Some("忽略更多错误...")));
    let failed = client.fails(
        "Cust.batchAdd",
        json!({"list": [{"name": "a", "code": "Q"}, {"name": "b", "code": "Q"}, {"code": "R"}]}),
    );
    assert_eq!(failed.1.lines().count(), 2, "{failed:?}");
    assert!(
        failed.1.contains("第2行") && failed.1.contains("第3行出错(\"R\"): 缺少参数`name`"),
        "{failed:?}"
    );
    assert_eq!(app.cell("select count(*) from Cust"), json!(5));
}

#[test]
fn gbk_and_files() {
    let app = lab();
    let client = emp(&app);
    let gbk = encoding_rs::GB18030.encode("name,city\n东店,广州\n").0.into_owned();
    assert_eq!(good(bytes(&client, "Shop.batchAdd", &gbk))["cnt"], json!(1));
    assert_eq!(good(upload(&client, "Shop.batchAdd", "shops.csv", &gbk))["cnt"], json!(1));
    assert_eq!(all(&app, "select name||city x from Shop where id>2"), "东店广州;东店广州");
    assert_eq!(bytes(&client, "Shop.batchAdd", b"name\n\xff\xff\n")[0], json!(1));
    let kept = std::fs::read_dir(app.config().data.join("import")).unwrap().count();
    assert_eq!(kept, 2, "what was imported is kept");
    assert!(!app.config().data.join("incoming").read_dir().unwrap().any(|_| true), "uploads are taken away");
}

#[test]
fn spreadsheets() {
    let app = lab();
    let client = emp(&app);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in ["name", "amount", "tm", "qty", "code"].into_iter().enumerate() {
        sheet.write(0, column as u16, title).unwrap();
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write(1, 0, "订单, 1").unwrap();
    sheet.write(1, 1, 12.25).unwrap();
    sheet
        .write_with_format(
            1,
            2,
            rust_xlsxwriter::ExcelDateTime::from_ymd(2024, 5, 6).unwrap().and_hms(7, 8, 9).unwrap(),
            &date,
        )
        .unwrap();
    sheet.write(1, 3, 7).unwrap();
    sheet.write(1, 4, 13_800_138_000_i64).unwrap();
    sheet.write(3, 0, "last").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let got = good(upload(&client, "Bill.batchAdd", "订单.xlsx", &bytes));
    assert_eq!(got, json!({"cnt": 2, "idList": [9, 10]}));
    assert_eq!(
        all(
            &app,
            "select name||'|'||coalesce(amount,'')||'|'||coalesce(tm,'')||'|'||coalesce(qty,'')||'|'||coalesce(code,'') x from Bill where id>8"
        ),
        "订单, 1|12.25|2024-05-06 07:08:09|7|13800138000;last||||"
    );
    assert_eq!(upload(&client, "Bill.batchAdd", "a.xlsx", b"PK\x03\x04broken")[0], json!(1));
}

/// A workbook that another program wrote as Excel 97 does, and files that only look like one.
#[test]
fn old_spreadsheets() {
    let app = lab();
    let client = emp(&app);
    let book = include_bytes!("files/orders.xls");
    let got = good(upload(&client, "Bill.batchAdd", "订单.xls", book));
    assert_eq!(got, json!({"cnt": 3, "idList": [9, 10, 11]}));
    assert_eq!(
        all(
            &app,
            "select name||'|'||coalesce(amount,'')||'|'||coalesce(tm,'')||'|'||coalesce(qty,'')||'|'||coalesce(code,'')||'|'||coalesce(payDt,'') x from Bill where id>8"
        ),
        "订单, 1|12.25|2024-05-06 07:08:09|7|13800138000|2024-05-06;last “Ω”|||1|0012|;plain latin é|||||"
    );
    // Tables and pages are often called so.
    let table = good(upload(&client, "Shop.batchAdd", "a.xls", "name\tcity\n甲\tx\n".as_bytes()));
    assert_eq!(table["cnt"], json!(1));
    let page = upload(&client, "Shop.batchAdd", "a.xls", b"<html><table><tr><td>name</td></tr></table>");
    assert_eq!(page[1], json!("该xls文件实为网页，请用Excel打开后另存为xlsx"));
    for broken in [&b"\xD0\xCF\x11\xE0"[..], &book[..600], &book[..3000]] {
        assert_eq!(upload(&client, "Bill.batchAdd", "a.xls", broken)[0], json!(1));
    }
    let mut bent = book.to_vec();
    for at in (0..bent.len()).step_by(7) {
        bent[at] ^= 0x55;
        let answer = upload(&client, "Bill.batchAdd?preview=columns", "a.xls", &bent);
        assert!([json!(0), json!(1)].contains(&answer[0]), "{at}: {answer}");
    }
}

/// A workbook of some kilobytes whose shared texts would become hundreds of megabytes.
#[test]
fn a_workbook_that_unpacks_without_end_is_refused() {
    let app = lab();
    let client = emp(&app);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "name").unwrap();
    let book = book.save_to_buffer().unwrap();
    let bomb = |part: &str, filler: &[u8], megabytes: usize| {
        let mut from = zip::ZipArchive::new(std::io::Cursor::new(&book)).unwrap();
        let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for at in 0..from.len() {
            let file = from.by_index_raw(at).unwrap();
            if file.name().unwrap() != part {
                to.raw_copy_file(file).unwrap();
            }
        }
        let packed =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        to.start_file(part, packed).unwrap();
        let piece = filler.repeat((1 << 20) / filler.len());
        (0..megabytes).for_each(|_| std::io::Write::write_all(&mut to, &piece).unwrap());
        to.finish().unwrap().into_inner()
    };
    for (part, filler, megabytes) in [
        ("xl/sharedStrings.xml", &b"<si><t>a</t></si>"[..], 60),
        ("xl/worksheets/sheet1.xml", b"<row r=\"1\"></row>", 520),
        ("xl/more.xml", &[0; 1024], 60),
    ] {
        let bomb = bomb(part, filler, megabytes);
        assert!(bomb.len() < 4 << 20, "{part}: {}", bomb.len());
        let got = upload(&client, "Bill.batchAdd", "a.xlsx", &bomb);
        assert_eq!((&got[0], &got[1]), (&json!(1), &json!("Excel文件无法读取")), "{part}");
        let why = got[2].as_str().unwrap();
        assert!(why.contains("too large") || why.contains("larger than"), "{part}: {why}");
    }
}

#[test]
fn names_become_ids() {
    let app = lab();
    let client = emp(&app);
    good(text(&client, "Bill.batchAdd?name2id=客户,custId,Cust,name", "name,客户\nx,李四\ny,李四\nz,\n"));
    assert_eq!(all(&app, "select name||coalesce(custId,'-') x from Bill where id>8"), "x2;y2;z-");
    let failed = text(&client, "Bill.batchAdd?name2id=客户,custId,Cust,name", "name,客户\nx,李四\ny,无名\n");
    assert!(
        failed[1].as_str().unwrap().contains("第3行")
            && failed[1].as_str().unwrap().contains("找不到被引用的数据: 无名"),
        "{failed}"
    );
    for spec in [
        "a,custId,Cust,phone",
        "a,custId,Cust,pwd",
        "a,custId,NoSuch,name",
        "a,custId,Bill,name",
        "a,custId,Cust",
        "a,custId,sqlite_master,name",
    ] {
        assert_eq!(
            text(&client, &format!("Bill.batchAdd?name2id={spec}"), "name,a\nx,y\n")[0],
            json!(1),
            "{spec}"
        );
    }
    let spec = "店,shopId,Shop,name,a";
    assert_eq!(
        text(&client, &format!("Cust.batchAdd?name2id={spec}"), "name,code,店\nx,X1,新店\n")[0],
        json!(5)
    );
    let mgr = app.login(Role::Mgr, 9);
    good(text(
        &mgr,
        &format!("Cust.batchAdd?name2id={spec}"),
        "name,code,店\nx,X1,新店\ny,X2,新店\nz,X3,北店\n",
    ));
    assert_eq!(all(&app, "select shopId x from Cust where id>5"), "3;3;2");
}

#[test]
fn a_dry_run_finds_everything_and_stores_nothing() {
    let app = lab();
    let client = emp(&app);
    let got = good(text(&client, "Cust.batchAdd?doValidateOnly=1", "name,code\na,A1\nb,A2\n"));
    assert_eq!(got["cnt"], json!(2));
    let failed = text(&client, "Cust.batchAdd?doValidateOnly=1", "name,code\na,A1\nb,A1\n,A3\n");
    assert_eq!(failed[1].as_str().unwrap().lines().count(), 2, "{failed}");
    assert_eq!(
        app.cell("select (select count(*) from Cust)||'/'||(select count(*) from ObjLog)"),
        json!("5/0")
    );
    assert_eq!(good(text(&client, "Cust.batchAdd", "name,code\na,A1\n"))["idList"], json!([6]));
}

#[test]
fn long_imports_are_followed_from_afar() {
    let app = lab();
    let client = emp(&app);
    let csv: String =
        std::iter::once("name\n".to_owned()).chain((0..3000).map(|i| format!("s{i}\n"))).collect();
    let job = good(text(&client, "Shop.batchAdd?async=1", &csv))["jobId"].clone();
    let ended = wait(&client, &job);
    assert_eq!(
        (&ended["state"], &ended["done"], &ended["total"], &ended["errors"]),
        (&json!("done"), &json!(3000), &json!(3000), &json!([]))
    );
    assert_eq!(ended["result"]["cnt"], json!(3000));
    let row = |job: &Value| app.cell(&format!("select state from Job where id={job}"));
    assert_eq!(row(&job), json!("done"));
    assert_eq!(app.cell("select count(*) from Shop"), json!(3002));
    assert_eq!(app.cell("select count(*) from ObjLog l join ApiLog a on a.id=l.apiLogId where a.ac='Shop.batchAdd' and l.dscr='批量添加'"), json!(1));
    let job = good(text(&client, "Bill.batchAdd?async=1", "amount\n1\nx\n"))["jobId"].clone();
    let ended = wait(&client, &job);
    assert_eq!((&ended["state"], app.cell("select count(*) from Bill")), (&json!("failed"), json!(8)));
    assert_eq!(row(&job), json!("dead"));
    assert!(ended["errors"][0].as_str().unwrap().starts_with("第3行出错"), "{ended}");
    assert_eq!(
        text(&client, "Bill.batchAdd?async=1", "@zz\n1\n")[0],
        json!(1),
        "what is wrong at once is said at once"
    );
    assert_eq!(app.login(Role::Emp, 2).fails(&format!("Job.get?id={job}"), json!(null)).0, 1);
    assert_eq!(app.anon().fails(&format!("Job.get?id={job}"), json!(null)).0, 2);
    assert_eq!(client.fails("Job.get?id=999", json!(null)).0, 1);
}

fn wait(client: &Client<'_>, job: &Value) -> Value {
    for _ in 0..400 {
        let now = client.ok(&format!("Job.get?id={job}"), json!(null));
        if now["state"] != json!("running") {
            return now;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("job {job} does not end");
}

#[test]
fn an_import_inside_a_transaction() {
    let app = lab();
    let client = admin(&app);
    let batch = json!([
        {"ac": "Shop.batchAdd", "post": {"list": [{"name": "a"}, {"name": "b"}]}},
        {"ac": "Shop.get", "get": {"id": "{$1.idList[1]}", "res": "name"}, "ref": ["id"]},
        {"ac": "Shop.get", "get": {"id": 999}},
    ]);
    let got = client.ok("batch?useTrans=1", batch);
    assert_eq!(
        (&got[1], &got[2][0], app.cell("select count(*) from Shop")),
        (&json!([0, {"name": "b"}]), &json!(1), json!(2))
    );
}
