//! The laws of the house that a test can check: borders between modules, small files that say what they are,
//! no stray output; and the registry walked from end to end.

use crate::app::TestApp;
use crate::plugins;
use jindou::cli;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under the folders, by its path from the root.
pub fn sources(folders: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, out),
                false if path.extension().is_some_and(|e| e == "rs") => out.push(path),
                false => {}
            }
        }
    }
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| walk(&root().join(folder), &mut paths));
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(named).collect()
}

/// The code of a file, without comments and without what follows its test module.
pub fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a crate is named: as a path or in a `use`.
fn names(code: &str, krate: &str) -> bool {
    code.match_indices(krate).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + krate.len()..];
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') && after.starts_with("::")
    })
}

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

pub fn is_test(name: &str) -> bool {
    name.contains("/tests") || name.ends_with("_tests.rs") || name.ends_with("tests.rs")
}

#[test]
fn the_middle_is_pure() {
    const PURE: &[&str] =
        &["call", "auth", "authorize", "design", "object", "plan", "sql", "render", "error"];
    const FOREIGN: &[&str] = &[
        "tokio",
        "hyper",
        "hyper_util",
        "http_body_util",
        "rusqlite",
        "postgres",
        "mysql",
        "std::net",
        "std::fs",
        "std::env",
    ];
    const CLOCKS: &[&str] = &["Instant::now", "SystemTime::now", "Utc::now", "Local::now"];
    let mut faults = Vec::new();
    for (name, text) in sources(&["src"]) {
        let module = name.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs").to_owned();
        if !PURE.contains(&module.as_str()) || is_test(&name) || ALLOWED_IMPURE.contains(&name.as_str()) {
            continue;
        }
        let code = code(&text);
        // A module of ours may be called as a crate is.
        let own = |foreign: &str| code.contains(&format!("mod {foreign};"));
        for foreign in FOREIGN.iter().filter(|foreign| names(&code, foreign) && !own(foreign)) {
            faults.push(format!("{name} names {foreign}"));
        }
        for clock in CLOCKS.iter().filter(|clock| code.contains(**clock)) {
            faults.push(format!("{name} reads a clock: {clock}"));
        }
    }
    none(faults);
}

/// `design/include.rs` reads the pages that a page includes, for the command line.
const ALLOWED_IMPURE: &[&str] = &["src/design/include.rs"];

#[test]
fn one_folder_names_each_driver() {
    let mut faults = Vec::new();
    for (name, text) in sources(&["src", "plugins"]).into_iter().filter(|(name, _)| !is_test(name)) {
        let code = code(&text);
        for (krates, home) in
            [(&["hyper", "hyper_util", "http_body_util"][..], "src/http/"), (&["rusqlite"], "src/db/")]
        {
            for krate in krates.iter().filter(|krate| names(&code, krate) && !name.starts_with(home)) {
                faults.push(format!("{name} names {krate}, which belongs to {home}"));
            }
        }
        if name.starts_with("plugins/") && code.contains("jindou::db::Conn") {
            faults.push(format!("{name} goes past the door"));
        }
    }
    none(faults);
}

/// A write may be run again, so it asks shared memory through its journal and no other way.
#[test]
fn shared_memory_has_few_doors() {
    const DOORS: &[&str] = &[
        "src/api/shared_memory.rs",
        // Outside the lane: work that is run once.
        "src/api/staged.rs",
        "src/builtin/housekeeping.rs",
        // After a commit, in test mode.
        "src/builtin/aids.rs",
        "src/services.rs",
        "src/integrations/mock.rs",
        "src/integrations/later.rs",
    ];
    let mut faults = Vec::new();
    for (name, text) in sources(&["src", "plugins"]) {
        if ["src/throttle/", "src/kv/", "src/jobs/"].iter().any(|folder| name.starts_with(folder))
            || DOORS.contains(&name.as_str())
            || is_test(&name)
        {
            continue;
        }
        let code = code(&text);
        for door in ["limiter", "kv", "codes", "mock_answers"] {
            for way in [format!("env.{door}"), format!("env().{door}")] {
                if code.contains(&format!("{way}.")) {
                    faults.push(format!("{name} uses {way}; in a transaction use Tx's own methods"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn every_file_says_what_it_is() {
    let faults = sources(&["src", "plugins", "tests"]).into_iter().filter(|(_, text)| {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        !first.starts_with("//!") || first.len() < 12
    });
    none(faults.map(|(name, _)| format!("{name} does not begin with //!")).collect());
}

/// Longer than a file should be, each with its reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn files_are_small() {
    let mut faults = Vec::new();
    for (name, text) in sources(&["src", "plugins"]) {
        let lines = code(&text).lines().count();
        let allowed = LONG.iter().any(|(long, reason)| name == *long && !reason.is_empty());
        if lines > 400 && !allowed {
            faults.push(format!("{name} has {lines} lines: split it, or say in LONG why not"));
        }
        if lines <= 400 && allowed {
            faults.push(format!("{name} is short again: take it out of LONG"));
        }
    }
    none(faults);
}

/// Lines of the median file, and of nine files in ten, at most. Unit tests at the end of a file are left out.
const MEDIAN: usize = 110;
const NINE_IN_TEN: usize = 250;

#[test]
fn most_files_are_read_in_one_look() {
    let files = sources(&["src", "plugins"]).into_iter().filter(|(name, _)| !is_test(name));
    let mut lines: Vec<usize> = files.map(|(_, text)| code(&text).lines().count()).collect();
    lines.sort_unstable();
    let (count, median, tenth) = (lines.len(), lines[lines.len() / 2], lines[lines.len() * 9 / 10]);
    println!("{count} files: median {median} lines, nine in ten {tenth}, longest {}", lines[count - 1]);
    assert!(
        count > 400 && median <= MEDIAN && tenth <= NINE_IN_TEN,
        "{count} files: {median} and {tenth} lines"
    );
}

#[test]
fn nothing_prints_or_gives_up() {
    const BANNED: &[&str] = &[
        "println!",
        "print!(",
        "dbg!",
        "todo!",
        "unimplemented!",
        ".unwrap()",
        ".expect(",
        "panic!(",
        "std::process::exit",
    ];
    let mut faults = Vec::new();
    for (name, text) in sources(&["src", "plugins"]) {
        if is_test(&name) || name.starts_with("src/cli") || name == "src/main.rs" {
            continue;
        }
        let code = code(&text);
        for word in BANNED.iter().filter(|word| code.contains(**word)) {
            // The lexer's own `c.expect("(")?` is no giving up.
            let harmless = *word == ".expect("
                && code.lines().filter(|line| line.contains(".expect(")).all(|line| line.contains(")?"));
            if !harmless {
                faults.push(format!("{name} has {word}"));
            }
        }
    }
    none(faults);
}

#[test]
fn names_are_unique_and_lists_are_walked() {
    let optional =
        plugins::ALL.iter().filter(|plugin| plugin.optional).map(|plugin| format!("+{}", plugin.name));
    let optional: Vec<String> = optional.collect();
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", &optional.join(","))]);
    let registry = &app.server.env.registry;
    let mut faults = Vec::new();
    let mut plugin_names = HashSet::new();
    let mut seen = HashSet::new();
    for plugin in plugins::ALL {
        if !plugin_names.insert(plugin.name) {
            faults.push(format!("two plugins are called {}", plugin.name));
        }
        if plugin.exclusive {
            continue;
        }
        for object in plugin.objects {
            if !seen.insert(object.name) {
                faults.push(format!("two objects are called {}", object.name));
            }
            if registry.object(object.name).is_none() && !plugin.optional {
                faults.push(format!("object {} of {} is not registered", object.name, plugin.name));
            }
            let mut actions = HashSet::new();
            for action in object.actions.iter().filter(|action| !actions.insert(action.name)) {
                faults.push(format!("{}.{} is declared twice", object.name, action.name));
            }
        }
        for action in plugin.functions {
            if registry.function(action.name).is_none() {
                faults.push(format!("function {} of {} is not registered", action.name, plugin.name));
            }
        }
    }
    let folders: Vec<String> = std::fs::read_dir(root().join("plugins"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("mod.rs").is_file() && path.join("DESIGN.md").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for folder in folders.iter().filter(|folder| !plugin_names.contains(folder.as_str())) {
        faults.push(format!("plugins/{folder} is not in plugins::ALL"));
    }
    none(faults);
}

#[test]
fn every_declared_key_is_in_the_database() {
    let app = TestApp::new();
    let mut faults = Vec::new();
    for table in app.server.env.registry.catalogue.tables() {
        // An index of places is a table of its own.
        let sql = format!(
            "select count(*) from sqlite_master where sql is not null
             and (type='index' and tbl_name='{0}' or type='table' and name='geo_{0}')",
            table.name
        );
        let count = app.cell(&sql).as_u64().unwrap_or_default() as usize;
        if count < table.keys.len() {
            faults.push(format!("{} declares {} keys and has {count}", table.name, table.keys.len()));
        }
        let columns = app.cell(&format!("select count(*) from pragma_table_info('{}')", table.name));
        if columns.as_u64() != Some(table.columns.len() as u64) {
            faults.push(format!("{} declares {} columns and has {columns}", table.name, table.columns.len()));
        }
    }
    none(faults);
}

#[test]
fn the_written_schema_is_the_declared_one() {
    let written = std::fs::read_to_string(root().join("schema.sql")).unwrap();
    let made = cli::schema_text(plugins::ALL).unwrap_or_else(|failure| panic!("{}", failure.0));
    assert!(written == made, "schema.sql is out of date: run `make schema`");
}

/// The text that the log keeps of an address is no key of a limit: an IPv6 subscriber has as many as they like.
#[test]
fn plugins_name_the_address_of_the_log_only_to_keep_it() {
    let kept = "fields.insert(\"serverIp\".into(), json!(&*tx.caller().addr));";
    let faults = sources(&["plugins"]).into_iter().flat_map(|(name, text)| {
        let text = code(&text);
        let lines = text
            .lines()
            .filter(|line| line.replace(".address", "").contains(".addr") && !line.contains("device.addr"));
        let wrong = lines.filter(|line| line.trim() != kept).map(|line| format!("{name}: {}", line.trim()));
        wrong.collect::<Vec<_>>()
    });
    none(faults.collect());
}
