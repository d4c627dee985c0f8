//! `NotifyLog`: what went outside and how it ended, for managers; and sending again.

use crate::api::{Answer, Args, Fields};
use crate::auth::mask::{ADMIN, MGR};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Object, READ, can, write};
use serde_json::{Map, json};

pub static NOTIFY_LOG: Object = Object::table("NotifyLog")
    .time_columns("createTm")
    .default_sort("id desc")
    .unlogged()
    .gone_for_good()
    .out_of_search()
    .hidden("req, digestKey, nextMs")
    .actions(&[write("resend", MGR | ADMIN, resend)
        .doc("Sends a message again that has failed, or was sent before.")])
    .mgr(can(READ))
    .admin(can(READ));

fn resend(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let found = tx.first("NotifyLog", &[("id", json!(id))], "state")?;
    let Some(row) = found else {
        return Err(Error::param("bad param `id`: there is no such message")
            .say("没有该记录", "there is no such message"));
    };
    if matches!(row.text("state"), "waiting" | "sending") {
        return Err(Error::param("bad param `id`: the message is still on its way")
            .say("该消息正在发送", "the message is still on its way"));
    }
    let fields = Map::from_iter([
        ("state".to_owned(), json!("waiting")),
        ("attempt".to_owned(), json!(0)),
        ("nextMs".to_owned(), json!(tx.env().unix_ms())),
        ("digestKey".to_owned(), json!(null)),
        ("error".to_owned(), json!(null)),
    ]);
    tx.update("NotifyLog", &[("id", json!(id))], fields)?;
    Ok(Answer::ok())
}
