//! Comments on posts.

use super::{codes, in_a_circle, post};
use jindou::plugin::*;

pub static PLAZA_COMMENT: Object = Object::table("PlazaComment")
    .vcols(&[join("WatchUser", "userId").key("userId").cols("name userName, picId userPicId").by_default()])
    .time_columns("tm")
    .default_sort("id desc")
    .actions(&[
        write("add", USER, add).doc("Comments on a post."),
        write("del", USER, del).doc("Removes a comment of the caller's, or one on his post."),
        read("query", GUEST, query)
            .doc("The comments on a post, newest first; to staff without a post, all."),
    ])
    .on_add(counted)
    .on_del(uncounted)
    .guest(can(QUERY))
    .emp(can(READ | DEL));

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("plazaId")?;
    let content = args.given("content")?;
    post::existing(tx, id)?;
    let me = in_a_circle(tx)?;
    let content = content.ok_or_else(|| Error::known(codes::EMPTY))?;
    let made =
        tx.add("PlazaComment", json!({"plazaId": id, "userId": me, "content": content, "tm": tx.now()}))?;
    Ok(json!({"id": made}).into())
}

fn del(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let found = tx.first("PlazaComment", &[("id", json!(id))], "userId, plazaId")?;
    let found = found.ok_or_else(|| Error::param(format!("not found `PlazaComment.id`=`{id}`")))?;
    let me = tx.caller().id;
    let owner = post::existing(tx, found.int("plazaId"))?.int("userId");
    if found.int("userId") != me && owner != me {
        return Err(Error::known(codes::NOT_OWNER));
    }
    tx.del("PlazaComment", id)?;
    Ok(Answer::ok())
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let of_post = match args.id("plazaId")? {
        Some(id) => {
            post::existing(tx, id)?;
            Cond::int("plazaId", id)
        }
        // Staff look over all of them.
        None if tx.caller().has(EMP | ADMIN) => Cond::none(),
        None => return Err(Error::missing("plazaId")),
    };
    let only = of_post.and(args.before()?);
    tx.standard_query("PlazaComment", args, only)
}

/// The post counts its comments, whoever adds or removes one.
fn counted(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    count(write, 1)
}

fn uncounted(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    count(write, -1)
}

/// The post knows how many comments it has.
fn count(write: &mut Write, by: i64) -> Result<()> {
    let post_id = write.final_int("plazaId");
    write.after(move |tx, _| {
        let count = (post::existing(tx, post_id)?.int("commentCnt") + by).max(0);
        tx.update("Plaza", &[("id", json!(post_id))], [("commentCnt", json!(count))]).map(|_| ())
    });
    Ok(())
}
