//! Classes of columns in `DESIGN.md`: what is secret or private is declared, and the declarations of objects obey.

use crate::app::TestApp;
use jindou::cli;
use jindou::design::Class;
use jindou::plugin::*;
use serde_json::json;

/// Names that sound like proof of something.
const SOUNDS: &[&str] =
    &["pwd", "passw", "secret", "token", "pin", "authcode", "akey", "hash", "seed", "faceid"];

/// Columns that sound so and are none, each with its reason.
const HARMLESS: &[(&str, &str, &str)] = &[
    ("ApiLog", "hash", "the link of the chain, which is no secret"),
    ("ApiLog1", "hash", "the link of the chain, which is no secret"),
    ("ObjLog", "hash", "the link of the chain, which is no secret"),
    ("AuditMark", "hash", "the link of the chain, which is no secret"),
    ("Pwd", "pwd", "the dictionary of refused passwords, which are nobody's"),
];

#[test]
fn what_sounds_like_a_secret_has_a_class_or_a_reason() {
    let app = TestApp::new();
    let mut unclassed = Vec::new();
    for table in app.house.env.registry.catalogue.tables() {
        for column in &table.columns {
            let (of, name) = (table.name.as_str(), column.name.as_str());
            let sounds = SOUNDS.iter().any(|word| name.to_ascii_lowercase().contains(word));
            let known = HARMLESS.iter().any(|(table, column, _)| (*table, *column) == (of, name));
            if sounds && !known && column.class != Some(Class::Secret) {
                unclassed.push(format!("{of}.{name}"));
            }
        }
    }
    assert!(unclassed.is_empty(), "no class and no reason: {unclassed:?}");
}

#[test]
fn the_console_shows_no_secret_column_of_any_table() {
    let app = TestApp::new();
    let admin = app.login(jindou::auth::Role::Admin, 1);
    let mut walked = 0;
    for table in app.house.env.registry.catalogue.tables() {
        for column in table.columns.iter().filter(|column| column.class == Some(Class::Secret)) {
            let (of, name) = (table.name.as_str(), column.name.as_str());
            app.write(|_| Ok(()));
            let conn = rusqlite::Connection::open(app.house.db.path()).unwrap();
            conn.execute(&format!("INSERT INTO {of} ({name}) VALUES ('seeded-{of}-{name}')"), []).unwrap();
            for sql in [
                format!("SELECT {name} FROM {of}"),
                format!("SELECT hex(\"{}\") x FROM {} t", name.to_ascii_uppercase(), of.to_ascii_lowercase()),
                format!("WITH w AS (SELECT max({name}) m FROM {of}) SELECT substr(m,1,99) FROM w"),
                format!("SELECT count(*) FROM {of} WHERE {name} LIKE 'seeded%'"),
            ] {
                let shown = admin.call("execSql", json!({"sql": sql})).to_string();
                let hexed: String = "seeded".bytes().map(|b| format!("{b:02X}")).collect();
                assert!(!shown.contains("seeded") && !shown.contains(&hexed), "{sql}: {shown}");
            }
            walked += 1;
        }
    }
    assert!(walked > 10, "{walked}");
}

static SHOWS: Plugin = Plugin::new(
    "shows",
    "@Safe: id, name(s), code(s), phone(s)\n@class Safe: secret(code), private(phone)\n",
)
.objects(&[&SAFE]);
static SAFE: Object = Object::table("Safe").emp(can(READ)).user(can(READ).own("id"));

#[test]
fn a_declaration_that_shows_what_is_classed_stops_the_start() {
    static ALL: &[&Plugin] = &[&SHOWS];
    let told = cli::build_from(ALL, &[]).err().unwrap().0;
    assert!(told.contains("the secret column `code` is shown to employee"), "{told}");
    assert!(told.contains("the private column `phone` is shown to employee"), "{told}");
    let of_users = told.lines().filter(|line| line.contains("user")).count();
    assert_eq!(of_users, 0, "what users see is theirs: {told}");
}

#[test]
fn classes_that_mean_nothing_are_told() {
    for (line, what) in [
        ("secret(nobody)", "no column `nobody`"),
        ("hidden(name)", "`hidden` is no class"),
        ("secret(name), private(name)", "two classes"),
        ("secret name", "classes read"),
    ] {
        let page: &'static str =
            Box::leak(format!("@Safe: id, name(s)\n@class Safe: {line}\n").into_boxed_str());
        let faults = jindou::design::parse(&[("page", page)])
            .err()
            .map(|faults| format!("{faults:?}"))
            .unwrap_or_default();
        assert!(faults.contains(what), "{line}: {faults}");
    }
}
