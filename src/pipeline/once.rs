//! Calls that are done once however often they are sent: `_key` in the URL or the header `Idempotency-Key`. The first answer
//! is kept with what the call changed, in the same transaction, and given again for a day.

use super::Body;
use super::identify::CallContext;
use super::parse::Parsed;
use super::record::Ids;
use super::route::Route;
use crate::call::params::text_of;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::server::Server;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an answer is kept.
pub const LIFE_MS: i64 = 24 * 3_600_000;
/// The parameter that has the key.
pub const KEY: &str = "_key";
const KEY_MAX: usize = 255;
/// A longer answer is not kept, and its call not done.
const ANSWER_MAX: usize = 4 << 20;

/// The key of a call, in the name of its account, and a hash of what it asks for.
#[derive(Clone)]
pub struct Once {
    app_type: Arc<str>,
    uid: i64,
    key: String,
    hash: String,
}

/// The context of a call that is to be done once, with the key in it. What changes nothing has no key, nor has a call of a
/// batch, which shares the batch's parameters.
pub fn keyed(
    parsed: &Parsed,
    context: &CallContext,
    ids: Ids,
    routed: &Result<Route<'_>>,
) -> Result<Option<CallContext>> {
    if ids.item.is_some() || !routed.as_ref().is_ok_and(Route::writes) {
        return Ok(None);
    }
    Ok(of(parsed, context)?.map(|once| CallContext { once: Some(once), ..context.clone() }))
}

/// The key that a call brings.
pub fn of(parsed: &Parsed, context: &CallContext) -> Result<Option<Arc<Once>>> {
    let named = match parsed.args.get.get(KEY) {
        None | Some(Value::Null) => None,
        Some(sent) => Some(text_of(sent).ok_or_else(no_key)?.into_owned()),
    };
    let Some(key) = named.or_else(|| parsed.args.header("idempotency-key").map(str::to_owned)) else {
        return Ok(None);
    };
    if key.is_empty() || key.len() > KEY_MAX || key.chars().any(char::is_control) {
        return Err(no_key());
    }
    if context.caller.id == 0 {
        return Err(Error::no_auth("`_key` is for logged-in callers")
            .say("登录后才可使用`_key`", "`_key` is for logged-in callers"));
    }
    let caller = &context.caller;
    Ok(Some(Arc::new(Once {
        app_type: caller.app_type.clone(),
        uid: caller.id,
        hash: hash(parsed, &key),
        key,
    })))
}

fn no_key() -> Error {
    Error::param(format!("param `_key` has 1 to {KEY_MAX} bytes and no control characters"))
        .say(format!("参数`_key`须为1到{KEY_MAX}字节"), format!("`_key` has 1 to {KEY_MAX} bytes"))
}

/// Over everything that the call asks for.
fn hash(parsed: &Parsed, key: &str) -> String {
    let args = &parsed.args;
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(parsed.action.to_string().as_bytes());
    for (name, value) in args.get.0.iter().filter(|(name, value)| *name != KEY || *value != key) {
        part(name.as_bytes());
        part(value.to_string().as_bytes());
    }
    part(json!(args.post.0).to_string().as_bytes());
    part(&args.body.raw);
    for file in &args.body.files {
        part(file.field.as_bytes());
        part(file.file_name.as_bytes());
        part(file.sha256.as_bytes());
    }
    crate::id::hex(&digest.finalize())
}

impl Once {
    fn by(&self) -> [(&'static str, serde_json::Value); 3] {
        [("appType", json!(&*self.app_type)), ("uid", json!(self.uid)), ("k", json!(self.key))]
    }

    /// The answer that was given to the same call before.
    pub fn find(&self, tx: &mut Tx<'_>) -> Result<Option<Body>> {
        let Some(row) = tx.first("CallKey", &self.by(), "hash, answer, createMs")? else { return Ok(None) };
        if row["createMs"].as_i64().is_none_or(|made| made + LIFE_MS <= tx.env().age().now_ms()) {
            return Ok(None);
        }
        match row["hash"].as_str() == Some(&self.hash) {
            true => Ok(Some(Body::Bytes(row["answer"].as_str().unwrap_or_default().to_owned().into_bytes()))),
            false => Err(Error::param("param `_key` was used for another call")
                .say("`_key`已用于其它请求", "this `_key` was used for another call")),
        }
    }

    /// Keeps the answer with what the call has changed.
    pub fn keep(&self, tx: &mut Tx<'_>, body: &Body, begins_session: bool) -> Result<()> {
        let text = match body {
            Body::Bytes(bytes) if bytes.len() <= ANSWER_MAX => std::str::from_utf8(bytes).ok(),
            Body::Bytes(_) | Body::File(_) => None,
        };
        // Such an answer holds a token, which is kept nowhere in clear.
        let text = text.filter(|_| !begins_session).ok_or_else(|| {
            Error::param("this call cannot have a `_key`: its answer cannot be kept")
                .say("此操作不支持`_key`", "this call cannot have a `_key`")
        })?;
        tx.delete("CallKey", &self.by())?;
        let mut fields = Map::from_iter(self.by().map(|(name, value)| (name.to_owned(), value)));
        fields.insert("hash".into(), json!(self.hash));
        fields.insert("answer".into(), json!(text));
        fields.insert("createMs".into(), json!(tx.env().age().born_ms()));
        tx.insert("CallKey", fields).map(|_| ())
    }

    /// Takes the key for as long as the call works outside the lane: what it does there is done once too.
    pub fn begin(self: &Arc<Once>, server: &Arc<Server>) -> Result<UnderWay> {
        let key = (self.app_type.clone(), self.uid, self.key.clone());
        match server.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
            true => Ok(UnderWay { server: server.clone(), key }),
            false => Err(Error::db("the same call is under way")
                .say("相同请求正在处理，请稍后再试", "the same call is under way, please try again")),
        }
    }
}

/// The keys of calls that work outside the lane now.
pub type Keys = Mutex<HashSet<(Arc<str>, i64, String)>>;

/// Gives the key back.
pub struct UnderWay {
    server: Arc<Server>,
    key: (Arc<str>, i64, String),
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.server.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
