//! Members and contacts of a circle: their data, and how they leave.

use super::circle::{active_members, member, membership, touch};
use super::{codes, join, message, names};
use jindou::plugin::*;

pub static CIRCLE_USER: Object = Object::table("CircleUser")
    .vcols(&[join("Circle", "circleId").cols("name circleName, picId circlePicId, tm circleTm")])
    .quick_search("name, phone")
    .actions(&[
        write("set", USER, set).doc("The caller's own data in a circle."),
        write("remove", USER, remove).doc("A member leaves: oneself or another."),
    ])
    .user(can(QUERY).own("userId"))
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

pub static CIRCLE_CONTACT: Object = Object::table("CircleContact")
    .quick_search("name, phone")
    .actions(&[
        write("add", USER, add_contact).doc("A phone in the circle's list."),
        write("del", USER, del_contact).doc("Takes a phone off the list."),
    ])
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE));

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let mine = member(tx, circle)?;
    let own = Some(("CircleUser", mine.int("id")));
    let fields =
        names::changes(tx, circle, args.posted(&["name", "phone", "picId", "shareLocateFlag"]), own)?;
    tx.set("CircleUser", mine.int("id"), Value::Object(fields))?;
    touch(tx, circle)?;
    Ok(Answer::ok())
}

fn remove(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let user = args.need_int("userId")?;
    member(tx, circle)?;
    let gone = membership(tx, circle, user)?.ok_or_else(|| Error::known(codes::NOT_IN_CIRCLE))?;
    if active_members(tx, circle)? == 1 {
        return Err(Error::known(codes::LAST_MEMBER));
    }
    tx.set("CircleUser", gone.int("id"), json!({"status": 0, "tm": tx.now_with_ms()}))?;
    let me = tx.caller().id;
    let about = json!({"userId": user, "name": gone.get("name")});
    message::of_user(tx, circle, message::USER_REMOVED, me, about)?;
    touch(tx, circle)?;
    Ok(Answer::ok())
}

fn add_contact(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let phone = args.given("phone")?.ok_or_else(|| Error::missing("phone"))?;
    member(tx, circle)?;
    let name = args.given("name")?;
    names::free(tx, circle, name.as_deref(), Some(&phone), None)?;
    join::room(tx, circle)?;
    let name = match name {
        Some(name) => name,
        None => names::numbered(tx, circle, "通讯录用户")?,
    };
    let now = tx.now_with_ms();
    let mut fields = json!({"name": name, "status": 1, "tm": now, "picId": args.id("picId")?});
    let by = [("circleId", json!(circle)), ("phone", json!(phone))];
    let id = match tx.first("CircleContact", &by, "id")? {
        Some(row) => {
            tx.set("CircleContact", row.int("id"), fields)?;
            row.int("id")
        }
        None => {
            fields["circleId"] = json!(circle);
            fields["phone"] = json!(phone);
            tx.add("CircleContact", fields)?
        }
    };
    touch(tx, circle)?;
    Ok(json!({"id": id, "name": name}).into())
}

fn del_contact(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let circle = args.need_id("circleId")?;
    let phone = args.given("phone")?.ok_or_else(|| Error::missing("phone"))?;
    member(tx, circle)?;
    let by = [("circleId", json!(circle)), ("phone", json!(phone)), ("status", json!(1))];
    let row = tx.first("CircleContact", &by, "id")?.ok_or_else(|| Error::known(codes::CONTACT_UNKNOWN))?;
    tx.set("CircleContact", row.int("id"), json!({"status": 0, "tm": tx.now_with_ms()}))?;
    touch(tx, circle)?;
    Ok(Answer::ok())
}
