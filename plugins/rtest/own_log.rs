//! The caller's own rows of the call log.

use jindou::plugin::*;

pub static USER_API_LOG: Object = Object::table("UserApiLog")
    .over("ApiLog")
    .vcols(super::LOG_VCOLS)
    .time_columns("tm")
    .quick_search("ac, addr")
    .hidden("seq, hash")
    .subs(&[
        one("user", "UserA", "id={userId}").res("id,name"),
        one("user2", "UserA", "id={userId}").res("id,name").by_role(),
        list("last3Log", "ApiLog", "userId={userId}").res("id,ac").latest(3).readonly(),
    ])
    .computed(&[computed("last3LogAc", "last3Log", in_one_text)])
    .actions(&[write("del", USER, delete), read("listByAc", USER, list_by_action)])
    .new_id(super::next_id)
    .on_add(super::stamp_time)
    .user(can(ADD | GET | QUERY | DEL).own("userId").required("ac").hidden("ua").default_sort("id desc"));

/// `id:ac,id:ac,id:ac`
fn in_one_text(from: &[&Value]) -> Value {
    let rows = from[0].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<String> =
        rows.iter().map(|row| format!("{}:{}", row["id"], row["ac"].as_str().unwrap_or_default())).collect();
    texts.join(",").into()
}

/// Another's row is forbidden, not merely missing.
fn delete(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.id("id")?.ok_or_else(|| Error::missing("id"))?;
    match tx.first("ApiLog", &[("id", json!(id))], "userId")? {
        None => Err(Error::param(format!("del: not found ApiLog.id={id}"))),
        Some(row) if row["userId"].as_i64() != Some(tx.caller().id) => {
            Err(Error::forbidden("the row belongs to somebody else"))
        }
        Some(_) => {
            tx.delete("ApiLog", &[("id", json!(id))])?;
            Ok(Answer::ok())
        }
    }
}

fn list_by_action(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let ac = args.need_text("ac")?;
    let mut get = Params::default();
    for name in ["pagesz", "pagekey"] {
        if let Some(value) = args.get.get(name).or_else(|| args.post.get(name)) {
            get.set(name, value.clone());
        }
    }
    get.set("fmt", "list");
    let mut post = Params::default();
    post.set("cond", json!([{"ac=": ac}]));
    tx.call("UserApiLog.query", get, post).map(Answer::Json)
}
