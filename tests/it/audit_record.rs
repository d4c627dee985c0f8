//! What a row of the log tells: what was done, whatever was sent beside it, and no secret.

use crate::app::TestApp;
use crate::login::{employee, user};
use crate::table_import::{bytes, upload};
use jindou::auth::Role;
use serde_json::{Value, json};

const SECRET: &str = "Secret-In-Log-9";

fn app() -> TestApp {
    TestApp::with(&[("P_TEST_MODE", "2"), ("P_AUDIT", "strict")])
}

fn last(app: &TestApp, column: &str) -> String {
    app.cell(&format!("SELECT {column} FROM ApiLog ORDER BY id DESC LIMIT 1"))
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn what_was_changed_cannot_be_pushed_out_of_the_record() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let pad = "x".repeat(2100);
    let crowd = |name: &str| -> serde_json::Map<String, Value> {
        (0..3000).map(|n| (format!("{name}{n}"), json!("y"))).collect()
    };
    let mut bodies = vec![
        json!({"p_pad": pad, "dscr": "the deed"}),
        json!({"nothing": pad, "cmt": "z".repeat(50_000), "dscr": "the deed"}),
        json!({pad.clone(): 1, "dscr": "the deed"}),
        json!({"p_nest": {"a": [pad, {"b": pad}]}, "dscr": "the deed"}),
    ];
    for name in ["p_", "x", "_x"] {
        let mut map = crowd(name);
        map.insert("dscr".into(), json!("the deed"));
        bodies.push(Value::Object(map));
    }
    for body in bodies {
        // Whether the call takes such names or not.
        client.call("Ordr.add", body);
        let req = last(&app, "req");
        assert!(req.contains("dscr=the deed") && req.len() < 120_000, "{req:.300}");
    }
    client.call(&format!("Ordr.get?p_pad={pad}&id=9"), json!(null));
    assert!(last(&app, "req").contains("id=9"));
    client.ok("batch", json!([{"ac": "Ordr.add", "post": {"p_pad": pad, "dscr": "the deed"}}]));
    let item = app.cell("SELECT req FROM ApiLog1 ORDER BY id DESC LIMIT 1");
    assert!(item.as_str().unwrap().contains("dscr=the deed"), "{item:.300}");
}

#[test]
fn a_long_value_does_not_push_others_out_of_the_changes() {
    let app = app();
    let admin = app.login(Role::Admin, 1);
    let id = admin.ok("Cinf.add", json!({"name": "a", "value": "1"}));
    let long = "字".repeat(21_000);
    admin.ok(&format!("Cinf.set?id={id}"), json!({"value": long, "name": "b"}));
    let changes = app.cell("SELECT changes FROM ObjLog WHERE obj='Cinf' ORDER BY id DESC LIMIT 1");
    let changes: Value = serde_json::from_str(changes.as_str().unwrap()).unwrap();
    assert_eq!(changes["name"], json!(["a", "b"]));
    let new = &changes["value"][1];
    assert!(new["chars"] == json!(21_000) && long.starts_with(new["cut"].as_str().unwrap()), "{new}");
    assert_eq!(changes["value"][0], json!("1"));
}

/// Everything that anybody may look at later.
fn leaks(app: &TestApp) -> Vec<String> {
    let mut found = Vec::new();
    for (table, columns) in
        [("ApiLog", "ac, req, res"), ("ApiLog1", "ac, req, res"), ("ObjLog", "obj, changes, dscr")]
    {
        let text =
            columns.split(", ").map(|c| format!("COALESCE({c},'')")).collect::<Vec<_>>().join("||'|'||");
        let sql = format!(
            "SELECT GROUP_CONCAT(t, '~') FROM (SELECT {text} t FROM {table}) WHERE t LIKE '%Secret-In%'"
        );
        found.extend(app.cell(&sql).as_str().map(str::to_owned));
    }
    for entry in std::fs::read_dir(app.config().data.join("import")).into_iter().flatten().flatten() {
        let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
        if text.contains("Secret-In") {
            found.push(format!("{:?}: {text}", entry.path()));
        }
    }
    found
}

#[test]
fn no_password_of_an_import_is_recorded_or_kept() {
    let app = app();
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let good = |target: &str, body: &[u8]| {
        let answer = bytes(&boss, target, body);
        assert_eq!(answer[0], json!(0), "{target}: {answer}");
    };
    let line = |n: u32| format!("imp{n},Imp {n},{SECRET},1380014{n:04}\n");
    good("Employee.batchAdd?title=uname,name,pwd,phone", format!("a,b,c,d\n{}", line(1)).as_bytes());
    good("Employee.batchAdd?title=uname,name,t0.pwd,phone", format!("a,b,c,d\n{}", line(2)).as_bytes());
    let map = "Employee.batchAdd?useColMap=1&title=%E7%99%BB%E5%BD%95-%3Euname,b-%3Ename,%E5%AF%86%E7%A0%81-%3Epwd,d-%3Ephone";
    good(map, format!("登录,b,密码,d\n{}", line(3)).as_bytes());
    good(map, &gbk(&format!("登录,b,密码,d\n{}", line(4))));
    good("Employee.batchAdd", format!("uname,name,pwd,phone\n{}", line(5)).as_bytes());
    good("Employee.batchAdd", format!("uname\tname\tpwd\tphone\n{}", line(6).replace(',', "\t")).as_bytes());
    assert_eq!(
        upload(&boss, "Employee.batchAdd", "a.csv", format!("uname,name,pwd,phone\n{}", line(7)).as_bytes())
            [0],
        json!(0)
    );
    let one = |n: u32| json!({"uname": format!("imp{n}"), "name": "I", "phone": format!("1380014{n:04}"), "pwd": SECRET});
    boss.ok("Employee.batchAdd", json!({"list": [one(8)]}));
    boss.ok("Employee.batchAdd", json!([one(9)]));
    boss.ok("Employee.batchAdd", json!({"list": json!([one(10)]).to_string()}));
    boss.ok("batch", json!([{"ac": "Employee.batchAdd", "post": {"list": [one(11)]}}]));
    assert_eq!(leaks(&app), Vec::<String>::new());
    // What was imported is told nevertheless.
    let req = app.cell("SELECT req FROM ApiLog WHERE ac='Employee.batchAdd' ORDER BY id LIMIT 1");
    let req = req.as_str().unwrap();
    assert!(req.contains("uname,name,pwd,phone\nimp1,Imp 1,?,13800140001"), "{req}");
    let changes =
        app.cell("SELECT changes FROM ObjLog WHERE obj='Employee' AND dscr='批量添加' ORDER BY id LIMIT 1");
    let changes: Value = serde_json::from_str(changes.as_str().unwrap()).unwrap();
    assert_eq!(changes["fields"][1], json!({"uname": 1, "name": 1, "pwd": 1, "phone": 1}));
    let kept: Vec<_> = std::fs::read_dir(app.config().data.join("import")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 11);
    #[cfg(unix)]
    for file in kept {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn no_password_of_an_import_that_fails_is_told() {
    let app = app();
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let bad = |target: &str, body: &str| {
        let answer = bytes(&boss, target, body.as_bytes());
        assert_ne!(answer[0], json!(0), "{target}");
        assert!(!answer.to_string().contains(SECRET), "{answer}");
    };
    let twice = format!("x,y,z\nsame,A,{SECRET}\nsame,B,{SECRET}\n");
    bad("Employee.batchAdd?title=uname,name,pwd&uniKey=uname!", &twice);
    bad("Employee.batchAdd?title=uname,nowhere,pwd", &twice);
    bad("Employee.batchAdd?title=uname,-,pwd&useColMap=1", &twice);
    // Headings that name no field, and one that is the field's label.
    for heading in ["密码", "登录密码*", "初始口令", "Initial Password", "pwd2", "userPwd "] {
        let table = format!("uname,{heading}\nx,{SECRET}\n");
        for target in ["Employee.batchAdd", "Employee.batchAdd?useColMap=1", "Employee.batchAdd?partial=1"] {
            let answer = bytes(&boss, target, table.as_bytes());
            assert!(!answer.to_string().contains(SECRET), "{target} {heading}: {answer}");
        }
        bad(&format!("Employee.batchAdd?title=uname,{heading}x"), &format!("a,b\nx,{SECRET}\n"));
        let answer = boss.call("Employee.batchAdd", json!({"list": [{"uname": "y", heading: SECRET}]}));
        assert!(!answer.to_string().contains(SECRET), "{heading}: {answer}");
    }
    // A table that was sent as a form.
    boss.form("Employee.batchAdd?title=uname,pwd", &format!("a,b\nx,{SECRET}"));
    boss.form("Employee.batchAdd?title=uname,pwd", &format!("a=1&b={SECRET}"));
    bad("Employee.batchAdd", &format!("???,{SECRET}\n{SECRET},{SECRET}\n"));
    let answer = boss.call(
        "Employee.batchAdd",
        json!({"list": [{"uname": "x", "pwd": SECRET, "perms": {"a": 1}, "nowhere": 1}, {"pwd": SECRET}]}),
    );
    assert!(!answer.to_string().contains(SECRET), "{answer}");
    assert_eq!(leaks(&app), Vec::<String>::new());
}

#[test]
fn an_import_that_is_not_understood_is_not_kept() {
    let app = app();
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    assert_ne!(bytes(&boss, "Employee.batchAdd?title=@no.x", b"a\n1\n")[0], json!(0));
    assert!(!app.config().data.join("import").exists());
}

#[test]
fn kept_imports_end_by_age_and_by_size() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_IMPORT_KEEP_DAYS", "3"), ("P_IMPORT_MAX_MB", "1")]);
    let folder = app.config().data.join("import");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |name: &str, bytes: usize, days: u64| {
        std::fs::write(folder.join(name), vec![b'x'; bytes]).unwrap();
        let at = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 86_400 + 60);
        std::fs::File::options().write(true).open(folder.join(name)).unwrap().set_modified(at).unwrap();
    };
    put("old.csv", 1, 4);
    put("young.csv", 700_000, 0);
    put("middle.csv", 200_000, 1);
    put("large.csv", 700_000, 2);
    assert_eq!(app.anon().ok("runJob?name=imports", json!(null))["removed"], json!(2));
    let mut left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["middle.csv", "young.csv"]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_what_the_program_writes() {
    use crate::kill::start;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    fn walk(folder: &Path, found: &mut Vec<(String, u32)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push((
                path.display().to_string(),
                std::fs::symlink_metadata(&path).unwrap().permissions().mode(),
            ));
            if path.is_dir() {
                walk(&path, found);
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    // What a server of before left open.
    let open = |path: &str, mode: u32| {
        std::fs::set_permissions(at.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir_all(at.join("data/upload")).unwrap();
    std::fs::write(at.join("data/secret.key"), "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::write(at.join("kill.db"), "").unwrap();
    [("data", 0o755), ("data/upload", 0o755), ("data/secret.key", 0o644), ("kill.db", 0o644)]
        .iter()
        .for_each(|(path, mode)| open(path, *mode));
    let (mut child, _) = start(at);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut found = Vec::new();
    walk(at, &mut found);
    let open: Vec<_> = found.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:?}");
    for end in ["kill.db", "kill.db-wal", "data/secret.key", "data/upload"] {
        assert!(found.iter().any(|(path, _)| path.ends_with(end)), "{end} of {found:?}");
    }
}
