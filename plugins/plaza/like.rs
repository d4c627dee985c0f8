//! Likes: at most one of each user for a post, counted with it.

use super::{in_a_circle, post};
use jindou::plugin::*;

pub static PLAZA_LIKE: Object = Object::table("PlazaLike")
    .vcols(&[join("WatchUser", "userId").key("userId").cols("name userName, picId userPicId").by_default()])
    .emp(can(READ));

pub fn like(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let on = args.get("on/b")?.is_none_or(|on| on == json!(true));
    let found = post::existing(tx, id)?;
    let me = in_a_circle(tx)?;
    let by = [("plazaId", json!(id)), ("userId", json!(me))];
    let before = tx.first("PlazaLike", &by, "id")?;
    let mut count = found.int("likeCnt");
    match (before, on) {
        (None, true) => {
            tx.add("PlazaLike", json!({"plazaId": id, "userId": me, "tm": tx.now()}))?;
            count += 1;
        }
        (Some(row), false) => {
            tx.del("PlazaLike", row.int("id"))?;
            count = (count - 1).max(0);
        }
        _ => return Ok(json!({"likeCnt": count}).into()),
    }
    tx.update("Plaza", &[("id", json!(id))], [("likeCnt", json!(count))])?;
    Ok(json!({"likeCnt": count}).into())
}
