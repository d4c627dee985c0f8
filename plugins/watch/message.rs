//! Messages of a circle: those that people and watches write, and those that tell what happened.

use super::circle::member;
use super::device;
use jindou::plugin::*;

pub static CIRCLE_MSG: Object = Object::table("CircleMsg")
    .time_columns("tm")
    .default_sort("id desc")
    .actions(&[
        write("add", USER | WATCH, add).doc("An audio, a picture or a text."),
        read("query", USER, query).doc("The messages of a circle, newest first."),
    ])
    .user(can(QUERY).own_among("circleId", "CircleUser", "circleId", "userId").while_is("status", 1))
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

const AUDIO: i64 = 1;
const PICTURE: i64 = 2;
const TEXT: i64 = 3;
pub const TRACK: i64 = 4;
pub const BATTERY: i64 = 6;
pub const SMS: i64 = 7;
pub const STORAGE_FULL: i64 = 8;
pub const STORAGE_ERROR: i64 = 9;
pub const FALL: i64 = 10;
pub const LOW_BATTERY: i64 = 11;
pub const USER_JOINED: i64 = 12;
pub const USER_REMOVED: i64 = 13;
pub const WATCH_ADDED: i64 = 14;
pub const WATCH_REMOVED: i64 = 15;

const BY_USER: i64 = 1;
const BY_WATCH: i64 = 2;

/// A message that tells what a member did.
pub fn of_user(tx: &mut Tx<'_>, circle: i64, kind: i64, user: i64, ext: Value) -> Result<i64> {
    let fields = json!({"type": kind, "ext": ext.to_string()});
    put(tx, circle, (BY_USER, user.to_string()), fields)
}

/// A message that a watch's report becomes.
pub fn of_watch(tx: &mut Tx<'_>, circle: i64, imei: &str, fields: Value) -> Result<i64> {
    put(tx, circle, (BY_WATCH, imei.to_owned()), fields)
}

fn put(tx: &mut Tx<'_>, circle: i64, (kind, sender): (i64, String), mut fields: Value) -> Result<i64> {
    fields["circleId"] = json!(circle);
    fields["sender"] = json!(sender);
    fields["senderType"] = json!(kind);
    if fields.get("tm").is_none() {
        fields["tm"] = json!(tx.now_with_ms());
    }
    if fields.get("status").is_none() {
        fields["status"] = json!(0);
    }
    tx.add("CircleMsg", fields)
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let kind = args.int("type")?.ok_or_else(|| Error::missing("type"))?;
    if kind > TEXT {
        return Err(Error::forbidden(format!("messages of type {kind} are written by the server")));
    }
    let fields = content(args, kind)?;
    let id = if tx.caller().has(WATCH) {
        let watch = device::reporting(tx)?;
        of_watch(tx, device::circle_of(&watch)?, watch.text("imei"), fields)?
    } else {
        let circle = args.need_id("circleId")?;
        member(tx, circle)?;
        let me = tx.caller().id.to_string();
        put(tx, circle, (BY_USER, me), fields)?
    };
    Ok(json!({"id": id}).into())
}

/// What a message of this kind must have.
fn content(args: &Args, kind: i64) -> Result<Value> {
    let file = || args.id("attId")?.ok_or_else(|| Error::missing("attId"));
    match kind {
        AUDIO => match args.int("length")? {
            Some(length) if length > 0 => Ok(json!({"type": kind, "attId": file()?, "length": length})),
            Some(_) => Err(Error::param("param `length` is more than 0")),
            None => file().and(Err(Error::missing("length"))),
        },
        PICTURE => Ok(json!({"type": kind, "attId": file()?})),
        TEXT => {
            let content = args.given("content")?.ok_or_else(|| Error::missing("content"))?;
            Ok(json!({"type": kind, "content": content}))
        }
        _ => Err(Error::param("param `type` is 1 audio, 2 picture or 3 text")),
    }
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    member(tx, circle)?;
    let only = Cond::int("circleId", circle).and(args.before()?);
    tx.standard_query("CircleMsg", args, only)
}

/// The battery is worth a message in this range only: below it, it is too late.
pub fn battery(tx: &mut Tx<'_>, watch: &Row, percent: i64) -> Result<()> {
    let circle = watch.int("circleId");
    if circle != 0 && (15..=25).contains(&percent) {
        of_watch(tx, circle, watch.text("imei"), json!({"type": BATTERY, "percent": percent}))?;
    }
    Ok(())
}
