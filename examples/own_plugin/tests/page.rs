//! The examples of the plugin's page are run on a fresh server.

#![allow(clippy::unwrap_used, reason = "tests")]

use jindou::plugin::*;
use jindou::testing::TestServer;
use own_plugin::{PLUGIN, PLUGINS};

/// A server with two users and two employees.
fn server(folder: &tempfile::TempDir) -> TestServer {
    let server = TestServer::start(folder.path(), PLUGINS, &[]).unwrap();
    let pwd = "Engine-1843-Note-G";
    for (object, account) in [
        ("User", json!({"uname": "ada", "name": "Ada", "pwd": pwd})),
        ("User", json!({"uname": "mary", "name": "Mary", "pwd": pwd})),
        ("Employee", json!({"uname": "li", "name": "Li", "perms": "emp", "pwd": pwd})),
        ("Employee", json!({"uname": "chief", "name": "Chief", "perms": "emp,mgr", "pwd": pwd})),
    ] {
        server.ok(Role::Admin, 1, &format!("{object}.add"), account).unwrap();
    }
    server
}

const PEOPLE: &[(&str, Role, i64)] = &[
    ("guest", Role::Guest, 0),
    ("user", Role::User, 1),
    ("user2", Role::User, 2),
    ("emp", Role::Emp, 1),
    ("mgr", Role::Mgr, 2),
];

#[test]
fn calls_of_the_page_come_out_as_shown() {
    let folder = tempfile::tempdir().unwrap();
    let differences = server(&folder).differences(PLUGIN.design, PEOPLE);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// What a page cannot show, because its answers depend on the time, is a test of its own.
#[test]
fn an_overdue_loan_is_not_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder);
    server.ok(Role::Emp, 1, "Book.add", json!({"title": "Structures", "copies": 1})).unwrap();
    let loan = server.ok(Role::Emp, 1, "Loan.add", json!({"bookId": 1, "userId": 1})).unwrap();
    let renew = format!("Loan.renew?id={loan}");
    server.ok(Role::User, 1, &renew, Value::Null).unwrap();
    server.skip_days(31);
    let answer = server.call(Role::User, 1, &renew, Value::Null).unwrap();
    assert_eq!(answer[0], json!(91004), "{answer}");
}
