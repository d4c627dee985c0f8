//! The files of `deploy/` against the program: keys that exist, values that are accepted, times and sizes that fit together.

use crate::plugins;
use crate::tidy::root;
use jindou::config::{Config, KEYS, Key};
use std::collections::BTreeSet;

fn file(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn plugin_keys() -> Vec<&'static [Key]> {
    plugins::ALL.iter().map(|plugin| plugin.config).collect()
}

fn default() -> Config {
    Config::of_with(&[], &plugin_keys()).unwrap()
}

/// The value of the one line `name value;`, `name=value`.
#[track_caller]
fn setting<'t>(text: &'t str, name: &str) -> &'t str {
    let mut found = text.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix(name)?.strip_prefix(['=', ' '])?;
        Some(rest.trim().trim_end_matches(';'))
    });
    let value = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.all(|other| other == value), "{name} is said twice");
    value
}

fn seconds(text: &str) -> i64 {
    text.trim_end_matches('s').parse().unwrap()
}

#[test]
fn every_key_they_name_exists() {
    let known: BTreeSet<&str> =
        KEYS.iter().chain(plugin_keys().into_iter().flatten()).map(|key| key.name).collect();
    for entry in std::fs::read_dir(root().join("deploy")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = file(&name);
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            assert!(!word.starts_with("P_") || known.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn the_settings_are_accepted_with_and_without_a_proxy() {
    let text = file("jindou.env");
    let all: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .filter(|(name, _)| name.starts_with("P_"))
        .collect();
    let plain: Vec<(&str, &str)> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect();
    assert!(all.len() > plain.len());
    for settings in [plain, all] {
        let config = Config::of_with(&settings, &plugin_keys()).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(config.warnings, Vec::<String>::new());
    }
}

#[test]
fn the_unit_waits_for_the_end_and_hears_that_the_server_lives() {
    let unit = file("jindou.service");
    assert_eq!(setting(&unit, "Type"), "notify");
    assert!(seconds(setting(&unit, "WatchdogSec")) >= 10);
    assert!(seconds(setting(&unit, "TimeoutStopSec")) * 1000 > default().int("P_GRACE") + 5000);
    assert!(setting(&unit, "ExecReload").contains("-HUP"));
    let start = setting(&unit, "ExecStart");
    assert!(start.starts_with("/usr/local/bin/jindou ") && start.ends_with(" serve"));
    for hardening in
        ["NoNewPrivileges", "ProtectHome", "PrivateDevices", "MemoryDenyWriteExecute", "RestrictNamespaces"]
    {
        assert_eq!(setting(&unit, hardening), "yes", "{hardening}");
    }
    assert_eq!(setting(&unit, "ProtectSystem"), "strict");
    // Where it may write there is all that it writes.
    let state = format!("/var/lib/{}/", setting(&unit, "StateDirectory"));
    for key in ["P_DB", "P_DATA"] {
        assert!(setting(&unit, &format!("Environment={key}")).starts_with(&state), "{key}");
    }
    let env = file("jindou.env");
    assert_eq!(setting(&unit, "ReadWritePaths").trim_start_matches('-'), setting(&env, "P_BACKUP_DIR"));
    let logs = format!("/var/log/{}/", setting(&unit, "LogsDirectory"));
    assert!(setting(&env, "#P_LOG_FILE").starts_with(&logs));
    let rotation = file("logrotate.conf");
    assert!(rotation.contains(&format!("{logs}*.log")) && rotation.contains("SIGUSR1"));
}

#[test]
fn nginx_and_the_server_agree() {
    let (nginx, config) = (file("nginx.conf"), default());
    let megabytes: i64 = setting(&nginx, "client_max_body_size").trim_end_matches('m').parse().unwrap();
    assert_eq!(megabytes << 20, config.int("P_MAX_BODY"));
    assert!(seconds(setting(&nginx, "keepalive_timeout")) * 1000 < config.int("P_KEEPALIVE"));
    assert!(seconds(setting(&nginx, "proxy_read_timeout")) * 1000 > config.int("P_QUERY_TIMEOUT_MS"));
    for header in ["X-Forwarded-For", "X-Forwarded-Proto", "Host", "Upgrade"] {
        assert!(nginx.contains(&format!("proxy_set_header {header} ")), "{header}");
    }
    let metrics = nginx.split("location = /metrics {").nth(1).unwrap();
    assert!(metrics.trim_start().starts_with("return 404;"));
    assert_eq!(nginx.matches('{').count(), nginx.matches('}').count());
}

#[test]
fn the_image_is_made_of_files_that_are_there_and_runs_as_nobody_in_particular() {
    let image = file("Containerfile");
    for line in image.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let paths: Vec<&str> = line.split_whitespace().skip(1).collect();
        for path in &paths[..paths.len() - 1] {
            assert!(root().join(path).exists(), "{path}");
        }
    }
    assert!(setting(&image, "USER").starts_with("10001"));
    assert!(image.contains("ENTRYPOINT [\"/usr/local/bin/jindou\"]") && image.contains("CMD [\"serve\"]"));
    let ignored = std::fs::read_to_string(root().join(".dockerignore")).unwrap();
    assert_eq!(ignored, std::fs::read_to_string(root().join(".containerignore")).unwrap());
    assert!(ignored.lines().any(|line| line == "/data"), "no database goes into an image");
}
