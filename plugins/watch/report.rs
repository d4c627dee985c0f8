//! Reports of a watch besides its position.

use super::{account, device, message, presence, shown, watch};
use jindou::kv::Kv;
use jindou::plugin::*;
use std::time::Duration;

/// The text message that asks for a code to go on with on another phone.
const RESUME: &str = "XUNQUNRE";
/// What a member's phone may tell the watch to do.
const LOCK: &str = "XQLOCKED";
const UNLOCK: &str = "XQUNLOCK";
/// An older word of the battery says nothing.
const PERCENT_LIFE: Duration = Duration::from_secs(7 * 86_400);
const STARS_LIFE: Duration = Duration::from_secs(180);

pub fn percent_key(imei: &str) -> String {
    format!("watch:{imei}:percent")
}

pub fn percent(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let percent = args.need_int("percent")?;
    if !(0..=100).contains(&percent) {
        return Err(Error::param("param `percent` is 0 to 100"));
    }
    let watch = device::reporting(tx)?;
    tx.kv().set(&percent_key(watch.text("imei")), &percent.to_string(), Some(PERCENT_LIFE))?;
    message::battery(tx, &watch, percent)?;
    Ok(Answer::ok())
}

pub fn state(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let event = args.need_text("event")?;
    let at = args.moment("tm")?.unwrap_or_else(|| tx.now_with_ms());
    let watch = device::reporting(tx)?;
    let kind = match event.as_str() {
        "lowPower" => Some(message::LOW_BATTERY),
        "tfLimit" => Some(message::STORAGE_FULL),
        "tfError" => Some(message::STORAGE_ERROR),
        "fall" if watch.int("fallStatus") == 1 => Some(message::FALL),
        "fall" | "powerOff" | "wake" => None,
        _ => {
            let known = "lowPower, tfLimit, tfError, fall, powerOff or wake";
            return Err(Error::param(format!("param `event` is {known}")));
        }
    };
    let imei = watch.text("imei");
    let log = json!({"imei": imei, "event": "recv", "data": json!({"event": event, "tm": at}).to_string(),
        "tm": tx.now_with_ms()});
    if let Value::Object(log) = log {
        tx.insert("WatchLog", log)?;
    }
    if let (Some(kind), circle @ 1..) = (kind, watch.int("circleId")) {
        message::of_watch(tx, circle, imei, json!({"type": kind, "tm": at}))?;
    }
    Ok(Answer::ok())
}

/// A message to the watch's own number. One asks for a code; any other is told to the circle.
pub fn sms(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (phone, content) = (args.need_text("phone")?, args.need_text("content")?);
    let watch = device::reporting(tx)?;
    let (circle, imei) = (watch.int("circleId"), watch.text("imei"));
    let member = member_of_phone(tx, circle, &phone)?;
    match (content.trim(), member) {
        (RESUME, Some(user)) => return resume(tx, imei, user, args),
        // A stranger's phone gets no code, and is not told so.
        (RESUME, None) => return Ok(Answer::ok()),
        (LOCK, Some(_)) => return instructed(tx, imei, presence::LOCK),
        (UNLOCK, Some(_)) => return instructed(tx, imei, presence::UNLOCK),
        _ => {}
    }
    if circle != 0 {
        let told = json!({"type": message::SMS, "content": content,
            "ext": json!({"phone": phone}).to_string()});
        message::of_watch(tx, circle, imei, told)?;
    }
    Ok(Answer::ok())
}

fn member_of_phone(tx: &mut Tx<'_>, circle: i64, phone: &str) -> Result<Option<i64>> {
    let by = [("circleId", json!(circle)), ("phone", json!(phone.trim())), ("status", json!(1))];
    Ok(tx.first("CircleUser", &by, "userId")?.map(|member| member.int("userId")))
}

/// The watch is told; its state changes when it says so.
fn instructed(tx: &mut Tx<'_>, imei: &str, itype: i64) -> Result<Answer> {
    presence::instruct(tx, imei, itype, &json!({}))?;
    Ok(Answer::ok())
}

fn resume(tx: &mut Tx<'_>, imei: &str, user: i64, args: &Args) -> Result<Answer> {
    let code = shown::show(tx, imei, shown::Use::Resume(user), account::RESUME)?;
    let debug = tx.caller().test_mode() && args.flag("debug")?;
    Ok(if debug { json!({"code": code}).into() } else { Answer::ok() })
}

pub fn gps_star(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (seen, used) = (args.need_int("watchStar")?, args.need_int("catchStar")?);
    let quality = args.need_int("quality")?;
    let watch = device::reporting(tx)?;
    let stars = json!({"watchStar": seen, "catchStar": used, "quality": quality}).to_string();
    tx.kv().set(&stars_key(watch.text("imei")), &stars, Some(STARS_LIFE))?;
    Ok(Answer::ok())
}

pub fn stars_key(imei: &str) -> String {
    format!("watch:{imei}:stars")
}

/// `Watch.gpsInfo`: what the watch told of its satellites lately; -1 is unknown.
pub fn gps_info(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let watch = watch::named(tx, args)?;
    let told = tx.kv().get(&stars_key(watch.text("imei")))?;
    let told: Option<Value> = told.and_then(|text| serde_json::from_str(&text).ok());
    Ok(told.unwrap_or_else(|| json!({"watchStar": -1, "catchStar": -1, "quality": -1})).into())
}

/// The phone that the watch was bound by is near: its address is that of the one who bound it.
pub fn user_mac(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mac = args.need_text("mac")?;
    let watch = device::reporting(tx)?;
    let circle = device::circle_of(&watch)?;
    let by = [("circleId", json!(circle)), ("watchId", json!(watch.int("id"))), ("status", json!(1))];
    let bound = tx.first("CircleWatch", &by, "operatorId")?.unwrap_or_default();
    let operator = bound.int("operatorId");
    if let Some(row) = tx.first("WatchUser", &[("userId", json!(operator))], "id")? {
        tx.set("WatchUser", row.int("id"), json!({"mac": mac}))?;
    }
    let by = [("circleId", json!(circle)), ("userId", json!(operator))];
    if let Some(row) = tx.first("CircleUser", &by, "id")? {
        tx.set("CircleUser", row.int("id"), json!({"mac": mac, "tm": tx.now_with_ms()}))?;
    }
    Ok(Answer::ok())
}

pub fn bluetooth(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    device::reporting(tx)?;
    let newest = tx.find_one("BluetoothVer", Find::by(Cond::none()).order("version desc"))?;
    let newest = newest.unwrap_or_default();
    Ok(json!({"url": super::version::url(&newest), "version": newest.int("version")}).into())
}

pub fn time(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    if tx.caller().has(mask::WATCH) {
        device::reporting(tx)?;
    }
    Ok(json!({"tm": tx.now()}).into())
}
