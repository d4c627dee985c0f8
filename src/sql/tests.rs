//! Each kind of statement in the three dialects, side by side.

use super::{Dialect, MYSQL, POSTGRES, SQLITE, Sql, count, delete, insert, select, update};
use crate::auth::{Caller, Role};
use crate::authorize::{Authorized, Granted, authorize};
use crate::call::name::Action;
use crate::call::params::Params;
use crate::call::query::parse;
use crate::object::*;
use crate::plan::Select;
use crate::plan::query::{Extra, QueryPlan, query};
use crate::plan::scope::Reading;
use crate::plan::write::{self, Delete, Filter, Rows, Update};
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::value::Val;
use expect_test::{Expect, expect};
use serde_json::json;

static PLUGIN: Plugin = Plugin::new(
    "shop",
    "@Ordr: id, userId, tm, status(2), amount, flags(l)\n@User: id, name(s)\n@Log: id, ordrId, text(l)",
)
.objects(&[&ORDR]);

static ORDR: Object = Object::table("Ordr")
    .vcols(&[
        join("User", "userId").cols("name userName"),
        formula("concat(userName,'#',id) title"),
        crate::object::count("logCnt", "Log", "ordrId={id}"),
    ])
    .time_columns("tm")
    .user(can(ALL).own("userId"));

const DIALECTS: [&Dialect; 3] = [&SQLITE, &POSTGRES, &MYSQL];

fn with_plan<T>(
    caller: &Caller,
    request: &str,
    extra: &Extra,
    work: impl FnOnce(&Authorized<'_>, &QueryPlan) -> T,
) -> T {
    let registry = Registry::new(&[], vec![&PLUGIN]).unwrap();
    let Granted::Table(granted) = authorize(&registry, caller, &Action::parse("Ordr.query")).unwrap() else {
        unreachable!()
    };
    let req = parse(&Params::parse_query(request).unwrap(), &Params::default()).unwrap();
    let dates = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let reading = Reading { tables: &registry.catalogue, dates: &dates, secret_id: &|_| None };
    let plan = query(&granted, &req, extra, &crate::call::cond::Cond::none(), &reading).unwrap();
    work(&granted, &plan)
}

/// Prints the statement of each dialect, then the values it binds.
#[track_caller]
fn check(make: impl Fn(&'static Dialect) -> Sql, expected: Expect) {
    let mut shown = String::new();
    for dialect in DIALECTS {
        shown.push_str(&format!("{:<8} {}\n", dialect.name, make(dialect).text));
    }
    let binds: Vec<String> = make(&SQLITE)
        .binds
        .iter()
        .map(|bind| match bind {
            Val::Text(text) => format!("'{text}'"),
            Val::Int(n) => n.to_string(),
            Val::Real(x) => x.to_string(),
            Val::Null => "null".to_owned(),
        })
        .collect();
    shown.push_str(&format!("binds    {}\n", binds.join(", ")));
    expected.assert_eq(&shown);
}

#[track_caller]
fn check_sql(request: &str, expected: Expect) {
    check_extra(request, &Extra::default(), expected);
}

#[track_caller]
fn check_extra(request: &str, extra: &Extra, expected: Expect) {
    with_plan(&Caller::of_role(Role::Admin, 1), request, extra, |_, plan| {
        check(|dialect| select(&plan.select, dialect), expected)
    });
}

#[test]
fn pages_by_key() {
    check_sql(
        "res=id,amount&cond=status='CR' and amount>10&pagesz=5&pagekey=7",
        expect![[r#"
        sqlite   SELECT t0."id", t0."amount" FROM "Ordr" t0 WHERE (t0."status" = ?) AND (t0."amount" > ?) AND (t0."id" > ?) ORDER BY 1 LIMIT 6
        postgres SELECT t0."id", t0."amount" FROM "Ordr" t0 WHERE (t0."status" = $1) AND (t0."amount" > $2) AND (t0."id" > $3) ORDER BY 1 LIMIT 6
        mysql    SELECT t0.`id`, t0.`amount` FROM `Ordr` t0 WHERE (t0.`status` = ?) AND (t0.`amount` > ?) AND (t0.`id` > ?) ORDER BY 1 LIMIT 6
        binds    'CR', 10, 7
    "#]],
    );
}

#[test]
fn joins_and_formulas() {
    check_sql(
        "res=id,title&cond=userName like 'a%25' or not status in ('CR','RE')&orderby=title desc&page=3",
        expect![[r#"
            sqlite   SELECT t0."id", CONCAT(t1."name", ?, t0."id") FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t1."name" LIKE ?) OR (NOT (t0."status" IN (?, ?))) ORDER BY 2 DESC, 1 DESC LIMIT 21 OFFSET 40
            postgres SELECT t0."id", CONCAT(t1."name", CAST($1 AS TEXT), t0."id") FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t1."name" ILIKE $2 ESCAPE '') OR (NOT (t0."status" IN ($3, $4))) ORDER BY 2 DESC NULLS LAST, 1 DESC LIMIT 21 OFFSET 40
            mysql    SELECT t0.`id`, CONCAT(COALESCE(t1.`name`, ''), COALESCE(?, ''), COALESCE(t0.`id`, '')) FROM `Ordr` t0 LEFT JOIN `User` t1 ON t1.`id` = t0.`userId` WHERE (t1.`name` LIKE ? ESCAPE '') OR (NOT (t0.`status` IN (?, ?))) ORDER BY 2 DESC, 1 DESC LIMIT 21 OFFSET 40
            binds    '#', 'a%', 'CR', 'RE'
        "#]],
    );
}

#[test]
fn dear_columns_wait_for_the_page() {
    check_sql(
        "res=id,logCnt&orderby=amount&pagesz=3",
        expect![[r#"
            sqlite   SELECT t0."id", (SELECT COUNT(*) FROM "Log" s WHERE s."ordrId" = t0."id") FROM (SELECT t0."id" AS c0 FROM "Ordr" t0 ORDER BY t0."amount", 1 LIMIT 4) x JOIN "Ordr" t0 ON t0."id" = x.c0 ORDER BY t0."amount", 1
            postgres SELECT t0."id", (SELECT COUNT(*) FROM "Log" s WHERE s."ordrId" = t0."id") FROM (SELECT t0."id" AS c0 FROM "Ordr" t0 ORDER BY t0."amount" NULLS FIRST, 1 LIMIT 4) x JOIN "Ordr" t0 ON t0."id" = x.c0 ORDER BY t0."amount" NULLS FIRST, 1
            mysql    SELECT t0.`id`, (SELECT COUNT(*) FROM `Log` s WHERE s.`ordrId` = t0.`id`) FROM (SELECT t0.`id` AS c0 FROM `Ordr` t0 ORDER BY t0.`amount`, 1 LIMIT 4) x JOIN `Ordr` t0 ON t0.`id` = x.c0 ORDER BY t0.`amount`, 1
            binds    
        "#]],
    );
}

#[test]
fn groups_by_week() {
    check_sql(
        "gres=y,w&res=count(*) c,sumif(status='RE',amount) s,avg(amount/2) a&gcond=c>1&orderby=c desc",
        expect![[r#"
            sqlite   SELECT CASE WHEN CAST(strftime('%W', t0."tm") AS INTEGER) = 0 THEN CAST(strftime('%Y', t0."tm", 'start of year', '-1 day') AS INTEGER) ELSE CAST(strftime('%Y', t0."tm") AS INTEGER) END, CASE WHEN CAST(strftime('%W', t0."tm") AS INTEGER) = 0 THEN CAST(strftime('%W', t0."tm", 'start of year', '-1 day') AS INTEGER) ELSE CAST(strftime('%W', t0."tm") AS INTEGER) END, COUNT(*), SUM(CASE WHEN t0."status" = ? THEN t0."amount" ELSE 0 END), AVG((t0."amount" * 1.0) / NULLIF(?, 0)) FROM "Ordr" t0 GROUP BY CASE WHEN CAST(strftime('%W', t0."tm") AS INTEGER) = 0 THEN CAST(strftime('%Y', t0."tm", 'start of year', '-1 day') AS INTEGER) ELSE CAST(strftime('%Y', t0."tm") AS INTEGER) END, CASE WHEN CAST(strftime('%W', t0."tm") AS INTEGER) = 0 THEN CAST(strftime('%W', t0."tm", 'start of year', '-1 day') AS INTEGER) ELSE CAST(strftime('%W', t0."tm") AS INTEGER) END HAVING COUNT(*) > ? ORDER BY 3 DESC, 1, 2 LIMIT 21
            postgres SELECT (CAST(EXTRACT(YEAR FROM t0."tm") AS BIGINT) - CASE WHEN ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) = 0 THEN 1 ELSE 0 END), CASE WHEN ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) = 0 THEN ((CAST(EXTRACT(DOY FROM date_trunc('year', t0."tm") - INTERVAL '1 day') AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM date_trunc('year', t0."tm") - INTERVAL '1 day') AS BIGINT)) / 7) ELSE ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) END, COUNT(*), SUM(CASE WHEN t0."status" = $1 THEN t0."amount" ELSE 0 END), AVG((t0."amount" * 1.0) / NULLIF($2, 0)) FROM "Ordr" t0 GROUP BY (CAST(EXTRACT(YEAR FROM t0."tm") AS BIGINT) - CASE WHEN ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) = 0 THEN 1 ELSE 0 END), CASE WHEN ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) = 0 THEN ((CAST(EXTRACT(DOY FROM date_trunc('year', t0."tm") - INTERVAL '1 day') AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM date_trunc('year', t0."tm") - INTERVAL '1 day') AS BIGINT)) / 7) ELSE ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7) END HAVING COUNT(*) > $3 ORDER BY 3 DESC NULLS LAST, 1 NULLS FIRST, 2 NULLS FIRST LIMIT 21
            mysql    SELECT (YEAR(t0.`tm`) - (WEEK(t0.`tm`, 5) = 0)), WEEK(t0.`tm`, 7), COUNT(*), SUM(CASE WHEN t0.`status` = ? THEN t0.`amount` ELSE 0 END), AVG((t0.`amount` * 1.0) / NULLIF(?, 0)) FROM `Ordr` t0 GROUP BY (YEAR(t0.`tm`) - (WEEK(t0.`tm`, 5) = 0)), WEEK(t0.`tm`, 7) HAVING COUNT(*) > ? ORDER BY 3 DESC, 1, 2 LIMIT 21
            binds    'RE', 2, 1
        "#]],
    );
}

#[test]
fn time_parts() {
    check_sql(
        "res=q,m,d,h,wd,w&cond=tm>='2024-01-02'",
        expect![[r#"
        sqlite   SELECT ((CAST(strftime('%m', t0."tm") AS INTEGER) + 2) / 3), CAST(strftime('%m', t0."tm") AS INTEGER), CAST(strftime('%d', t0."tm") AS INTEGER), CAST(strftime('%H', t0."tm") AS INTEGER), ((CAST(strftime('%w', t0."tm") AS INTEGER) + 6) % 7 + 1), CAST(strftime('%W', t0."tm") AS INTEGER), t0."id" FROM "Ordr" t0 WHERE t0."tm" >= ? ORDER BY 7 LIMIT 21
        postgres SELECT CAST(EXTRACT(QUARTER FROM t0."tm") AS BIGINT), CAST(EXTRACT(MONTH FROM t0."tm") AS BIGINT), CAST(EXTRACT(DAY FROM t0."tm") AS BIGINT), CAST(EXTRACT(HOUR FROM t0."tm") AS BIGINT), CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT), ((CAST(EXTRACT(DOY FROM t0."tm") AS BIGINT) + 7 - CAST(EXTRACT(ISODOW FROM t0."tm") AS BIGINT)) / 7), t0."id" FROM "Ordr" t0 WHERE t0."tm" >= $1 ORDER BY 7 LIMIT 21
        mysql    SELECT QUARTER(t0.`tm`), MONTH(t0.`tm`), DAYOFMONTH(t0.`tm`), HOUR(t0.`tm`), (WEEKDAY(t0.`tm`) + 1), WEEK(t0.`tm`, 5), t0.`id` FROM `Ordr` t0 WHERE t0.`tm` >= ? ORDER BY 7 LIMIT 21
        binds    '2024-01-02 00:00:00'
    "#]],
    );
}

#[test]
fn whole_words() {
    check_sql(
        "res=id&cond=flag_vip=0",
        expect![[r#"
            sqlite   SELECT t0."id" FROM "Ordr" t0 WHERE (t0."flags" IS NULL) OR (NOT (INSTR(CONCAT(?, t0."flags", ?), CONCAT(?, ?, ?)) > 0)) ORDER BY 1 LIMIT 21
            postgres SELECT t0."id" FROM "Ordr" t0 WHERE (t0."flags" IS NULL) OR (NOT (STRPOS(CONCAT(CAST($1 AS TEXT), t0."flags", CAST($2 AS TEXT)), CONCAT(CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT))) > 0)) ORDER BY 1 LIMIT 21
            mysql    SELECT t0.`id` FROM `Ordr` t0 WHERE (t0.`flags` IS NULL) OR (NOT (INSTR(CONCAT(COALESCE(?, ''), COALESCE(t0.`flags`, ''), COALESCE(?, '')), CONCAT(COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''))) > 0)) ORDER BY 1 LIMIT 21
            binds    ' ', ' ', ' ', 'vip', ' '
        "#]],
    );
}

#[test]
fn the_latest_of_each() {
    let extra = Extra {
        link: Some(("userId".into(), vec![1.into(), 2.into()])),
        link_out: true,
        per_parent: Some(2),
        unpaged: true,
        ..Extra::default()
    };
    check_extra(
        "res=id&orderby=id desc",
        &extra,
        expect![[r#"
        sqlite   SELECT c0, c1 FROM (SELECT t0."id" AS c0, t0."userId" AS c1, ROW_NUMBER() OVER (PARTITION BY t0."userId" ORDER BY t0."id" DESC) AS rn FROM "Ordr" t0 WHERE t0."userId" IN (?, ?)) x WHERE rn <= 2 ORDER BY rn
        postgres SELECT c0, c1 FROM (SELECT t0."id" AS c0, t0."userId" AS c1, ROW_NUMBER() OVER (PARTITION BY t0."userId" ORDER BY t0."id" DESC) AS rn FROM "Ordr" t0 WHERE t0."userId" IN ($1, $2)) x WHERE rn <= 2 ORDER BY rn
        mysql    SELECT c0, c1 FROM (SELECT t0.`id` AS c0, t0.`userId` AS c1, ROW_NUMBER() OVER (PARTITION BY t0.`userId` ORDER BY t0.`id` DESC) AS rn FROM `Ordr` t0 WHERE t0.`userId` IN (?, ?)) x WHERE rn <= 2 ORDER BY rn
        binds    1, 2
    "#]],
    );
    check_extra(
        "res=count(*) c",
        &extra,
        expect![[r#"
        sqlite   SELECT c0, c1 FROM (SELECT COUNT(*) AS c0, t0."userId" AS c1, ROW_NUMBER() OVER (PARTITION BY t0."userId") AS rn FROM "Ordr" t0 WHERE t0."userId" IN (?, ?) GROUP BY t0."userId") x WHERE rn <= 2 ORDER BY rn
        postgres SELECT c0, c1 FROM (SELECT COUNT(*) AS c0, t0."userId" AS c1, ROW_NUMBER() OVER (PARTITION BY t0."userId") AS rn FROM "Ordr" t0 WHERE t0."userId" IN ($1, $2) GROUP BY t0."userId") x WHERE rn <= 2 ORDER BY rn
        mysql    SELECT c0, c1 FROM (SELECT COUNT(*) AS c0, t0.`userId` AS c1, ROW_NUMBER() OVER (PARTITION BY t0.`userId`) AS rn FROM `Ordr` t0 WHERE t0.`userId` IN (?, ?) GROUP BY t0.`userId`) x WHERE rn <= 2 ORDER BY rn
        binds    1, 2
    "#]],
    );
}

#[test]
fn totals_of_plain_and_grouped_rows() {
    let caller = Caller::of_role(Role::User, 8);
    with_plan(&caller, "res=id&cond=userName='x'&page=1", &Extra::default(), |_, plan| {
        check(
            |d| count(&plan.select, d),
            expect![[r#"
        sqlite   SELECT COUNT(*) FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t0."userId" = ?) AND (t1."name" = ?)
        postgres SELECT COUNT(*) FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t0."userId" = $1) AND (t1."name" = $2)
        mysql    SELECT COUNT(*) FROM `Ordr` t0 LEFT JOIN `User` t1 ON t1.`id` = t0.`userId` WHERE (t0.`userId` = ?) AND (t1.`name` = ?)
        binds    8, 'x'
    "#]],
        )
    });
    with_plan(&caller, "gres=status&res=count(*) c&page=1", &Extra::default(), |_, plan| {
        check(
            |d| count(&plan.select, d),
            expect![[r#"
        sqlite   SELECT COUNT(*) FROM (SELECT t0."status" AS c0, COUNT(*) AS c1 FROM "Ordr" t0 WHERE t0."userId" = ? GROUP BY t0."status") x
        postgres SELECT COUNT(*) FROM (SELECT t0."status" AS c0, COUNT(*) AS c1 FROM "Ordr" t0 WHERE t0."userId" = $1 GROUP BY t0."status") x
        mysql    SELECT COUNT(*) FROM (SELECT t0.`status` AS c0, COUNT(*) AS c1 FROM `Ordr` t0 WHERE t0.`userId` = ? GROUP BY t0.`status`) x
        binds    8
    "#]],
        )
    });
}

#[test]
fn rows_are_counted_on_their_way_to_the_sort() {
    let caller = Caller::of_role(Role::User, 8);
    let made = |request: &str, expected: Expect| {
        with_plan(&caller, request, &Extra::default(), |_, plan| {
            check(|d| select(&Select { tallied: true, ..plan.select.clone() }, d), expected)
        });
    };
    made(
        "res=id&orderby=amount desc&page=2&pagesz=5",
        expect![[r#"
        sqlite   SELECT t0."id" FROM "Ordr" t0 WHERE t0."userId" = ? ORDER BY jindou_tally(), t0."amount" DESC, 1 DESC LIMIT 6 OFFSET 5
        postgres SELECT t0."id" FROM "Ordr" t0 WHERE t0."userId" = $1 ORDER BY t0."amount" DESC NULLS LAST, 1 DESC LIMIT 6 OFFSET 5
        mysql    SELECT t0.`id` FROM `Ordr` t0 WHERE t0.`userId` = ? ORDER BY t0.`amount` DESC, 1 DESC LIMIT 6 OFFSET 5
        binds    8
    "#]],
    );
    made(
        "res=id,logCnt&orderby=amount&page=1&pagesz=5",
        expect![[r#"
        sqlite   SELECT t0."id", (SELECT COUNT(*) FROM "Log" s WHERE s."ordrId" = t0."id") FROM (SELECT t0."id" AS c0 FROM "Ordr" t0 WHERE t0."userId" = ? ORDER BY jindou_tally(), t0."amount", 1 LIMIT 6) x JOIN "Ordr" t0 ON t0."id" = x.c0 ORDER BY t0."amount", 1
        postgres SELECT t0."id", (SELECT COUNT(*) FROM "Log" s WHERE s."ordrId" = t0."id") FROM (SELECT t0."id" AS c0 FROM "Ordr" t0 WHERE t0."userId" = $1 ORDER BY t0."amount" NULLS FIRST, 1 LIMIT 6) x JOIN "Ordr" t0 ON t0."id" = x.c0 ORDER BY t0."amount" NULLS FIRST, 1
        mysql    SELECT t0.`id`, (SELECT COUNT(*) FROM `Log` s WHERE s.`ordrId` = t0.`id`) FROM (SELECT t0.`id` AS c0 FROM `Ordr` t0 WHERE t0.`userId` = ? ORDER BY t0.`amount`, 1 LIMIT 6) x JOIN `Ordr` t0 ON t0.`id` = x.c0 ORDER BY t0.`amount`, 1
        binds    8
    "#]],
    );
}

#[test]
fn writes() {
    let registry = Registry::new(&[], vec![&PLUGIN]).unwrap();
    let table = registry.catalogue.table("Ordr").unwrap();
    let dates = |_: &str| None;
    let values = [("status", json!("CR")), ("amount", json!("9.50"))];
    let fields = || values.iter().map(|(name, value)| Ok((table.column(name).unwrap(), value)));
    let mut made = write::insert(table, fields(), &dates).unwrap();
    check(
        |d| insert(&made, d),
        expect![[r#"
        sqlite   INSERT INTO "Ordr" ("status", "amount") VALUES (?, ?)
        postgres INSERT INTO "Ordr" ("status", "amount") VALUES ($1, $2) RETURNING id
        mysql    INSERT INTO `Ordr` (`status`, `amount`) VALUES (?, ?)
        binds    'CR', 9.5
    "#]],
    );
    made.values.extend(made.values.clone());
    check(
        |d| insert(&made, d),
        expect![[r#"
        sqlite   INSERT OR FAIL INTO "Ordr" ("status", "amount") VALUES (?, ?), (?, ?)
        postgres INSERT INTO "Ordr" ("status", "amount") VALUES ($1, $2), ($3, $4)
        mysql    INSERT INTO `Ordr` (`status`, `amount`) VALUES (?, ?), (?, ?)
        binds    'CR', 9.5, 'CR', 9.5
    "#]],
    );
    let columns = write::update_columns(fields(), &dates).unwrap();
    let one =
        Update { table: table.name.clone(), id: table.id().clone(), columns, filter: Some(Filter::Id(5)) };
    check(
        |d| update(&one, d),
        expect![[r#"
        sqlite   UPDATE "Ordr" SET "status" = ?, "amount" = ? WHERE "id" = ?
        postgres UPDATE "Ordr" SET "status" = $1, "amount" = $2 WHERE "id" = $3
        mysql    UPDATE `Ordr` SET `status` = ?, `amount` = ? WHERE `id` = ?
        binds    'CR', 9.5, 5
    "#]],
    );
    with_plan(
        &Caller::of_role(Role::User, 8),
        "cond=userName='x'",
        &Extra { ids_only: true, unpaged: true, ..Extra::default() },
        |_, plan| {
            let rows = Rows { joins: plan.select.joins.clone(), filter: plan.select.filter.clone() };
            let many = Delete {
                table: table.name.clone(),
                id: table.id().clone(),
                filter: Some(Filter::Where(Box::new(rows))),
            };
            check(
                |d| delete(&many, d),
                expect![[r#"
            sqlite   DELETE FROM "Ordr" WHERE "id" IN (SELECT t0."id" FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t0."userId" = ?) AND (t1."name" = ?))
            postgres DELETE FROM "Ordr" WHERE "id" IN (SELECT t0."id" FROM "Ordr" t0 LEFT JOIN "User" t1 ON t1."id" = t0."userId" WHERE (t0."userId" = $1) AND (t1."name" = $2))
            mysql    DELETE FROM `Ordr` WHERE `id` IN (SELECT id FROM (SELECT t0.`id` FROM `Ordr` t0 LEFT JOIN `User` t1 ON t1.`id` = t0.`userId` WHERE (t0.`userId` = ?) AND (t1.`name` = ?)) x)
            binds    8, 'x'
        "#]],
            );
        },
    );
}

#[test]
fn rows_that_tell_of_others() {
    use crate::call::cond::Cond;
    use crate::plan::{FieldPolicy, FieldView, ReadPolicy, RowPolicy};
    let caller = Caller::of_role(Role::Admin, 1);
    let ids = Extra { ids_only: true, unpaged: true, ..Extra::default() };
    let own = with_plan(&Caller::of_role(Role::User, 8), "", &ids, |_, plan| plan.select.clone());
    let rows = vec![
        RowPolicy { when: Cond::text("status", "CR"), of: None },
        RowPolicy { when: Cond::text("status", "RE"), of: Some(("userId", own)) },
    ];
    let cases = vec![
        (Cond::int("id", 1), FieldView::Whole),
        (Cond::int("id", 2), FieldView::Without(vec!["pin".into(), "key".into()])),
    ];
    let read_policy = ReadPolicy { rows: Some(rows), fields: vec![FieldPolicy { field: "flags", cases }] };
    let extra = Extra { read_policy: Some(read_policy.into()), unpaged: true, ..Extra::default() };
    with_plan(&caller, "res=flags&cond=flags='x'", &extra, |_, plan| {
        check(
            |d| select(&plan.select, d),
            expect![[r#"
            sqlite   SELECT CASE WHEN t0."id" = ? THEN t0."flags" ELSE CASE WHEN t0."id" = ? THEN CASE WHEN JSON_VALID(t0."flags") THEN JSON_REMOVE(t0."flags", ?, ?) END ELSE ? END END, t0."id" FROM "Ordr" t0 WHERE ((t0."status" = ?) OR ((t0."status" = ?) AND (t0."userId" IN (SELECT t0."id" FROM "Ordr" t0 WHERE t0."userId" = ? ORDER BY 1)))) AND ((CASE WHEN t0."id" = ? THEN t0."flags" ELSE CASE WHEN t0."id" = ? THEN CASE WHEN JSON_VALID(t0."flags") THEN JSON_REMOVE(t0."flags", ?, ?) END ELSE ? END END) = ?) ORDER BY 2
            postgres SELECT CASE WHEN t0."id" = $1 THEN t0."flags" ELSE CASE WHEN t0."id" = $2 THEN CASE WHEN t0."flags" IS JSON OBJECT THEN CAST(CAST(t0."flags" AS JSONB) - $3 - $4 AS TEXT) END ELSE $5 END END, t0."id" FROM "Ordr" t0 WHERE ((t0."status" = $6) OR ((t0."status" = $7) AND (t0."userId" IN (SELECT t0."id" FROM "Ordr" t0 WHERE t0."userId" = $8 ORDER BY 1)))) AND ((CASE WHEN t0."id" = $9 THEN t0."flags" ELSE CASE WHEN t0."id" = $10 THEN CASE WHEN t0."flags" IS JSON OBJECT THEN CAST(CAST(t0."flags" AS JSONB) - $11 - $12 AS TEXT) END ELSE $13 END END) = $14) ORDER BY 2
            mysql    SELECT CASE WHEN t0.`id` = ? THEN t0.`flags` ELSE CASE WHEN t0.`id` = ? THEN CASE WHEN JSON_VALID(t0.`flags`) THEN JSON_REMOVE(t0.`flags`, ?, ?) END ELSE ? END END, t0.`id` FROM `Ordr` t0 WHERE ((t0.`status` = ?) OR ((t0.`status` = ?) AND (t0.`userId` IN (SELECT t0.`id` FROM `Ordr` t0 WHERE t0.`userId` = ? ORDER BY 1)))) AND ((CASE WHEN t0.`id` = ? THEN t0.`flags` ELSE CASE WHEN t0.`id` = ? THEN CASE WHEN JSON_VALID(t0.`flags`) THEN JSON_REMOVE(t0.`flags`, ?, ?) END ELSE ? END END) = ?) ORDER BY 2
            binds    1, 2, '$."pin"', '$."key"', null, 'CR', 'RE', 8, 1, 2, '$."pin"', '$."key"', null, 'x'
        "#]],
        );
    });
}
