//! Private data of families: whom the console, the log and the files show it, and what stays with a family when
//! its watch goes to another.

use crate::app::TestApp;
use crate::code;
use crate::login::employee;
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";

fn rows(answer: &Value) -> usize {
    answer["list"].as_array().unwrap().len()
}

#[test]
fn staff_sees_families_only_with_the_permission() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 3, "content": "private words"}));
    let emp = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let mgr = app.login(Role::Mgr, employee(&app, "thechief", "emp,mgr"));
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    let objects = [
        "CircleMsg",
        "CircleUser",
        "CircleWatch",
        "CircleContact",
        "WatchUser",
        "WatchLocate",
        "WatchLocus",
        "WatchGpsLog",
    ];
    for object in objects {
        for client in [&emp, &mgr] {
            for action in
                ["query", "query?res=count(*) n", "query?gres=id", "get?id=1", "query?nearby=121.5,31.2,50"]
            {
                assert_eq!(
                    client.fails(&format!("{object}.{action}"), json!(null)).0,
                    code::FORBIDDEN,
                    "{object}.{action}"
                );
            }
            assert_eq!(
                client.fails(&format!("Meta.get?obj={object}"), json!(null)).0,
                code::FORBIDDEN,
                "{object}"
            );
        }
    }
    for client in [&emp, &mgr, &trusted] {
        for sub in ["users", "watches", "contacts", "msgs", "joinPwd", "email"] {
            assert_eq!(
                client.fails(&format!("Circle.get?id={id}&res=id,{sub}"), json!(null)).0,
                code::DB,
                "{sub}"
            );
        }
        assert_eq!(client.fails("WatchJob.query?res=data", json!(null)).0, code::DB);
    }
    for object in ["CircleMsg", "CircleUser", "CircleWatch", "WatchLocate", "WatchLocus"] {
        let seen = rows(&trusted.ok(&format!("{object}.query?fmt=list"), json!(null)));
        assert!(seen > 0, "{object}");
    }
    let logged = "SELECT count(*) FROM ApiLog WHERE ac='CircleMsg.query' AND app='emp' AND retval=0 AND req NOT LIKE 'apiLogId=%'";
    assert_eq!(app.cell(logged), json!(1));
}

#[test]
fn the_log_of_changes_tells_no_more_than_the_objects_themselves() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok(&format!("Circle.set?id={id}"), json!({"joinPwd": "54321", "email": "a@example.test"}));
    let emp = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let boss = app.login(Role::Admin, 1);
    boss.ok("Employee.add", json!({"uname": "other", "phone": "13700000001", "pwd": "Passw0rd-long-9"}));
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 3, "content": "private words"}));
    let own = emp.ok("ObjLog.query?fmt=list&cond[obj]=Employee", json!(null));
    assert!(rows(&own) == 1 && !own.to_string().contains("13700000001"), "{own}");
    for hidden in ["CircleMsg", "CircleUser", "Cinf"] {
        let found = emp.ok(&format!("ObjLog.query?fmt=list&cond[obj]={hidden}"), json!(null));
        assert_eq!(rows(&found), 0, "{hidden}");
        let counted = emp.ok(&format!("ObjLog.query?fmt=one&res=count(*) n&cond[obj]={hidden}"), json!(null));
        assert_eq!(counted["n"], 0, "{hidden}");
    }
    let of_circle = boss.ok("ObjLog.query?fmt=list&res=changes&cond[obj]=Circle", json!(null)).to_string();
    assert!(of_circle.contains("joinPwd"), "{of_circle}");
    assert!(!of_circle.contains("54321") && !of_circle.contains("a@example.test"), "{of_circle}");
    let calls = boss.ok("ApiLog.query?fmt=list&res=req,res&pagesz=-1", json!(null)).to_string();
    assert!(!calls.contains("54321"), "{calls}");
}

#[test]
fn positions_stay_with_the_family_they_were_reported_to() {
    let app = TestApp::new();
    let (a, first, _) = family(&app, "First");
    let device = watch(&app, IMEI);
    let bound = bind(&a, first, IMEI);
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    device.ok("Watch.uploadPercent", json!({"percent": 55}));
    a.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    let (b, second, _) = family(&app, "Second");
    bind(&b, second, IMEI);
    // A device may send late what it measured before.
    device.ok("Watch.uploadLocate", json!({"lon": 120.0, "lat": 30.0, "tm": "2020-01-01 08:00:00"}));
    let all = format!("imei={IMEI}&tm1=2019-01-01&fmt=list");
    let asked = [
        format!("WatchLocate.query?{all}"),
        format!("WatchLocus.query?{all}"),
        format!("WatchLocate.query?imei={IMEI}&fmt=list"),
        "WatchLocate.query?nearby=121.5,31.2,500&fmt=list".to_owned(),
        "WatchLocate.query?nearby=120,30,500&fmt=list".to_owned(),
    ];
    for query in &asked {
        assert_eq!(rows(&b.ok(query, json!(null))), 0, "{query}");
    }
    assert_eq!(
        b.ok(&format!("WatchLocus.dateNum?imei={IMEI}&tm1=2019-01-01&fmt=list"), json!(null))["list"],
        json!([])
    );
    assert_eq!(b.ok(&format!("Watch.get?imei={IMEI}"), json!(null))["percent"], Value::Null);
    assert_eq!(a.fails(&asked[0], json!(null)).0, 10020);
    assert_eq!(rows(&a.ok(&asked[3], json!(null))), 0);
    device.ok("Watch.uploadLocate", json!({"lon": 122.0, "lat": 32.0}));
    assert_eq!(rows(&b.ok(&asked[0], json!(null))), 1);
    assert_eq!(rows(&b.ok(&asked[1], json!(null))), 1);
}
