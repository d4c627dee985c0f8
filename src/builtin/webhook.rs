//! `Webhook`: subscriptions of changes by systems outside, which the administrator keeps, and the log of what was sent.

use crate::api::{Answer, Args};
use crate::auth::mask::ADMIN;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::integrations::subscriptions;
use crate::object::{ADD, DEL, Object, READ, SET, Write, can, write};
use serde_json::{Map, Value, json};

pub static WEBHOOK: Object = Object::table("Webhook")
    .time_columns("createTm")
    .hidden("secret")
    .default_sort("id desc")
    .out_of_search()
    .on_write(on_write)
    .actions(&[
        write("newSecret", ADMIN, new_secret)
            .doc("Makes a new secret for the signatures and shows it, this once: {secret: whsec_…}."),
        write("test", ADMIN, test)
            .doc("Sends a message `Webhook.test` to the address; gives the id of its job."),
    ])
    .admin(can(ADD | READ | SET | DEL).required("obj, url").readonly("createTm"));

pub static WEBHOOK_LOG: Object = Object::table("WebhookLog")
    .time_columns("tm")
    .default_sort("id desc")
    .out_of_search()
    .actions(&[write("replay", ADMIN, replay)
        .doc("Sends a message of the log once more, under its old id; gives the id of its job.")])
    .admin(can(READ));

fn on_write(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if !write.deleting() {
        let text = |name: &str| write.final_value(name).as_str().unwrap_or_default().to_owned();
        subscriptions::check(tx.env(), &text("obj"), &text("action"), &text("cond"), &text("url"))?;
    }
    if write.adding() {
        write.stamp("activeFlag", 1);
        write.set("createTm", tx.now());
        write.after(|tx, id| make_secret(tx, id).map(|_| ()));
    }
    write.after(|tx, _| subscriptions::load(tx));
    Ok(())
}

fn make_secret(tx: &mut Tx<'_>, id: i64) -> Result<String> {
    // 192 random bits, as the specification suggests.
    let secret: [u8; 24] = rand::random();
    let sealed = tx.env().seal.close(&subscriptions::place(id), &secret)?;
    let fields = Map::from_iter([("secret".to_owned(), json!(sealed))]);
    match tx.update("Webhook", &[("id", json!(id))], fields)? {
        0 => Err(Error::param(format!("not found `Webhook.id`=`{id}`"))),
        _ => Ok(subscriptions::secret_of(&secret)),
    }
}

fn need_id(args: &Args) -> Result<i64> {
    args.id("id")?.ok_or_else(|| Error::missing("id"))
}

fn new_secret(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = need_id(args)?;
    Ok(json!({"secret": make_secret(tx, id)?}).into())
}

fn test(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = need_id(args)?;
    if tx.first("Webhook", &[("id", json!(id))], "id")?.is_none() {
        return Err(Error::param(format!("not found `Webhook.id`=`{id}`")));
    }
    let body = json!({"event": "Webhook.test", "tm": tx.now()});
    Ok(json!(subscriptions::send_again(tx, id, None, body)?).into())
}

fn replay(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = need_id(args)?;
    let row = tx.first("WebhookLog", &[("id", json!(id))], "webhookId, msgId, req")?;
    let row = row.ok_or_else(|| Error::param(format!("not found `WebhookLog.id`=`{id}`")))?;
    let body: Value = row["req"].as_str().and_then(|req| serde_json::from_str(req).ok()).unwrap_or_default();
    let hook = row["webhookId"].as_i64().unwrap_or_default();
    Ok(json!(subscriptions::send_again(tx, hook, row["msgId"].as_str(), body)?).into())
}
