//! `@key` lines: what they say, what they refuse, and the names of the indexes.

use expect_test::expect;

use super::{faults, read, table};
use crate::design::{KeyCompare, KeyLiteral, KeyTest, TableKey, Term, key_name};

const TABLE: &str =
    "@T: id, code(32), a, b, status&, lon#, lat#, long(t), wide(900), wider(l), amount@, tm\n";

fn shown(keys: &str) -> String {
    let table = table(&format!("{TABLE}{keys}"));
    let shown = |key: &TableKey| {
        let cond = match key {
            TableKey::UniqueWhere { cond, .. } => format!(" | {cond}"),
            _ => String::new(),
        };
        let columns: Vec<&str> = key.columns().into_iter().map(|name| name.as_str()).collect();
        format!("{}: {}{cond}\n", key_name(&table.name, key), columns.join(","))
    };
    table.keys.iter().map(shown).collect()
}

fn refused(keys: &str) -> String {
    faults(&format!("{TABLE}{keys}"))
        .lines()
        .map(|line| format!("{}\n", line.split_once(": ").unwrap().1))
        .collect()
}

#[test]
fn all_kinds_of_keys() {
    expect![[r#"
        uk_T_a_b: a,b
        idx_T_b_a: b,a
        geo_T: lon,lat
        idx_T_code_id: code,id
        uk_T_code_a1702c0c: code | status<>3
        uk_T_a_b_4c06c670: a,b | status>=-1 and code='it''s，x' and tm is not null and b is null
    "#]]
    .assert_eq(&shown(
        "@key T: unique(a,b), index( b , a ), geo(lon,lat)\n\
         prose between\n\
         @key T： index（code，id）， where-unique(code | status<>3)   -- remark\n\
         @key T: where-unique(a,b | status >= -1 AND code = 'it''s，x' and tm is not null and b IS NULL)",
    ));
}

#[test]
fn a_condition_is_data() {
    let table = table(&format!("{TABLE}@key T: where-unique(code | status != 3 and a is null)"));
    let TableKey::UniqueWhere { cond, .. } = &table.keys[0] else { panic!("{:?}", table.keys) };
    let name = |name: &str| table.column(name).unwrap().name.clone();
    assert_eq!(
        cond.terms,
        [
            Term { column: name("status"), test: KeyTest::Is(KeyCompare::Ne, KeyLiteral::Int(3)) },
            Term { column: name("a"), test: KeyTest::Null },
        ]
    );
}

#[test]
fn faults_in_keys() {
    let lines = [
        "index(z)",
        "index(a,a)",
        "index()",
        "",
        "primary(a)",
        "unique a",
        "unique(a",
        "unique(a) index(b)",
        "unique(a),, index(b)",
        "index(long)",
        "index(wide)",
        "index(wider,code,a,b,wide)",
        "geo(lon)",
        "geo(lon,amount)",
        "where-unique(a)",
        "where-unique(a | )",
        "where-unique(a | z=1)",
        "where-unique(a | status=1 or 1=1)",
        "where-unique(a | status='1')",
        "where-unique(a | code=1)",
        "where-unique(a | status=1.5)",
        "where-unique(a | status=99999999999999999999)",
        "where-unique(a | code='x)",
        r"where-unique(a | code='\')",
        "where-unique(a | lower(code)=1)",
        "where-unique(a | status is 3)",
        "unique(a); drop",
        "unique(a), unique(a)",
        "geo(lon,lat), geo(lat,lon)",
    ];
    let text: String = lines.iter().map(|line| format!("@key T: {line}\n")).collect();
    expect![[r#"
        `@key T`: table `T` has no column `z`
        `@key T`: column `a` comes twice in one key
        `@key T`: expected a column, found `)`
        `@key T`: a key line names no key
        `@key T`: `primary` is no kind of key: unique, index, geo or where-unique
        `@key T`: expected `(`, found `a`
        `@key T`: expected `)` at the end of the line
        `@key T`: expected `,`, found `index`
        `@key T`: expected a kind of key, found `,`
        `@key T`: column `long` is a long text and cannot be in a key
        `@key T`: the key is 3600 bytes long, more than 3072
        `@key T`: the key is 5148 bytes long, more than 3072
        `@key T`: geo takes two columns: longitude, latitude
        `@key T`: geo needs floating-point columns: write `amount#`
        `@key T`: expected `|`, found `)`
        `@key T`: expected a column, found `)`
        `@key T`: table `T` has no column `z`
        `@key T`: expected `)`, found `or`
        `@key T`: column `status` is a number and is compared with one
        `@key T`: column `code` is no number: write code='1'
        `@key T`: `1.5` is not a whole number of 64 bits
        `@key T`: `99999999999999999999` is not a whole number of 64 bits
        `@key T`: a quote is never closed
        `@key T`: a text in a condition has no backslash and no control character
        `@key T`: table `T` has no column `lower`
        `@key T`: after `status is` comes null or not null
        `@key T`: unexpected `;`
        `@key T`: a key named `uk_T_a` exists already
        `@key T`: a key named `geo_T` exists already
    "#]]
    .assert_eq(&refused(&text));
}

#[test]
fn the_condition_is_part_of_the_name() {
    let one = shown("@key T: where-unique(code | status<>3)");
    let other = shown("@key T: where-unique(code | status<>4)");
    let plain = shown("@key T: unique(code)");
    assert!(one.split(':').next() != other.split(':').next());
    assert!(one.starts_with("uk_T_code_") && plain.starts_with("uk_T_code:"));
    shown("@key T: unique(code), where-unique(code | status<>3), where-unique(code | status<>4)");
}

#[test]
fn long_names_are_cut_and_stay_apart() {
    let fields: Vec<String> = (0..20).map(|n| format!("客户字段{n}")).collect();
    let keys: Vec<String> = (2..20).map(|n| format!("index({})", fields[..n].join(","))).collect();
    let keys: Vec<&String> = keys.iter().take(10).collect();
    let text = format!(
        "@T: id, {}\n@key T: {}",
        fields.iter().map(|f| format!("{f}&")).collect::<Vec<_>>().join(","),
        keys.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(",")
    );
    let table = table(&text);
    let names: std::collections::HashSet<String> =
        table.keys.iter().map(|key| key_name(&table.name, key)).collect();
    assert_eq!(names.len(), 10);
    assert!(names.iter().all(|name| name.len() <= 63), "{names:?}");
}

#[test]
fn names_that_meet_across_tables_are_faults() {
    let text = "@A: id, b_c\n@A_b: id, c\n@key A: index(b_c)\n@key A_b: index(c)";
    assert!(faults(text).contains("a key named `idx_A_b_c` exists already"));
    assert_eq!(read("@A: id, b\n@key A: index(b), unique(b)").table("A").unwrap().keys.len(), 2);
}
