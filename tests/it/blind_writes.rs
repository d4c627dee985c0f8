//! Callers who may write and not read: no answer to a write shows them a row or a field that is not of their own
//! making, or tells whether there is one.

use crate::app::TestApp;
use crate::code;
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::json;

const DESIGN: &str = "
@Vault: id, userId, name(s), secret(s), status(2), tm
@key Vault: index(name)
@Box: id, userId, name(s), secret(s)
";

static VAULT: Object = Object::table("Vault")
    .states(&STATUS)
    .on_write(stamp)
    .guest(can(ADD).readonly("tm"))
    .user(can(ADD | SET | DEL | SET_IF | DEL_IF | BATCH_SET | BATCH_DEL | BATCH_ADD | DUP))
    .emp(can(ADD | GET));

static STATUS: States = States::of("status").start("CR").step("CR", "RE", EMP);

/// Of the others' rows only the names are open, and only one's own can be looked at and changed.
static DESK: Object =
    Object::table("Desk").over("Vault").user(can(ADD | QUERY | GET | SET).me(Me::Always).hidden("secret"));

/// What guests may find and not look at.
static BOX: Object =
    Object::table("Box").guest(can(ADD | QUERY).own("userId")).user(can(ADD | GET).own("userId"));

fn stamp(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        write.set("tm", tx.now());
        write.stamp("secret", "made by the server");
    }
    Ok(())
}

static PLUGIN: Plugin = Plugin::new("vault", DESIGN)
    .objects(&[&VAULT, &BOX, &DESK])
    .functions(&[write("login", GUEST, |_, _| Ok(Answer::ok()))])
    .logins(&[
        LoginType::new("user", "", |_, _| Ok(Some(Identity::new(USER, 0)))),
        LoginType::new("emp", "", |_, _| Ok(Some(Identity::new(EMP, 0)))),
    ]);

fn vault() -> TestApp {
    static PLUGINS: &[&Plugin] = &[&PLUGIN];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    app.write(|tx| {
        for table in ["Vault", "Box"] {
            let row = json!({"userId": 9, "name": "gold", "secret": "sesame"});
            tx.insert(table, row.as_object().unwrap().clone())?;
        }
        tx.update("Vault", &[("id", json!(1))], json!({"status": "RE"}).as_object().unwrap().clone())?;
        Ok(())
    });
    app
}

/// Whether the row is there or not, and whatever the guess is, the answer is the same.
#[test]
fn nothing_is_learned_about_rows_that_are_there() {
    let app = vault();
    let guest = app.anon();
    let user = app.login(Role::User, 1);
    for mode in ["", "&uniKeyMode=set", "&uniKeyMode=ignore", "&uniKeyMode=error", "&doValidateOnly=1"] {
        for key in ["name", "name!", "name,secret", "id"] {
            for (client, code) in [(&guest, 2), (&user, 5)] {
                let ask = |name: &str, id: i64| {
                    let sent = json!({"id": id, "name": name, "secret": "sesame"});
                    client.call(&format!("Vault.add?uniKey={key}{mode}&res=*"), sent)
                };
                let (there, missing) = (ask("gold", 1), ask("none", 77));
                assert_eq!(there, missing, "{key}{mode}");
                assert_eq!(there[0], json!(code), "{key}{mode}");
                let items = json!([{"ac": "Vault.add", "get": {"uniKey": key, "res": "*"}, "post": {"name": "gold"}}]);
                assert!(!client.call("batch", items).to_string().contains("sesame"));
            }
        }
    }
    // What a condition meets would tell as much.
    for ask in [
        "Vault.set?id=1&cond=secret='{}'",
        "Vault.set?id=1&doValidateOnly=1&cond=secret='{}'",
        "Vault.del?id=1&cond=secret='{}'",
        "Vault.setIf?cond=secret='{}'",
        "Vault.delIf?cond=secret='{}'",
        "Vault.batchSet?cond=secret='{}'",
        "Vault.batchDel?cond=secret='{}'",
        "Vault.batchAdd?uniKey=secret&uniKeyMode=error",
    ] {
        let tried = ["sesame", "wrong"].map(|guess| {
            let list = json!({"list": [{"name": "n", "secret": guess}], "name": "x"});
            user.call(&ask.replace("{}", guess), list)
        });
        assert_eq!(tried[0][0], tried[1][0], "{ask}");
        assert_ne!(tried[0][0], json!(0), "{ask}: {}", tried[0]);
        assert_eq!(tried[0].to_string().replace("sesame", "wrong"), tried[1].to_string(), "{ask}");
    }
    assert_eq!(app.cell("SELECT group_concat(name||secret||status) FROM Vault"), json!("goldsesameRE"));
    // Nor does a refusal tell where the row stands.
    let (_, told) = user.fails("Vault.set?id=1", json!({"status": "CA"}));
    let whole = user.call("Vault.set?id=1", json!({"status": "CA"})).to_string();
    assert!(!told.contains("RE") && !whole.contains("RE"), "{whole}");
    assert_eq!(user.fails("Vault.dup?id=1", json!({})).0, code::FORBIDDEN);
}

#[test]
fn a_new_row_shows_what_was_sent_and_nothing_else() {
    let app = vault();
    let guest = app.anon();
    let sent = || json!({"name": "mine", "userId": null, "secret": ""});
    assert_eq!(guest.ok("Vault.add", sent()), json!(2));
    assert_eq!(guest.ok("Vault.add?res=id", sent()), json!({"id": 3}));
    assert_eq!(guest.ok("Vault.add?res=*", sent()), json!({"id": 4, "name": "mine"}));
    assert_eq!(guest.ok("Vault.add?res=name who,count(*) n", sent()), json!({"who": "mine", "n": 1}));
    for res in ["secret", "id,secret", "max(secret) m", "tm", "userId", "status", "*,tm", "id,tm t"] {
        let (code, _) = guest.fails(&format!("Vault.add?res={res}"), sent());
        assert!(matches!(code, 1 | 3), "{res}: {code}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM Vault"), json!(5));
    // Nobody may read the time, so it may not be sent to be read.
    assert_eq!(guest.fails("Vault.add?res=tm", json!({"name": "x", "tm": "2024-01-01"})).0, code::FORBIDDEN);
    // Who may read the row sees it as ever.
    let emp = app.login(Role::Emp, 1);
    assert_eq!(emp.ok("Vault.add?res=secret", sent()), json!({"secret": "made by the server"}));
}

#[test]
fn a_row_that_was_found_is_shown_to_who_may_get_it() {
    let app = vault();
    let guest = app.anon();
    let add = |call: &str| guest.call(call, json!({"name": "box"}));
    assert_eq!(add("Box.add"), json!([0, 2]));
    assert_eq!(add("Box.add?uniKey=name&uniKeyMode=ignore"), json!([0, 2]));
    assert_eq!(add("Box.add?uniKey=name&uniKeyMode=ignore&res=id")[0], json!(2));
    // Another's row is not found at all.
    let gold = guest.call("Box.add?uniKey=name&uniKeyMode=ignore", json!({"name": "gold"}));
    assert_eq!(gold, json!([0, 3]));
    let user = app.login(Role::User, 1);
    assert_eq!(user.fails("Box.add?uniKey=name&res=*", json!({"name": "gold"})).0, code::FORBIDDEN);
}

#[test]
fn a_row_that_is_not_ones_own_is_not_reached_by_its_key() {
    let app = vault();
    let user = app.login(Role::User, 7);
    assert_eq!(user.fails("Desk.add?uniKey=name", json!({"name": "gold", "userId": 7})).0, code::FORBIDDEN);
    assert_eq!(
        user.fails("Desk.add?uniKey=name&uniKeyMode=ignore&res=*", json!({"name": "gold"})).0,
        code::FORBIDDEN
    );
    assert_eq!(app.cell("SELECT userId FROM Vault WHERE name='gold'"), json!(9));
    assert_eq!(user.ok("Desk.add?res=*", json!({"name": "new"})), json!({"id": 2, "name": "new"}));
}

/// All objects of the product, every role that may add to them and not query them.
#[test]
fn no_object_of_the_product_answers_an_add_with_a_row_of_others() {
    let app = TestApp::with(&[]);
    let mut asked = 0;
    for def in app.server.env.registry.objects() {
        let Some(table) = &def.table else { continue };
        for role in Role::ALL {
            let Some(rights) = def.rights(role).filter(|rights| rights.may(ADD)) else { continue };
            if rights.may(QUERY) || app.server.env.registry.action(def, "add").is_some() {
                continue;
            }
            for column in &table.columns {
                let field = column.name.as_str();
                for mode in ["set", "ignore", "error"] {
                    let name = format!("{}.add", def.name());
                    let get = json!({"uniKey": field, "uniKeyMode": mode, "res": "*"});
                    let got = app.call_as(role, 1, &name, get, json!({field: 1}));
                    // Refused for the right that is missing, never for a row.
                    assert!(
                        [2, 5].iter().any(|code| got[0] == json!(code)),
                        "{role:?} {name} {field}: {got}"
                    );
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 20, "{asked}");
}

#[test]
fn strangers_do_not_read_the_log_they_write() {
    let app = TestApp::with(&[]);
    app.write(|tx| {
        let row = json!({"module": "store", "content": "internal secret", "pri": "ERR"});
        tx.insert("Syslog", row.as_object().unwrap().clone())
    });
    let guest = app.anon();
    for (key, mode) in
        [("id", "ignore"), ("id", "set"), ("module", "ignore"), ("module", "error"), ("module!", "error")]
    {
        let call = format!("Syslog.add?uniKey={key}&uniKeyMode={mode}&res=*");
        let there = guest.call(&call, json!({"id": 1, "module": "store", "content": "y"}));
        let missing = guest.call(&call, json!({"id": 9, "module": "nosuch", "content": "y"}));
        assert_eq!(there[0], json!(2), "{call}: {there}");
        assert_eq!(there, missing, "{call}");
    }
    let got = guest.ok("Syslog.add?res=*", json!({"module": "page", "content": "said"}));
    assert_eq!(got, json!({"id": 2, "module": "page", "content": "said"}));
    assert_eq!(
        guest.fails("Syslog.add?res=apiLogId", json!({"module": "page", "content": "said"})).0,
        code::DB
    );
}
