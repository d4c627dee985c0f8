//! `Notification`: everybody's own list, read and unread; and what managers tell users.

use super::make::NewNotification;
use super::prefs;
use super::text::plain;
use crate::api::{Answer, Args};
use crate::auth::mask::{ADMIN, LOGIN, MGR};
use crate::call::cond::Cond;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Object, READ, can, computed, read, write};
use crate::sql::Sql;
use crate::value::Val;
use serde_json::{Map, Value, json};

pub static NOTIFICATION: Object = Object::table("Notification")
    .time_columns("createTm")
    .default_sort("id desc")
    .unlogged()
    .gone_for_good()
    .out_of_search()
    .hidden("data")
    .computed(&[computed("refId", "type, content", refers_to).by_default()])
    .actions(&[
        read("query", LOGIN, query).doc("The caller's own notifications, newest first."),
        write("read", LOGIN, mark_read).doc("Marks `ids`, or all with `all=1`, as read; gives {cnt}."),
        read("unread", LOGIN, unread).doc("How many are unread: {cnt, byType}."),
        read("prefs", LOGIN, prefs::show)
            .doc("Which events reach the caller by which channels; quiet hours."),
        write("setPrefs", LOGIN, prefs::change).doc("Changes them."),
        write("add", MGR | ADMIN, add).doc("A message to one user, or to all of them."),
    ])
    .user(can(READ).narrow(own))
    .emp(can(READ).narrow(own))
    .admin(can(READ).narrow(own))
    .watch(can(READ).narrow(own));

pub static NOTIFY_PREF: Object = Object::table("NotifyPref").unlogged().out_of_search().admin(can(0));
pub static NOTIFY_SETTING: Object = Object::table("NotifySetting").unlogged().out_of_search().admin(can(0));
pub static NOTIFY_KEY: Object = Object::table("NotifyKey").unlogged().out_of_search().admin(can(0));

/// Ids of one call of `read`.
const IDS_MAX: usize = 1000;
const TITLE_MAX: usize = 200;
const CONTENT_MAX: usize = 5000;

fn own(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    let caller = tx.caller();
    Ok(Cond::equals("receiverKind", &*caller.app_type).and(Cond::equals("receiverId", caller.id)))
}

/// Of messages about a sale or a purchase: what they are about.
fn refers_to(from: &[&Value]) -> Value {
    match (from[0].as_i64(), from[1].as_str()) {
        (Some(1 | 2), Some(content)) => content.parse::<i64>().map_or(Value::Null, Value::from),
        _ => Value::Null,
    }
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut only = Cond::none();
    for name in ["type", "status"] {
        if let Some(value) = args.int(name)? {
            only = only.and(Cond::equals(name, value));
        }
    }
    tx.standard_query("Notification", args, only)
}

const READ_ALL: &str = "UPDATE \"Notification\" SET \"status\" = 1, \"readTm\" = ?3 \
    WHERE \"receiverId\" = ?2 AND \"receiverKind\" = ?1 AND \"status\" = 0";
const READ_ONE: &str = "UPDATE \"Notification\" SET \"status\" = 1, \"readTm\" = ?3 \
    WHERE \"id\" = ?4 AND \"receiverId\" = ?2 AND \"receiverKind\" = ?1 AND \"status\" = 0";

fn mark_read(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    let me = vec![Val::from((*caller.app_type).to_owned()), Val::from(caller.id), Val::from(tx.now())];
    let all = args.flag("all")?;
    let sent = args.text("ids")?;
    let mut count = 0;
    match sent {
        None if all => count = tx.conn().run(&Sql::fixed(READ_ALL, me))?,
        None => return Err(Error::missing("ids")),
        Some(list) => {
            for id in ids(&list)? {
                let mut binds = me.clone();
                binds.push(Val::from(id));
                count += tx.conn().run(&Sql::fixed(READ_ONE, binds))?;
            }
        }
    }
    Ok(json!({"cnt": count}).into())
}

/// `3,4,5`
fn ids(list: &str) -> Result<Vec<i64>> {
    let wrong = || {
        Error::param("bad param `ids`: numbers with commas between them, at most 1000").say(
            "参数`ids`应为逗号分隔的编号，最多1000个",
            "`ids`: numbers with commas between them, at most 1000",
        )
    };
    let ids = list.split(',').map(|id| id.trim().parse().map_err(|_| wrong()));
    let ids: Vec<i64> = ids.collect::<Result<_>>()?;
    if ids.len() > IDS_MAX { Err(wrong()) } else { Ok(ids) }
}

const UNREAD: &str = "SELECT \"type\", COUNT(*) FROM \"Notification\" \
    WHERE \"receiverId\" = ?2 AND \"status\" = 0 AND \"receiverKind\" = ?1 GROUP BY \"type\" ORDER BY \"type\"";

fn unread(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    let me = vec![Val::from((*caller.app_type).to_owned()), Val::from(caller.id)];
    let (mut total, mut by_type) = (0, Map::new());
    for row in tx.conn().rows(&Sql::fixed(UNREAD, me))? {
        if let [Val::Int(of_type), Val::Int(count)] = row[..] {
            total += count;
            by_type.insert(of_type.to_string(), json!(count));
        }
    }
    Ok(json!({"cnt": total, "byType": by_type}).into())
}

const TELL_ALL: &str = "INSERT INTO \"Notification\" (\"receiverKind\", \"receiverId\", \"type\", \"title\", \"content\", \
    \"text\", \"status\", \"createTm\", \"senderId\", \"senderKind\", \"senderName\") \
    SELECT 'user', \"id\", ?1, ?2, ?3, ?3, 0, ?4, ?5, ?6, ?7 FROM \"User\"";

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let bad =
        |name: &str, zh: String, en: String| Error::param(format!("bad param `{name}`: {en}")).say(zh, en);
    let of_type = args.need_int("type")?;
    if !matches!(of_type, 3 | 4) {
        return Err(bad("type", "参数`type`只能为3或4".into(), "`type` is 3 or 4".into()));
    }
    let mut texts = Vec::new();
    for (name, most) in [("title", TITLE_MAX), ("content", CONTENT_MAX)] {
        let text = args.need_given(name)?;
        if text.chars().count() > most {
            return Err(bad(
                name,
                format!("参数`{name}`最多{most}个字符"),
                format!("`{name}` has at most {most} characters"),
            ));
        }
        texts.push(text);
    }
    let (title, content) = (plain(&texts[0], TITLE_MAX), &texts[1]);
    let caller = tx.caller();
    let receiver = args.id("receiverId")?;
    let all = args.flag("all")?;
    let users = env.registry.login("user").map_or("", |login| login.table);
    let count = match receiver {
        Some(_) if all => {
            return Err(bad(
                "all",
                "`receiverId`与`all`只能有一个".into(),
                "give `receiverId` or `all`, not both".into(),
            ));
        }
        Some(id) => {
            if tx.first(users, &[("id", json!(id))], "id")?.is_none() {
                return Err(bad("receiverId", "没有该用户".into(), "there is no such user".into()));
            }
            let text = content.as_str();
            tx.enlist(NewNotification {
                receiver: ("user", id),
                of_type,
                title: &title,
                content: text,
                text,
                ..NewNotification::default()
            })?;
            1
        }
        // The one table of users there is; a server with another one has no such message.
        None if all && users == "User" => {
            let name = prefs::name_of(tx, &caller.app_type, caller.id)?;
            let binds = [
                Val::from(of_type),
                Val::from(title),
                Val::from(content.clone()),
                Val::from(tx.now()),
                Val::from(caller.id),
                Val::from((*caller.app_type).to_owned()),
                Val::from(name),
            ];
            tx.conn().run(&Sql::fixed(TELL_ALL, binds.to_vec()))?
        }
        None => return Err(Error::missing("receiverId")),
    };
    Ok(json!({"cnt": count}).into())
}
