//! How long a watch takes to find itself: staff starts a measurement, the next satellite position ends it and
//! becomes a row of WatchGpsLog. For the people who build watches; families see nothing of it.

use super::map::Fix;
use super::{codes, locate, watch};
use jindou::kv::Kv;
use jindou::plugin::*;
use std::time::Duration;

/// A watch that has not found its position within an hour will not.
const LIFE: Duration = Duration::from_secs(3600);

pub static WATCH_GPS_LOG: Object = Object::table("WatchGpsLog")
    .time_columns("sendTm")
    .default_sort("id desc")
    .unlogged()
    .vcols(&[join("Watch", "imei").key("imei").cols("id watchId")])
    .private_of("Watch", "watchId")
    .emp(can(READ).needs(mask::PRIVATE));

fn key(imei: &str) -> String {
    format!("watch:{imei}:gpsLog")
}

/// `Watch.logGps`: the time runs from now on; a measurement that was running ends unrecorded.
pub fn start(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let imei = args.need_text("imei")?;
    watch::by_imei(tx, &imei)?.ok_or_else(|| Error::known(codes::WATCH_UNKNOWN))?;
    let id = tx.stored_kv().get(SERIAL)?.and_then(|last| last.parse::<i64>().ok()).unwrap_or_default() + 1;
    tx.stored_kv().set(SERIAL, &id.to_string(), None)?;
    let started = json!({"id": id, "tm": tx.now_with_ms(), "ms": tx.unix_ms()});
    let (key, text) = (key(&imei), started.to_string());
    tx.kv().set(&key, &text, Some(LIFE))?;
    Ok(json!({"spendId": id}).into())
}

const SERIAL: &str = "watch:gpsLog:serial";

/// A satellite position has come in.
pub fn end(tx: &mut Tx<'_>, imei: &str, fix: &Fix) -> Result<()> {
    let env = tx.env();
    let Some(text) = tx.kv().get(&key(imei))? else { return Ok(()) };
    let Ok(started) = serde_json::from_str::<Row>(&text) else { return Ok(()) };
    let mut row = locate::address_columns(fix);
    row.extend([
        ("imei".to_owned(), json!(imei)),
        ("spendId".to_owned(), json!(started.int("id"))),
        ("sendTm".to_owned(), json!(started.text("tm"))),
        ("recvTm".to_owned(), json!(env.now_ms_text())),
        ("spendSec".to_owned(), json!((env.unix_ms() - started.int("ms")) as f64 / 1000.0)),
        ("lon".to_owned(), json!(fix.place.lon)),
        ("lat".to_owned(), json!(fix.place.lat)),
    ]);
    tx.insert("WatchGpsLog", row)?;
    tx.kv().del_if(&key(imei), &text).map(|_| ())
}
