//! Rules by the kind of write, rights that add to those below, and the words of a transaction's items.

use crate::app::TestApp;
use crate::code;
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::json;

const DESIGN: &str = "
@Shelf: id, name(s), place(s), trail(l), hint(s)
@Trace: id, what(s)
";

static SHELF: Object = Object::table("Shelf")
    .on_write(|tx, write| leave(tx, write, "every"))
    .on_add(|tx, write| leave(tx, write, "add"))
    .on_set(|tx, write| leave(tx, write, "set"))
    .on_del(|tx, write| leave(tx, write, "del"))
    .everybody(can(READ).hidden("hint"))
    .user_also(can(ADD).required("name"))
    .emp_also(
        can(ADD | SET)
            .required("name")
            .readonly("place")
            .on_add(|tx, write| leave(tx, write, "emp add"))
            .on_write(|tx, write| leave(tx, write, "emp every")),
    )
    .mgr_also(
        can(DEL | SET_IF)
            .readonly("trail")
            .free_in_bulk("place")
            .on_del(|tx, write| leave(tx, write, "mgr del")),
    );

/// Notes which rules ran, in their order, in the row itself as long as it is there.
fn leave(tx: &mut Tx<'_>, write: &mut Write, rule: &str) -> Result<()> {
    if write.deleting() {
        return tx.insert("Trace", [("what", json!(rule))]).map(|_| ());
    }
    let before = write.text("trail").unwrap_or_default().to_owned();
    write.set("trail", format!("{before}{rule};"));
    Ok(())
}

static PLUGIN: Plugin = Plugin::new("shelves", DESIGN)
    .objects(&[&SHELF])
    .functions(&[write("login", GUEST, |_, _| Ok(Answer::ok()))])
    .logins(&[
        LoginType::new("user", "", |_, _| Ok(Some(Identity::new(USER, 0)))),
        LoginType::new("emp", "", |_, id| Ok(Some(Identity::new(if id > 10 { EMP | MGR } else { EMP }, 0)))),
    ]);

fn shelves() -> TestApp {
    static PLUGINS: &[&Plugin] = &[&PLUGIN];
    TestApp::with_plugins(PLUGINS, &[])
}

#[test]
fn the_rule_for_the_kind_runs_first_and_that_of_the_role_last() {
    let app = shelves();
    let (user, mgr) = (app.login(Role::User, 1), app.login(Role::Mgr, 11));
    let trail = || app.cell("SELECT trail FROM Shelf WHERE id = 1");
    let id = user.ok("Shelf.add", json!({"name": "a"}));
    assert_eq!((id, trail()), (json!(1), json!("add;every;")));
    mgr.ok("Shelf.add", json!({"name": "b"}));
    assert_eq!(app.cell("SELECT trail FROM Shelf WHERE id = 2"), json!("add;every;emp add;emp every;"));
    mgr.ok("Shelf.set?id=1", json!({"name": "c"}));
    assert_eq!(trail(), json!("set;every;emp every;"));
    mgr.ok("Shelf.del?id=1", json!(null));
    assert_eq!(app.cell("SELECT group_concat(what, ';') FROM Trace"), json!("del;every;mgr del;emp every"));
}

#[test]
fn rights_add_to_those_below_and_lists_take_their_place() {
    let app = shelves();
    let (guest, user) = (app.anon(), app.login(Role::User, 1));
    let (emp, mgr) = (app.login(Role::Emp, 1), app.login(Role::Mgr, 11));
    // Everybody reads, and sees no hint.
    user.ok("Shelf.add", json!({"name": "a", "place": "left", "hint": "h"}));
    for client in [&guest, &user, &emp, &mgr] {
        assert_eq!(
            client.ok("Shelf.get?id=1&res=name,place", json!(null)),
            json!({"name": "a", "place": "left"})
        );
        assert_eq!(client.fails("Shelf.get?id=1&res=hint", json!(null)).0, code::DB);
    }
    // Each role has the actions of those below and its own; no other one.
    assert_eq!(guest.fails("Shelf.add", json!({"name": "b"})).0, code::NOAUTH);
    assert_eq!(user.fails("Shelf.set?id=1", json!({"name": "b"})).0, code::FORBIDDEN);
    assert_eq!(emp.fails("Shelf.del?id=1", json!(null)).0, code::FORBIDDEN);
    // What is needed and read-only is so for managers too, unless they have a list of their own.
    for client in [&user, &emp, &mgr] {
        assert_eq!(client.fails("Shelf.add", json!({})).0, code::PARAM);
    }
    assert_eq!(emp.fails("Shelf.set?id=1", json!({"place": "right"})).0, code::FORBIDDEN);
    mgr.ok("Shelf.set?id=1", json!({"place": "right"}));
    assert_eq!(mgr.fails("Shelf.set?id=1", json!({"trail": "none"})).0, code::FORBIDDEN);
    // A change by condition runs no rules, so it takes a declaration.
    assert_eq!(mgr.ok("Shelf.setIf?cond=id=1", json!({"place": "top"})), json!(1));
    assert_eq!(mgr.fails("Shelf.setIf?cond=id=1", json!({"name": "n"})).0, code::FORBIDDEN);
    assert_eq!(emp.fails("Shelf.setIf?cond=id=1", json!({"place": "top"})).0, code::FORBIDDEN);
}

/// Words that are understood before the transaction give what they give inside of it: for another caller after a login,
/// for rows that the transaction makes, and for those that are wrong.
#[test]
fn items_of_a_transaction_are_understood_before_it() {
    let app = shelves();
    let (user, mgr) = (app.login(Role::User, 1), app.login(Role::Mgr, 11));
    let add = |name: &str| json!({"ac": "Shelf.add", "get": {"res": "id,name"}, "post": {"name": name}});
    let query =
        |cond: &str| json!({"ac": "Shelf.query", "get": {"res": "name", "cond": cond, "fmt": "array"}});
    for round in 1..=3 {
        // Twice: what came before is found ready.
        let name = format!("n{round}");
        let found =
            user.ok("batch?useTrans=1", json!([add(&name), query(&format!("name='{name}'")), query("id>0")]));
        assert_eq!(found[0], json!([0, {"id": round, "name": name}]), "{found}");
        assert_eq!(found[1], json!([0, [{"name": name}]]), "{found}");
        assert_eq!(found[2][1].as_array().unwrap().len(), round, "{found}");
    }
    // Wrong words fail in their turn, and undo the rest.
    let answers = user.ok("batch?useTrans=1", json!([add("lost"), query("name=="), query("id>0")]));
    assert_eq!(
        (&answers[0][0], &answers[1][0], &answers[2][0]),
        (&json!(0), &json!(code::PARAM), &json!(-100)),
        "{answers}"
    );
    assert_eq!(app.cell("SELECT COUNT(*) FROM Shelf WHERE name = 'lost'"), json!(0));
    // Whoever has not the right is told that, not what is wrong with the words.
    let place = |cond: &str, place: &str| json!({"ac": "Shelf.setIf", "get": {"cond": cond}, "post": {"place": place}});
    for cond in ["id=1", "name=="] {
        let answers = user.ok("batch?useTrans=1", json!([place(cond, "x")]));
        assert_eq!(answers[0][0], json!(code::FORBIDDEN), "{answers}");
    }
    let answers =
        mgr.ok("batch?useTrans=1", json!([place("id=1", "x"), place("place='x'", "y"), query("place='y'")]));
    assert_eq!(answers, json!([[0, 1], [0, 1], [0, [{"name": "n1"}]]]));
    // What refers to another result waits for it.
    let refers = json!({"ac": "Shelf.query", "get": {"res": "name", "cond": "id={$-1.id}", "fmt": "array"}, "ref": ["cond"]});
    let answers = user.ok("batch?useTrans=1", json!([add("last"), refers]));
    assert_eq!(answers[1], json!([0, [{"name": "last"}]]), "{answers}");
}
