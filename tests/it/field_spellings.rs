//! The names of fields, walked: every object of the registry, every role that may write it, every action that
//! writes, every field, in every spelling. `t0.x` has the decision and the record of `x`; any other spelling is
//! unknown and changes nothing. On reads no spelling shows a hidden column.

use crate::app::TestApp;
use crate::lab::LAB;
use crate::plugins;
use chrono::NaiveDateTime;
use jindou::auth::{Caller, Role};
use jindou::authorize::authorize;
use jindou::call::name::Action as Name;
use jindou::design::{Column, Kind};
use jindou::object::{ObjectDef, names};
use jindou::plugin::Plugin;
use serde_json::{Map, Value, json};

const ROLES: [Role; 6] = [Role::Guest, Role::User, Role::Watch, Role::Emp, Role::Mgr, Role::Admin];
const SECRET: &str = "marble-ocean-41";

/// The product, and the lab.
static WORLDS: [&[&Plugin]; 2] = [plugins::ALL, &[&LAB]];

/// A server over other plugins, whose tables hold one row each, of the account 1.
fn world(list: &'static [&'static Plugin]) -> TestApp {
    let app = TestApp::bare(list, &[("P_SYNC", "normal")]);
    app.write(|tx| {
        let registry = &tx.env().registry;
        let mut done: Vec<&str> = Vec::new();
        for def in registry.objects() {
            let Some(table) = &def.table else { continue };
            if done.contains(&table.name.as_str()) || is_of_framework(table.name.as_str()) {
                continue;
            }
            done.push(table.name.as_str());
            let states = def.decl.states;
            let cells = table.columns.iter().filter(|column| column.kind != Kind::Id).map(|column| {
                let name = column.name.as_str();
                match states.filter(|states| states.field == name && !states.start.is_empty()) {
                    Some(states) => (name, json!(states.start)),
                    None => (name, value_of(column, 1)),
                }
            });
            tx.insert(table.name.as_str(), cells)?;
        }
        Ok(())
    });
    app
}

fn is_of_framework(table: &str) -> bool {
    ["ApiLog", "ApiLog1", "ObjLog", "AuditCut", "Session", "Token", "Kv", "Cinf"].contains(&table)
}

/// A value that the column takes.
fn value_of(column: &Column, n: i64) -> Value {
    match column.kind {
        Kind::Id | Kind::Int => json!(n),
        Kind::Flag => json!(n % 2),
        Kind::Real | Kind::Decimal { .. } => json!(n),
        Kind::DateTime | Kind::Date => json!(format!("2024-05-{:02}", n % 28 + 1)),
        Kind::Text { .. } => json!(format!("{{\"a\":{n}}}")),
        Kind::Str { max } => json!(format!("w{n}").chars().take(max as usize).collect::<String>()),
    }
}

/// The value a call sends for a field: a password for a password, a step for a state.
fn sent(def: &ObjectDef, column: &Column) -> Value {
    let name = column.name.as_str();
    if names(def.decl.passwords).any(|password| password == name) {
        return json!(SECRET);
    }
    match def.decl.states.filter(|states| states.field == name) {
        Some(states) => json!(states.steps().next().map_or("", |step| step.to)),
        None => value_of(column, 3),
    }
}

/// The roles that have rights of their own on an object, not those of a lesser role.
fn roles(def: &ObjectDef) -> Vec<Role> {
    let mut seen: Vec<*const jindou::object::Rights> = Vec::new();
    let mut out = Vec::new();
    for role in ROLES {
        if let Some(rights) = def.rights(role)
            && !seen.contains(&std::ptr::from_ref(rights))
        {
            seen.push(std::ptr::from_ref(rights));
            out.push(role);
        }
    }
    out
}

fn may(app: &TestApp, role: Role, name: &str) -> bool {
    let caller = Caller::of_role(role, 1);
    authorize(&app.server.env.registry, &caller, &Name::parse(name)).is_ok()
}

type Body = fn(Map<String, Value>, &str) -> Value;

/// A call that writes one field, however it is spelled.
struct Call {
    role: Role,
    action: String,
    get: Value,
    /// The body around the fields.
    body: Body,
    sub: &'static str,
    /// An action of the author's own, which may pass over what it does not know.
    own: bool,
    /// Other fields of the call.
    more: Map<String, Value>,
    field: String,
    value: Value,
}

impl Call {
    #[allow(clippy::too_many_arguments, reason = "one line for each call of the wall")]
    fn new(
        role: Role,
        def: &ObjectDef,
        action: &str,
        get: Value,
        body: Body,
        sub: &'static str,
        more: Map<String, Value>,
        (of, column): (&ObjectDef, &Column),
    ) -> Call {
        let own = def.decl.actions.iter().any(|other| other.name == action);
        let (field, value) = (column.name.to_string(), sent(of, column));
        let action = format!("{}.{action}", def.name());
        Call { role, action, get, body, sub, own, more, field, value }
    }

    fn make(&self, app: &TestApp, spelling: &str) -> Value {
        let mut fields = self.more.clone();
        fields.insert(spelling.to_owned(), self.value.clone());
        app.call_as(self.role, 1, &self.action, self.get.clone(), (self.body)(fields, self.sub))
    }

    fn shown(&self, spelling: &str) -> String {
        format!("{:?} {} {} {}{spelling}={}", self.role, self.action, self.get, self.sub, self.value)
    }
}

fn plain(fields: Map<String, Value>, _: &str) -> Value {
    Value::Object(fields)
}

fn listed(fields: Map<String, Value>, _: &str) -> Value {
    json!({"list": [fields]})
}

fn under(fields: Map<String, Value>, sub: &str) -> Value {
    json!({ sub: [fields] })
}

/// Every call of the wall: `add` and `set` with each field, the other actions with one field after the other.
fn calls(app: &TestApp) -> Vec<Call> {
    let registry = &app.server.env.registry;
    let mut out = Vec::new();
    for def in registry.objects() {
        for role in roles(def) {
            let actions = ["add", "set", "setIf", "batchSet", "batchAdd"];
            let [add, set, set_if, batch_set, batch_add] =
                actions.map(|action| (may(app, role, &format!("{}.{action}", def.name())), action));
            let required = |but: &str| others_required(def, role, but);
            for (at, column) in written(def).enumerate() {
                let name = column.name.as_str();
                let mut put = |(allowed, action): (bool, &str), get: Value, body: Body, more| {
                    if allowed {
                        out.push(Call::new(role, def, action, get, body, "", more, (def, column)));
                    }
                };
                put(add, json!({}), plain, required(name));
                put(set, json!({"id": 1}), plain, Map::new());
                match at % 4 {
                    0 => put(set_if, json!({"cond": "id=1"}), plain, Map::new()),
                    1 => put(batch_set, json!({"cond": "id=1"}), plain, Map::new()),
                    2 => put(batch_add, json!({}), listed, required(name)),
                    _ => put(add, json!({"uniKey": name}), plain, required(name)),
                }
            }
            for link in def.links.iter().filter(|link| link.sub.writable && set.0) {
                let (child, sub) = (registry.object(link.sub.obj).unwrap(), link.sub.name);
                for column in written(child) {
                    for more in [Map::new(), Map::from_iter([("id".to_owned(), json!(1))])] {
                        let get = json!({"id": 1});
                        out.push(Call::new(role, def, "set", get, under, sub, more, (child, column)));
                    }
                }
            }
        }
    }
    out
}

/// The columns that calls write to.
fn written(def: &ObjectDef) -> impl Iterator<Item = &Column> {
    let table = def.table.iter().filter(|table| !is_of_framework(table.name.as_str()));
    table.flat_map(|table| &table.columns).filter(|column| column.kind != Kind::Id)
}

fn others_required(def: &ObjectDef, role: Role, but: &str) -> Map<String, Value> {
    let required = def.rights(role).map(|rights| rights.required.clone()).unwrap_or_default();
    let names =
        required.iter().filter_map(|entry| entry.split(['|', '/']).next()).filter(|name| *name != but);
    let columns = names.filter_map(|name| def.table.as_ref()?.column(name));
    columns.map(|column| (column.name.to_string(), value_of(column, 5))).collect()
}

/// What ObjLog holds, without what differs from run to run: times, random numbers and keys.
fn records(app: &TestApp) -> Vec<String> {
    let text = app.cell(
        "select group_concat(obj||'.'||dscr||' '||coalesce(changes,''), char(10)) \
         from (select * from ObjLog order by id)",
    );
    let text = text.as_str().unwrap_or_default().to_owned();
    text.lines().map(steady).collect()
}

fn steady(line: &str) -> String {
    let Some((head, changes)) = line.split_once(" {") else { return line.to_owned() };
    let Ok(Value::Object(changes)) = serde_json::from_str(&format!("{{{changes}")) else {
        return line.to_owned();
    };
    let steady = |value: &Value| match value {
        Value::String(text) if text.len() > 8 && text.starts_with("20") => json!("(time)"),
        Value::String(text) if text.len() >= 6 && !text.contains('{') && text != "?" => json!("(text)"),
        Value::Number(n) if n.as_i64().is_some_and(|n| n > 100) => json!("(number)"),
        value => value.clone(),
    };
    // A clock of a rule writes the second of the call: whether that is another one than before is chance.
    let by_clock = |pair: &Value| pair.as_array().is_some_and(|pair| pair.iter().all(is_of_this_hour));
    let pairs = changes.iter().filter(|(_, pair)| !by_clock(pair)).map(|(name, pair)| {
        let pair: Vec<Value> = pair.as_array().into_iter().flatten().map(steady).collect();
        (name, Value::from(pair))
    });
    // Whether a time moved on depends on the second in which a server got to the call.
    let pairs = pairs.filter(|(_, pair)| *pair != json!(["(time)", "(time)"]));
    let pairs = pairs.map(|(name, pair)| format!("{name}: {pair}"));
    format!("{head} {}", pairs.collect::<Vec<_>>().join(", "))
}

/// A time of the server's zone, which is Asia/Shanghai in tests.
fn is_of_this_hour(value: &Value) -> bool {
    let now = chrono::Utc::now().naive_utc() + chrono::TimeDelta::hours(8);
    let time = value.as_str().and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok());
    time.is_some_and(|time| (now - time).num_minutes().abs() < 60)
}

/// What every table holds: how many rows, and all their cells where `whole`.
fn rows(app: &TestApp, whole: bool) -> Vec<(String, Value)> {
    let tables = app.server.env.registry.catalogue.tables();
    let own = tables.iter().filter(|table| !is_of_framework(table.name.as_str()));
    own.map(|table| {
        let columns: Vec<String> = table.columns.iter().map(|c| format!("quote(\"{}\")", c.name)).collect();
        let cells =
            if whole { format!("group_concat({})", columns.join("||','||")) } else { "count(*)".into() };
        (table.name.to_string(), app.cell(&format!("select {cells} from \"{}\"", table.name)))
    })
    .collect()
}

/// The same calls on two servers, with the bare names on one and with `t0.` on the other.
fn walk(list: &'static [&'static Plugin]) -> usize {
    let (bare, prefixed) = (world(list), world(list));
    let calls = calls(&bare);
    let answers = |app: &TestApp, prefix: &str| -> Vec<Value> {
        calls.iter().map(|call| call.make(app, &format!("{prefix}{}", call.field))).collect()
    };
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| answers(&prefixed, "t0."));
        (answers(&bare, ""), other.join().unwrap())
    });
    let mut done = 0;
    for ((call, one), other) in calls.iter().zip(&first).zip(&second) {
        assert_eq!(one[0], other[0], "{}: {one} / {other}", call.shown("t0."));
        assert_eq!(one[1].is_string(), other[1].is_string(), "{}: {one} / {other}", call.shown("t0."));
        if one[0] != json!(0) {
            assert_eq!(one[1], other[1], "{}", call.shown("t0."));
        }
        done += usize::from(one[0] == json!(0));
    }
    let (one, other) = (records(&bare), records(&prefixed));
    for (a, b) in one.iter().zip(&other) {
        assert_eq!(a, b);
    }
    assert_eq!(one.len(), other.len());
    assert_eq!(rows(&bare, false), rows(&prefixed, false));
    for app in [&bare, &prefixed] {
        for (table, column) in [("ApiLog", "req"), ("ApiLog", "res"), ("ObjLog", "changes")] {
            let sql = format!("select {column} from {table} where {column} like '%{SECRET}%'");
            assert_eq!(app.cell(&sql), Value::Null, "{table}");
        }
    }
    done
}

#[test]
fn a_prefixed_name_has_the_decision_and_the_record_of_the_bare_one() {
    let done: usize = WORLDS.into_iter().map(walk).sum();
    assert!(done > 500, "{done} calls were carried out");
}

/// Spellings that SQL or a person might take for the field.
fn strange(name: &str) -> Vec<String> {
    let wide: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c })
        .collect();
    let other_case = match name.to_uppercase() {
        upper if upper != name => upper,
        _ => name.to_lowercase(),
    };
    vec![
        format!("T0.{name}"),
        format!("t0.t0.{name}"),
        format!("t1.{name}"),
        format!("t0. {name}"),
        format!("`{name}`"),
        format!("\"{name}\""),
        format!("[{name}]"),
        format!("t0.`{name}`"),
        format!(" {name}"),
        format!("{name} "),
        format!("{name}\0"),
        wide,
        other_case,
    ]
}

#[test]
fn every_other_spelling_is_unknown_and_changes_nothing() {
    for list in WORLDS {
        let app = world(list);
        let (before, log) = (rows(&app, true), records(&app));
        let mut tried = 0;
        // Names are resolved before any role is asked about them: one spelling for each call walks all.
        for (at, call) in calls(&app).iter().filter(|call| !call.own).enumerate() {
            let spellings = strange(&call.field);
            let spelling = &spellings[at % spellings.len()];
            if *spelling == call.field {
                continue;
            }
            let answer = call.make(&app, spelling);
            assert_ne!(answer[0], json!(0), "{}", call.shown(spelling));
            tried += 1;
        }
        assert!(tried > 50, "{tried}");
        assert_eq!((rows(&app, true), records(&app)), (before, log));
    }
}

#[test]
fn no_spelling_reads_a_hidden_column() {
    for list in WORLDS {
        let app = world(list);
        let mut hidden = 0;
        for def in app.server.env.registry.objects().filter(|def| def.table.is_some()) {
            for role in roles(def) {
                let rights = def.rights(role).unwrap();
                let columns = def.table.as_ref().unwrap().columns.iter().map(|column| column.name.as_str());
                let closed: Vec<&str> = columns.filter(|name| rights.hidden.contains(*name)).collect();
                for name in closed {
                    if !may(&app, role, &format!("{}.query", def.name())) {
                        continue;
                    }
                    hidden += 1;
                    let mut spellings = strange(name);
                    spellings.extend([name.to_owned(), format!("t0.{name}")]);
                    for spelling in spellings {
                        for get in [
                            json!({"res": format!("id,{spelling}")}),
                            json!({"res": format!("id,{spelling} x")}),
                            json!({"res": format!("max({spelling}) x")}),
                            json!({"cond": format!("{spelling} is not null")}),
                            json!({"cond": { &spelling: "!null" }}),
                            json!({"orderby": spelling}),
                            json!({"res": "count(*) n", "gres": spelling}),
                            json!({"statRes": format!("count({spelling}) n")}),
                            json!({"res": format!("countif({spelling}='w1') n")}),
                        ] {
                            let answer = app.call_as(
                                role,
                                1,
                                &format!("{}.query", def.name()),
                                get.clone(),
                                json!({}),
                            );
                            assert_ne!(answer[0], json!(0), "{role:?} {} {get}: {answer}", def.name());
                        }
                    }
                }
                if may(&app, role, &format!("{}.query", def.name())) {
                    let all = app.call_as(
                        role,
                        1,
                        &format!("{}.query", def.name()),
                        json!({"res": "*", "fmt": "one"}),
                        json!({}),
                    );
                    if let Value::Object(row) = &all[1] {
                        assert!(!row.keys().any(|name| rights.hidden.contains(name.as_str())), "{row:?}");
                    }
                }
            }
        }
        assert!(hidden > 1, "{hidden}");
    }
}
