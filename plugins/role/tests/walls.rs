//! The walls that hold for declared rights, with a role in the place of the declaration: what a matrix hides is read by no
//! spelling, and what two sample roles may do stands in `golden/roles.txt`.

use crate::app::TestApp;
use crate::permissions;
use crate::role_rights::House;
use jindou::auth::{Caller, Role};
use jindou::authorize::authorize;
use jindou::call::name::Action as Name;
use jindou::object::{Field, READ};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

const SAMPLES: [(&str, Role, &str); 2] = [
    (
        "客服",
        Role::Emp,
        r#"{"Ordr": {"actions": "query,get,set", "hidden": "amount", "readonly": "cmt"},
            "User": {"actions": "query,get", "hidden": "phone"}, "OrderAtt": {"actions": "query"}}"#,
    ),
    (
        "店长",
        Role::Mgr,
        r#"{"Ordr": {"actions": "query,get,add,set,batchAdd,setIf"}, "OrderLog": {"actions": "query,get", "rows": "own"},
            "OrderAtt": {"actions": "query"}, "User": {"actions": "query,get,set", "readonly": "name"},
            "Employee": {"actions": "query,get,set", "hidden": "perms", "rows": "own"},
            "ApiLog": {"actions": "stat"}, "functions": "sendSms"}"#,
    ),
];

fn of_matrix(app: &TestApp, base: Role, matrix: &str) -> Caller {
    let narrowing = app.server.env.registry.narrowing(base, base.bits(), &[matrix]);
    Caller { narrowing: Some(narrowing), ..Caller::of_role(base, 1) }
}

#[test]
fn what_sample_roles_may_do_is_what_it_was() {
    let app = TestApp::production();
    let registry = &app.server.env.registry;
    let mut now = String::from(
        "# what two roles leave: actions with rows and hidden fields; what they do not name is closed\n",
    );
    for (name, base, matrix) in SAMPLES {
        let caller = of_matrix(&app, base, matrix);
        let staff = Caller::of_role(base, 1);
        let _ = writeln!(now, "\n## {name}, of {}", base.name());
        for action in permissions::names(&app) {
            let parsed = Name::parse(&action);
            if authorize(registry, &caller, &parsed).is_err() {
                continue;
            }
            assert!(authorize(registry, &staff, &parsed).is_ok(), "{name} may {action} and its base may not");
            let def = parsed.object.as_deref().and_then(|object| registry.object(object));
            let bit = jindou::object::standard(&parsed.name);
            let rights = def.zip(bit).and_then(|(def, bit)| def.rights_for(&caller, bit));
            let _ = write!(now, "{action:<28}");
            if let Some(rights) = rights {
                let base = def.unwrap().rights_for(&staff, bit.unwrap()).unwrap();
                let more = |now: &BTreeSet<String>, was: &BTreeSet<String>| {
                    now.difference(was).cloned().collect::<Vec<_>>().join(",")
                };
                let set = |names: &foldhash::HashSet<std::borrow::Cow<'static, str>>| -> BTreeSet<String> {
                    names.iter().map(|name| name.to_string()).collect()
                };
                let rows = if rights.access.own == base.access.own {
                    String::new()
                } else {
                    format!(" rows={:?}", rights.access.own)
                };
                let _ = write!(
                    now,
                    "hidden={} closed={}{rows}",
                    more(&set(&rights.hidden), &set(&base.hidden)),
                    more(&set(&rights.readonly), &set(&base.readonly))
                );
            }
            let _ = writeln!(now);
        }
    }
    let now: String = now.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/roles.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(
        golden, now,
        "rights of roles have changed; if that is meant: UPDATE_GOLDEN=1 cargo test sample_roles"
    );
}

/// Every object of the product, read by staff from whom a role hides one field after the other.
#[test]
fn no_spelling_reads_what_a_role_hides() {
    let app = TestApp::production();
    let registry = &app.server.env.registry;
    let ask = |caller: &Caller, action: &str, get: &Value| -> Value {
        let Value::Object(get) = get.clone() else { panic!("an object") };
        let get = jindou::call::params::Params(get);
        app.call_by(caller.clone(), action, get)
    };
    let mut walked = 0;
    for def in registry.objects().filter(|def| def.table.is_some()) {
        let query = format!("{}.query", def.name());
        let staff = Caller::of_role(Role::Mgr, 1);
        let open = authorize(registry, &staff, &Name::parse(&query)).is_ok();
        let Some(rights) = def.rights_of(&staff).filter(|rights| open && rights.may(READ)) else { continue };
        let fields =
            def.fields.iter().filter(|(name, _)| &***name != "id" && !rights.hidden.contains(&***name));
        let columns = fields.filter(|(_, field)| matches!(field, Field::Column(_) | Field::Virtual(_)));
        let mut names: Vec<&str> = columns.map(|(name, _)| &**name).collect();
        names.sort_unstable();
        for field in names {
            let mut matrix = Map::new();
            matrix.insert(def.name().to_owned(), json!({"actions": ["query", "get"], "hidden": [field]}));
            let caller = of_matrix(&app, Role::Mgr, &Value::Object(matrix).to_string());
            for spelling in [field.to_owned(), format!("t0.{field}")] {
                for get in [
                    json!({"res": format!("id,{spelling}")}),
                    json!({"res": format!("id,{spelling} x")}),
                    json!({"res": format!("max({spelling}) x")}),
                    json!({"res": format!("countif({spelling}='w1') n")}),
                    json!({"cond": format!("{spelling} is not null")}),
                    json!({"cond": { &spelling: "!null" }}),
                    json!({"cond": [{ &spelling: "1" }]}),
                    json!({"orderby": spelling}),
                    json!({"res": "count(*) n", "gres": spelling}),
                    json!({"statRes": format!("count({spelling}) n")}),
                    json!({"tmField": spelling, "res": "y"}),
                ] {
                    let answer = ask(&caller, &query, &get);
                    assert_ne!(answer[0], json!(0), "{query} {get}: {answer}");
                    walked += 1;
                }
            }
            if def.decl.time_field == Some(field) {
                let answer = ask(&caller, &query, &json!({"res": "id,y,m,d,h"}));
                assert_ne!(answer[0], json!(0), "{query} by parts of {field}: {answer}");
            }
            // Without it the rest is there, whatever the declarations say of it.
            for get in
                [json!({"pagesz": 1}), json!({"res": "*", "pagesz": 1}), json!({"q": "x", "pagesz": 1})]
            {
                let answer = ask(&caller, &query, &get);
                let known = answer[0] == json!(0) || !def.decl.actions.is_empty();
                assert!(known, "{query} without {field} {get}: {answer}");
                let heads = answer[1]["h"].as_array().cloned().unwrap_or_default();
                assert!(!heads.contains(&json!(field)), "{query} {get}: {answer}");
            }
        }
    }
    assert!(walked > 2000, "{walked}");
}

/// Logs, undo, copies, files, searches and refusals: no answer holds a value that the role hides.
#[test]
fn no_road_tells_what_a_role_hides() {
    let house = House::new();
    let chief = house.chief();
    let customer = chief.ok("User.query?fmt=one&res=id", json!(null))["id"].clone();
    let add = |amount: &str| {
        chief.ok("Ordr.add", json!({"userId": customer, "dscr": "secret price", "amount": amount}))
    };
    let (kept, gone) = (add("7777.25"), add("9999.25"));
    let read = chief.ok(&format!("Ordr.get?id={kept}&withVersion=1"), json!(null));
    let admin = house.app.login(Role::Admin, 1);
    admin.ok(&format!("Ordr.set?id={kept}"), json!({"amount": "8888.25", "dscr": "changed"}));
    let changed = house.app.cell("SELECT max(apiLogId) FROM ObjLog");
    chief.ok(&format!("Ordr.del?id={gone}"), json!(null));
    let removed = house.app.cell("SELECT max(apiLogId) FROM ObjLog");
    house.role(
        "auditor",
        "mgr",
        json!({
            "Ordr": {"actions": "query,get,add,set,del,batchAdd,batchSet,batchDel,setIf,dup", "hidden": "amount"},
            "User": {"actions": "query,get,set", "hidden": "phone,uname"},
            "OrderLog": {"actions": "query,get"}, "OrderAtt": {"actions": "query,get"},
            "ObjLog": {"actions": "query,get,undo,restore,bin,asOf"}, "ApiLog": {"actions": "query,get"},
            "ApiLog1": {"actions": "query,get"}, "Report": {"actions": "query,get,add"},
        }),
    );
    let auditor = house.with("wang", "auditor");
    let stale = read["_version"].as_str().unwrap();
    let gets = [
        "Ordr.query".to_owned(),
        "Ordr.query?fmt=csv&res=*".to_owned(),
        "Ordr.query?fmt=html".to_owned(),
        "Ordr.query?fmt=txt&q=8888.25".to_owned(),
        "Ordr.query?res=*,@orderLog,@atts&withVersion=1".to_owned(),
        format!("Ordr.get?id={kept}&withVersion=1"),
        format!("Ordr.get?id={kept}&res=*"),
        "User.query?res=*".to_owned(),
        format!("User.get?id={customer}"),
        "ObjLog.query?pagesz=-1".to_owned(),
        "ObjLog.query?pagesz=-1&res=*".to_owned(),
        "ObjLog.query?q=8888.25".to_owned(),
        "ObjLog.query?pagesz=-1&fmt=csv".to_owned(),
        format!("ObjLog.asOf?obj=Ordr&id={kept}&at=2000-01-01"),
        format!("ObjLog.asOf?obj=Ordr&id={kept}&at=2099-01-01"),
        format!("ObjLog.asOf?obj=Ordr&id={gone}&at=2099-01-01"),
        "ObjLog.bin?obj=Ordr".to_owned(),
        "ApiLog.query?pagesz=-1&res=*".to_owned(),
        "ApiLog.query?pagesz=-1&fmt=csv".to_owned(),
        "ApiLog1.query?pagesz=-1&res=*".to_owned(),
        "search?q=8888.25".to_owned(),
        "search?q=13800138000".to_owned(),
        "search?q=secret".to_owned(),
        "Meta.all".to_owned(),
    ];
    let posts = [
        (format!("ObjLog.undo?apiLogId={changed}&preview=1"), json!({})),
        (format!("ObjLog.undo?apiLogId={removed}&preview=1"), json!({})),
        (format!("ObjLog.restore?obj=Ordr&id={gone}&preview=1"), json!({})),
        (format!("Ordr.set?id={kept}&ifVersion={stale}"), json!({"dscr": "mine"})),
        (format!("Ordr.set?id={kept}"), json!({"amount": "1", "dscr": "mine"})),
        (format!("Ordr.dup?id={kept}"), json!({})),
        ("Ordr.add?uniKey=amount".to_owned(), json!({"amount": "8888.25", "userId": customer})),
        ("Ordr.add?uniKey=dscr&uniKeyMode=error".to_owned(), json!({"dscr": "changed", "userId": customer})),
        (
            "Ordr.batchAdd?uniKey=amount".to_owned(),
            json!({"list": [{"amount": "8888.25", "userId": customer}]}),
        ),
        ("Ordr.setIf?cond=amount=8888.25".to_owned(), json!({"dscr": "found"})),
        ("Ordr.batchSet?cond=amount=8888.25".to_owned(), json!({"dscr": "found"})),
        ("Ordr.batchDel?cond=amount=8888.25".to_owned(), json!({})),
        ("batch".to_owned(), json!([{"ac": "Ordr.query"}, {"ac": "ObjLog.query", "get": {"pagesz": -1}}])),
    ];
    let secrets = ["7777", "8888", "9999", "13800138000"];
    let asked = gets.into_iter().map(|ask| (ask, json!(null))).chain(posts);
    for (ask, body) in asked {
        let sent = format!("{ask} {body}");
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let method = if body.is_some() { "POST" } else { "GET" };
        let mark = if ask.contains('?') { '&' } else { '?' };
        let kind = [("content-type", "application/json")];
        let got = auditor.exactly(method, &format!("/api/{ask}{mark}_app=emp"), &kind, body);
        let text = String::from_utf8_lossy(&got.bytes).into_owned();
        // What the caller has sent comes back in a refusal.
        let told = |secret: &&&str| text.contains(**secret) && !sent.contains(**secret);
        assert_eq!(secrets.iter().find(told), None, "{ask}: {text}");
        // A road that is closed would prove nothing; a row that was not there at a moment tells nothing.
        let answer = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let closed = answer.is_array() && answer[0] != json!(0);
        assert!(method == "POST" || !closed || ask.contains("asOf"), "{ask}: {text}");
    }
    // Nothing was found or changed by a value that is hidden.
    assert_eq!(house.app.cell("SELECT count(*) FROM Ordr WHERE dscr='found'"), json!(0));
    assert_eq!(house.app.cell(&format!("SELECT amount FROM Ordr WHERE id={kept}")), json!(8888.25));
    // A copy has what its maker sees.
    assert_eq!(house.app.cell("SELECT count(*) FROM Ordr WHERE amount=8888.25"), json!(1));
}

/// A matrix that is not read as what it is leaves nothing but what everybody has.
#[test]
fn a_narrowing_of_another_making_allows_nothing() {
    let app = TestApp::production();
    let foreign = jindou::plugin::Narrowing::new([7; 32], "not of this program");
    let caller = Caller { narrowing: Some(Arc::new(foreign)), ..Caller::of_role(Role::Mgr, 1) };
    let registry = &app.server.env.registry;
    for name in permissions::names(&app) {
        let parsed = Name::parse(&name);
        let open = authorize(registry, &caller, &parsed).is_ok();
        let own = registry.own_action(&parsed);
        let kept = own.is_some_and(|own| own.personal || jindou::object::is_for_all(own));
        assert_eq!(open, kept, "{name}");
    }
}
