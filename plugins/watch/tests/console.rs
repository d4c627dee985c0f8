//! What the consoles need of the watch cloud: every object can be listed without further parameters, and has
//! words in both languages for its forms.

use crate::app::TestApp;
use crate::code;
use crate::login::employee;
use crate::plugins;
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::json;

fn both(label: &str) -> bool {
    label.split_once('|').is_some_and(|(zh, en)| !zh.is_empty() && !en.is_empty())
}

#[test]
fn every_object_can_be_listed_and_labelled() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, "860000000000001");
    bind(&a, id, "860000000000001");
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    a.ok("Plaza.add", json!({"content": "hi"}));
    let clients = [
        ("emp", app.login(Role::Emp, employee(&app, "li", "emp"))),
        ("mgr", app.login(Role::Mgr, employee(&app, "chief", "emp,mgr"))),
        ("admin", app.login(Role::Admin, 1)),
    ];
    let ours = [&plugins::watch::PLUGIN, &plugins::story::PLUGIN, &plugins::plaza::PLUGIN];
    let mut faults = Vec::new();
    for (who, client) in &clients {
        let listed = client.ok("Meta.query", json!(null))["list"].as_array().unwrap().clone();
        let mut seen = 0;
        for object in ours.iter().flat_map(|plugin| plugin.objects) {
            let Some(entry) = listed.iter().find(|entry| entry["obj"] == *object.name) else {
                continue;
            };
            if !entry["actions"].as_array().unwrap().contains(&json!("query")) {
                continue;
            }
            seen += 1;
            let rows = client.call(&format!("{}.query?pagesz=1&fmt=list", object.name), json!(null));
            if rows[0] != json!(0) {
                faults.push(format!("{who}: {}.query: {rows}", object.name));
            }
            let meta = client.ok(&format!("Meta.get?obj={}", object.name), json!(null));
            if !both(meta["label"].as_str().unwrap_or_default()) {
                faults.push(format!("{} has no label in both languages", object.name));
            }
            for field in meta["fields"].as_array().unwrap().iter().filter(|field| field["name"] != "id") {
                // A word that is the same in both languages is written once.
                let label = field["label"].as_str().unwrap_or_default();
                if !both(label) && label != "IMEI" {
                    faults.push(format!("{}.{} has the label `{label}`", object.name, field["name"]));
                }
            }
        }
        assert!(seen >= 26, "{who} sees {seen} objects");
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let meta = clients[2].1.ok("Meta.get?obj=CircleMsg", json!(null));
    let kind =
        meta["fields"].as_array().unwrap().iter().find(|field| field["name"] == "type").unwrap().clone();
    assert!(kind["options"].to_string().contains("Fall"), "{kind}");
}

#[test]
fn what_comes_with_a_merged_row_can_be_asked_for_alone() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "138"}));
    assert_eq!(a.ok("WatchUser.get?res=circleId", json!(null)), json!({"circleId": id}));
    assert_eq!(
        a.ok("WatchUser.get?res=phone,userId,circleName", json!(null)),
        json!({"phone": "138", "circleName": "Home", "userId": 1})
    );
    assert!(a.ok("WatchUser.get?res=*,circleId", json!(null))["shareLocateFlag"].is_number());
    assert_eq!(a.fails("WatchUser.get?res=circleIdd", json!(null)).0, code::DB);
    a.ok("Plaza.add", json!({"content": "hi"}));
    assert_eq!(
        app.anon().ok("Plaza.query?res=id,circleName&fmt=array", json!(null)),
        json!([{"id": 1, "circleName": "Home"}])
    );
}
