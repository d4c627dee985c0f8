//! Traders: the profile of a user here, made at first use.

use super::{codes, fields};
use jindou::plugin::*;

pub static TRADE_USER: Object = Object::table("TradeUser")
    .vcols(&[
        join("User", "userId").cols("phone phone").by_default(),
        join("Area", "areaId").cols("name areaName").by_default(),
    ])
    .quick_search("name, nickname")
    .hidden("wxOpen")
    .subs(&[list("varieties", "TradeUserVariety", "userId={userId}")
        .res("id, varietyId, varietyName")
        .by_default()])
    .actions(&[
        write("get", USER, get).doc("The caller's profile as a trader."),
        write("set", USER, set).doc("Changes name, nickname, type, area and varieties."),
    ])
    .emp(can(READ))
    .admin(can(ALL));

pub static TRADE_USER_VARIETY: Object = Object::table("TradeUserVariety")
    .vcols(&[join("Variety", "varietyId").cols("name varietyName").by_default()])
    .user(can(READ).own("userId"))
    .emp(can(READ));

/// Varieties of one trader.
const VARIETIES: usize = 500;

/// The id of the caller's profile.
fn own(tx: &mut Tx<'_>) -> Result<i64> {
    let me = tx.caller().id;
    if let Some(row) = tx.first("TradeUser", &[("userId", json!(me))], "id")? {
        return Ok(row.int("id"));
    }
    let user = tx.first("User", &[("id", json!(me))], "name")?;
    let name = user.map(|user| user.text("name").to_owned()).unwrap_or_default();
    tx.insert(
        "TradeUser",
        [("userId", json!(me)), ("name", json!(name)), ("type", json!(3)), ("createTm", json!(tx.now()))],
    )
}

/// The name that the other side sees.
pub fn name(tx: &mut Tx<'_>, user: i64) -> Result<String> {
    let trader = tx.first("TradeUser", &[("userId", json!(user))], "name, nickname")?;
    let named = trader.map(|row| row.text("name").to_owned()).filter(|name| !name.is_empty());
    match named {
        Some(name) => Ok(name),
        None => {
            let user = tx.first("User", &[("id", json!(user))], "name")?;
            Ok(user.map(|row| row.text("name").to_owned()).unwrap_or_default())
        }
    }
}

fn get(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let id = own(tx)?;
    let row = tx.find_one("TradeUser", Find::by(Cond::int("id", id)))?;
    row.map(|row| Value::Object(row).into()).ok_or_else(|| Error::server("a profile that was made is gone"))
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let sent = args.posted(&["name", "nickname", "areaId", "type"]);
    let mut fields = Map::new();
    for (name, most) in [("name", 100), ("nickname", 50)] {
        if sent.contains_key(name) {
            fields.insert(name.into(), fields::text(&sent, name, most)?);
        }
    }
    if sent.contains_key("type") {
        let of_type = fields::count(&sent, "type", 3)?.filter(|of_type| *of_type > 0);
        let of_type = of_type.ok_or_else(|| fields::wrong("type", "为1、2或3", "1, 2 or 3"))?;
        fields.insert("type".into(), json!(of_type));
    }
    if sent.contains_key("areaId") {
        let area = fields::count(&sent, "areaId", i64::MAX)?.filter(|area| *area > 0);
        if let Some(area) = area
            && !tx.has("Area", &json!(area))?
        {
            return Err(fields::wrong("areaId", "没有该地区", "there is no such area"));
        }
        fields.insert("areaId".into(), json!(area));
    }
    let varieties = args.rows("varieties")?;
    let id = own(tx)?;
    if let Some(list) = varieties {
        if list.len() > VARIETIES {
            return Err(fields::wrong("varieties", "最多500个", "at most 500"));
        }
        let me = json!(tx.caller().id);
        let mut ids: Vec<i64> = Vec::new();
        for row in &list {
            let variety = whole(row, "varietyId").unwrap_or_default();
            ensure(tx.has("Variety", &json!(variety))?, codes::VARIETY)?;
            ids.push(variety);
        }
        ids.sort_unstable();
        ids.dedup();
        tx.delete("TradeUserVariety", &[("userId", me.clone())])?;
        for variety in ids {
            tx.insert("TradeUserVariety", [("userId", me.clone()), ("varietyId", json!(variety))])?;
        }
    }
    if !fields.is_empty() {
        tx.set("TradeUser", id, Value::Object(fields))?;
    }
    Ok(Answer::ok())
}

/// The open id at WeChat is known here.
pub fn contacts(tx: &mut Tx<'_>, receiver: Receiver, channel: Channel) -> Result<Option<String>> {
    let (Receiver::User(id), Channel::Wechat) = (receiver, channel) else { return Ok(None) };
    let row = tx.first("TradeUser", &[("userId", json!(id))], "wxOpen")?;
    Ok(row.map(|row| row.text("wxOpen").to_owned()))
}
