//! The chain against somebody who can write the database but has no key: every way to make another chain is found, with
//! the witness where the database alone cannot tell.

use crate::app::TestApp;
use crate::login::user;
use jindou::audit::verify::{Against, ChainReport, verify};
use jindou::audit::{ChainHead, Keys, stored_heads};
use jindou::auth::Role;
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

const SETTINGS: &[(&str, &str)] = &[
    ("P_TEST_MODE", "2"),
    ("P_AUDIT", "strict"),
    ("P_AUDIT_WITNESS", "store"),
    ("P_AUDIT_WITNESS_EVERY", "1s"),
    ("P_AUDIT_KEEP_DAYS", "30"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    SETTINGS.iter().chain(more).copied().collect()
}

/// A server with some calls in its log, of which the witness saw all.
fn busy() -> TestApp {
    let app = TestApp::with(SETTINGS);
    work(&app);
    tell(&app);
    app
}

fn work(app: &TestApp) {
    let client = app.login(Role::User, user(app, &format!("138{:08}", users(app))));
    for n in 0..4 {
        client.ok("Ordr.add", json!({"dscr": format!("{n}")}));
    }
    client.ok("batch", json!([{"ac": "Ordr.add", "post": {"dscr": "b"}}, {"ac": "User.get"}]));
}

fn users(app: &TestApp) -> i64 {
    app.cell("SELECT COUNT(*) FROM User").as_i64().unwrap()
}

fn tell(app: &TestApp) {
    app.server.look(|conn| app.server.witness.tell(&app.server.env, conn)).unwrap();
}

fn heads(app: &TestApp) -> Vec<ChainHead> {
    ChainHead::all_in(&stored_heads(app.server.env.files.as_ref()).unwrap()).unwrap()
}

fn report(app: &TestApp, heads: &[ChainHead]) -> ChainReport {
    report_by(app, app.server.chain.keys(), heads, false)
}

fn report_by(app: &TestApp, keys: &Keys, heads: &[ChainHead], last_key_only: bool) -> ChainReport {
    app.server.look(|conn| verify(conn, &Against { keys, heads, last_key_only })).unwrap()
}

/// Why the chain is not whole.
#[track_caller]
fn fault(report: ChainReport) -> String {
    report.broken.expect("a break").what
}

/// What somebody does to the file of the database.
fn tamper(app: &TestApp, sql: &str) {
    let conn = Connection::open(app.server.db.path()).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    conn.execute_batch(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
}

/// The chain as it was made before there was a key, over all rows that are there; it begins at 1 again.
fn recompute_plain(app: &TestApp) {
    const COLUMNS: [(&str, &str); 3] = [
        (
            "ApiLog",
            "id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, serverRev",
        ),
        ("ApiLog1", "id, apiLogId, ac, t, retval, req, res"),
        ("ObjLog", "obj, objId, dscr, apiLogId, apiLog1Id, changes"),
    ];
    let conn = Connection::open(app.server.db.path()).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let mut rows: Vec<(i64, &str, i64)> = Vec::new();
    for (table, _) in COLUMNS {
        let mut select = conn.prepare(&format!("SELECT seq, id FROM {table}")).unwrap();
        let found = select.query_map([], |row| Ok((row.get(0)?, table, row.get(1)?))).unwrap();
        rows.extend(found.map(Result::unwrap));
    }
    rows.sort_unstable();
    let (mut hash, mut seq) = (String::new(), 0_i64);
    for (_, table, id) in rows {
        let columns = COLUMNS.iter().find(|(name, _)| *name == table).unwrap().1;
        let mut bytes = Vec::new();
        let mut part = |text: Vec<u8>| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&text);
        };
        part(hash.clone().into_bytes());
        part(table.as_bytes().to_vec());
        let cells = conn
            .query_row(&format!("SELECT {columns} FROM {table} WHERE id={id}"), [], |row| {
                (0..columns.split(',').count()).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect()
            })
            .map(|cells: Vec<_>| cells)
            .unwrap();
        for cell in cells {
            part(match cell {
                rusqlite::types::Value::Null => b"n".to_vec(),
                rusqlite::types::Value::Integer(n) => format!("i{n}").into_bytes(),
                rusqlite::types::Value::Text(text) => format!("t{text}").into_bytes(),
                other => panic!("{other:?}"),
            });
        }
        seq += 1;
        part(seq.to_string().into_bytes());
        hash = jindou::id::hex(&Sha256::digest(&bytes));
        conn.execute(&format!("UPDATE {table} SET seq=?, hash=? WHERE id=?"), (seq, &hash, id)).unwrap();
    }
}

const NO_MARKS: &str = "DELETE FROM AuditMark";

#[test]
fn an_untouched_chain_is_whole_and_all_that_the_witness_saw_is_in_it() {
    let app = busy();
    work(&app);
    tell(&app);
    tell(&app);
    let heads = heads(&app);
    assert_eq!(heads.len(), 2, "only when it moved");
    let report = report(&app, &heads);
    assert_eq!((report.broken, report.has_key, report.unkeyed, report.witnessed), (None, true, 0, 2));
    let told = app.login(Role::Admin, 1).ok("Audit.verify", json!(null));
    assert_eq!((&told["ok"], &told["witnessed"]), (&json!(true), &json!(2)), "{told}");
}

#[test]
fn a_chain_recomputed_as_a_whole_is_found() {
    let app = busy();
    tamper(&app, "UPDATE ApiLog SET userId=77 WHERE ac='Ordr.add'; DELETE FROM ObjLog WHERE id=2");
    recompute_plain(&app);
    assert_eq!(fault(report(&app, &[])), "the row was altered");
    // Without the marks it looks like a chain of before: that is said, and the witness knows better.
    tamper(&app, NO_MARKS);
    let found = report(&app, &[]);
    assert!(!found.has_key && found.broken.is_none() && found.unkeyed == found.rows, "{found:?}");
    assert_eq!(app.login(Role::Admin, 1).ok("Audit.verify", json!(null))["ok"], json!(false));
    assert!(report(&app, &heads(&app)).broken.is_some());
}

#[test]
fn rows_since_the_key_cannot_be_replaced_by_plain_ones() {
    let app = busy();
    tamper(&app, NO_MARKS);
    recompute_plain(&app);
    // The next server takes it for a chain of before; the witness does not.
    let app = app.restart(SETTINGS);
    work(&app);
    let found = report(&app, &[]);
    assert!(found.broken.is_none() && found.has_key && found.unkeyed > 0, "{found:?}");
    assert!(fault(report(&app, &heads(&app))).contains("witness"));
}

#[test]
fn a_tail_cut_off_is_found_by_the_witness() {
    let app = busy();
    let last = app.cell("SELECT MAX(seq) - 5 FROM ApiLog");
    for table in ["ApiLog", "ApiLog1", "ObjLog"] {
        tamper(&app, &format!("DELETE FROM {table} WHERE seq > {last}"));
        let set = format!(
            "UPDATE sqlite_sequence SET seq=(SELECT COALESCE(MAX(id), 0) FROM {table}) WHERE name='{table}'"
        );
        tamper(&app, &set);
    }
    assert_eq!(report(&app, &[]).broken, None, "the database alone cannot tell");
    assert!(fault(report(&app, &heads(&app))).contains("which are gone"));
}

#[test]
fn a_mark_of_somebodys_own_is_found() {
    let forge = |sql: &str, what: &str| {
        let app = busy();
        tamper(&app, sql);
        let found = fault(report(&app, &[]));
        assert!(found.contains(what), "{sql}: {found}");
    };
    let cut =
        "DELETE FROM ApiLog WHERE seq<=4; DELETE FROM ApiLog1 WHERE seq<=4; DELETE FROM ObjLog WHERE seq<=4;";
    let select = "SELECT 4, hash, 'cut'";
    let rows = "(SELECT seq, hash FROM ApiLog UNION ALL SELECT seq, hash FROM ApiLog1 UNION ALL SELECT seq, hash FROM ObjLog) WHERE seq=4;";
    let made = format!("INSERT INTO AuditMark (seq, hash, note) {select} FROM {rows}{cut}");
    forge(&made, "the mark `cut` was not made by the server");
    let copied = "UPDATE AuditMark SET keyName=k.keyName, mac=k.mac FROM (SELECT keyName, mac FROM AuditMark WHERE note='key') k WHERE note='cut'";
    forge(&format!("{made}{copied}"), "the mark `cut` was not made by the server");
    forge("INSERT INTO AuditMark (seq, hash, note) VALUES (99999, 'ab', 'end')", "mark `end`");
    // Keys: moved on, so that earlier rows would be plain, or another one.
    forge("UPDATE AuditMark SET seq=5 WHERE note='key'", "mark `key`");
    forge("UPDATE AuditMark SET keyName='000000000000' WHERE note='key'", "none of those given");
}

#[test]
fn everything_removed_is_found_by_the_witness() {
    let app = busy();
    let all =
        "DELETE FROM ApiLog; DELETE FROM ApiLog1; DELETE FROM ObjLog; UPDATE sqlite_sequence SET seq=0;";
    tamper(&app, all);
    assert_eq!((report(&app, &[]).rows, report(&app, &[]).broken), (0, None));
    assert!(fault(report(&app, &heads(&app))).contains("which are gone"));
    tamper(&app, NO_MARKS);
    assert!(!report(&app, &[]).has_key && report(&app, &heads(&app)).broken.is_some());
}

#[test]
fn ids_of_the_object_log_cannot_be_exchanged() {
    let app = busy();
    tamper(
        &app,
        "UPDATE ObjLog SET id=-1 WHERE id=1; UPDATE ObjLog SET id=1 WHERE id=2; UPDATE ObjLog SET id=2 WHERE id=-1",
    );
    let at = report(&app, &[]).broken.expect("a break");
    assert_eq!((at.table, at.what.as_str()), ("ObjLog", "the row was altered"));
}

#[test]
fn what_the_witness_wrote_cannot_be_altered_unseen() {
    let app = busy();
    let text = stored_heads(app.server.env.files.as_ref()).unwrap();
    let forged = ChainHead::all_in(&text.replacen("rows=", "rows=1", 1)).unwrap();
    assert!(fault(report(&app, &forged)).contains("altered"));
    let foreign = Keys::of(b"another secret", []);
    assert!(fault(report_by(&app, &foreign, &heads(&app), false)).contains("none of those given"));
}

#[test]
fn a_chain_of_before_verifies_as_what_it_was_and_goes_on_keyed() {
    let app = busy();
    tamper(&app, NO_MARKS);
    recompute_plain(&app);
    // As a database of before: marks have no signatures, retention has cut off the beginning.
    let cut = "INSERT INTO AuditMark (seq, hash, note) SELECT seq, hash, 'cut' FROM ObjLog WHERE seq=1; DELETE FROM ObjLog WHERE seq=1;";
    tamper(
        &app,
        &format!(
            "{cut} ALTER TABLE AuditMark DROP COLUMN mac; ALTER TABLE AuditMark DROP COLUMN keyName; \
             PRAGMA user_version=0"
        ),
    );
    let before = report(&app, &[]);
    assert!(before.broken.is_none() && !before.has_key && before.rows > 5, "{before:?}");
    let app = app.restart(SETTINGS);
    work(&app);
    let after = report(&app, &[]);
    assert!(after.broken.is_none() && after.has_key, "{after:?}");
    assert_eq!(after.unkeyed, before.rows);
    assert!(after.rows > before.rows);
    // Old rows are held by the first keyed one, and the mark by the key.
    tamper(&app, "UPDATE ApiLog SET userId=77 WHERE seq=(SELECT MIN(seq) FROM ApiLog)");
    assert_eq!(fault(report(&app, &[])), "the row was altered");
    recompute_plain(&app);
    assert!(report(&app, &[]).broken.is_some());
}

#[test]
fn a_key_can_be_changed_and_the_old_one_verifies_what_it_sealed() {
    const ONE: &str = "the-first-secret-of-this-log";
    const TWO: &str = "the-second-secret-of-this-log";
    let (one, two) = (with(&[("P_AUDIT_KEY", ONE)]), with(&[("P_AUDIT_KEY", TWO)]));
    let both = with(&[("P_AUDIT_KEY", TWO), ("P_AUDIT_OLD_KEYS", ONE)]);
    // Begun with the key of the data folder, which is known without being given.
    let app = busy().restart(&one);
    work(&app);
    assert_eq!(report(&app, &heads(&app)).broken, None);
    let app = app.restart(&two);
    work(&app);
    let wrong = fault(report(&app, &[]));
    assert!(wrong.contains("is sealed by key") && wrong.contains("P_AUDIT_OLD_KEYS"), "{wrong}");
    // What is after the change can be verified without the lost key.
    let since = report_by(&app, app.server.chain.keys(), &[], true);
    assert!(since.broken.is_none() && since.rows > 5, "{since:?}");
    let app = app.restart(&both);
    work(&app);
    let found = report(&app, &heads(&app));
    assert!(found.broken.is_none() && found.rows > since.rows, "{found:?}");
    tamper(
        &app,
        "UPDATE ApiLog SET userId=77 WHERE ac='Ordr.add' AND id=(SELECT MIN(id) FROM ApiLog WHERE ac='Ordr.add')",
    );
    assert_eq!(fault(report(&app, &[])), "the row was altered");
}

#[test]
fn a_key_that_is_not_there_is_said() {
    let app = busy();
    let wrong = fault(report_by(&app, &Keys::of(b"another secret", []), &[], false));
    assert!(wrong.contains("none of those given"), "{wrong}");
}

#[test]
fn retention_cuts_signed_and_the_witness_agrees() {
    let app = busy();
    let start = app.server.env.unix_ms();
    app.server.env.clock.set_ms(start + 31 * 86_400_000);
    app.server.env.trusted.known(start + 31 * 86_400_000);
    work(&app);
    tell(&app);
    while app.anon().ok("runJob?name=auditRetention", json!(null)) == json!(true) {}
    tell(&app);
    let found = report(&app, &heads(&app));
    assert!(found.broken.is_none() && found.witnessed >= 2, "{found:?}");
    assert_eq!(app.cell("SELECT COUNT(*) FROM AuditMark WHERE note='cut' AND mac<>''"), json!(1));
}

#[test]
fn the_oldest_rows_go_when_the_log_is_too_large() {
    let app = TestApp::with(&with(&[("P_AUDIT_MAX_MB", "1"), ("P_AUDIT_KEEP_DAYS", "0")]));
    let client = app.login(Role::User, user(&app, "13800138000"));
    let long = "x".repeat(1900);
    let sizes = "SELECT SUM(LENGTH(req)) FROM ApiLog";
    for n in 0..900 {
        client.call("Ordr.get", json!({"id": n, "dscr": long}));
    }
    let before = app.cell(sizes).as_i64().unwrap();
    while app.anon().ok("runJob?name=auditRetention", json!(null)) == json!(true) {}
    let after = app.cell(sizes).as_i64().unwrap();
    assert!(before > 1_600_000 && (500_000..1_100_000).contains(&after), "{before} {after}");
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE ac='runJob'").as_i64().map(|n| n > 0), Some(true));
    assert_eq!(report(&app, &[]).broken, None);
}

/// Somebody who can write the database wants the server itself to remove rows and sign that it did.
#[test]
fn retention_signs_nothing_that_was_altered_to_be_removed() {
    const CUTS: &str = "SELECT COUNT(*) FROM AuditMark WHERE note='cut' AND mac<>''";
    let forged = [
        // Young rows made old.
        "UPDATE ApiLog SET tm='2020-01-01 00:00:00' WHERE seq<(SELECT MAX(seq) FROM ApiLog)",
        // The same, and every other row removed, so that none has the one before it.
        "UPDATE ApiLog SET tm='2020-01-01 00:00:00'; DELETE FROM ApiLog WHERE seq%2=1; DELETE FROM ObjLog WHERE seq%2=1",
        // A beginning of their own.
        "INSERT INTO AuditMark (seq, hash, note) SELECT seq, hash, 'cut' FROM ApiLog WHERE seq=(SELECT MIN(seq) FROM ApiLog WHERE seq>4)",
        // Another key from the start.
        "INSERT INTO AuditMark (seq, hash, note, keyName) VALUES (0, '', 'key', 'ffffffffffff'); \
         UPDATE ApiLog SET tm='2020-01-01 00:00:00' WHERE seq<(SELECT MAX(seq) FROM ApiLog)",
    ];
    for sql in forged {
        let app = busy();
        tamper(&app, sql);
        let rows = app.cell("SELECT COUNT(*) FROM ApiLog").as_i64();
        for _ in 0..3 {
            app.anon().call("runJob?name=auditRetention", json!(null));
        }
        assert!(app.cell("SELECT COUNT(*) FROM ApiLog").as_i64() >= rows, "{sql}");
        assert_eq!(app.cell(CUTS), json!(0), "{sql}");
        assert!(report(&app, &[]).broken.is_some(), "{sql}");
    }
}
