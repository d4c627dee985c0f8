//! Downloads: every format, its names and headers, and the guard of its cells.

use crate::app::{Client, Got, TestApp};
use crate::lab::{admin, lab};
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use std::io::Cursor;

fn file(client: &Client<'_>, target: &str) -> Got {
    client.send("GET", target, &[], None)
}

/// Texts that every format must carry unharmed.
fn tricky(app: &TestApp) {
    for (id, name) in [(1, "a,\"b\"\nc"), (2, "=1+1"), (3, "-5"), (4, "13800138000")] {
        app.write(move |tx| {
            tx.update("Bill", &[("id", json!(id))], json!({"cmt": name}).as_object().unwrap().clone())
        });
    }
}

#[test]
fn csv() {
    let app = lab();
    tricky(&app);
    let got = file(
        &admin(&app),
        "Bill.query?fmt=csv&res=id 编号,cmt 备注,amount,status 状态=CR:新&cond=id<5&fname=账单",
    );
    assert_eq!(
        got.text(),
        "编号,备注,amount,状态\n1,\"a,\"\"b\"\"\nc\",10.5,新\n2,'=1+1,20,RE\n3,-5,30.25,新\n4,13800138000,40,CA\n"
    );
    assert_eq!(got.header("content-type"), "application/csv; charset=UTF-8");
    assert_eq!(
        got.header("content-disposition"),
        "attachment;filename=__.csv; filename*=UTF-8''%E8%B4%A6%E5%8D%95.csv"
    );
    assert_eq!(got.status, 200);
}

#[test]
fn txt_and_html() {
    let app = lab();
    let client = admin(&app);
    let got = file(&client, "Bill.query?fmt=txt&res=id,name&cond=id<3");
    assert_eq!(
        (got.text().as_str(), got.header("content-disposition")),
        ("id\tname\n1\ta\n2\tb\n", "attachment;filename=Bill.txt")
    );
    let got = file(&client, "Cust.query?fmt=html&res=id,name&cond=1");
    assert!(
        got.header("content-type").starts_with("text/html") && got.text().contains("<td>张三</td>"),
        "{}",
        got.text()
    );
}

#[test]
fn excelcsv_is_gb18030_with_long_digits_kept() {
    let app = lab();
    tricky(&app);
    let got = file(&admin(&app), "Bill.query?fmt=excelcsv&res=cmt 备注&cond=id=4");
    let (text, _, bad) = encoding_rs::GB18030.decode(&got.bytes);
    assert!(!bad);
    assert_eq!(text, "备注\n=\"13800138000\"\n");
    assert_eq!(got.header("content-type"), "application/csv; charset=gb18030");
}

#[test]
fn excel_cells_keep_their_types() {
    let app = lab();
    tricky(&app);
    let got = file(&admin(&app), "Bill.query?fmt=excel&res=id,cmt,amount,tm,custName&cond=id in (2,4)");
    assert_eq!(&got.bytes[..2], b"PK");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(got.bytes)).unwrap();
    let rows = book.worksheet_range("Sheet1").unwrap();
    let cell = |row, column| rows.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(0, 1), Data::String("cmt".into()));
    assert_eq!(
        (cell(1, 0), cell(1, 1), cell(1, 2)),
        (Data::Float(2.0), Data::String("=1+1".into()), Data::Float(20.0))
    );
    assert_eq!((cell(2, 1), cell(2, 4)), (Data::String("13800138000".into()), Data::String("李四".into())));
    assert!(matches!(cell(1, 3), Data::DateTime(_)), "{:?}", cell(1, 3));
}

#[test]
fn whatever_is_wrong_is_said_before_the_first_byte() {
    let app = lab();
    let client = admin(&app);
    for (query, code) in [
        ("res=nosuch", 3),
        ("cond=sleep(1)", 5),
        ("res=id,bills,items&res_items=zz", 3),
        ("res=id,items&res_items=zz", 3),
        ("res=status=CR", 1),
        ("orderby=pwd", 3),
        ("pagesz=x", 1),
    ] {
        let got = file(&client, &format!("Bill.query?fmt=csv&{query}"));
        assert_eq!(got.json()[0], json!(code), "{query}");
    }
    assert_eq!(app.anon().send("GET", "Bill.query?fmt=csv", &[], None).json()[0], json!(2));
    let batch = client.ok(
        "batch?useTrans=1",
        json!([{"ac": "Shop.add", "post": {"name": "x"}}, {"ac": "Bill.query", "get": {"fmt": "csv"}}]),
    );
    assert_eq!((&batch[1][0], app.cell("select count(*) from Shop")), (&json!(1), json!(2)));
}

#[test]
fn sub_objects_and_computed_fields_are_in_files() {
    let app = lab();
    let client = admin(&app);
    let got = file(
        &client,
        "Cust.query?fmt=csv&res=id,levelName,billIds,bills,place&res_bills=id&cond=id in (1,4)",
    );
    assert_eq!(
        got.text(),
        "id,levelName,billIds,bills,place,placeName\n1,普通,1 2,\"[{\"\"id\"\":1},{\"\"id\"\":2}]\",上海,南店\n4,金卡,,,,\n"
    );
    let got = file(&client, "Cust.query?fmt=csv&res=id,bills&cond=id>99");
    assert_eq!(got.text(), "id,bills\n");
}

#[test]
fn pages_and_all_rows() {
    let app = lab();
    let client = admin(&app);
    let list: Vec<Value> = (0..1500).map(|i| json!({"name": format!("n{i}"), "custId": 1 + i % 3})).collect();
    client.ok("Bill.batchAdd", json!({"list": list}));
    let lines = |query: &str| {
        file(&client, &format!("Bill.query?fmt=csv&res=id,custName,items&{query}")).text().lines().count()
    };
    assert_eq!(lines("pagesz=-1"), 1509, "no cap of 100 for files");
    assert_eq!(lines(""), 21);
    assert_eq!(lines("pagesz=700"), 701);
    assert_eq!(lines("pagesz=700&page=3"), 109);
    let text = file(&client, "Bill.query?fmt=csv&res=id&pagesz=-1&orderby=id desc").text();
    let ids: Vec<i64> = text.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert_eq!(ids, (1..=1508).rev().collect::<Vec<i64>>());
}

#[test]
fn pivots_and_totals_are_in_files() {
    let app = lab();
    let client = admin(&app);
    let got = file(
        &client,
        "Bill.query?fmt=csv&gres=y,status&res=sum(amount) s&pivot=status&pivotSumField=合计&orderby=y,status&cond=id in (1,2,6,7)&pagesz=-1",
    );
    assert_eq!(got.text(), "y,CR,RE,合计\n2023,60.1,0.2,60.3\n2024,10.5,20,30.5\n合计,70.6,20.2,90.8\n");
    let got = file(&client, "Bill.query?fmt=txt&res=name,amount&sumFields=amount&cond=id<3");
    assert_eq!(got.text(), "name\tamount\na\t10.5\nb\t20\n合计\t30.5\n");
}

#[test]
fn a_client_that_goes_away_ends_the_export() {
    let app = lab();
    let client = admin(&app);
    let list: Vec<Value> =
        (0..3000).map(|i| json!({"name": format!("n{i}"), "cmt": "x".repeat(200)})).collect();
    client.ok("Bill.batchAdd", json!({"list": list}));
    for _ in 0..12 {
        let target = "/api/Bill.query?fmt=csv&pagesz=-1&_app=admin";
        let cookie = client.cookie("adminid").unwrap();
        let mut socket = std::net::TcpStream::connect(app.address).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nCookie: adminid={cookie}\r\n\r\n");
        std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
        let mut first = [0u8; 16];
        std::io::Read::read_exact(&mut socket, &mut first).unwrap();
        assert_eq!(&first[..15], b"HTTP/1.1 200 OK");
    }
    // More clients than exports at once went away: their places are free again.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(file(&client, "Bill.query?fmt=csv&pagesz=-1").text().lines().count(), 3009);
}
