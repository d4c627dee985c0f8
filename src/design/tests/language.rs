//! Which lines count, how fields are parted, what is a fault, and includes.

use expect_test::expect;

use super::{faults, read, table, told};
use crate::design::{Catalogue, parse, parse_with};

fn names(catalogue: &Catalogue) -> String {
    let table = |table: &std::sync::Arc<crate::design::Table>| {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        format!("{} @ {}: {}\n", table.name, table.source, columns.join(" "))
    };
    catalogue.tables().iter().map(table).collect()
}

#[test]
fn fields_are_parted_by_commas_or_blanks() {
    for text in [
        "@订单: id, 客户Id,金额(n)",
        "@订单：id，客户Id，金额(n)",
        "@订单: id 客户Id\t金额(n)",
        "@订单 :id,,客户Id ,金额(n),",
        "\u{feff}@订单: id, 客户Id, 金额(n)   -- a remark, not a field\r\n",
    ] {
        expect![[r#"
            订单 @ D: id 客户Id 金额
        "#]]
        .assert_eq(&names(&read(text)));
    }
}

#[test]
fn lines_that_count() {
    let text = "\
prose @X: id
    @A: id
\t@B: id
     @TooDeep: id
\t\t@TooDeep: id
```
@Example: id
```
~~~ text
```
@Example: id
~~~
@ver=3
@see @A: id
@see: the colon is a fault elsewhere
@mention without a colon
@C: id";
    let text = text.replace("@see: the colon is a fault elsewhere\n", "");
    expect![[r#"
        A @ D: id
        B @ D: id
        C @ D: id
    "#]]
    .assert_eq(&names(&read(&text)));
}

#[test]
fn every_fault_is_listed() {
    let text = "\
@A: id, name, Name, x(q)
@B: name
@C:
@a: id
@include: x
@geo_X: id
@O.x: id
@12: id
@key Nobody: index(a)
@key A: index(z)
@D: id, a
@key D index(a)
@key D: index(z)
```
never closed";
    expect![[r#"
        D:1: field `Name` comes twice
        D:1: field `x`: unknown suffix `(q)`
        D:2: the table has no `id`: every object is addressed by one
        D:3: the table has no `id`: every object is addressed by one
        D:4: table `a` is already defined at D:1
        D:5: `@include` takes no colon and cannot be the name of a table
        D:6: table `geo_X`: names starting with `geo_` belong to indexes
        D:7: `O.x` is not a name: letters, digits and _, starting with a letter
        D:8: `12` is not a name: letters, digits and _, starting with a letter
        D:12: a key line reads `@key Table: unique(a), index(b,c)`
        D:14: the code fence opened here is never closed
        D:9: `@key Nobody`: no such table
        D:13: `@key D`: table `D` has no column `z`
    "#]]
    .assert_eq(&faults(text));
}

#[test]
fn a_table_is_defined_once_in_all_files() {
    let found = parse(&[("one.md", "@A: id"), ("two.md", "\n@A: id"), ("three.md", "@a: id, b")]);
    expect![[r#"
        two.md:2: table `A` is already defined at one.md:1
        three.md:1: table `a` is already defined at one.md:1
    "#]]
    .assert_eq(&told(&found.unwrap_err()));
}

#[test]
fn lookups() {
    let catalogue = read("@A: id, name, userId\n@B: id");
    let a = catalogue.table("A").unwrap();
    assert_eq!(a.position("userId"), Some(2));
    assert_eq!(a.column("name").unwrap().name.as_str(), "name");
    assert_eq!(a.id().as_str(), "id");
    assert!(a.column("Name").is_none() && a.position("x").is_none());
    assert!(catalogue.table("a").is_none() && catalogue.table("C").is_none());
}

#[test]
fn overlong_names_are_faults() {
    let name = "a".repeat(60);
    assert!(faults(&format!("@T: id, {name}")).contains("longer than 59 bytes"));
    assert_eq!(table(&format!("@T: id, {}", &name[..59])).columns.len(), 2);
}

fn files(pattern: &str) -> Vec<(String, String)> {
    let file = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    match pattern {
        "../plugins/*/DESIGN.md" => vec![
            file("plugins/a/DESIGN.md", "@A: id\n@include ../shared.md\n@include main.md"),
            file("plugins/b/DESIGN.md", "@B: id\n@include ../plugins/*/DESIGN.md\n@key Shared: index(name)"),
        ],
        "../shared.md" => vec![file("shared.md", "@Shared: id, name")],
        "main.md" => vec![file("main.md", "@Main: id")],
        _ => vec![],
    }
}

#[test]
fn includes_are_read_once_each() {
    let text = "@Main: id\n@include ..\\plugins\\*\\DESIGN.md\n@include ../shared.md\n@include none/*.md";
    let catalogue = parse_with("main.md", text, &files).unwrap();
    expect![[r#"
        Main @ main.md: id
        A @ plugins/a/DESIGN.md: id
        Shared @ shared.md: id name
        B @ plugins/b/DESIGN.md: id
    "#]]
    .assert_eq(&names(&catalogue));
    assert_eq!(catalogue.table("Shared").unwrap().keys.len(), 1);
}

#[test]
fn an_include_that_finds_nothing_is_a_fault() {
    let found = parse_with("main.md", "@A: name\n\n@include gone.md", &files).unwrap_err();
    expect![[r#"
        main.md:3: no file `gone.md`
        main.md:1: the table has no `id`: every object is addressed by one
    "#]]
    .assert_eq(&told(&found));
    let found = parse_with("main.md", "```\n@include gone.md\n```\n@A: id", &files);
    assert_eq!(found.unwrap().tables().len(), 1);
}
