//! The examples of each plugin's DESIGN.md and of the manual are run, in order, on a fresh server, over HTTP. The form of a
//! `calls` block is described in `jindou::testing`.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use crate::plugins;
use crate::tidy::{root, sources};
use jindou::auth::Role;
use jindou::plugin::Plugin;
use jindou::testing::{differences, examples};
use std::collections::{HashMap, HashSet};

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
    if matches!(examples(plugin.design), Ok(list) if list.is_empty()) {
        return Vec::new();
    }
    let named = format!("+{}", plugin.name);
    let list = if plugin.exclusive {
        plugin.name
    } else if plugin.optional {
        &named
    } else {
        ""
    };
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", list)]);
    differences_of(plugin.name, plugin.design, &people(&app, plugin.exclusive))
}

/// The examples of a page that come out otherwise than it shows, over HTTP.
fn differences_of(name: &str, page: &str, people: &HashMap<&str, Client<'_>>) -> Vec<String> {
    let found = differences(page, |who, target, body| {
        let client = people.get(who).ok_or_else(|| "nobody is called so".to_owned())?;
        Ok(client.call(target, body))
    });
    found.into_iter().map(|difference| format!("{name} {difference}")).collect()
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
        let count = examples(&text).unwrap_or_else(|fault| panic!("{name}: {fault}")).len();
        if count == 0 {
            continue;
        }
        shown += count;
        let app = TestApp::with(&[("P_TEST_MODE", "2")]);
        faults.extend(differences_of(&name, &text, &people(&app, false)));
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

/// The page of plugins shows lines of the example and of the program of a third party, and no others.
#[test]
fn the_page_of_plugins_shows_code_that_exists() {
    let sources = sources(&["plugins/example", "examples/own_plugin/src", "examples/own_plugin/tests"]);
    let sources = sources.iter().map(|(_, text)| text.as_str()).chain([plugins::example::PLUGIN.design]);
    let lines: HashSet<&str> = sources.flat_map(str::lines).map(str::trim).collect();
    let page = std::fs::read_to_string(root().join("docs/plugins.md")).unwrap();
    let blocks = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown: Vec<&str> =
        blocks.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
    let unknown: Vec<&&str> = shown.iter().filter(|line| !lines.contains(**line)).collect();
    assert!(unknown.is_empty() && shown.len() >= 30, "{unknown:#?}");
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
    assert!(examples(plugins::example::PLUGIN.design).unwrap().len() >= 20);
}

/// A page without examples would pass any test.
#[test]
fn the_pages_of_watches_stories_and_the_plaza_show_calls() {
    for (plugin, least) in
        [(&plugins::watch::PLUGIN, 60), (&plugins::story::PLUGIN, 25), (&plugins::plaza::PLUGIN, 15)]
    {
        let shown = examples(plugin.design).unwrap();
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
