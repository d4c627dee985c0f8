//! Each kind of statement in the three dialects, side by side.

use super::{Dialect, MYSQL, POSTGRES, SQLITE, Sql, count, delete, insert, select, update};
use crate::auth::{Authorized, Caller, Granted, Role, authorize};
use crate::call::name::Action;
use crate::call::params::Params;
use crate::call::query::parse;
use crate::object::*;
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
    check_sql("res=id,amount&cond=status='CR' and amount>10&pagesz=5&pagekey=7", expect![[""]]);
}

#[test]
fn joins_and_formulas() {
    check_sql(
        "res=id,title&cond=userName like 'a%25' or not status in ('CR','RE')&orderby=title desc&page=3",
        expect![[""]],
    );
}

#[test]
fn dear_columns_wait_for_the_page() {
    check_sql("res=id,logCnt&orderby=amount&pagesz=3", expect![[""]]);
}

#[test]
fn groups_by_week() {
    check_sql(
        "gres=y,w&res=count(*) c,sumif(status='RE',amount) s,avg(amount/2) a&gcond=c>1&orderby=c desc",
        expect![[""]],
    );
}

#[test]
fn time_parts() {
    check_sql("res=q,m,d,h,wd,w&cond=tm>='2024-01-02'", expect![[""]]);
}

#[test]
fn whole_words() {
    check_sql("res=id&cond=flag_vip=0", expect![[""]]);
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
    check_extra("res=id&orderby=id desc", &extra, expect![[""]]);
    check_extra("res=count(*) c", &extra, expect![[""]]);
}

#[test]
fn totals_of_plain_and_grouped_rows() {
    let caller = Caller::of_role(Role::User, 8);
    with_plan(&caller, "res=id&cond=userName='x'&page=1", &Extra::default(), |_, plan| {
        check(|d| count(&plan.select, d), expect![[""]])
    });
    with_plan(&caller, "gres=status&res=count(*) c&page=1", &Extra::default(), |_, plan| {
        check(|d| count(&plan.select, d), expect![[""]])
    });
}

#[test]
fn writes() {
    let registry = Registry::new(&[], vec![&PLUGIN]).unwrap();
    let table = registry.catalogue.table("Ordr").unwrap();
    let dates = |_: &str| None;
    let fields = json!({"status": "CR", "amount": "9.50"}).as_object().unwrap().clone();
    let made = write::insert(table, &fields, &dates).unwrap();
    check(|d| insert(&made, d), expect![[""]]);
    let columns = write::update_columns(table, &fields, &dates).unwrap();
    let one =
        Update { table: table.name.clone(), id: table.id().clone(), columns, filter: Some(Filter::Id(5)) };
    check(|d| update(&one, d), expect![[""]]);
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
            check(|d| delete(&many, d), expect![[""]]);
        },
    );
}
