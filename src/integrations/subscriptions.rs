//! Webhooks: changes that others subscribed to, sent to their addresses. A change that matches becomes a job in its own
//! transaction, so what is committed is sent and nothing else; changes of one row arrive in their order. Each message is
//! signed as the Standard Webhooks specification says, each try has a row in `WebhookLog`.

use super::guarded;
use crate::api::{Answer, Prepared, Stage};
use crate::auth::Role;
use crate::call::cond;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::{Hook, JobRun, NewJob};
use crate::object::QUERY;
use crate::plugin::{Worker, worker};
use crate::services::Services;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::time::Instant;

/// Sends messages of webhooks.
pub const WORKER: Worker = worker(KIND, send).queue("out").tries(TRIES).limit_sec(60);

const KIND: &str = "webhook.send";
/// About eight hours, with the usual pauses.
const TRIES: u32 = 16;
/// What is kept of an answer.
const ANSWER_MAX: usize = 2000;
/// An answer is read so far.
const READ_MAX: u64 = 64 << 10;
/// Rows of one change at most that are told one by one.
const ROWS_MAX: usize = 1000;

/// Makes jobs of the changes of this transaction that somebody subscribed to.
pub fn tell(tx: &mut Tx<'_>) -> Result<()> {
    let Some(hooks) = tx.env().queues.hooks.all() else { return Ok(()) };
    let changes: Vec<(&'static str, Option<i64>, &'static str)> =
        tx.state.objlog.iter().map(|entry| (entry.obj, entry.obj_id, action(entry.what))).collect();
    for (table, id, action) in changes.into_iter().take(ROWS_MAX) {
        for def in tx.env().registry.objects().filter(|def| def.decl.table == table) {
            for hook in hooks.iter().filter(|hook| hook.wants(def.name(), action)) {
                tell_one(tx, hook, def.name(), action, id)?;
            }
        }
    }
    Ok(())
}

/// What the log of changes calls an action.
fn action(what: &str) -> &'static str {
    match what {
        "添加" | "恢复" => "add",
        "更新" => "set",
        "删除" | "随同删除" => "del",
        "批量添加" => "batchAdd",
        _ => "",
    }
}

fn tell_one(tx: &mut Tx<'_>, hook: &Hook, object: &str, action: &str, id: Option<i64>) -> Result<()> {
    let row = match (id, action) {
        (Some(id), "add" | "set") => row_of(tx, hook, object, id)?,
        _ => Some(Value::Null),
    };
    // The row does not meet the condition.
    let Some(row) = row else { return Ok(()) };
    let body = json!({
        "event": format!("{object}.{action}"),
        "object": object,
        "id": id,
        "tm": tx.now(),
        "apiLogId": tx.log_id(),
        "data": row,
    });
    let order = match id {
        Some(id) => format!("webhook.{}.{object}.{id}", hook.id),
        None => format!("webhook.{}.{object}", hook.id),
    };
    let order = if order.len() > 64 { format!("webhook.{}", hook.id) } else { order };
    tx.enqueue(NewJob::new(KIND, json!({"hook": hook.id, "body": body})).after(order)).map(|_| ())
}

/// What the administrator may see of the row, without what is secret or private; None = it does not meet the condition.
fn row_of(tx: &mut Tx<'_>, hook: &Hook, object: &str, id: i64) -> Result<Option<Value>> {
    let def = tx.env().registry.object(object);
    let (Some(table), Some(rights)) =
        (def.and_then(|def| def.table.as_ref()), def.and_then(|def| def.rights(Role::Admin)))
    else {
        return Ok(None);
    };
    let shown = table.columns.iter().filter(|column| column.class.is_none());
    let shown = shown.map(|column| column.name.as_str()).filter(|name| !rights.hidden.contains(*name));
    let cond = if hook.cond.is_empty() { format!("id={id}") } else { format!("id={id} and ({})", hook.cond) };
    let get = Params(Map::from_iter([
        ("cond".to_owned(), json!(cond)),
        ("res".to_owned(), json!(shown.collect::<Vec<_>>().join(","))),
        ("fmt".to_owned(), json!("array")),
        ("pagesz".to_owned(), json!(1)),
    ]));
    let found = tx.call_as_system(&format!("{object}.query"), get, Params::default())?;
    Ok(found.get(0).cloned())
}

/// A subscription as it can be used, or why not.
pub fn check(env: &Services, object: &str, actions: &str, only: &str, url: &str) -> Result<()> {
    let bad = |field: &str, zh: &str, en: &str| {
        Err(Error::param(format!("bad param `{field}`: {en}"))
            .say(format!("参数`{field}`错误：{zh}"), format!("bad param `{field}`: {en}")))
    };
    let known = env.registry.object(object).is_some_and(|def| {
        def.table.is_some()
            && def.decl.logged
            && def.rights(Role::Admin).is_some_and(|rights| rights.may(QUERY))
    });
    if !known {
        return bad("obj", "没有可订阅的此对象", "there is no such object whose changes can be told");
    }
    if words(actions).any(|word| !["add", "set", "del", "batchAdd"].contains(&word)) {
        return bad("action", "只能是 add,set,del,batchAdd", "it is a list of add, set, del, batchAdd");
    }
    if !only.is_empty() {
        cond::parse(only, "cond")?;
    }
    let uri = url.parse::<ureq::http::Uri>().ok();
    let sound = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    });
    match sound {
        true => Ok(()),
        false => bad(
            "url",
            "须为 http:// 或 https:// 开头的地址，且不含用户名",
            "it begins with http:// or https://, and names no user",
        ),
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|word| !word.is_empty())
}

/// What is subscribed now, for the writes that follow.
pub fn load(tx: &mut Tx<'_>) -> Result<()> {
    let rows = tx.list("Webhook", &[("activeFlag", json!(1))], "id, obj, action, cond", 10_000)?;
    let text = |row: &Map<String, Value>, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let hooks = rows.iter().map(|row| Hook {
        id: row["id"].as_i64().unwrap_or_default(),
        object: text(row, "obj"),
        actions: words(&text(row, "action")).map(str::to_owned).collect(),
        cond: text(row, "cond"),
    });
    let hooks: Vec<Hook> = hooks.collect();
    tx.after_commit(move |env| env.queues.hooks.set(hooks));
    Ok(())
}

/// The place for which the secret of a subscription is sealed.
pub fn place(id: i64) -> String {
    format!("webhook {id}")
}

/// `whsec_…`, as receivers are told it.
pub fn secret_of(bytes: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// The signature of a message, as the Standard Webhooks specification has it.
pub fn signature(secret: &[u8], id: &str, unix: i64, body: &str) -> Result<String> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret)
        .map_err(|_| Error::server("no key for the signature of a webhook"))?;
    mac.update(format!("{id}.{unix}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Sends a message once more, or a message that tries the address.
pub fn send_again(tx: &mut Tx<'_>, hook: i64, id: Option<&str>, body: Value) -> Result<i64> {
    tx.enqueue(NewJob::new(KIND, json!({"hook": hook, "body": body, "id": id})))
}

fn send(stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    let env = stage.env();
    let hook = run.args["hook"].as_i64().unwrap_or_default();
    let row = stage.read(|tx| tx.first("Webhook", &[("id", json!(hook))], "url, secret, activeFlag"))?;
    // Whoever ended the subscription wants no message of it.
    let Some(row) = row.filter(|row| row["activeFlag"] == 1) else {
        return Ok(Prepared::Done(json!("ended").into()));
    };
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let secret = env.seal.open(&place(hook), text("secret"))?;
    let id = run.args["id"].as_str().map_or_else(|| format!("msg_{}", run.id), str::to_owned);
    let (unix, body) = (env.unix_ms().div_euclid(1000), run.args["body"].to_string());
    let signed = signature(&secret, &id, unix, &body)?;
    let began = Instant::now();
    let agent = guarded::agent(env.config.nets("P_WEBHOOK_PRIVATE"));
    let sent = agent
        .post(text("url"))
        .header("content-type", "application/json")
        .header("user-agent", concat!("jindou/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &id)
        .header("webhook-timestamp", unix.to_string())
        .header("webhook-signature", signed)
        .send(&body);
    let (code, answer, error) = match sent {
        Ok(mut answer) => {
            let code = answer.status().as_u16();
            let text = answer.body_mut().with_config().limit(READ_MAX).read_to_string().unwrap_or_default();
            let refused = (!(200..300).contains(&code)).then(|| format!("it answered {code}"));
            (code, text, refused)
        }
        Err(error) => (0, String::new(), Some(error.to_string())),
    };
    let log = Map::from_iter([
        ("webhookId".to_owned(), json!(hook)),
        ("jobId".to_owned(), json!(run.id)),
        ("msgId".to_owned(), json!(id)),
        ("tm".to_owned(), json!(env.now_text())),
        ("event".to_owned(), run.args["body"]["event"].clone()),
        ("req".to_owned(), json!(body)),
        ("code".to_owned(), json!(code)),
        ("res".to_owned(), json!(answer.chars().take(ANSWER_MAX).collect::<String>())),
        ("ms".to_owned(), json!(began.elapsed().as_millis() as u64)),
        ("attempt".to_owned(), json!(run.attempt)),
        ("error".to_owned(), json!(error)),
    ]);
    // Whatever becomes of the try.
    stage.note(move |tx| tx.insert("WebhookLog", log).map(|_| ()))?;
    match error {
        None => Ok(Prepared::Done(Answer::ok())),
        Some(error) => Err(super::failed("webhook", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
