//! The first page of the app: banners, categories, the stories sent most.

use super::codes;
use jindou::plugin::*;
use std::time::Duration;

pub static BANNER: Object = Object::table("Banner")
    .default_sort("sort, id")
    .points_to(&[("storyId", "Story", codes::STORY_UNKNOWN)])
    .guest(can(READ))
    .emp(can(ALL));

pub static APP_CATEGORY: Object = Object::table("AppCategory")
    .default_sort("sort, id")
    .lookup("code")
    .on_del(unused)
    .guest(can(READ))
    .emp(can(ALL).required("code, name"));

/// The category that is there from the start, and meant when none is named.
pub const FIRST: &str = "story";
const HOT: i64 = 10;
const KEPT: Duration = Duration::from_secs(60);
const KEY: &str = "story:appIndex";

pub fn seed(tx: &mut Tx<'_>) -> Result<()> {
    if tx.number_of("AppCategory", &[])? == 0 {
        let first = json!({"code": FIRST, "name": "故事", "sort": 1});
        if let Value::Object(first) = first {
            tx.insert("AppCategory", first)?;
        }
    }
    Ok(())
}

/// A category with stories stays.
fn unused(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    ensure(tx.number_of("Story", &[("categoryId", json!(write.id))])? == 0, codes::CATEGORY)
}

/// The id of a category by its code.
pub fn by_code(tx: &mut Tx<'_>, code: Option<&str>) -> Result<i64> {
    let found = tx.first("AppCategory", &[("code", json!(code.unwrap_or(FIRST)))], "id")?;
    found.map(|row| row.int("id")).ok_or_else(|| Error::known(codes::CATEGORY))
}

pub fn index(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    if let Some(text) = tx.env().cache.get(KEY)
        && let Ok(kept) = serde_json::from_str::<Value>(&text)
    {
        return Ok(kept.into());
    }
    let all = || Find::by(Cond::none()).order("sort, id");
    let hot = Find::by(Cond::none()).res("id,title,brief,picId,sendCnt,categoryCode");
    let answer = json!({
        "banner": tx.find("Banner", all())?,
        "category": tx.find("AppCategory", all())?,
        "hot": tx.find("Story", hot.order("sendCnt desc, id desc").limit(HOT))?,
    });
    tx.env().cache.set(KEY, &answer.to_string(), KEPT);
    Ok(answer.into())
}
