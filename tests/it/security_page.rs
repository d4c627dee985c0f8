//! `SECURITY.md` names the tests that hold each defence: they must exist.

use std::path::Path;

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let list = std::fs::read_to_string(root.join("tests/it/main.rs")).unwrap();
    let mut named = 0;
    let mut missing = Vec::new();
    for row in page.lines().filter(|line| line.starts_with('|')) {
        // The last cell holds the names.
        let Some(cell) = row.trim_end_matches('|').rsplit('|').next() else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            named += 1;
            let has =
                |module: &str, text: &str| source(root, &list, module).is_some_and(|all| all.contains(text));
            let exists = has(name, "#[test]")
                || name.rsplit_once("::").is_some_and(|(module, test)| has(module, &format!("fn {test}()")));
            if !exists {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(named > 60, "the tables are no longer read: {named}");
    assert!(missing.is_empty(), "SECURITY.md names tests that are not there: {missing:?}");
}

/// The text of a module, or of all that lie in its folder.
fn source(root: &Path, list: &str, module: &str) -> Option<String> {
    let module = module.replace("::", "/");
    if let Ok(text) = std::fs::read_to_string(root.join(path_of(list, &module))) {
        return Some(text);
    }
    let files = std::fs::read_dir(root.join("tests/it").join(&module)).ok()?;
    Some(files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok()).collect())
}

/// The file of a module: a plugin's own tests lie in its folder, as the list of modules says.
fn path_of(list: &str, module: &str) -> String {
    let named = list.split("#[path = \"../../").find(|row| row.contains(&format!("]\nmod {module};")));
    match named.and_then(|row| row.split_once('"')) {
        Some((path, rest)) if rest.starts_with(&format!("]\nmod {module};")) => path.to_owned(),
        _ => format!("tests/it/{module}.rs"),
    }
}
