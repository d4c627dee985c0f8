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
    ("NotifyKey", "hash", "the digest of what a message is about, by which no second one is made"),
    ("Pwd", "pwd", "the dictionary of refused passwords, which are nobody's"),
];

#[test]
fn what_sounds_like_a_secret_has_a_class_or_a_reason() {
    let app = TestApp::new();
    let mut unclassed = Vec::new();
    for table in app.server.env.registry.catalogue.tables() {
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
    for table in app.server.env.registry.catalogue.tables() {
        for column in table.columns.iter().filter(|column| column.class == Some(Class::Secret)) {
            let (of, name) = (table.name.as_str(), column.name.as_str());
            app.write(|_| Ok(()));
            let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
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

static MAKES: Plugin = Plugin::new(
    "makes",
    "@Box: id, userId, pin(s), note(l)\n@class Box: secret(pin), private(note)\n@Lid: id, boxId\n@Owner: id, name(s)\n",
)
.objects(&[&BOX, &LID, &OWNER]);
static BOX: Object = Object::table("Box").hidden("pin").user(can(READ).own("userId"));
static LID: Object = Object::table("Lid")
    .vcols(&[
        join("Box", "boxId").cols("pin boxPin, note boxNote"),
        formula("concat(boxPin,'#') shown"),
        over(Over::Max, "lastNote", "Box", "note", "userId={id}"),
        count("notes", "Box", "userId={id}"),
    ])
    .computed(&[computed("twice", "shown", |_| json!(null))])
    .emp(can(READ));
static OWNER: Object =
    Object::table("Owner").subs(&[list("boxes", "Box", "userId={id}").res("id, note")]).emp(can(READ));

#[test]
fn what_is_made_from_a_classed_column_has_its_class() {
    static ALL: &[&Plugin] = &[&MAKES];
    let told = cli::build_from(ALL, &[]).err().unwrap().0;
    for line in [
        "object Lid: the secret column `boxPin` is shown to employee",
        "object Lid: the secret column `shown` is shown to employee",
        "object Lid: the secret column `twice` is shown to admin",
        "object Lid: the private column `boxNote` is shown to employee",
        "object Lid: the private column `lastNote` is shown to employee",
        "object Owner: the private column `boxes.note` is shown to employee",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
    assert!(!told.contains("`notes`"), "how many there are is no secret: {told}");
}

static KEEPS: Plugin = Plugin::new(
    "keeps",
    "@Locker: id, userId, pin(s), note(l)\n@class Locker: secret(pin)\n@Bag: id, lockerId, seal(s)\n@class Bag: secret(seal)\n",
)
.objects(&[&LOCKER, &BAG]);
static LOCKER: Object = Object::table("Locker")
    .subs(&[list("bags", "Bag", "lockerId={id}").res("id, lockerId")])
    .user(can(ALL).own("userId"))
    .admin(can(ALL).hidden("pin, bags"));
static BAG: Object = Object::table("Bag").admin(can(ALL).hidden("seal"));

#[test]
fn secret_columns_are_masked_in_every_record_of_their_object() {
    static ALL: &[&Plugin] = &[&crate::plugins::account::PLUGIN, &KEEPS];
    let app = TestApp::with_plugins(ALL, &[("P_TEST_MODE", "2")]);
    let owner = app.login(jindou::auth::Role::User, crate::login::user(&app, "13800138000"));
    let id =
        owner.ok("Locker.add", json!({"pin": "word-7731", "note": "a", "bags": [{"seal": "word-7731"}]}));
    owner.form(&format!("Locker.set?id={id}"), "pin=word-7731x&note=b");
    owner.form(&format!("Locker.set?id={id}"), "t0.pin=word-7731&%70in=word-7731");
    for query in [
        "res=id,pin",
        "",
        "fmt=list",
        "fmt=array",
        "fmt=one&res=pin",
        "res=pin p&fmt=list",
        "res=max(pin) x",
        "gres=pin&res=count(*) n",
        "res=id&statRes=min(PIN) x",
        "cond=pin='word-7731'",
        "cond[pin]=word-7731",
        "cond=pin like 'word-7731%25'&res=id",
        "res=id,bags&param_bags={\"cond\":\"seal='word-7731'\"}",
    ] {
        owner.call(&format!("Locker.query?{query}"), json!(null));
    }
    owner.call(&format!("Locker.get?id={id}&res=pin other"), json!(null));
    owner.call("Locker.query", json!({"res": "\u{70}in p", "cond": {"pin": "word-7731"}}));
    owner.call(
        "batch",
        json!([{"ac": "Locker.set", "get": {"id": id}, "post": {"pin": "word-7731"}},
            {"ac": "Locker.query", "get": {"res": "pin p"}}, {"ac": "Locker.get", "get": {"id": id}}]),
    );
    owner.ok(&format!("Locker.del?id={id}"), json!(null));
    let answered = owner.ok("Locker.add?res=pin p", json!({"pin": "word-7731"}));
    assert_eq!(answered["p"], "word-7731", "the owner sees it");
    for sql in [
        "SELECT group_concat(ac || ': ' || req || ' -> ' || res, x'0a') FROM ApiLog WHERE req LIKE '%word-7731%' OR res LIKE '%word-7731%'",
        "SELECT group_concat(ac || ': ' || req || ' -> ' || res, x'0a') FROM ApiLog1 WHERE req LIKE '%word-7731%' OR res LIKE '%word-7731%'",
        "SELECT group_concat(changes, x'0a') FROM ObjLog WHERE changes LIKE '%word-7731%'",
    ] {
        assert_eq!(app.cell(sql), json!(null), "{sql}");
    }
    assert_ne!(app.cell("SELECT count(*) FROM ApiLog WHERE ac='Locker.query'"), json!(0));
    assert_ne!(app.cell("SELECT count(*) FROM ObjLog WHERE changes LIKE '%\"pin\":[\"?\"%'"), json!(0));
}

static LEAVES: Plugin = Plugin::new(
    "leaves",
    "@Home: id, name(s), street(l)\n@class Home: private(name, street)\n@Visit: id, homeId, note(s)\n",
)
.objects(&[&HOME, &VISIT]);
static HOME: Object = Object::table("Home").emp(can(READ).needs(mask::PRIVATE).else_hidden("name"));
static VISIT: Object = Object::table("Visit")
    .vcols(&[join("Home", "homeId").cols("name homeName")])
    .subs(&[list("home", "Home", "id={homeId}").res("id, street").readonly()])
    .emp(can(READ));

#[test]
fn what_is_left_without_a_permission_and_what_joins_and_sub_objects_bring_is_checked() {
    static ALL: &[&Plugin] = &[&LEAVES];
    let told = cli::build_from(ALL, &[]).err().unwrap().0;
    let faults: Vec<&str> = told.lines().filter(|line| line.contains("shown to employee:")).collect();
    assert_eq!(faults.len(), 3, "{told}");
    for column in ["`street`", "`homeName`", "`home.street`"] {
        let wanted = format!("the private column {column}");
        assert!(faults.iter().any(|fault| fault.contains(&wanted)), "{column}: {told}");
    }
}

#[test]
fn classes_that_mean_nothing_are_told() {
    for (line, what) in [
        ("secret(nobody)", "no column `nobody`"),
        ("secret(nam)", "did you mean `name`?"),
        ("secrets(name)", "did you mean `secret`?"),
        ("secret(id)", "names the rows"),
        ("secret()", "no column ``"),
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
