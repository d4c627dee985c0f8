//! A type that other files can name has a name of its own: a stranger who searches for it finds one declaration. Names
//! that two modules share stand in a golden file, `tests/it/golden/type_names.txt`, which may only become shorter.

use crate::tidy::{code, is_test, root, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Names at most that more than one file declares.
const SHARED_MAX: usize = 57;

/// The name of the type that a line declares, unless it is private to its file.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => rest,
    };
    let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
    let rest = rest.strip_prefix(' ')?;
    let name = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    Some(name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(name))
}

#[test]
fn no_type_name_is_declared_twice_without_being_listed() {
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in sources(&["src"]).iter().filter(|(file, _)| !is_test(file)) {
        // Types of a trait or of an `impl` are indented and belong to it.
        for name in code(text).lines().filter(|line| !line.starts_with(' ')).filter_map(declared) {
            files.entry(name.to_owned()).or_default().insert(file.clone());
        }
    }
    assert!(files.len() > 300, "only {} types were found", files.len());
    let shared: Vec<_> = files.iter().filter(|(_, files)| files.len() > 1).collect();
    let shown: String = shared
        .iter()
        .map(|(name, files)| {
            format!("{name}: {}\n", files.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
        })
        .collect();
    let path = root().join("tests/it/golden/type_names.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    assert_eq!(shown, std::fs::read_to_string(&path).unwrap(), "UPDATE_GOLDEN=1 writes it anew");
    assert!(shared.len() <= SHARED_MAX, "{} names are shared", shared.len());
    let crowded: Vec<_> = shared.iter().filter(|(_, files)| files.len() > 2).collect();
    assert!(crowded.is_empty(), "more than two files declare these: {crowded:#?}");
}
