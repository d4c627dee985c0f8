//! The graph of the library's modules, printed as a golden file: what a module imports shows in a review. The lower half
//! imports nothing above it, and the circle of the upper half may only shrink.

use crate::tidy::{code, is_test, root, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Pure modules, from a request to a statement and from rows to an answer. They import each other and nothing else.
const LOWER: &[&str] = &[
    "auth",
    "authorize",
    "call",
    "design",
    "error",
    "geo",
    "id",
    "object",
    "plan",
    "redact",
    "render",
    "sql",
    "time",
    "value",
];

/// Imports from above, each with its reason.
const UPWARD: &[(&str, &str, &str)] = &[
    ("object", "api", "the signatures of hooks and actions, which a declaration names"),
    ("object", "db", "`Tx`, in those signatures"),
    ("object", "services", "`Services`, in those signatures"),
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Each module of the library with those that it imports.
fn graph() -> Graph {
    let mut graph = Graph::new();
    for (name, text) in sources(&["src"]) {
        let module = name.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let imports = graph.entry(module.clone()).or_default();
        if is_test(&name) {
            continue;
        }
        let code = code(&text);
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            // In the middle of a word it is another name.
            let whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if whole && rest[..end] != module {
                imports.insert(rest[..end].to_owned());
            }
        }
    }
    let modules: BTreeSet<String> = graph.keys().cloned().collect();
    graph.values_mut().for_each(|imports| imports.retain(|import| modules.contains(import)));
    graph
}

/// All modules that can be reached from one.
fn reach(graph: &Graph, from: &str) -> BTreeSet<String> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(module) = open.pop() {
        for import in &graph[&module] {
            if seen.insert(import.clone()) {
                open.push(import.clone());
            }
        }
    }
    seen
}

/// Modules that can be reached from themselves.
fn circle(graph: &Graph) -> Vec<&str> {
    graph.keys().filter(|module| reach(graph, module).contains(*module)).map(String::as_str).collect()
}

#[test]
fn the_module_graph_is_the_golden_one() {
    let graph = graph();
    let half = |lower: bool| {
        let of = graph.iter().filter(move |(module, _)| LOWER.contains(&module.as_str()) == lower);
        let lines = of.map(|(module, imports)| {
            format!("{module}: {}\n", imports.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
        });
        lines.collect::<String>().replace(": \n", ":\n")
    };
    let shown = format!(
        "# lower half\n{}\n# upper half\n{}\n# in a circle\n{}\n",
        half(true),
        half(false),
        circle(&graph).join(" ")
    );
    let path = root().join("tests/it/golden/modules.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    assert_eq!(shown, std::fs::read_to_string(&path).unwrap(), "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn the_lower_half_imports_nothing_above_it() {
    let graph = graph();
    let mut faults = Vec::new();
    for module in LOWER {
        for import in graph[*module].iter().filter(|import| !LOWER.contains(&import.as_str())) {
            let known =
                UPWARD.iter().any(|(from, to, reason)| from == module && to == import && !reason.is_empty());
            if !known {
                faults.push(format!("{module} imports {import}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    for (from, to, _) in UPWARD {
        assert!(graph[*from].contains(*to), "{from} no longer imports {to}: take it off the list");
    }
}

#[test]
fn the_pages_name_files_that_exist() {
    let mut faults = Vec::new();
    let mut named = 0;
    let text = std::fs::read_to_string(root().join("design/ARCHITECTURE.md")).unwrap();
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = word.ends_with(".rs") && word.contains('/') || word.starts_with("src/");
        if !is_path || word.contains(' ') {
            continue;
        }
        named += 1;
        let (file, item) = word.split_once("::").unwrap_or((word, ""));
        let whole = ["src/", "plugins/", "tests/"].iter().any(|folder| file.starts_with(folder));
        let path = if whole { root().join(file) } else { root().join("src").join(file) };
        if !path.exists() {
            faults.push(format!("{word}: no such file"));
        } else if !item.is_empty() {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = item.trim_end_matches("()");
            let declared = ["fn ", "struct ", "trait ", "enum "].iter().any(|kind| {
                text.match_indices(&format!("{kind}{name}")).any(|(at, found)| {
                    !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            });
            if !declared {
                faults.push(format!("{word}: the file has no such item"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(named > 40, "only {named} files were found in the page");
}
