//! Workbooks written and read back by another library.

use std::io::Cursor;
use std::sync::Mutex;

use calamine::{Data, Reader, Xlsx};
use serde_json::json;

use super::*;

/// A writer that leaves its bytes behind and cannot seek.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn book(names: &[&str], kinds: &[CellKind], rows: &[Vec<Value>], max_rows: u32) -> Vec<u8> {
    let out = Shared::default();
    let mut excel = Box::new(Excel::new(Box::new(out.clone()), "订单"));
    excel.max_rows = max_rows;
    let names: Vec<Arc<str>> = names.iter().map(|name| (*name).into()).collect();
    excel.header(&names, kinds).unwrap();
    for row in rows {
        excel.row(row).unwrap();
    }
    excel.finish().unwrap();
    let bytes = out.0.lock().unwrap();
    bytes.clone()
}

fn cells(bytes: Vec<u8>, sheet: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    book.worksheet_range(sheet).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    io::read_to_string(zip.by_name(name).unwrap()).unwrap()
}

#[test]
fn cells_have_their_types() {
    let kinds = [
        CellKind::Int,
        CellKind::Number { scale: 2 },
        CellKind::DateTime,
        CellKind::Date,
        CellKind::Text,
        CellKind::Any,
    ];
    let rows = [vec![
        json!(1),
        json!(99.5),
        json!("2024-03-01 08:30:00"),
        json!("2024-03-02"),
        json!("13800138000"),
        json!("=1+1"),
    ]];
    let bytes = book(&["id", "金额", "时间", "日期", "电话", "备注"], &kinds, &rows, MAX_ROWS);
    let cells = cells(bytes, "Sheet1");
    assert_eq!(cells[0][1], Data::String("金额".into()));
    assert_eq!(cells[1][0], Data::Float(1.0));
    assert_eq!(cells[1][1], Data::Float(99.5));
    let Data::DateTime(time) = &cells[1][2] else { panic!("{:?}", cells[1][2]) };
    assert!((time.as_f64() - 45352.354166).abs() < 1e-5);
    assert!(matches!(&cells[1][3], Data::DateTime(day) if day.as_f64() == 45353.0));
    assert_eq!(cells[1][4], Data::String("13800138000".into()));
    assert_eq!(cells[1][5], Data::String("=1+1".into()));
}

#[test]
fn cells_of_no_known_kind_are_judged_one_by_one() {
    let rows =
        [vec![json!("12.5"), json!("2024-03-01"), json!(123456789012i64)], vec![json!("x"), json!(null)]];
    let cells = cells(book(&["a", "b", "c"], &[], &rows, MAX_ROWS), "Sheet1");
    assert_eq!(cells[1][0], Data::Float(12.5));
    assert!(matches!(&cells[1][1], Data::DateTime(day) if day.as_f64() == 45352.0));
    assert_eq!(cells[1][2], Data::Float(123456789012.0));
    assert_eq!(cells[2], [Data::String("x".into()), Data::Empty, Data::Empty]);
}

#[test]
fn zero_rows_keep_a_styled_header() {
    let bytes = book(&["id", "名称"], &[CellKind::Int, CellKind::Text], &[], MAX_ROWS);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    for wanted in
        ["state=\"frozen\"", "<autoFilter ref=\"A1:B1\"", "<cols><col min=\"1\" max=\"1\" width=\"6"]
    {
        assert!(xml.contains(wanted), "{wanted} in {xml}");
    }
    assert!(part(&bytes, "docProps/core.xml").contains("<dc:title>订单</dc:title>"));
    assert_eq!(cells(bytes, "Sheet1"), [[Data::String("id".into()), Data::String("名称".into())]]);
}

#[test]
fn columns_are_as_wide_as_their_widest_text() {
    let bytes = book(&["a"], &[CellKind::Text], &[vec![json!("十个汉字宽的一列文字")]], MAX_ROWS);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(xml.contains("width=\"22"), "{xml}");
}

#[test]
fn rows_past_the_limit_go_on_in_a_further_sheet() {
    let rows: Vec<_> = (0..5).map(|n| vec![json!(n)]).collect();
    let bytes = book(&["n"], &[CellKind::Int], &rows, 3);
    let column =
        |sheet| cells(bytes.clone(), sheet).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    let head = Data::String("n".into());
    assert_eq!(column("Sheet1"), [head.clone(), Data::Float(0.0), Data::Float(1.0)]);
    assert_eq!(column("Sheet3"), [head, Data::Float(4.0)]);
}

#[test]
fn the_same_rows_give_the_same_bytes_and_no_column_is_no_failure() {
    let make = || book(&["a"], &[CellKind::Any], &[vec![json!("\u{1}<&>")]], MAX_ROWS);
    assert_eq!(make(), make());
    assert!(book(&[], &[], &[vec![]], MAX_ROWS).starts_with(b"PK"));
}
