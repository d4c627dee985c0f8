//! Watches come into a circle and leave it.

use super::circle::{member, touch};
use super::{codes, message, names, presence, shown, watch};
use jindou::credentials::proof::Proof;
use jindou::id::CodeKind;
use jindou::kv::Kv;
use jindou::plugin::*;
use jindou::throttle::attempt_limit::AttemptLimit;

pub static CIRCLE_WATCH: Object = Object::table("CircleWatch")
    .vcols(&[join("Circle", "circleId").cols("name circleName")])
    .quick_search("imei, name, phone")
    .actions(&[
        write("add", USER, add).doc("Binds a watch by the code on its screen."),
        write("activate", USER, activate).doc("Binds a new watch by its Bluetooth address."),
        write("set", USER, set).doc("Changes the watch's data in the circle."),
        write("del", USER, del).doc("Takes a watch out of the circle."),
    ])
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

/// Five of them may be out for a watch, and each is guessed at as often as `OF_ALL` lets pass.
const CODE: Proof = Proof::new(CodeKind::clear(6), 5 * 1000);
const OF_NETWORK: AttemptLimit = AttemptLimit { wrong: 10, seconds: 600 };
const OF_ALL: AttemptLimit = AttemptLimit { wrong: 1000, seconds: 3600 };
const NOT_ACTIVATED: i64 = 3;

/// How the watch shall be called in its circle.
#[derive(Default)]
pub struct Wish {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub pic: Option<i64>,
    pub user_phone: Option<String>,
}

impl Wish {
    fn of(args: &Args) -> Result<Wish> {
        Ok(Wish {
            name: args.given("name")?,
            phone: args.given("phone")?,
            pic: args.id("picId")?,
            user_phone: args.given("userPhone")?,
        })
    }
}

/// The code appears on the watch; who can read it there may bind it.
pub fn gen_token(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let imei = args.need_text("imei")?;
    let found = watch::by_imei(tx, &imei)?.ok_or_else(|| Error::known(codes::WATCH_UNKNOWN))?;
    if found.text("lastTm").is_empty() {
        return Err(Error::known(codes::NEVER_LOGGED_IN));
    }
    if !presence::online(tx, &imei)? {
        return Err(Error::known(codes::WATCH_OFFLINE));
    }
    tx.limit(&Key::of("watchToken", &imei), 5, 3600)?;
    let code = shown::show(tx, &imei, shown::Use::Bind, CODE)?;
    let debug = tx.caller().test_mode() && args.flag("debug")?;
    Ok(if debug { json!({"code": code}) } else { json!({}) }.into())
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let (imei, code) = (args.need_text("imei")?, args.need_text("code")?);
    member(tx, circle)?;
    let wish = Wish::of(args)?;
    Ok(json!(by_code(tx, circle, &imei, &code, wish)?).into())
}

/// Binds a watch whose code the caller has read from it; gives the id of the CircleWatch.
pub fn by_code(tx: &mut Tx<'_>, circle: i64, imei: &str, code: &str, wish: Wish) -> Result<i64> {
    let found = watch::by_imei(tx, imei)?.ok_or_else(|| Error::known(codes::WATCH_UNKNOWN))?;
    unbound(&found, circle)?;
    let kv = &tx.kv();
    let all = Key::of("bind watch", imei);
    let network = all.clone().from_network_of(&tx.caller());
    if OF_NETWORK.blocked(kv, &network)? || OF_ALL.blocked(kv, &all)? {
        return Err(Error::known(codes::JOIN_OFTEN));
    }
    // Used once, but not by a call that was refused for another reason.
    if !shown::binds(tx, imei, code)? {
        OF_NETWORK.failed(kv, &network)?;
        OF_ALL.failed(kv, &all)?;
        return Err(Error::known(codes::BAD_CODE));
    }
    bind(tx, circle, &found, wish)
}

fn activate(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let (imei, mac) = (args.need_text("imei")?, args.need_text("mac")?);
    member(tx, circle)?;
    let wish = Wish::of(args)?;
    Ok(json!(by_mac(tx, circle, &imei, &mac, wish)?).into())
}

/// Binds a watch that was never activated, near enough to have read its Bluetooth address.
pub fn by_mac(tx: &mut Tx<'_>, circle: i64, imei: &str, mac: &str, wish: Wish) -> Result<i64> {
    let found = match watch::by_imei(tx, imei)? {
        Some(found) => found,
        None if tx.config().flag("WATCH_ACTIVATE_UNKNOWN") => {
            let fields = json!({"imei": imei, "mac": mac, "status": NOT_ACTIVATED, "createTm": tx.now()});
            tx.add("Watch", fields)?;
            watch::by_imei(tx, imei)?.unwrap_or_default()
        }
        None => return Err(Error::known(codes::WATCH_UNKNOWN)),
    };
    unbound(&found, circle)?;
    if found.int("status") != NOT_ACTIVATED || !found.text("mac").eq_ignore_ascii_case(mac.trim()) {
        return Err(Error::known(codes::MAC_DIFFERS));
    }
    bind(tx, circle, &found, wish)
}

fn unbound(found: &Row, circle: i64) -> Result<()> {
    match found.int("circleId") {
        0 => Ok(()),
        here if here == circle => Err(Error::known(codes::WATCH_HERE)),
        _ => Err(Error::known(codes::WATCH_ELSEWHERE)),
    }
}

fn bind(tx: &mut Tx<'_>, circle: i64, found: &Row, wish: Wish) -> Result<i64> {
    let mine = member(tx, circle)?;
    let (id, imei) = (found.int("id"), found.text("imei"));
    if wish.phone.is_some() && wish.phone == wish.user_phone {
        return Err(Error::known(codes::SAME_PHONE));
    }
    names::free(tx, circle, wish.name.as_deref(), wish.phone.as_deref(), None)?;
    if let Some(phone) = &wish.user_phone {
        names::free(tx, circle, None, Some(phone), Some(("CircleUser", mine.int("id"))))?;
        tx.set("CircleUser", mine.int("id"), json!({"phone": phone, "tm": tx.now_with_ms()}))?;
    }
    let name = match wish.name {
        Some(name) => name,
        None => names::numbered(tx, circle, "手表")?,
    };
    let me = tx.caller().id;
    let mut fields = json!({"name": name, "phone": wish.phone, "picId": wish.pic, "operatorId": me, "status": 1,
        "tm": tx.now_with_ms()});
    let by = [("circleId", json!(circle)), ("watchId", json!(id))];
    let bound = match tx.first("CircleWatch", &by, "id")? {
        Some(row) => {
            tx.set("CircleWatch", row.int("id"), fields)?;
            row.int("id")
        }
        None => {
            fields["circleId"] = json!(circle);
            fields["watchId"] = json!(id);
            fields["imei"] = json!(imei);
            tx.add("CircleWatch", fields)?
        }
    };
    let known = json!({"circleId": circle, "bindTm": tx.now(), "status": 1, "name": name, "phone": wish.phone, "picId": wish.pic});
    tx.set("Watch", id, known)?;
    message::of_user(tx, circle, message::WATCH_ADDED, me, json!({"imei": imei, "name": name}))?;
    touch(tx, circle)?;
    Ok(bound)
}

/// The bound watch that the caller may change; strangers learn nothing.
fn own_binding(tx: &mut Tx<'_>, args: &Args) -> Result<Row> {
    let id = args.need_id("id")?;
    let by = [("id", json!(id)), ("status", json!(1))];
    let row = tx.first("CircleWatch", &by, "id, circleId, watchId, imei, name")?;
    let row = row.ok_or_else(|| Error::known(codes::WATCH_NOT_IN))?;
    member(tx, row.int("circleId")).map_err(|_| Error::known(codes::WATCH_NOT_IN))?;
    Ok(row)
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let row = own_binding(tx, args)?;
    let (circle, own) = (row.int("circleId"), Some(("CircleWatch", row.int("id"))));
    let fields = names::changes(tx, circle, args.posted(&["name", "phone", "picId"]), own)?;
    let mut device = args.posted(&["fastCallPhone", "gpsStrategy"]);
    let fast = Params(device.clone()).text("fastCallPhone").unwrap_or_default().into_owned();
    if !fast.is_empty() && !names::phone_in(tx, circle, &fast)? {
        return Err(Error::known(codes::PHONE_NOT_IN));
    }
    // The device bears what its circle calls it.
    device.extend(fields.clone().into_iter().filter(|(name, _)| name != "tm"));
    if !device.is_empty() {
        tx.set("Watch", row.int("watchId"), Value::Object(device))?;
    }
    tx.set("CircleWatch", row.int("id"), Value::Object(fields))?;
    touch(tx, circle)?;
    Ok(Answer::ok())
}

fn del(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let row = own_binding(tx, args)?;
    let (circle, imei) = (row.int("circleId"), row.text("imei").to_owned());
    release(tx, &row)?;
    if args.flag("thorough")? {
        for table in ["WatchLocate", "WatchLocus"] {
            tx.delete(table, &[("imei", json!(imei)), ("circleId", json!(circle))])?;
        }
    }
    let me = tx.caller().id;
    message::of_user(tx, circle, message::WATCH_REMOVED, me, json!({"imei": imei, "name": row.get("name")}))?;
    touch(tx, circle)?;
    Ok(Answer::ok())
}

/// The watch belongs to nobody any more.
pub fn release(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let imei = row.text("imei");
    tx.set("CircleWatch", row.int("id"), json!({"status": 0, "tm": tx.now_with_ms()}))?;
    let blank = json!({"circleId": "", "status": NOT_ACTIVATED, "name": "", "phone": "", "picId": "",
        "fastCallPhone": ""});
    tx.set("Watch", row.int("watchId"), blank)?;
    for key in [super::report::percent_key(imei), super::report::stars_key(imei)] {
        tx.kv().del(&key)?;
    }
    shown::forget(tx, imei)?;
    tx.delete("WatchJob", &[("imei", json!(imei))])?;
    tx.delete("WatchAlarm", &[("watchId", json!(row.int("watchId")))])?;
    tx.tell("watchReleased", &json!({"imei": imei, "watchId": row.int("watchId")}))
}
