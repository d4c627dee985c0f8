//! Random writes by several callers, followed by every role on every live object: what subscribers have is what they would read.

use super::{Listener, follow, staff, user};
use crate::app::TestApp;
use crate::login;
use jindou::auth::Role;
use jindou::db::Tx;
use jindou::design::{Kind, Table};
use jindou::error::{Error, Result};
use jindou::live::query::{Holder, LiveQueries};
use jindou::object::QUERY;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use std::sync::Mutex;

/// A value that a column may hold.
fn value(random: &mut StdRng, kind: Kind) -> Value {
    match kind {
        Kind::Id | Kind::Int => json!(random.random_range(0..5)),
        Kind::Flag => json!(random.random_range(0..2)),
        Kind::Real | Kind::Decimal { .. } => json!(f64::from(random.random_range(0..40)) / 4.0),
        Kind::Str { max } => json!(
            ["CR", "RE", "a", "梨"][random.random_range(0..4)].chars().take(max as usize).collect::<String>()
        ),
        Kind::Text { .. } => json!("text"),
        Kind::DateTime => json!(format!("2026-01-0{} 10:00:00", random.random_range(1..9))),
        Kind::Date => json!(format!("2026-01-0{}", random.random_range(1..9))),
    }
}

/// One random write into a table, past all rules: a row more, a row less, some fields of some rows.
fn write(tx: &mut Tx<'_>, table: &Table, random: &mut StdRng) -> Result<()> {
    let name = table.name.as_str();
    let mut fields = Map::new();
    for column in table.columns.iter().filter(|column| column.name.as_str() != "id") {
        if random.random_range(0..3) > 0
            && !["phone", "uname", "pwd", "perms"].contains(&column.name.as_str())
        {
            fields.insert(column.name.to_string(), value(random, column.kind));
        }
    }
    // The accounts of the subscribers stay.
    let first = if ["User", "Employee"].contains(&name) { 4 } else { 1 };
    let id = json!(random.random_range(first..14));
    match random.random_range(0..6) {
        0 | 1 => tx.insert(name, fields).map(|_| ()),
        2 => tx.delete(name, &[("id", id)]).map(|_| ()),
        _ => {
            let some = fields.into_iter().take(2).collect::<Map<_, _>>();
            tx.update(name, &[("id", id)], some).map(|_| ())
        }
    }
}

#[test]
fn snapshot_and_frames_are_the_fresh_result_of_every_live_object_for_every_role() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    for name in ["a", "b", "c", "d", "e", "f"] {
        user(&app, name);
    }
    staff(&app, "mgr");
    let plain = login::employee(&app, "plains", "");
    let registry = &app.server.env.registry;
    let live: Vec<_> = registry.objects().filter(|def| def.decl.live).collect();
    assert!(["Ordr", "Employee", "User"].iter().all(|name| live.iter().any(|def| def.name() == *name)));
    let shapes = [
        json!({}),
        json!({"pagesz": 4}),
        json!({"pagesz": 3, "orderby": "id desc", "cond": "id>3"}),
        json!({"pagesz": 3, "page": 2, "res": "id"}),
        json!({"gres": "id", "res": "count(*) cnt"}),
        json!({"res": "count(*) cnt, max(id) top"}),
        json!({"pagesz": 5, "cond": "id in (2,3,5,7,11)"}),
    ];
    let mut followed = Vec::new();
    for def in &live {
        for (role, id) in
            [(Role::User, 2), (Role::User, 3), (Role::Emp, plain), (Role::Emp, 1), (Role::Admin, 1)]
        {
            let listener = Listener { server: app.server.clone(), role, id, frames: Mutex::default() };
            let caller = listener.caller().unwrap();
            if !def.rights_of(&caller).is_some_and(|rights| rights.may(QUERY)) {
                continue;
            }
            for shape in &shapes {
                let ac = format!("{}.query", def.name());
                let one = follow(&app, &engine, role, id, &ac, shape.clone());
                followed.push(one.unwrap_or_else(|error| panic!("{ac} {shape} as {role:?}: {error}")));
            }
        }
    }
    assert!(followed.len() > 40, "{}", followed.len());
    let tables: Vec<_> = live.iter().filter_map(|def| def.table.clone()).collect();
    for round in 0..4 {
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (server, tables) = (&app.server, &tables);
                scope.spawn(move || {
                    let mut random = StdRng::seed_from_u64(round * 3 + thread);
                    for _ in 0..25 {
                        let table = tables[random.random_range(0..tables.len())].clone();
                        let mut inner = StdRng::seed_from_u64(random.random());
                        // Several writes of one commit; some are undone.
                        let _ = server.write_as_system(move |tx| {
                            for _ in 0..inner.random_range(1..4) {
                                write(tx, &table, &mut inner)?;
                            }
                            if inner.random_range(0..5) == 0 { Err(Error::param("undone")) } else { Ok(()) }
                        });
                    }
                });
            }
        });
        followed.iter_mut().for_each(|one| one.agrees(&app));
    }
}
