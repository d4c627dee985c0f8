//! Instructions for a watch: it polls for its instructions and acknowledges those it has carried out. Of several with the
//! same merge key the newest alone counts.

use super::{device, shown};
use jindou::plugin::*;
use std::collections::HashSet;

pub static WATCH_JOB: Object = Object::table("WatchJob")
    .unlogged()
    .default_sort("id desc")
    .actions(&[
        write("poll", mask::WATCH, poll).doc("The instructions that wait for the watch, oldest first."),
        write("ack", mask::WATCH, ack).doc("The watch has carried out these instructions."),
    ])
    .admin(can(ALL).hidden("data"))
    .emp(can(READ).hidden("data"));

/// Instructions that one watch is given, or acknowledges, at once.
const MOST: u64 = 1000;

fn poll(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let watch = device::reporting(tx)?;
    let mut seen = HashSet::new();
    let mut waiting = Vec::new();
    for row in of_watch(tx, &watch)?.into_iter().rev() {
        // An instruction that a newer one replaces, or whose code has run out, is of no use to the watch.
        let data = match seen.insert(row.text("mergeKey").to_owned()) {
            true => shown::filled_in(tx, row.text("data"))?,
            false => None,
        };
        match data {
            Some(data) => waiting.push(json!({"id": row.int("id"), "itype": row.int("itype"), "data": data,
                "tm": row.get("tm")})),
            None => _ = tx.delete("WatchJob", &[("id", json!(row.int("id")))])?,
        }
    }
    waiting.reverse();
    Ok(Value::Array(waiting).into())
}

fn ack(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let ids = args.need_text("ids")?;
    let wrong = || Error::param("param `ids` is a list of numbers with commas between them");
    let ids: Vec<i64> =
        ids.split(',').map(|id| id.trim().parse().map_err(|_| wrong())).collect::<Result<_>>()?;
    if ids.len() as u64 > MOST {
        return Err(wrong());
    }
    let watch = device::reporting(tx)?;
    for id in ids {
        tx.delete("WatchJob", &[("id", json!(id)), ("imei", json!(watch.text("imei")))])?;
    }
    Ok(Answer::ok())
}

fn of_watch(tx: &mut Tx<'_>, watch: &Row) -> Result<Vec<Row>> {
    let by = [("imei", json!(watch.text("imei")))];
    let mut rows = tx.list("WatchJob", &by, "id, itype, mergeKey, data, tm", MOST)?;
    rows.sort_by_key(|row| row.int("id"));
    Ok(rows)
}
