//! Stories with their pictures and slices, and what watches tell of them.

use super::{catalogue, codes, import, medal};
use crate::plugins::watch::{device, message};
use jindou::plugin::*;

pub static STORY: Object = Object::table("Story")
    .vcols(&[join("AppCategory", "categoryId").cols("code categoryCode").by_default()])
    .time_columns("createTm")
    .default_sort("id desc")
    .quick_search("title, brief")
    .subs(&[
        list("pics", "StoryPic", "storyId={id}").res("id,attId,idx").order("idx"),
        list("slices", "StorySlice", "storyId={id}").res("id,idx,txt,picIdx,ms").order("idx"),
    ])
    .get_res("*, pics, slices")
    .actions(&[
        read("query", GUEST, query).doc("The stories of a category, newest first."),
        read("get", GUEST, get).doc("A story with pictures and slices."),
        read("hot", GUEST, hot).doc("The stories of a category, most sent first."),
        staged("importZip", EMP | ADMIN, import::import).doc("A story from a package."),
    ])
    .points_to(&[("categoryId", "AppCategory", codes::CATEGORY)])
    .on_add(begin)
    .on_del(goes_with_its_parts)
    .guest(can(READ))
    .emp(can(ALL).required("title").required_on_set("categoryId").readonly("sendCnt, createTm"));

pub static STORY_PIC: Object = Object::table("StoryPic").guest(can(READ)).emp(can(ALL));
pub static STORY_SLICE: Object = Object::table("StorySlice").guest(can(READ)).emp(can(ALL));

const RECEIVED: i64 = 5;
const FINISHED: i64 = 18;

/// A story is of a category, the first one when none is named.
fn begin(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let named = write.get("categoryId").is_some_and(|id| !id.is_null() && *id != json!(""));
    if !named {
        write.set("categoryId", catalogue::by_code(tx, None)?);
    }
    write.stamp("createTm", tx.now());
    write.stamp("sendCnt", 0);
    Ok(())
}

/// With a story goes what hangs on it.
fn goes_with_its_parts(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| {
        for table in ["StoryPic", "StorySlice", "Banner", "MedalStory", "WatchStory"] {
            tx.del_all(table, Cond::int("storyId", id))?;
        }
        Ok(())
    });
    Ok(())
}

fn of_category(tx: &mut Tx<'_>, args: &Args) -> Result<Cond> {
    let code = args.text("categoryCode")?;
    Ok(Cond::int("categoryId", catalogue::by_code(tx, code.as_deref())?))
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    // Staff looks at everything, unless it names a category.
    let all = tx.caller().has(EMP | ADMIN) && args.text("categoryCode")?.is_none();
    let only = if all { Cond::none() } else { of_category(tx, args)? };
    let only = only.and(args.before()?);
    tx.standard_query("Story", args, only)
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    existing(tx, args, "id")?;
    tx.standard("Story", GET, args)
}

fn hot(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let only = of_category(tx, args)?;
    tx.standard_query("Story", &args.clone().with("orderby", "sendCnt desc, id desc"), only)
}

fn existing(tx: &mut Tx<'_>, args: &Args, name: &str) -> Result<(i64, String)> {
    let id = args.id(name)?.ok_or_else(|| Error::missing(name))?;
    let found = tx.first("Story", &[("id", json!(id))], "title")?;
    let found = found.ok_or_else(|| Error::known(codes::STORY_UNKNOWN))?;
    Ok((id, found.text("title").to_owned()))
}

pub fn received(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (id, title) = existing(tx, args, "storyId")?;
    let watch = device::reporting(tx)?;
    told(tx, &watch, json!({"type": RECEIVED, "storyId": id, "content": format!("收到故事《{title}》")}))
}

pub fn finished(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (id, title) = existing(tx, args, "storyId")?;
    let watch = device::reporting(tx)?;
    medal::reached(tx, &watch, ("WatchStory", "storyId", "finishTm"), id)?;
    told(tx, &watch, json!({"type": FINISHED, "storyId": id, "content": format!("读完故事《{title}》")}))
}

fn told(tx: &mut Tx<'_>, watch: &Row, fields: Value) -> Result<Answer> {
    if let circle @ 1.. = watch.int("circleId") {
        message::of_watch(tx, circle, watch.text("imei"), fields)?;
    }
    Ok(Answer::ok())
}
