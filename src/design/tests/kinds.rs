//! Each suffix, mark and name ending, and what the three dialects make of it.

use expect_test::expect;

use super::{faults, table};
use crate::design::{DialectName, Kind, column_type};

const DECIMAL: Kind = Kind::Decimal { scale: 2 };

fn kind(field: &str) -> Kind {
    let name = field.trim_end_matches(['@', '#', '!', '&']).split('(').next().unwrap();
    let table = table(&format!("@T: id, {field}"));
    table.column(name).unwrap_or_else(|| panic!("no column {name}")).kind
}

fn all(kind_of: Kind, fields: &[&str]) {
    for field in fields {
        assert_eq!(kind(field), kind_of, "{field}");
    }
}

#[test]
fn names_tell_the_kind() {
    all(DECIMAL, &["price", "unitPrice", "qty", "total", "amount", "amount2", "listPrice_1"]);
    all(Kind::Int, &["userId", "picId2", "cnt", "userCnt", "订单编号", "apiLog1Id"]);
    all(Kind::DateTime, &["tm", "createTm", "tm2", "下单时间"]);
    all(Kind::Date, &["dt", "birthDt", "生日日期"]);
    all(Kind::Flag, &["flag", "closeFlag", "是否有效"]);
    all(Kind::Str { max: 50 }, &["name", "状态", "uid", "paid", "createtm", "qtyText", "t0x", "position"]);
}

#[test]
fn time_of_day_stays_a_text() {
    all(Kind::Str { max: 50 }, &["alarmTime", "time"]);
}

#[test]
fn marks_win_over_names() {
    all(Kind::Int, &["a&", "a(i)", "amount&", "createTm(i)"]);
    all(DECIMAL, &["a@", "a(n)", "userId@"]);
    all(Kind::Real, &["a#", "a!", "userId#"]);
    all(Kind::Str { max: 20 }, &["a(s)", "userId(s)"]);
    all(Kind::Str { max: 50 }, &["a(m)", "tm(m)"]);
    all(Kind::Str { max: 255 }, &["a(l)"]);
    all(Kind::Str { max: 7 }, &["a(7)", "flag(7)", "a（7）"]);
    all(Kind::Text { max: 65_535 }, &["a(t)"]);
    all(Kind::Text { max: 16_777_215 }, &["a(tt)"]);
    all(Kind::DateTime, &["a(tm)"]);
    all(Kind::Date, &["a(date)"]);
    all(Kind::Flag, &["a(flag)"]);
}

#[test]
fn wrong_suffixes_are_faults() {
    expect![[r#"
        D:1: field `a`: unknown suffix `(x)`
        D:1: field `b`: unknown suffix `$`
        D:1: field `c`: unknown suffix `(s)&`
        D:1: field `d`: a length is 1 to 16383, not 0; (t) holds longer texts
        D:1: field `e`: a length is 1 to 16383, not 99999999999; (t) holds longer texts
        D:1: field `f`: unknown suffix `()`
        D:1: `(s)` is not a field
        D:1: `2g` is not a name: letters, digits and _, starting with a letter
        D:1: field `h`: unknown suffix `"`
    "#]]
    .assert_eq(&faults("@T: id a(x) b$ c(s)& d(0) e(99999999999) f() (s) 2g h\""));
    expect![[r#"
        D:1: `id` is the table's key and takes no `&`
    "#]]
    .assert_eq(&faults("@T: id&, a"));
}

#[test]
fn types_by_dialect() {
    let table = table("@T: id a& f(flag) r# d@ s(s) m l(l) n(7) t(t) tt(tt) tm day(date)");
    let mut text = String::new();
    for column in &table.columns {
        text += &format!("{:<4}", column.name.as_str());
        for dialect in [DialectName::Sqlite, DialectName::Postgres, DialectName::Mysql] {
            text += &format!("| {:<35}", column_type(column.kind, dialect));
        }
        text = text.trim_end().to_owned() + "\n";
    }
    expect![[""]].assert_eq(&text);
}
