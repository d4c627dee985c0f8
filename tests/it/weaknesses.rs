//! Weaknesses that servers of this protocol have had and this one must not, as far as accounts and logs go.
//! Those of the table layer are in `peer_bugs`, others beside the feature they belong to.

use crate::app::TestApp;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};

const PWD: &str = "golden-cloud-7";

#[test]
fn w9_a_log_viewer_without_authentication() {
    let app = TestApp::production();
    app.anon().call("login", json!({"uname": "a", "pwd": "s3cret-value-77"}));
    app.anon().ok("genCode?phone=13812345678", json!(null));
    for path in ["/tool/log.php?f=ext&sz=500", "/tool/log.php?f=debug", "/log/debug.log", "/api/log"] {
        let got = app.anon().exactly("GET", path, &[], None);
        assert!(!got.text().contains("s3cret") && !got.text().contains("验证码"), "{path}");
    }
}

#[test]
fn no_brute_force_limits_headers_do_not_make_another_address() {
    let app = TestApp::production();
    user(&app, "13800138000");
    let send = |n: usize, pwd: &str| -> Value {
        let address = format!("10.0.{}.{}", n / 250, n % 250);
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", address.as_str()),
            ("remoteip", address.as_str()),
            ("x-real-ip", address.as_str()),
        ];
        let body = json!({"uname": format!("nobody{n}"), "pwd": pwd}).to_string();
        app.anon().send("POST", "login", &headers, Some(body.into())).json()
    };
    for n in 0..50 {
        assert_eq!(send(n, "wrong-wrong")[0], json!(-1));
    }
    assert_eq!(send(50, "wrong-wrong")[0], json!(5));
}

#[test]
fn default_accounts_do_not_exist() {
    let app = TestApp::with(&[("P_ADMIN_CRED", "")]);
    for (kind, uname, pwd) in [
        ("admin", "admin", "admin123"),
        ("admin", "", ""),
        ("emp", "admin", "1234"),
        ("emp", "12345678901", "1234"),
        ("user", "12345678901", "1234"),
    ] {
        let answer = app.client(kind).call("login", json!({"uname": uname, "pwd": pwd}));
        assert!(answer[0] == json!(-1) || answer[0] == json!(1), "{kind} {uname}: {answer}");
    }
    let id = app.write(|tx| {
        let fields = json!({"uname": "wang"}).as_object().unwrap().clone();
        tx.call_as_system("Employee.add", Default::default(), jindou::plugin::Params(fields))
    });
    assert_eq!(id, json!(1));
    for pwd in ["1234", "wang", "null", " "] {
        assert_eq!(
            app.client("emp").call("login", json!({"uname": "wang", "pwd": pwd}))[0],
            json!(-1),
            "{pwd}"
        );
    }
}

#[test]
fn xss_defence_by_mangling_input() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let text = "a<b> & \"c\" <script>";
    let id = client.ok("Ordr.add", json!({"dscr": text}));
    assert_eq!(client.ok(&format!("Ordr.get?id={id}"), json!(null))["dscr"], json!(text));
    let found = client.ok("Ordr.query", json!({"cond": {"dscr": text}, "res": "id"}));
    assert_eq!(found["d"], json!([[id]]), "what was written is found as it was written");
    let old = TestApp::with(&[("P_ESCAPE_INPUT", "1")]);
    let admin = old.login(Role::Admin, 1);
    admin.ok("Employee.add", json!({"uname": "wang", "pwd": "a<b>c-1234", "name": "<i>"}));
    assert_eq!(old.cell("SELECT name FROM Employee"), json!("&lt;i&gt;"));
    old.client("emp").ok("login", json!({"uname": "wang", "pwd": "a<b>c-1234"}));
}

#[test]
fn internal_error_text_stays_inside() {
    let app = TestApp::production();
    let client = app.login(Role::Emp, employee(&app, "wang", "emp"));
    for call in
        ["Ordr.query?res=nosuch", "Ordr.query?cond=id='", "Ordr.query?orderby=id;drop", "Ordr.get?id=x"]
    {
        let text = client.call(call, json!(null)).to_string().to_lowercase();
        for word in ["sqlite", "select ", "rusqlite", ".rs", "panicked", " t0 "] {
            assert!(!text.contains(word), "{call}: {text}");
        }
    }
}

#[test]
fn permission_changes_need_no_new_login_also_for_a_token() {
    let app = TestApp::new();
    let id = employee(&app, "wang", "emp,mgr");
    let me = app.client("emp").ok("login", json!({"uname": "wang", "pwd": PWD}));
    let admin = app.login(Role::Admin, 1);
    admin.ok(&format!("Employee.set?id={id}"), json!({"perms": "emp"}));
    let client = app.client("emp");
    client.ok("login", json!({"token": me["_token"]}));
    assert_eq!(client.fails("ApiLog.query", json!(null)).0, 5);
    admin.ok(&format!("Employee.set?id={id}"), json!({"perms": ""}));
    assert_eq!(app.client("emp").fails("login", json!({"token": me["_token"]})).0, -1);
}
