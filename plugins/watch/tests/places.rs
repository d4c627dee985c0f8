//! Positions: the track-point rule, who may see them, who is near.

use crate::app::TestApp;
use crate::code;
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";
const OTHER: &str = "860000000000002";

/// So many metres north of the first place.
fn at(metres: f64) -> Value {
    json!({"lon": 121.5, "lat": 31.2 + (metres / 6_371_000.0_f64).to_degrees()})
}

#[test]
fn the_track_of_a_watch() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    assert_eq!(device.fails("Watch.uploadLocate", json!({})).0, code::PARAM);
    assert_eq!(device.fails("Watch.uploadLocate", json!({"lon": 181, "lat": 0})).0, code::PARAM);
    let first = device.ok("Watch.uploadLocate", at(0.0));
    assert_eq!((&first["type"], &first["radius"]), (&json!(1), &json!(0)));
    assert_eq!(first["address"], "mock address 121.5,31.2");
    device.ok("Watch.uploadLocate", at(150.0));
    assert_eq!(app.cell("SELECT count(*) FROM WatchLocus"), json!(1));
    device.ok("Watch.uploadLocate", at(300.0));
    assert_eq!(app.cell("SELECT count(*) FROM WatchLocus"), json!(2));
    assert_eq!(app.cell("SELECT count(*) FROM CircleMsg WHERE type=4"), json!(2));
    let latest = a.ok(&format!("WatchLocate.query?imei={IMEI}&fmt=list"), json!(null));
    assert_eq!(latest["list"].as_array().unwrap().len(), 1);
    assert_eq!(latest["list"][0]["lat"], at(300.0)["lat"]);
    let all = a.ok(&format!("WatchLocate.query?imei={IMEI}&tm1=2020-1-1&fmt=list"), json!(null));
    assert_eq!(all["list"].as_array().unwrap().len(), 3);
    let day = app.write(|tx| Ok(tx.now()));
    let track = a.ok(&format!("WatchLocus.query?imei={IMEI}&type=1&fmt=list"), json!(null));
    assert_eq!(track["list"].as_array().unwrap().len(), 2);
    let stations = device.ok("Watch.uploadLocate", json!({"lbs": "460,0,1,2"}));
    assert_eq!((&stations["type"], &stations["radius"]), (&json!(2), &json!(500)));
    assert_eq!(
        a.ok(&format!("WatchLocus.dateNum?imei={IMEI}"), json!(null)),
        json!({"h": ["dt", "gpsNum", "lbsNum"], "d": [[day[..10], 2, 1]]})
    );
    let (b, ..) = family(&app, "Next door");
    for target in ["WatchLocate.query", "WatchLocus.query", "WatchLocus.dateNum"] {
        assert_eq!(b.fails(&format!("{target}?imei={IMEI}"), json!(null)).0, 10020);
        assert_eq!(b.fails(target, json!(null)).0, code::PARAM);
    }
    // A map that does not answer costs the address, not the position.
    device.ok("mockSet", json!({"svc": "map", "op": "regeo", "fail": 1, "times": 9}));
    let silent = device.ok("Watch.uploadLocate", at(2000.0));
    assert!(silent.get("address").is_none(), "{silent}");
    device.ok("mockSet", json!({"svc": "map", "op": "lbs", "fail": 1}));
    assert_eq!(device.fails("Watch.uploadLocate", json!({"lbs": "460,0,9,9"})).0, code::EXT);
    assert_eq!(app.cell("SELECT max(failFlag) FROM MockLog"), json!(1));
}

#[test]
fn members_share_their_positions_or_not() {
    let app = TestApp::new();
    let (a, id, pin) = family(&app, "Home");
    let b = app.anon();
    let b_id = b.ok("newUser", json!({}))["id"].clone();
    assert_eq!(b.fails("userUploadLocate", json!({"lon": 0, "lat": 91})).0, code::PARAM);
    b.ok("userUploadLocate", json!({"lon": 121.5, "lat": 31.2, "radius": 30}));
    let target = format!("UserLocate.query?circleId={id}&userId={b_id}&fmt=list");
    assert_eq!(b.fails(&target, json!(null)).0, 10002);
    b.ok("circleJoin", json!({"circleId": id, "joinPwd": pin}));
    assert_eq!(a.fails(&target, json!(null)).0, 10040);
    assert_eq!(b.ok(&target, json!(null))["list"][0]["radius"], 30);
    b.ok("CircleUser.set", json!({"circleId": id, "shareLocateFlag": 1}));
    assert_eq!(a.ok(&target, json!(null))["list"][0]["lon"], json!(121.5));
    let track = format!("UserLocus.query?circleId={id}&userId={b_id}&fmt=list");
    assert_eq!(a.ok(&track, json!(null))["list"][0]["radius"], 200);
}

#[test]
fn who_is_near() {
    let app = TestApp::new();
    let (a, home, _) = family(&app, "Home");
    let (b, other, _) = family(&app, "Next door");
    let (mine, theirs) = (watch(&app, IMEI), watch(&app, OTHER));
    bind(&a, home, IMEI);
    bind(&b, other, OTHER);
    for metres in [0.0, 900.0, 5000.0] {
        mine.ok("Watch.uploadLocate", at(metres));
    }
    theirs.ok("Watch.uploadLocate", at(300.0));
    mine.ok("Watch.uploadLocate", json!({"lon": 179.999, "lat": 10}));
    let near = |client: &crate::app::Client<'_>, nearby: &str| {
        client.call(&format!("WatchLocate.query?nearby={nearby}&res=imei,dist&fmt=array"), json!(null))
    };
    let got = near(&a, "121.5,31.2,1000");
    assert_eq!(got[0], json!(0), "{got}");
    let dist: Vec<i64> =
        got[1].as_array().unwrap().iter().map(|row| row["dist"].as_f64().unwrap().round() as i64).collect();
    assert_eq!(dist, [0, 900], "own circles alone, nearest first");
    assert_eq!(near(&a, "121.5,31.2,899")[1].as_array().unwrap().len(), 1, "the exact distance decides");
    assert_eq!(near(&a, "-179.999,10,500")[1].as_array().unwrap().len(), 1, "across the line");
    assert_eq!(near(&a, "121.5,31.2,50001")[0], json!(1));
    assert_eq!(near(&a, "here")[0], json!(1));
    app.write(|tx| {
        tx.add("Employee", json!({"uname": "boss", "name": "boss", "perms": "emp,mgr,family"}))?;
        tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp"}))
    });
    let boss = app.login(Role::Mgr, 1);
    let rows = near(&boss, "121.5,31.2,1000");
    assert_eq!(rows[1].as_array().unwrap().len(), 3, "{rows}");
    assert_eq!(near(&app.login(Role::Emp, 2), "121.5,31.2,1000")[0], json!(5));
    let page = boss.ok("WatchLocate.query?nearby=121.5,31.2,6000&cond=imei='860000000000001'&pagesz=2&page=2&fmt=list&res=id,dist", json!(null));
    assert_eq!(page["list"].as_array().unwrap().len(), 1);
    assert_eq!(
        boss.fails("WatchLocus.query?nearby=121.5,31.2,1000", json!(null)).0,
        code::PARAM,
        "it keeps no index of places"
    );
    assert_eq!(
        boss.fails("WatchLocate.query?orderby=dist", json!(null)).0,
        code::DB,
        "without nearby there is no distance"
    );
    let star = boss.ok("WatchLocate.query?nearby=121.5,31.2,1000&pagesz=1", json!(null));
    assert!(star["h"].as_array().unwrap().contains(&json!("dist")));
}
