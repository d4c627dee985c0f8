//! Positions for people: where a watch or a member of the circle is and was, and who is near.

use super::circle::{member, membership};
use super::{codes, watch};
use jindou::plugin::*;
use std::collections::BTreeMap;

pub static WATCH_LOCATE: Object = Object::table("WatchLocate")
    .vcols(&[join("Watch", "imei").key("imei").cols("name watchName")])
    .time_columns("tm")
    .default_sort(NEWEST)
    .unlogged()
    .actions(&[read("query", USER, query_watch).doc("Where a watch is or was; with nearby, who is near.")])
    .user(can(QUERY).own_among("circleId", "CircleUser", "circleId", "userId").while_is("status", 1))
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

pub static WATCH_LOCUS: Object = Object::table("WatchLocus")
    .time_columns("tm")
    .default_sort(NEWEST)
    .unlogged()
    .actions(&[
        read("query", USER, query_track).doc("The track of a watch."),
        read("dateNum", USER, date_num).doc("Points of the track by day."),
    ])
    .user(can(QUERY).own_among("circleId", "CircleUser", "circleId", "userId").while_is("status", 1))
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

pub static USER_LOCATE: Object = Object::table("UserLocate")
    .time_columns("tm")
    .default_sort(NEWEST)
    .unlogged()
    .actions(&[read("query", USER, query_user).doc("Where a member who shares his position is.")])
    .private_of("User", "userId")
    .user(can(QUERY));

pub static USER_LOCUS: Object = Object::table("UserLocus")
    .time_columns("tm")
    .default_sort(NEWEST)
    .unlogged()
    .actions(&[read("query", USER, query_user_track).doc("The track of a member who shares his position.")])
    .private_of("User", "userId")
    .user(can(QUERY));

const NEWEST: &str = "tm desc, id desc";
const DAYS: i64 = 90;

/// The newest row alone.
fn latest(args: &Args) -> Args {
    args.clone().with("orderby", NEWEST).with("pagesz", 1)
}

/// Rows of `tm` between two parameters, either of which may be absent.
fn period(args: &Args) -> Result<Option<Cond>> {
    let bound = |name, op| -> Result<Option<Cond>> {
        let at = args.moment(name)?;
        Ok(at.map(|at| Cond::compare("tm", op, Literal::Text(at))))
    };
    Ok(match (bound("tm1", Compare::Ge)?, bound("tm2", Compare::Le)?) {
        (Some(from), Some(to)) => Some(from.and(to)),
        (from, to) => from.or(to),
    })
}

/// What a watch reported to the circle it is in now; what it told another family before stays with that one.
fn of_binding(watch: &Row) -> Cond {
    Cond::text("imei", watch.text("imei")).and(Cond::int("circleId", watch.int("circleId")))
}

/// What every watch of the caller's circles reported to the circle it is in now.
fn of_all_bindings(tx: &mut Tx<'_>) -> Result<Cond> {
    let me = tx.caller().id;
    let mut all: Option<Cond> = None;
    for circle in tx.list("CircleUser", &[("userId", json!(me)), ("status", json!(1))], "circleId", 1000)? {
        for watch in tx.list("Watch", &[("circleId", circle["circleId"].clone())], "imei, circleId", 1000)? {
            let one = of_binding(&watch);
            all = Some(match all {
                Some(all) => all.or(one),
                None => one,
            });
        }
    }
    Ok(all.unwrap_or_else(|| Cond::int("circleId", 0)))
}

fn query_watch(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let near = args.text("nearby")?.is_some();
    let only = match near && args.text("imei")?.is_none() {
        true => of_all_bindings(tx)?,
        false => of_binding(&watch::named(tx, args)?),
    };
    match (near, period(args)?) {
        (false, None) => tx.standard_query("WatchLocate", &latest(args), only),
        (_, times) => tx.standard_query("WatchLocate", args, only.and(times.unwrap_or_default())),
    }
}

fn query_track(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let found = watch::named(tx, args)?;
    let mut only = of_binding(&found);
    if let Some(kind) = args.int("type")? {
        only = only.and(Cond::int("type", kind));
    }
    only = only.and(period(args)?.unwrap_or_else(|| today(tx)));
    tx.standard_query("WatchLocus", args, only)
}

fn today(tx: &Tx<'_>) -> Cond {
    Cond::compare(
        "tm",
        Compare::Ge,
        Literal::Text(jindou::time::format(jindou::time::midnight(tx.env().now()))),
    )
}

fn date_num(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let found = watch::named(tx, args)?;
    let only = of_binding(&found);
    let times = match period(args)? {
        Some(times) => times,
        None => {
            let from = tx.env().zone.from_unix(tx.unix_ms() / 1000 - DAYS * 86_400);
            Cond::compare("tm", Compare::Ge, Literal::Text(jindou::time::format(from)))
        }
    };
    let mut days: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    for row in tx.find("WatchLocus", Find::by(only.and(times)).res("tm, type").order("id"))? {
        let day = row.text("tm").get(..10).unwrap_or_default().to_owned();
        days.entry(day).or_default()[usize::from(row.int("type") != 1)] += 1;
    }
    let rows = days.into_iter().rev().map(|(day, [gps, lbs])| vec![json!(day), json!(gps), json!(lbs)]);
    args.table(Grid::new(["dt", "gpsNum", "lbsNum"], rows.collect()))
}

/// A member who shares the position with the circle, or the caller.
fn sharing(tx: &mut Tx<'_>, args: &Args) -> Result<i64> {
    let circle = args.need_id("circleId")?;
    let user = args.need_int("userId")?;
    member(tx, circle)?;
    let found: Row = membership(tx, circle, user)?.ok_or_else(|| Error::known(codes::NOT_IN_CIRCLE))?;
    match user == tx.caller().id || found.int("shareLocateFlag") == 1 {
        true => Ok(user),
        false => Err(Error::known(codes::NOT_SHARED)),
    }
}

fn query_user(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let only = Cond::int("userId", sharing(tx, args)?);
    match period(args)? {
        Some(times) => tx.standard_query("UserLocate", args, only.and(times)),
        None => tx.standard_query("UserLocate", &latest(args), only),
    }
}

fn query_user_track(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let only = Cond::int("userId", sharing(tx, args)?);
    let times = period(args)?.unwrap_or_else(|| today(tx));
    tx.standard_query("UserLocus", args, only.and(times))
}
