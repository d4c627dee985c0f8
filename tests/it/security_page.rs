//! `SECURITY.md` names the tests that hold each defence: they must exist.

use std::path::Path;

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut named = 0;
    let mut missing = Vec::new();
    for row in page.lines().filter(|line| line.starts_with('|')) {
        // The last cell holds the names.
        let Some(cell) = row.trim_end_matches('|').rsplit('|').next() else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            named += 1;
            let (file, test) = name.split_once("::").unwrap_or((name, ""));
            let text = std::fs::read_to_string(root.join(format!("tests/it/{file}.rs"))).unwrap_or_default();
            let exists = match test {
                "" => text.contains("#[test]"),
                test => text.contains(&format!("fn {test}()")),
            };
            if !exists {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(named > 60, "the tables are no longer read: {named}");
    assert!(missing.is_empty(), "SECURITY.md names tests that are not there: {missing:?}");
}
