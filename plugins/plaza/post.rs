//! Posts with their pictures.

use super::{codes, in_a_circle, like};
use jindou::plugin::*;

pub static PLAZA: Object = Object::table("Plaza")
    .vcols(&[join("WatchUser", "userId").key("userId").cols("name userName, picId userPicId").by_default()])
    .time_columns("tm")
    .default_sort("id desc")
    .quick_search("content, userName")
    .subs(&[
        one("circle", "CircleUser", "userId={userId}")
            .cond("status=1")
            .order("joinTm,id")
            .res("circleName")
            .merged()
            .by_default(),
        list("pics", "PlazaPic", "plazaId={id}").res("id,attId,idx").order("idx").by_default(),
        list("likes", "PlazaLike", "plazaId={id}").res("userId,userName,userPicId,tm").latest(100).readonly(),
        list("comments", "PlazaComment", "plazaId={id}")
            .res("id,userId,userName,userPicId,content,tm")
            .latest(100)
            .readonly(),
        list("mine", "PlazaLike", "plazaId={id}").of_caller("userId").res("id").readonly(),
    ])
    .computed(&[computed("liking", "mine", liking).by_default()])
    .get_res("*, likes, comments")
    .actions(&[
        write("add", USER, add).doc("A new post."),
        write("del", USER, del).doc("Removes the caller's post with all that hangs on it."),
        write("like", USER, like::like).doc("Likes a post, or takes it back."),
        read("query", GUEST, query).doc("The wall, newest first."),
        read("get", GUEST, get).doc("A post with its likes and comments."),
    ])
    .on_del(goes_with_its_parts)
    .everybody(can(READ))
    .emp_also(can(DEL));

pub static PLAZA_PIC: Object = Object::table("PlazaPic").everybody(can(READ));

const PICTURES: usize = 9;

fn liking(from: &[&Value]) -> Value {
    json!(i64::from(from[0].as_array().is_some_and(|mine| !mine.is_empty())))
}

/// The post; refuses what does not exist.
pub fn existing(tx: &mut Tx<'_>, id: i64) -> Result<Map<String, Value>> {
    let found = tx.first("Plaza", &[("id", json!(id))], "id, userId, likeCnt, commentCnt")?;
    found.ok_or_else(|| Error::known(codes::POST_UNKNOWN))
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let content = args.given("content")?;
    let pics = pictures(args)?;
    let place = args.place()?;
    let me = in_a_circle(tx)?;
    if content.is_none() && pics.is_empty() {
        return Err(Error::known(codes::EMPTY));
    }
    let (lon, lat) = place.map(|place| (place.lon, place.lat)).unzip();
    let id = tx.add(
        "Plaza",
        json!({"userId": me, "content": content, "lon": lon, "lat": lat, "address": args.text("address")?,
            "likeCnt": 0, "commentCnt": 0, "tm": tx.now(), "pics": pics}),
    )?;
    Ok(json!(id).into())
}

/// `pics=[{attId}]`, in their order.
fn pictures(args: &Args) -> Result<Vec<Value>> {
    let wrong = |why: &str| Error::param(format!("param `pics`: {why}"));
    let list = args.rows("pics")?.unwrap_or_default();
    if list.len() > PICTURES {
        return Err(wrong("at most 9 pictures"));
    }
    let pic = |(idx, pic): (usize, &Row)| {
        let id = whole(pic, "attId").filter(|id| *id > 0).ok_or_else(|| wrong("a list of {attId}"))?;
        Ok(json!({"attId": id, "idx": idx}))
    };
    list.iter().enumerate().map(pic).collect()
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let only = args.before()?;
    tx.standard_query("Plaza", args, only)
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    existing(tx, id)?;
    tx.standard("Plaza", GET, args)
}

fn del(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let post = existing(tx, id)?;
    if post.int("userId") != tx.caller().id {
        return Err(Error::known(codes::NOT_OWNER));
    }
    tx.del("Plaza", id)?;
    Ok(Answer::ok())
}

/// What hangs on a post goes with it, whoever removes it.
fn goes_with_its_parts(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| {
        tx.del_all("PlazaPic", Cond::int("plazaId", id))?;
        for table in ["PlazaLike", "PlazaComment"] {
            tx.del_along(table, &[("plazaId", json!(id))])?;
        }
        Ok(())
    });
    Ok(())
}
