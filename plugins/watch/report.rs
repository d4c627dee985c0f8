//! What a watch reports besides its position.

use super::row::{int, need_int, text, within};
use super::{account, device, message, presence};
use jindou::facility::kv::Kv;
use jindou::plugin::*;
use std::time::Duration;

/// The text message that asks for a code to go on with on another phone.
const RESUME: &str = "XUNQUNRE";
const RESUME_LIFE: Duration = Duration::from_secs(600);
const STARS_LIFE: Duration = Duration::from_secs(180);

pub fn percent_key(imei: &str) -> String {
    format!("watch:{imei}:percent")
}

pub fn percent(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let percent = need_int(tx, args, "percent")?;
    if !(0..=100).contains(&percent) {
        return Err(Error::param("param `percent` is 0 to 100"));
    }
    let watch = device::reporting(tx)?;
    tx.env().kv.set(&percent_key(text(&watch, "imei")), &percent.to_string(), None)?;
    message::battery(tx, &watch, percent)?;
    Ok(Answer::ok())
}

pub fn state(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let event = args.need_text(tx.env(), "event")?;
    let watch = device::reporting(tx)?;
    let kind = match event.as_str() {
        "lowPower" => Some(message::LOW_BATTERY),
        "tfLimit" => Some(message::STORAGE_FULL),
        "tfError" => Some(message::STORAGE_ERROR),
        "fall" if int(&watch, "fallStatus") == 1 => Some(message::FALL),
        "fall" | "powerOff" | "wake" => None,
        _ => {
            let known = "lowPower, tfLimit, tfError, fall, powerOff or wake";
            return Err(Error::param(format!("param `event` is {known}")));
        }
    };
    let imei = text(&watch, "imei");
    let log = json!({"imei": imei, "event": "recv", "data": json!({"event": event}).to_string(),
        "tm": tx.env().now_ms_text()});
    if let Value::Object(log) = log {
        tx.insert("WatchLog", log)?;
    }
    if let (Some(kind), circle @ 1..) = (kind, int(&watch, "circleId")) {
        message::of_watch(tx, circle, imei, json!({"type": kind}))?;
    }
    Ok(Answer::ok())
}

/// A message to the watch's own number. One asks for a code; any other is told to the circle.
pub fn sms(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (phone, content) = (args.need_text(tx.env(), "phone")?, args.need_text(tx.env(), "content")?);
    let watch = device::reporting(tx)?;
    let (circle, imei) = (int(&watch, "circleId"), text(&watch, "imei"));
    if content.trim() == RESUME {
        return resume(tx, circle, imei, &phone, args);
    }
    if circle != 0 {
        let told = json!({"type": message::SMS, "content": content,
            "ext": json!({"phone": phone}).to_string()});
        message::of_watch(tx, circle, imei, told)?;
    }
    Ok(Answer::ok())
}

/// A stranger's phone gets no code, and is not told so.
fn resume(tx: &mut Tx<'_>, circle: i64, imei: &str, phone: &str, args: &Args) -> Result<Answer> {
    let by = [("circleId", json!(circle)), ("phone", json!(phone)), ("status", json!(1))];
    let Some(member) = tx.first("CircleUser", &by, "userId")? else { return Ok(Answer::ok()) };
    let code = jindou::id::code("x4")?.to_ascii_uppercase();
    tx.env().kv.set(&account::resume_key(&code), &int(&member, "userId").to_string(), Some(RESUME_LIFE))?;
    presence::instruct(tx, imei, presence::SHOW_CODE, &json!({"code": code}))?;
    let debug = tx.caller().test_mode() && args.flag(tx.env(), "debug")?;
    Ok(if debug { json!({"code": code}).into() } else { Answer::ok() })
}

pub fn gps_star(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (seen, used) = (need_int(tx, args, "watchStar")?, need_int(tx, args, "catchStar")?);
    let quality = need_int(tx, args, "quality")?;
    let watch = device::reporting(tx)?;
    let stars = json!({"watchStar": seen, "catchStar": used, "quality": quality}).to_string();
    tx.env().kv.set(&format!("watch:{}:stars", text(&watch, "imei")), &stars, Some(STARS_LIFE))?;
    Ok(Answer::ok())
}

/// The phone that the watch was bound by is near: its address is that of the one who bound it.
pub fn user_mac(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mac = args.need_text(tx.env(), "mac")?;
    let watch = device::reporting(tx)?;
    let circle = device::circle_of(&watch)?;
    let by = [("circleId", json!(circle)), ("watchId", json!(int(&watch, "id"))), ("status", json!(1))];
    let bound = tx.first("CircleWatch", &by, "operatorId")?.unwrap_or_default();
    let operator = int(&bound, "operatorId");
    if let Some(row) = tx.first("WatchUser", &[("userId", json!(operator))], "id")? {
        tx.set("WatchUser", int(&row, "id"), json!({"mac": mac}))?;
    }
    let by = [("circleId", json!(circle)), ("userId", json!(operator))];
    if let Some(row) = tx.first("CircleUser", &by, "id")? {
        tx.set("CircleUser", int(&row, "id"), json!({"mac": mac, "tm": tx.env().now_ms_text()}))?;
    }
    Ok(Answer::ok())
}

pub fn bluetooth(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    device::reporting(tx)?;
    let newest = tx.find_one("BluetoothVer", Find::by(Cond::none()).order("version desc"))?;
    let newest = newest.unwrap_or_default();
    Ok(json!({"url": super::version::url(&newest), "version": int(&newest, "version")}).into())
}

pub fn time(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    if tx.caller().has(mask::WATCH) {
        device::reporting(tx)?;
    }
    Ok(json!({"tm": tx.now()}).into())
}

/// A place sent by a client.
pub fn place(env: &Env, args: &Args) -> Result<Option<(f64, f64)>> {
    let number = |name: &str| -> Result<Option<f64>> {
        Ok(args.get(env, &format!("{name}/n"))?.and_then(|value| value.as_f64()))
    };
    match (number("lon")?, number("lat")?) {
        (Some(lon), Some(lat)) => Ok(Some((within("lon", lon, 180.0)?, within("lat", lat, 90.0)?))),
        (None, None) => Ok(None),
        (None, _) => Err(Error::missing("lon")),
        (_, None) => Err(Error::missing("lat")),
    }
}
