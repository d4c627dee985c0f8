//! The index of places. SQLite keeps it in an R-tree beside the table; triggers keep the two in step, so no
//! way of writing a row can forget it.

use super::DialectName;
use crate::design::ident::Ident;
use crate::design::table::Table;

pub(super) fn sql(table: &Table, lon: &Ident, lat: &Ident, dialect: DialectName) -> String {
    let on = dialect.quote(table.name.as_str());
    let geo = dialect.quote(&format!("geo_{}", table.name));
    let columns = dialect.list([lon, lat]);
    match dialect {
        DialectName::Sqlite => rtree(table, lon, lat),
        DialectName::Postgres => format!("CREATE INDEX {geo} ON {on} USING gist (point({columns}));\n"),
        DialectName::Mysql => format!("CREATE INDEX {geo} ON {on} ({columns});\n"),
    }
}

/// The tree and its triggers.
fn rtree(table: &Table, lon: &Ident, lat: &Ident) -> String {
    let name = &table.name;
    let id = table.id();
    let drop = format!("DELETE FROM \"geo_{name}\" WHERE \"id\" = old.\"{id}\";");
    let put = put(table, lon, lat, "new.", "");
    let trigger = |event: &str, when: &str, body: String| {
        format!("CREATE TRIGGER \"geo_{name}_{event}\" AFTER {when} ON \"{name}\" BEGIN\n  {body}\nEND;\n")
    };
    let moved = format!("UPDATE OF \"{id}\", \"{lon}\", \"{lat}\"");
    [
        format!(
            "CREATE VIRTUAL TABLE \"geo_{name}\" USING rtree(\"id\", \"minX\", \"maxX\", \"minY\", \"maxY\");\n"
        ),
        trigger("insert", "INSERT", put.clone()),
        trigger("update", &moved, format!("{drop}\n  {}", put)),
        trigger("delete", "DELETE", drop.clone()),
    ]
    .concat()
}

/// Fills a new tree from rows that are there already.
pub(in crate::design) fn fill(table: &Table, lon: &Ident, lat: &Ident) -> String {
    put(table, lon, lat, "", &format!(" FROM \"{}\"", table.name)) + "\n"
}

fn put(table: &Table, lon: &Ident, lat: &Ident, row: &str, from: &str) -> String {
    let place = |column: &Ident| format!("{row}\"{column}\"");
    let (name, id, lon, lat) = (&table.name, place(table.id()), place(lon), place(lat));
    format!(
        "INSERT OR REPLACE INTO \"geo_{name}\" (\"id\", \"minX\", \"maxX\", \"minY\", \"maxY\")\n  \
         SELECT {id}, {lon}, {lon}, {lat}, {lat}{from}\n  WHERE {lon} IS NOT NULL AND {lat} IS NOT NULL;"
    )
}
