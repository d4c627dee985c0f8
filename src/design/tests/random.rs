//! Random texts never panic, and random catalogues never put an unquoted name into SQL.

use proptest::prelude::*;

use crate::design::{Catalogue, DialectName, Existing, label_in, parse, parse_with, plan, schema};

/// Every word that may stand unquoted in our DDL.
const WORDS: &[&str] = &[
    "AFTER",
    "AND",
    "AS",
    "AUTOINCREMENT",
    "AUTO_INCREMENT",
    "BEGIN",
    "BIGINT",
    "BY",
    "CASE",
    "CHARSET",
    "CREATE",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DEFAULT",
    "DELETE",
    "DOUBLE",
    "END",
    "ENGINE",
    "FROM",
    "GENERATED",
    "IDENTITY",
    "INDEX",
    "INSERT",
    "INTEGER",
    "INTO",
    "InnoDB",
    "IS",
    "KEY",
    "LONGTEXT",
    "MEDIUMTEXT",
    "MONEY",
    "NOT",
    "NTEXT",
    "NULL",
    "NUMERIC",
    "NVARCHAR",
    "OF",
    "ON",
    "OR",
    "PRECISION",
    "PRIMARY",
    "REAL",
    "REPLACE",
    "SELECT",
    "SMALLINT",
    "TABLE",
    "TEXT",
    "THEN",
    "TIMESTAMP",
    "TINYINT",
    "TRIGGER",
    "UNIQUE",
    "UNSIGNED",
    "UPDATE",
    "USING",
    "VARCHAR",
    "VIRTUAL",
    "WHEN",
    "WHERE",
    "gist",
    "new",
    "old",
    "point",
    "rtree",
    "utf8mb4",
];

/// Lines that come close to the language, so that chance gets somewhere.
fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("@"),
        Just("key "),
        Just("T"),
        Just("订单"),
        Just(":"),
        Just("："),
        Just("id"),
        Just(","),
        Just("，"),
        Just(" "),
        Just("\t"),
        Just("a"),
        Just("b&"),
        Just("(s)"),
        Just("(l"),
        Just("#"),
        Just("unique("),
        Just("where-unique(a | "),
        Just("geo("),
        Just("a<>3"),
        Just("'"),
        Just(")"),
        Just("- "),
        Just("Enum("),
        Just("Enum."),
        Just("。"),
        Just("CR-x,"),
        Just("::"),
        Just("**["),
        Just("]**"),
        Just("|"),
        Just("```"),
        Just("-1"),
        Just("--"),
        Just("/"),
        Just("\u{3000}"),
        Just("@include x"),
        Just("\\"),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z][A-Za-z0-9_]{0,12}",
        "[一-龥]{1,6}",
        Just("order".to_owned()),
        Just("select".to_owned())
    ]
}

/// A sound design: tables with columns of every kind and keys over them.
fn design() -> impl Strategy<Value = String> {
    let mark =
        prop::sample::select(vec!["", "&", "@", "#", "!", "(s)", "(12)", "(tm)", "(date)", "(flag)", "(t)"]);
    let columns = prop::collection::vec((name(), mark), 1..8);
    let table = (name(), columns, "[ -~一-龥]{0,8}");
    prop::collection::vec(table, 1..4).prop_map(|tables| {
        let mut text = String::new();
        for (at, (name, columns, literal)) in tables.into_iter().enumerate() {
            let literal = literal.replace(['\\', '\''], "''");
            let fields = columns.iter().enumerate().map(|(n, (name, mark))| format!(", {name}_{n}{mark}"));
            let keyed: Vec<String> = columns
                .iter()
                .enumerate()
                .filter(|(_, (_, mark))| *mark != "(t)")
                .map(|(n, (name, _))| format!("{name}_{n}"))
                .collect();
            text += &format!("@t{at}{name}: id, k(s), x#, y#{}\n", fields.collect::<String>());
            text += &format!(
                "@key t{at}{name}: unique(id,k), geo(x,y), where-unique(k | k<>'{literal}' and id>-3)\n"
            );
            if !keyed.is_empty() {
                text += &format!("@key t{at}{name}: index({})\n", keyed.join(","));
            }
        }
        text
    })
}

/// The text without its quoted parts; quotes must be paired.
fn unquoted(sql: &str, dialect: DialectName) -> String {
    let mark = if dialect == DialectName::Mysql { '`' } else { '"' };
    let mut open = None;
    let mut rest = String::new();
    // Comments have a line of their own, and no literal has a line break.
    let lines = sql.lines().filter(|line| !line.starts_with("-- "));
    for c in lines.flat_map(|line| line.chars().chain(['\n'])) {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if c == mark || c == '\'' => open = Some(c),
            None => rest.push(c),
        }
    }
    assert_eq!(open, None, "{sql}");
    rest
}

fn only_known_words(sql: &str, dialect: DialectName) {
    let rest = unquoted(sql, dialect);
    for word in rest.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        let known = WORDS.contains(&word) || word.bytes().all(|b| b.is_ascii_digit());
        assert!(known, "`{word}` stands unquoted in\n{sql}");
    }
}

fn all_sql(catalogue: &Catalogue) {
    for dialect in [DialectName::Sqlite, DialectName::Postgres, DialectName::Mysql] {
        only_known_words(&schema(catalogue, dialect), dialect);
    }
    for step in plan(catalogue, &Existing::default()).steps {
        only_known_words(&step.sql, DialectName::Sqlite);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = parse(&[("D", &text)]);
        label_in(&text, "en");
    }

    #[test]
    fn near_misses_are_read_or_refused(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        let include = |pattern: &str| vec![(pattern.to_owned(), text.clone())];
        let _ = parse_with("D", &text, &include);
        if let Ok(catalogue) = parse(&[("D", &format!("@T: id, a&, b, lon#, lat#\n{text}"))]) {
            all_sql(&catalogue);
        }
    }

    #[test]
    fn names_are_quoted_in_all_sql(text in design()) {
        let catalogue = parse(&[("D", &text)]).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"));
        prop_assert!(!catalogue.tables().is_empty());
        all_sql(&catalogue);
    }
}
