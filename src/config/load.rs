//! Sources and keys joined: every key gets one checked value, every name that is no key is reported. All faults
//! are listed at once.

use super::Sources;
use super::file;
use super::key::Key;
use super::source::Origin;
use super::value::Value;
use crate::error::nearest;

/// One key with its value in force.
#[derive(Debug, Clone)]
pub struct Setting {
    pub key: &'static Key,
    pub value: Value,
    /// As it was written.
    pub text: String,
    pub origin: Origin,
}

/// The entries in the order of their keys, and what deserves a warning.
pub fn load(keys: &[&'static Key], sources: &Sources) -> Result<(Vec<Setting>, Vec<String>), Vec<String>> {
    let (mut faults, mut warnings) = (twins(keys), Vec::new());
    let given = collect(keys, sources, &mut faults, &mut warnings);
    let mut entries = Vec::with_capacity(keys.len());
    for &key in keys {
        let found = given.iter().rev().find(|(name, text, _)| *name == key.name && !text.trim().is_empty());
        let (text, origin) = match found {
            Some((_, text, origin)) => (text.as_str(), origin.clone()),
            None => (key.default, Origin::Default),
        };
        match Value::read(key, text) {
            Some(value) => entries.push(Setting { key, value, text: text.trim().into(), origin }),
            None => faults.push(bad_value(key, text, &origin)),
        }
    }
    if faults.is_empty() { Ok((entries, warnings)) } else { Err(faults) }
}

/// Names of keys with their texts, weakest source first.
fn collect(
    keys: &[&'static Key],
    sources: &Sources,
    faults: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Vec<(&'static str, String, Origin)> {
    let mut given = Vec::new();
    for (name, text) in &sources.presets {
        take(keys, name, text, &Origin::Preset, &mut given, warnings);
    }
    if let Some((file_name, text)) = &sources.file {
        let origin = Origin::File(file_name.clone());
        let before = given.len();
        match file::read(file_name, text) {
            Ok(pairs) => {
                pairs.iter().for_each(|(name, text)| take(keys, name, text, &origin, &mut given, warnings))
            }
            Err(fault) => faults.push(fault),
        }
        faults.extend(written_twice(&given[before..], file_name));
    }
    if let Some(filter) = sources.env.get("RUST_LOG") {
        given.push(("P_LOG", filter.clone(), Origin::Environment));
    }
    for (name, text) in &sources.env {
        match keys.iter().find(|key| key.name == name) {
            Some(key) => given.push((key.name, text.clone(), Origin::Environment)),
            None if name.starts_with("P_") => warnings.push(unknown(keys, name, &Origin::Environment)),
            None => {}
        }
    }
    for (name, text) in &sources.overrides {
        take(keys, name, text, &Origin::CommandLine, &mut given, warnings);
    }
    given
}

fn take(
    keys: &[&'static Key],
    name: &str,
    text: &str,
    origin: &Origin,
    given: &mut Vec<(&'static str, String, Origin)>,
    warnings: &mut Vec<String>,
) {
    match keys.iter().find(|key| bare(key.name) == bare(name)) {
        Some(key) => given.push((key.name, text.to_owned(), origin.clone())),
        None => warnings.push(unknown(keys, name, origin)),
    }
}

/// `P_AUTH_KEYS`, `auth_keys` and `authKeys` are one name.
fn bare(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("p_").unwrap_or(&name).chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

fn unknown(keys: &[&'static Key], name: &str, origin: &Origin) -> String {
    let prefixed =
        if name.to_ascii_uppercase().starts_with("P_") { name.to_owned() } else { format!("P_{name}") };
    let names = || keys.iter().map(|key| key.name);
    let hint = match nearest(&prefixed, names()).or_else(|| nearest(name, names())) {
        Some(near) => format!("; did you mean {near}?"),
        None => "; `jindou config` lists the known ones".into(),
    };
    format!("unknown configuration key {name} ({}){hint}", origin.name())
}

fn bad_value(key: &Key, text: &str, origin: &Origin) -> String {
    let shown = if key.secret { "****".into() } else { format!("`{}`", super::table::mask_url(text)) };
    format!("{}: bad value {shown} ({}): expected {}", key.name, origin.name(), key.kind.expects())
}

fn written_twice(given: &[(&'static str, String, Origin)], file: &str) -> Vec<String> {
    let names: Vec<&str> = given.iter().map(|(name, ..)| *name).collect();
    let again = names.iter().enumerate().filter(|(i, name)| names[..*i].contains(name));
    again.map(|(_, name)| format!("{file}: {name} is written twice")).collect()
}

/// Two declarations of one name: a fault of a plugin's author.
fn twins(keys: &[&'static Key]) -> Vec<String> {
    let names: Vec<String> = keys.iter().map(|key| bare(key.name)).collect();
    let again = keys.iter().enumerate().filter(|(i, key)| names[..*i].contains(&bare(key.name)));
    again.map(|(_, key)| format!("configuration key {} is declared twice", key.name)).collect()
}
