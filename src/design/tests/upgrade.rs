//! Upgrade plans: only additions, and notes for all else.

use expect_test::expect;

use super::read;
use crate::design::{Catalogue, Existing, ExistingIndex, ExistingTable, column_type, key_name, plan};
use crate::design::{DialectName, TableKey, UpgradePlan};

const DESIGN: &str = "\
@Ordr: id, userId, status(2), amount, closeFlag, dscr(l)
@key Ordr: index(userId), unique(status,id)
@Plaza: id, lon#, lat#
@key Plaza: geo(lon,lat), where-unique(lon | lat is not null)
";

fn shown(plan: &UpgradePlan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        text += &format!("+ {}\n{}", step.what, step.sql);
    }
    for note in &plan.notes {
        text += &format!("# {note}\n");
    }
    text
}

fn found(name: &str, columns: &[(&str, &str)]) -> ExistingTable {
    let columns = columns.iter().map(|(name, declared)| ((*name).into(), (*declared).into())).collect();
    ExistingTable { name: name.into(), columns }
}

fn index(name: &str, table: &str, columns: &[&str], unique: bool) -> ExistingIndex {
    let columns = columns.iter().map(|name| (*name).into()).collect();
    ExistingIndex { name: name.into(), table: table.into(), columns, unique }
}

/// The database that a catalogue makes, as someone would report it.
fn made(catalogue: &Catalogue) -> Existing {
    let mut existing = Existing::default();
    for table in catalogue.tables() {
        let columns = table.columns.iter().map(|column| {
            let declared = column_type(column.kind, DialectName::Sqlite);
            (column.name.to_string(), declared.split(' ').next().unwrap().to_owned())
        });
        existing.tables.push(ExistingTable { name: table.name.to_string(), columns: columns.collect() });
        for key in &table.keys {
            let name = key_name(&table.name, key);
            if let TableKey::Geo { .. } = key {
                for end in ["", "_node", "_parent", "_rowid"] {
                    existing.tables.push(found(&format!("{name}{end}"), &[]));
                }
            } else {
                let columns: Vec<&str> = key.columns().into_iter().map(|name| name.as_str()).collect();
                existing.indexes.push(index(&name, table.name.as_str(), &columns, key.is_unique()));
            }
        }
    }
    existing
}

#[test]
fn an_empty_database_gets_everything() {
    let plan = plan(&read(DESIGN), &Existing::default());
    let what: Vec<&str> = plan.steps.iter().map(|step| step.what.as_str()).collect();
    expect![[r#"
        create table Ordr
        create table Plaza
        create index idx_Ordr_userId
        create unique index uk_Ordr_status_id
        create place index geo_Plaza
        create unique index uk_Plaza_lon_1f08e247"#]]
    .assert_eq(&what.join("\n"));
    assert!(plan.notes.is_empty());
}

#[test]
fn a_database_that_is_up_to_date_gets_nothing() {
    let catalogue = read(DESIGN);
    assert_eq!(shown(&plan(&catalogue, &made(&catalogue))), "");
}

#[test]
fn what_is_missing_is_added_and_the_rest_is_noted() {
    let existing = Existing {
        tables: vec![
            found(
                "ordr",
                &[
                    ("ID", "INTEGER"),
                    ("status", "nvarchar( 20 )"),
                    ("dscr", "NVARCHAR(50)"),
                    ("amount", "TEXT"),
                    ("old", "X"),
                ],
            ),
            found("Plaza", &[("id", "INTEGER"), ("lon", "REAL")]),
            found("Gone", &[("id", "INTEGER")]),
            found("sqlite_sequence", &[]),
            found("geo_Other_node", &[]),
        ],
        indexes: vec![
            index("idx_Ordr_userId", "ordr", &["status"], false),
            index("mine", "Ordr", &["status"], false),
            index("sqlite_autoindex_Ordr_1", "Ordr", &["status"], true),
            index("elsewhere", "Gone", &["id"], false),
        ],
    };
    expect![[r#"
        + add column Ordr.userId
        ALTER TABLE "ordr" ADD COLUMN "userId" INTEGER;
        + add column Ordr.closeFlag
        ALTER TABLE "ordr" ADD COLUMN "closeFlag" TINYINT NOT NULL DEFAULT 0;
        + add column Plaza.lat
        ALTER TABLE "Plaza" ADD COLUMN "lat" REAL;
        + create unique index uk_Ordr_status_id (fails if rows already repeat)
        CREATE UNIQUE INDEX "uk_Ordr_status_id" ON "Ordr" ("status", "id");
        + create place index geo_Plaza
        CREATE VIRTUAL TABLE "geo_Plaza" USING rtree("id", "minX", "maxX", "minY", "maxY");
        CREATE TRIGGER "geo_Plaza_insert" AFTER INSERT ON "Plaza" BEGIN
          INSERT OR REPLACE INTO "geo_Plaza" ("id", "minX", "maxX", "minY", "maxY")
          SELECT new."id", new."lon", new."lon", new."lat", new."lat"
          WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
        END;
        CREATE TRIGGER "geo_Plaza_update" AFTER UPDATE OF "id", "lon", "lat" ON "Plaza" BEGIN
          DELETE FROM "geo_Plaza" WHERE "id" = old."id";
          INSERT OR REPLACE INTO "geo_Plaza" ("id", "minX", "maxX", "minY", "maxY")
          SELECT new."id", new."lon", new."lon", new."lat", new."lat"
          WHERE new."lon" IS NOT NULL AND new."lat" IS NOT NULL;
        END;
        CREATE TRIGGER "geo_Plaza_delete" AFTER DELETE ON "Plaza" BEGIN
          DELETE FROM "geo_Plaza" WHERE "id" = old."id";
        END;
        INSERT OR REPLACE INTO "geo_Plaza" ("id", "minX", "maxX", "minY", "maxY")
          SELECT "id", "lon", "lon", "lat", "lat" FROM "Plaza"
          WHERE "lon" IS NOT NULL AND "lat" IS NOT NULL;
        + create unique index uk_Plaza_lon_1f08e247 (fails if rows already repeat)
        CREATE UNIQUE INDEX "uk_Plaza_lon_1f08e247" ON "Plaza" ("lon") WHERE "lat" IS NOT NULL;
        # Ordr.status is narrower now (20 → 2 characters): longer values stay, new ones are refused
        # Ordr.amount is TEXT in the database and MONEY in the design: left as it is
        # index idx_Ordr_userId on ordr is not what the design says: drop it by hand to have it made anew
        # column ordr.old is not in the design: kept; if it is userId or closeFlag under its old name, its values must be moved by hand
        # table Gone is in no design: left alone
        # table geo_Other_node is in no design: left alone
        # index mine on Ordr is not in the design: kept
    "#]]
    .assert_eq(&shown(&plan(&read(DESIGN), &existing)));
}

#[test]
fn a_table_without_its_key_is_left_to_a_person() {
    let existing = Existing {
        tables: vec![found("Ordr", &[("userId", "INTEGER")]), found("Plaza", &[("lon", "REAL")])],
        indexes: vec![],
    };
    let plan = plan(&read(DESIGN), &existing);
    assert!(plan.steps.iter().all(|step| !step.sql.contains("\"id\"")), "{}", shown(&plan));
    expect![[r#"
        table Ordr has no key column id and none can be added: rebuild the table by hand
        table Plaza has no key column id and none can be added: rebuild the table by hand"#]]
    .assert_eq(&plan.notes.join("\n"));
}
