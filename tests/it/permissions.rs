//! Who may do what, in one page: `golden/permissions.txt`, printed by the real authorization, and every
//! refusal of it tried over HTTP.

use crate::app::TestApp;
use crate::login::{employee, user};
use jindou::auth::{Caller, Role};
use jindou::authorize::authorize;
use jindou::call::name::Action as Name;
use jindou::object::STANDARD;
use serde_json::json;
use std::fmt::Write;

const ROLES: [Role; 5] = [Role::Guest, Role::User, Role::Emp, Role::Mgr, Role::Admin];

/// Every action of the registry that is not for tests only.
pub fn names(app: &TestApp) -> Vec<String> {
    let registry = &app.server.env.registry;
    let mut names = Vec::new();
    for def in registry.objects() {
        if def.table.is_some() {
            names.extend(STANDARD.iter().map(|(action, _)| format!("{}.{action}", def.name())));
        }
        names.extend(
            def.decl.actions.iter().filter(|a| !a.test_only).map(|a| format!("{}.{}", def.name(), a.name)),
        );
    }
    names.extend(registry.functions().iter().filter(|(a, _)| !a.test_only).map(|(a, _)| a.name.to_owned()));
    names.sort();
    names.dedup();
    names
}

/// Every action with who may: `x`, or the code of the refusal.
fn matrix(app: &TestApp) -> Vec<(String, Vec<i32>)> {
    let registry = &app.server.env.registry;
    let code =
        |role: Role, name: &str| match authorize(registry, &Caller::of_role(role, 1), &Name::parse(name)) {
            Ok(_) => 0,
            Err(error) => error.code.0,
        };
    names(app).into_iter().map(|name| (name.clone(), ROLES.map(|role| code(role, &name)).to_vec())).collect()
}

fn print(rows: &[(String, Vec<i32>)]) -> String {
    let mut out = String::from("# who may do what: x = yes, 2 = log in first, 5 = forbidden\n\n");
    let _ = write!(out, "{:<28}", "");
    ROLES.iter().for_each(|role| {
        let _ = write!(out, " {:<5}", role.name());
    });
    for (name, codes) in rows {
        let _ = write!(out, "\n{name:<28}");
        for code in codes {
            let _ = match code {
                0 => write!(out, " x    "),
                code => write!(out, " {code:<5}"),
            };
        }
        out.truncate(out.trim_end().len());
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_permission_matrix_is_what_it_was() {
    let app = TestApp::production();
    let now = print(&matrix(&app));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/permissions.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    for (was, is) in golden.lines().zip(now.lines()) {
        assert_eq!(
            was, is,
            "rights have changed; if that is meant: UPDATE_GOLDEN=1 cargo test permission_matrix"
        );
    }
    assert_eq!(
        golden, now,
        "rights have changed; if that is meant: UPDATE_GOLDEN=1 cargo test permission_matrix"
    );
}

#[test]
fn every_refusal_of_the_matrix_holds_over_http() {
    let app = TestApp::production();
    user(&app, "13800138000");
    employee(&app, "wang", "emp");
    employee(&app, "chief", "emp,mgr");
    let clients = [
        app.anon(),
        app.login(Role::User, 1),
        app.login(Role::Emp, 1),
        app.login(Role::Mgr, 2),
        app.login(Role::Admin, 1),
    ];
    let mut refused = 0;
    for (name, codes) in matrix(&app) {
        for ((client, role), code) in clients.iter().zip(ROLES).zip(codes) {
            if code == 0 {
                continue;
            }
            let expected = if role == Role::Guest { 2 } else { 5 };
            assert_eq!(code, expected, "{name} for {role:?}");
            for body in [json!(null), json!({"id": 1, "name": "x"})] {
                let answer = client.call(&format!("{name}?id=1&cond=id=1"), body);
                assert_eq!(answer[0], json!(expected), "{name} for {role:?}: {answer}");
            }
            refused += 1;
        }
    }
    assert!(refused > 300, "{refused}");
}
