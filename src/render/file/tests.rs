//! Every text format by example, and csv read back by a proper reader.

use std::sync::Mutex;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::render::number::is_plain_number;
use crate::render::text::cell_text;

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

fn written(kind: FileKind, names: &[&str], rows: &[Vec<Value>]) -> Vec<u8> {
    let out = Shared::default();
    let mut sheet = sheet(kind, Box::new(out.clone()), &SheetOpts { title: "<订单>".into() });
    let names: Vec<Arc<str>> = names.iter().map(|name| (*name).into()).collect();
    sheet.header(&names, &vec![CellKind::Any; names.len()]).unwrap();
    for row in rows {
        sheet.row(row).unwrap();
    }
    sheet.finish().unwrap();
    let bytes = out.0.lock().unwrap();
    bytes.clone()
}

fn sample() -> Vec<Vec<Value>> {
    vec![
        vec![json!(13800138000i64), json!("张三, \"老三\""), json!("=cmd|' /C calc'!A0"), json!(-1.5)],
        vec![json!("13800138000"), json!("a\nb\tc"), json!("-3.5"), json!([])],
        vec![json!("+8613800138000"), Value::Null, json!("-x"), json!([{"id": 1}])],
        vec![json!("@sum"), json!("<b>&'")],
    ]
}

const NAMES: [&str; 4] = ["id", "名称", "=备注", "amount"];

fn check(kind: FileKind, rows: &[Vec<Value>], expected: Expect) {
    let bytes = written(kind, &NAMES, rows);
    let text = match kind {
        FileKind::ExcelCsv => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
        _ => String::from_utf8(bytes).unwrap(),
    };
    expected.assert_eq(&text);
}

#[test]
fn csv() {
    check(
        FileKind::Csv,
        &sample(),
        expect![[r#"
        id,名称,'=备注,amount
        13800138000,"张三, ""老三""",'=cmd|' /C calc'!A0,-1.5
        13800138000,"a
        b	c",-3.5,
        +8613800138000,,'-x,"[{""id"":1}]"
        '@sum,<b>&',,
    "#]],
    );
    check(
        FileKind::Csv,
        &[],
        expect![[r#"
        id,名称,'=备注,amount
    "#]],
    );
}

#[test]
fn excelcsv() {
    check(
        FileKind::ExcelCsv,
        &sample(),
        expect![[r#"
        id,名称,'=备注,amount
        ="13800138000","张三, ""老三""",'=cmd|' /C calc'!A0,-1.5
        ="13800138000","a
        b	c",-3.5,
        ="+8613800138000",,'-x,"[{""id"":1}]"
        '@sum,<b>&',,
    "#]],
    );
    assert_eq!(written(FileKind::ExcelCsv, &["中"], &[]), [0xd6, 0xd0, b'\n']);
}

#[test]
fn txt() {
    check(
        FileKind::Txt,
        &sample(),
        expect![[r#"
            id	名称	'=备注	amount
            13800138000	张三, "老三"	'=cmd|' /C calc'!A0	-1.5
            13800138000	a b c	-3.5	
            +8613800138000		'-x	[{"id":1}]
            '@sum	<b>&'		
        "#]],
    );
    check(
        FileKind::Txt,
        &[],
        expect![[r#"
            id	名称	'=备注	amount
        "#]],
    );
}

#[test]
fn html() {
    check(
        FileKind::Html,
        &sample(),
        expect![[r#"
            <table border=1 cellspacing=0>
            <tr><th>id</th><th>名称</th><th>&#39;=备注</th><th>amount</th></tr>
            <tr><td>13800138000</td><td>张三, &quot;老三&quot;</td><td>&#39;=cmd|&#39; /C calc&#39;!A0</td><td>-1.5</td></tr>
            <tr><td>13800138000</td><td>a
            b	c</td><td>-3.5</td><td></td></tr>
            <tr><td>+8613800138000</td><td></td><td>&#39;-x</td><td>[{&quot;id&quot;:1}]</td></tr>
            <tr><td>&#39;@sum</td><td>&lt;b&gt;&amp;&#39;</td><td></td><td></td></tr>
            </table>
        "#]],
    );
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[=+@＝＠\t\r\n\",0-9a-]{0,6}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({"a": ["\"", 1]})),
    ]
}

fn guarded(value: &Value) -> String {
    let text = cell_text(value).into_owned();
    let risky = text.starts_with([
        '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\u{b}', '\u{c}', '\u{feff}',
    ]) && !value.is_number();
    if risky && !is_plain_number(&text) { format!("'{text}") } else { text }
}

proptest! {
    #[test]
    fn csv_is_read_back_as_written(rows in (1usize..5).prop_flat_map(|width| {
        prop::collection::vec(prop::collection::vec(cell(), width), 1..8)
    })) {
        let names: Vec<String> = (0..rows[0].len()).map(|at| format!("c{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let bytes = written(FileKind::Csv, &names, &rows);
        let mut reader = ::csv::Reader::from_reader(&bytes[..]);
        prop_assert_eq!(reader.headers().unwrap(), &::csv::StringRecord::from(names));
        let read: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(guarded).collect()).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_row_makes_any_format_fail(rows in prop::collection::vec(prop::collection::vec(cell(), 0..4), 0..6)) {
        for kind in [FileKind::Csv, FileKind::ExcelCsv, FileKind::Txt, FileKind::Html, FileKind::Excel] {
            prop_assert!(!written(kind, &["a", "b"], &rows).is_empty());
        }
    }

    #[test]
    fn a_line_of_txt_is_a_row(rows in prop::collection::vec(prop::collection::vec(cell(), 2), 0..6)) {
        let text = String::from_utf8(written(FileKind::Txt, &["a", "b"], &rows)).unwrap();
        prop_assert_eq!(text.split('\n').count(), rows.len() + 2);
        prop_assert!(text.lines().all(|line| line.matches('\t').count() == 1));
    }
}
