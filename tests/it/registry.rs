//! Choosing plugins: what is off is not there, and wrong declarations are all told at start.

use crate::app::TestApp;
use crate::plugins;
use jindou::cli::build_from;
use jindou::plugin::*;
use serde_json::json;

fn nothing(_: &mut Tx<'_>, _: &Args) -> Result<Answer> {
    Ok(Answer::ok())
}

fn no_job(_: &mut Stage<'_>) -> Result<Prepared> {
    Ok(Prepared::write(|_| Ok(Answer::ok())))
}

fn nobody(_: &mut Tx<'_>, _: i64) -> Result<Option<Identity>> {
    Ok(None)
}

static THING: Object = Object::table("Thing").actions(&[read("peek", GUEST, nothing)]);
static FIRST: Plugin = Plugin::new("first", "@Thing: id, name\n")
    .objects(&[&THING])
    .functions(&[write("same", GUEST, nothing)])
    .errors(&[(70001, "一", "one"), (-5, "负", "minus"), (70002, "", "half")])
    .routes(&[
        ("/hook/same", "same"),
        ("/hook/none", "Thing.none"),
        ("hook", "same"),
        ("/hook/t", "Thing.query"),
    ])
    .logins(&[LoginType::new("robot", "", nobody)])
    .file_categories(&[category("pics")])
    .jobs(&[Job::new("sweep", 60, no_job)]);

static THING_TOO: Object = Object::table("Thing")
    .vcols(&[join("Gone", "nameId").cols("name goneName")])
    .actions(&[read("peek", GUEST, nothing)]);
static SECOND: Plugin = Plugin::new("second", "@Other: id, thingId\n")
    .objects(&[&THING_TOO])
    .functions(&[write("same", GUEST, nothing)])
    .extends(&[("Thing", &[write("peek", GUEST, nothing)]), ("Nowhere", &[])])
    .errors(&[(70001, "又", "again")])
    .routes(&[("/hook/same", "same")])
    .logins(&[LoginType::new("robot", "", nobody)])
    .files(&[file_in("Other", "picId")])
    .file_categories(&[category("pics")])
    .jobs(&[Job::new("sweep", 60, no_job)]);

#[test]
fn every_clash_is_told_at_start_and_all_at_once() {
    static BOTH: [&Plugin; 2] = [&FIRST, &SECOND];
    let told = build_from(&BOTH, &[]).err().unwrap().0;
    for line in [
        "plugin first: code -5 must be greater than 0",
        "plugin first: code 70002 has no sentence in both languages",
        "code 70001 is declared by first and second",
        "login type robot is declared by first and second",
        "job sweep is declared by first and second",
        "path /hook/same is declared by first and second",
        "plugin first: path hook must begin with / and lie beside /api",
        "plugin first: path /hook/none leads to unknown action Thing.none",
        "function same is declared by first and second",
        "object Thing is declared by first and second",
        "action Thing.peek is declared twice",
        "plugin second extends unknown object Nowhere",
        "plugin second: files in unknown column Other.picId",
        "kind of uploads pics is declared by first and second",
    ] {
        assert!(told.lines().any(|told| told.contains(line)), "{line}\nis not in\n{told}");
    }
    assert!(told.contains("Gone"), "{told}");
    assert!(!told.contains("/hook/t "), "a standard action is an action:\n{told}");
}

#[test]
fn wrong_tables_are_told_with_the_rest() {
    static LEFT: Plugin = Plugin::new("left", "@Thing: id, name\n@Good: id, name\n@key Good: unique(nome)\n");
    static RIGHT: Plugin = Plugin::new("right", "@Thing: id, other\n").errors(&[(0, "零", "zero")]);
    static BOTH: [&Plugin; 2] = [&LEFT, &RIGHT];
    let told = build_from(&BOTH, &[]).err().unwrap().0;
    for line in ["nome", "Thing", "plugin right: code 0 must be greater than 0"] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

#[test]
fn a_plugin_that_is_off_has_no_table_action_route_job_login_code_or_upload() {
    let there = |list: &str| {
        let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", list)]);
        let anon = app.anon();
        let hook = anon.exactly("POST", "/webhook/submail", &[], Some(Vec::new()));
        let tables =
            "SELECT count(*) FROM sqlite_master WHERE name IN ('Watch', 'geo_WatchLocate', 'Circle')";
        let codes = anon.ok("Err.query?fmt=array", json!(null));
        [
            app.cell(tables) == json!(3),
            anon.call("newUser", json!({}))[0] == json!(0),
            anon.call("Circle.query", json!(null))[1].as_str()
                != anon.call("Nothing.query", json!(null))[1].as_str()
                || anon.call("Circle.query", json!(null))[0] == json!(0),
            hook.bytes != anon.exactly("POST", "/webhook/none", &[], Some(Vec::new())).bytes,
            anon.call("runJob?name=watch.retention", json!({}))[0] == json!(0),
            app.client("watch").call("Watch.login", json!({"imei": "860000000000001"}))[0] == json!(0),
            codes.as_array().unwrap().iter().any(|code| code["code"] == json!(10001)),
            app.server.env.registry.file_category("watchImg").is_some(),
            app.server.env.registry.services().any(|service| service.name() == "map"),
        ]
    };
    assert_eq!(there(""), [true; 9]);
    assert_eq!(there("account,upload"), [false; 9]);
}

#[test]
fn accounts_and_files_come_with_what_needs_them() {
    let on = |list: &str| -> Vec<&str> {
        let built = build_from(plugins::ALL, &[("P_PLUGINS", list)])
            .unwrap_or_else(|failure| panic!("{}", failure.0));
        built.registry.plugins.iter().map(|plugin| plugin.name).filter(|name| *name != "core").collect()
    };
    let mut both = on("watch,plaza");
    assert_eq!(both.pop(), Some("plaza"));
    both.sort_unstable();
    assert_eq!(both, ["account", "upload", "watch"]);
    assert_eq!(on("upload"), ["upload"]);
    assert_eq!(on("watch,account,upload"), ["watch", "account", "upload"], "in the order of the list");
    for (list, why) in
        [("plaza", "plugin plaza needs plugin watch, which is off"), ("story,plaza", "needs plugin watch")]
    {
        assert!(build_from(plugins::ALL, &[("P_PLUGINS", list)]).err().unwrap().0.contains(why), "{list}");
    }
}

#[test]
fn the_list_of_plugins_tells_what_is_on() {
    let app = TestApp::with(&[("P_TEST_MODE", "1"), ("P_PLUGINS", "account,upload,watch")]);
    let list = app.anon().ok("Plugin.query?fmt=array", json!(null));
    let of = |name: &str| list.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    let (on, off) = (of("watch"), of("plaza"));
    assert_eq!((&on["enabled"], &off["enabled"]), (&json!(true), &json!(false)));
    assert!(on["tables"].as_array().unwrap().contains(&json!("CircleMsg")), "{on}");
    assert!(on["actions"].as_array().unwrap().contains(&json!("Watch.genToken")), "{on}");
    assert!(!on["actions"].to_string().contains("medalWall"), "what story adds is off with story: {on}");
    assert_eq!((&off["tables"], &off["actions"]), (&json!([]), &json!([])));
    // Codes and sentences of everything that is on, in both languages.
    let whole = TestApp::new();
    let codes = whole.anon().ok("Err.query?fmt=array", json!(null));
    for plugin in plugins::ALL.iter().filter(|plugin| !plugin.exclusive && !plugin.optional) {
        for (code, zh, en) in plugin.errors {
            let listed = codes.as_array().unwrap().iter().find(|row| row["code"] == json!(code));
            let listed = listed.unwrap_or_else(|| panic!("{code} of {} is not listed", plugin.name));
            assert_eq!((&listed["zh"], &listed["en"]), (&json!(zh), &json!(en)));
        }
    }
}
