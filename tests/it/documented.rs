//! The calls that each plugin's DESIGN.md shows are run, in order, on a fresh server: what a page promises,
//! the server does. The form of a block is described in `plugins/example/DESIGN.md`.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use crate::plugins;
use jindou::auth::Role;
use jindou::plugin::Plugin;
use serde_json::Value;
use std::collections::HashMap;

/// One call of a page and what it says comes out.
#[derive(Debug, PartialEq)]
struct Documented<'a> {
    line: usize,
    who: &'a str,
    target: &'a str,
    body: Value,
    answer: &'a str,
}

/// The calls of a page; a block that cannot be read is a fault of the page.
fn calls(page: &str) -> Result<Vec<Documented<'_>>, String> {
    let mut out: Vec<Documented<'_>> = Vec::new();
    let (mut inside, mut open) = (false, false);
    for (at, line) in page.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        match line.strip_prefix("```") {
            Some(_) if open => return Err(format!("line {at}: the call above has no answer")),
            Some(mark) => inside = !inside && mark == "calls",
            None if !inside || line.is_empty() => {}
            None => match (line.strip_prefix("=>"), open) {
                (Some(answer), true) => {
                    out.last_mut().unwrap().answer = answer.trim();
                    open = false;
                }
                (None, false) => {
                    out.push(call(at, line)?);
                    open = true;
                }
                _ => return Err(format!("line {at}: calls and answers must take turns")),
            },
        }
    }
    Ok(out)
}

fn call(at: usize, line: &str) -> Result<Documented<'_>, String> {
    let (who, rest) = line.split_once(' ').ok_or_else(|| format!("line {at}: who calls what?"))?;
    let (target, body) = match rest.find(" {").into_iter().chain(rest.find(" [")).min() {
        Some(end) => {
            (&rest[..end], serde_json::from_str(&rest[end..]).map_err(|e| format!("line {at}: {e}"))?)
        }
        None => (rest, Value::Null),
    };
    Ok(Documented { line: at, who, target: target.trim(), body, answer: "" })
}

/// What earlier answers of the page gave: `"…name"` in an answer keeps the value, `…name` in a later call is it.
type Kept = HashMap<String, Value>;

/// A call with what was kept in it.
fn filled(target: &str, body: &Value, kept: &Kept) -> (String, Value) {
    let mut names: Vec<&String> = kept.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let target = names
        .iter()
        .fold(target.to_owned(), |target, name| target.replace(&format!("…{name}"), &text(&kept[*name])));
    (target, filled_body(body, kept))
}

fn filled_body(body: &Value, kept: &Kept) -> Value {
    match body {
        Value::String(text) => match text.strip_prefix('…').and_then(|name| kept.get(name)) {
            Some(value) => value.clone(),
            None => body.clone(),
        },
        Value::Array(list) => list.iter().map(|value| filled_body(value, kept)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), filled_body(value, kept))).collect()
        }
        other => other.clone(),
    }
}

/// Whether an answer is what the page shows; `"…"` is anything.
fn fits(shown: &str, answer: &Value, kept: &mut Kept) -> bool {
    if let Some(error) = shown.strip_prefix("error ") {
        let (code, message) = error.split_once(' ').unwrap_or((error, ""));
        let given = answer[0].to_string();
        return given == code && (message.is_empty() || answer[1] == *message.trim());
    }
    match serde_json::from_str::<Value>(shown) {
        Ok(shown) => answer[0] == 0 && like(&shown, &answer[1], kept),
        Err(_) => false,
    }
}

fn like(shown: &Value, value: &Value, kept: &mut Kept) -> bool {
    match (shown, value) {
        (Value::String(any), _) if any.starts_with('…') => match kept.get(&any['…'.len_utf8()..]) {
            Some(known) => known == value,
            None => {
                if any != "…" {
                    kept.insert(any['…'.len_utf8()..].to_owned(), value.clone());
                }
                true
            }
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| like(a, b, kept))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut each = a.iter();
            a.len() == b.len() && each.all(|(name, shown)| b.get(name).is_some_and(|b| like(shown, b, kept)))
        }
        (a, b) => a == b,
    }
}

/// Everybody a page may let call.
fn people(app: &TestApp, exclusive: bool) -> HashMap<&'static str, Client<'_>> {
    let mut people = HashMap::from([("guest", app.anon())]);
    if exclusive {
        people.insert("user", app.login(Role::User, 1));
        return people;
    }
    for (name, phone) in [("user", "13800138000"), ("user2", "13800138001")] {
        people.insert(name, app.login(Role::User, user(app, phone)));
    }
    people.insert("emp", app.login(Role::Emp, employee(app, "li", "emp")));
    people.insert("mgr", app.login(Role::Mgr, employee(app, "chief", "emp,mgr")));
    people.insert("admin", app.login(Role::Admin, 1));
    if app.server.env.registry.login("watch").is_some() {
        people.insert("watch", app.client("watch"));
    }
    people
}

fn faults(plugin: &Plugin) -> Vec<String> {
    let calls = match calls(plugin.design) {
        Ok(calls) if calls.is_empty() => return Vec::new(),
        Ok(calls) => calls,
        Err(fault) => return vec![format!("{}: {fault}", plugin.name)],
    };
    let named = format!("+{}", plugin.name);
    let list = if plugin.exclusive {
        plugin.name
    } else if plugin.optional {
        &named
    } else {
        ""
    };
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", list)]);
    differences(plugin.name, &calls, &people(&app, plugin.exclusive))
}

/// The calls of a page that come out otherwise than it shows.
fn differences(page: &str, calls: &[Documented<'_>], people: &HashMap<&str, Client<'_>>) -> Vec<String> {
    let mut kept = Kept::new();
    let run = calls.iter().filter_map(|call| {
        let place = format!("{page} line {}: {} {}", call.line, call.who, call.target);
        let Some(client) = people.get(call.who) else { return Some(format!("{place}: nobody is called so")) };
        let (target, body) = filled(call.target, &call.body, &kept);
        let answer = client.call(&target, body);
        (!fits(call.answer, &answer, &mut kept))
            .then(|| format!("{place}\n  shown {}\n  got   {answer}", call.answer))
    });
    run.collect()
}

/// The pages of the manual, by their file names.
fn manual() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut pages: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_string_lossy().into_owned(), text)
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn what_the_manual_shows_is_what_comes_out() {
    let mut shown = 0;
    let mut faults = Vec::new();
    for (name, text) in manual() {
        let calls = calls(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        if calls.is_empty() {
            continue;
        }
        shown += calls.len();
        let app = TestApp::with(&[("P_TEST_MODE", "2")]);
        faults.extend(differences(&name, &calls, &people(&app, false)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(shown >= 40, "the manual shows {shown} calls");
}

/// The page of every configuration key, made of the lists of the program and its plugins.
fn page_of_keys() -> String {
    let mut page = String::from(
        "# Configuration keys\n\n\
         Variables of the environment, or names in `jindou.toml`; [Operation](operation.md#configuration) tells how they are read.\n\
         Keys marked ↻ change without a restart (SIGHUP).\n\n\
         | key | default | meaning | 说明 |\n|---|---|---|---|\n",
    );
    let plugins = plugins::ALL.iter().flat_map(|plugin| plugin.config);
    for key in jindou::config::KEYS.iter().chain(plugins) {
        let default = match key.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let live = if key.live { " ↻" } else { "" };
        page.push_str(&format!("| `{}`{live} | {default} | {} | {} |\n", key.name, key.en, key.zh));
    }
    page
}

#[test]
fn the_manual_lists_every_configuration_key() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let now = page_of_keys();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let page = std::fs::read_to_string(file).unwrap_or_default();
    let differs = now.lines().zip(page.lines()).find(|(now, page)| now != page);
    assert!(
        now == page,
        "docs/configuration.md is another list ({differs:?}); renew it: UPDATE_GOLDEN=1 cargo test --test it documented"
    );
}

/// Links between pages lead somewhere.
#[test]
fn links_of_the_manual_lead_to_pages() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, text) in manual() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                assert!(folder.join(file).exists(), "{name}: {link}");
            }
        }
    }
}

#[test]
fn what_the_pages_show_is_what_comes_out() {
    let faults: Vec<String> = plugins::ALL.iter().flat_map(|plugin| faults(plugin)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    // The page that authors copy from shows what it can do.
    assert!(calls(plugins::example::PLUGIN.design).unwrap().len() >= 20);
}

#[test]
fn a_page_that_is_wrong_is_found_out() {
    let page = "text\n```calls\nuser A.get?id=1 {\"a\": 1}\n=> {\"b\": \"…\"}\n\nguest B.x\n=> error 5 不行\n```\n```rust\nnot a call\n```\n";
    let read = calls(page).unwrap();
    assert_eq!((read[0].who, read[0].target, read[0].line), ("user", "A.get?id=1", 3));
    assert_eq!((read[0].body.to_string().as_str(), read.len()), ("{\"a\":1}", 2));
    for bad in [
        "```calls\nuser A.get\n```",
        "```calls\n=> 1\n```",
        "```calls\nuser A.get\nuser A.get\n```",
        "```calls\nuser\n```",
        "```calls\nuser A.add {x}\n```",
    ] {
        assert!(calls(bad).is_err(), "{bad}");
    }
    let answer = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (shown, got, fit) in [
        ("{\"b\": \"…\"}", "[0,{\"b\":[1]}]", true),
        ("{\"b\": 1}", "[0,{\"b\":1,\"c\":2}]", false),
        ("{\"b\": 1, \"c\": \"…\"}", "[0,{\"b\":1}]", false),
        ("[1]", "[0,[1,2]]", false),
        ("1", "[0,\"1\"]", false),
        ("null", "[5,null]", false),
        ("error 5", "[5,\"禁止操作\"]", true),
        ("error 5 不行", "[5,\"禁止操作\"]", false),
        ("error 5", "[0,5]", false),
        ("not json", "[0,\"not json\"]", false),
    ] {
        assert_eq!(fits(shown, &answer(got), &mut Kept::new()), fit, "{shown} {got}");
    }
    let mut kept = Kept::new();
    assert!(fits("{\"id\": \"…one\"}", &answer("[0,{\"id\":7}]"), &mut kept));
    assert!(!fits("\"…one\"", &answer("[0,8]"), &mut kept), "kept once, it must come again");
    let (target, body) = filled("A.get?id=…one", &answer("{\"a\":[\"…one\",\"…two\"]}"), &kept);
    assert_eq!((target.as_str(), body), ("A.get?id=7", answer("{\"a\":[7,\"…two\"]}")));
}

/// A page without examples would pass any test.
#[test]
fn the_pages_of_watches_stories_and_the_plaza_show_calls() {
    for (plugin, least) in
        [(&plugins::watch::PLUGIN, 60), (&plugins::story::PLUGIN, 25), (&plugins::plaza::PLUGIN, 15)]
    {
        let shown = calls(plugin.design).unwrap();
        assert!(shown.len() >= least, "{} shows {}", plugin.name, shown.len());
        let missing: Vec<&str> = plugin
            .functions
            .iter()
            .map(|action| action.name)
            .filter(|name| !shown.iter().any(|call| call.target.split('?').next() == Some(*name)))
            .collect();
        assert!(missing.is_empty(), "{} does not show {missing:?}", plugin.name);
    }
}

#[test]
fn the_example_is_off_until_it_is_asked_for() {
    let enabled = |list: &str| {
        let app = TestApp::with(&[("P_PLUGINS", list)]);
        let init = app.anon().ok("initClient", serde_json::json!(null));
        let names: Vec<String> = init["plugins"].as_object().unwrap().keys().cloned().collect();
        names
    };
    let usual = enabled("");
    assert!(usual.contains(&"order".to_owned()) && !usual.contains(&"example".to_owned()), "{usual:?}");
    let more = enabled("+example");
    assert!(more.contains(&"example".to_owned()) && more.len() == usual.len() + 1, "{more:?}");
    assert_eq!(enabled("account,example"), ["account", "example"]);
}
