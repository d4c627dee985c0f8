//! Watches as people see them. The device's own side is in `device` and `report`.

use super::{bind, circle, codes, device, gps_log, presence, report};
use jindou::kv::Kv;
use jindou::plugin::*;

pub static WATCH: Object = Object::table("Watch")
    .vcols(&[join("Circle", "circleId").cols("name circleName").by_default()])
    .time_columns("createTm")
    .quick_search("imei, name, phone")
    .lookup("imei")
    .hidden("authcode")
    .subs(&[
        list("alarms", "WatchAlarm", "watchId={id}").order("id").readonly(),
        list("medals", "WatchMedal", "watchId={id}").readonly(),
        list("stories", "WatchStory", "watchId={id}").readonly(),
    ])
    .actions(&[
        read("get", USER, get).doc("A watch of the caller's circles, by imei or mac."),
        write("genToken", USER, bind::gen_token).doc("Shows a code on the watch."),
        read("gpsInfo", USER, report::gps_info).doc("The satellites the watch sees; -1 is unknown."),
        write("logGps", MGR | ADMIN, gps_log::start).doc("Measures how long the watch takes to find itself."),
        write("login", mask::GUEST, device::login).doc("A watch logs in, with a signature."),
        staged("uploadLocate", mask::WATCH, super::locate::upload).doc("Where the watch is."),
        write("uploadPercent", mask::WATCH, report::percent).doc("Its battery."),
        write("uploadState", mask::WATCH, report::state).doc("What happened to it."),
        write("uploadSms", mask::WATCH, report::sms).doc("A text message it received."),
        write("uploadGpsStar", mask::WATCH, report::gps_star).doc("Satellites it sees."),
        write("uploadUserMac", mask::WATCH, report::user_mac).doc("The Bluetooth address of its owner's phone."),
        write("bluetooth", mask::WATCH, report::bluetooth).doc("The newest Bluetooth firmware."),
    ])
    .on_del(ends_its_sessions)
    .private_of("Watch", "id")
    .emp(can(READ).needs(mask::PRIVATE).else_hidden(FAMILYS))
    .mgr_also(can(SET).readonly(
        "imei, circleId, bindTm, authcode, imsi, mac, serverIp, heartbeat, fastCallPhone, fallStatus, lastTm, lastAlmanacTm, name, picId, \
         phone, gpsStartTm, gpsStrategy, softwareV, bluetoothV, createTm",
    ));

/// What a watch holds of its family, where it is told where it calls from included.
const FAMILYS: &str =
    "name, phone, fastCallPhone, picId, mac, imsi, serverIp, circleName, alarms, medals, stories";

pub static WATCH_MEDAL: Object = Object::table("WatchMedal").emp(can(READ));
pub static WATCH_STORY: Object = Object::table("WatchStory").emp(can(READ));
pub static WATCH_LOG: Object = Object::table("WatchLog")
    .time_columns("tm")
    .default_sort("id desc")
    .admin(can(ALL).hidden("data"))
    .emp(can(READ).hidden("data"));

/// What rules need of a watch.
pub const COLUMNS: &str =
    "id, imei, circleId, bindTm, mac, authcode, status, heartbeat, fallStatus, lastTm, name";

pub fn by_imei(tx: &mut Tx<'_>, imei: &str) -> Result<Option<Row>> {
    tx.first("Watch", &[("imei", json!(imei))], COLUMNS)
}

/// A watch of a circle of the caller's; any other answers like one that does not exist.
pub fn of_member(tx: &mut Tx<'_>, imei: &str) -> Result<Row> {
    let unknown = || Error::known(codes::WATCH_UNKNOWN);
    let found = by_imei(tx, imei)?.ok_or_else(unknown)?;
    let me = tx.caller().id;
    let circle = found.int("circleId");
    match circle != 0 && circle::membership(tx, circle, me)?.is_some() {
        true => Ok(found),
        false => Err(unknown()),
    }
}

/// Rows of a watch whose time is not before it came to its family: what it did with another one stays with that one.
pub fn since_binding(watch: &Row, column: &str) -> Cond {
    Cond::compare(column, Compare::Ge, Literal::Text(watch.text("bindTm").to_owned()))
}

/// The watch named by the parameter `imei`.
pub fn named(tx: &mut Tx<'_>, args: &Args) -> Result<Row> {
    let imei = args.need_text("imei")?;
    of_member(tx, &imei)
}

/// What a member sees of a watch; the code of its calls is not part of it.
const SHOWN: &str = "imei, circleId, name, picId, status, fallStatus, phone, mac, fastCallPhone, gpsStrategy";
const LOCKED: i64 = 2;

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let by = match (args.given("imei")?, args.given("mac")?) {
        (Some(imei), _) => ("imei", json!(imei)),
        (None, Some(mac)) => ("mac", json!(mac)),
        (None, None) => return Err(Error::missing("imei")),
    };
    let unknown = || Error::known(codes::WATCH_UNKNOWN);
    let mut found = tx.first("Watch", &[by], SHOWN)?.ok_or_else(unknown)?;
    let imei = found.text("imei").to_owned();
    if found.int("circleId") == 0 {
        return Ok(json!({"imei": imei, "circleId": null}).into());
    }
    of_member(tx, &imei)?;
    let status = found.remove("status").and_then(|status| status.as_i64());
    let fall = found.int("fallStatus");
    found.insert("fallStatus".into(), json!(fall));
    found.insert("lockStatus".into(), json!(i64::from(status == Some(LOCKED))));
    found.insert("online".into(), json!(i64::from(presence::online(tx, &imei)?)));
    let percent = tx.kv().get(&report::percent_key(&imei))?.and_then(|n| n.parse::<i64>().ok());
    found.insert("percent".into(), json!(percent));
    Ok(Value::Object(found).into())
}

/// A watch that is gone is logged in no more.
fn ends_its_sessions(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| tx.end_sessions("watch", id));
    Ok(())
}
