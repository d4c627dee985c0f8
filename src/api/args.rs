//! The parameters of a call, with the typed lookups an action's author uses.

use crate::call::headers::Headers;
use crate::call::lookup::{self, Context as LookupContext, From, Kind, Lookup};
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::services::Services;
use crate::throttle::memory_budget::Share;
use serde_json::Value;
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Args {
    pub get: Params,
    pub post: Params,
    /// The body as it came, for actions that read it themselves.
    pub body: Arc<Body>,
}

#[derive(Default)]
pub struct Body {
    pub content_type: String,
    pub raw: Vec<u8>,
    pub files: Vec<Upload>,
    /// Request headers an action may look at (conditional requests, ranges).
    pub headers: Headers,
    /// Of the memory for bodies, until the call is over.
    pub share: Share,
}

/// One file of a multipart body, already on disk.
pub struct Upload {
    pub field: String,
    pub file_name: String,
    pub content_type: String,
    pub path: std::path::PathBuf,
    pub size: u64,
    pub sha256: String,
}

impl Upload {
    /// A file above the bound of its kind.
    pub fn too_large(file_name: &str, most: u64) -> Error {
        let shown = if most >= 1 << 20 { format!("{}M", most >> 20) } else { format!("{}K", most >> 10) };
        Error::param(format!("file `{file_name}` is larger than {shown}"))
            .say(format!("文件大小不可超过{shown}"), format!("a file may have {shown}"))
    }
}

impl Drop for Upload {
    /// A file that was not taken (renamed away) goes with the request.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Args {
    pub fn new(get: Params, post: Params) -> Args {
        Args { get, post, body: Arc::default() }
    }

    /// A parameter by `name/type`, the URL before the body; absent and empty are None.
    pub fn get(&self, env: &Services, spec: &str) -> Result<Option<Value>> {
        self.find(env, spec, From::Any)
    }

    pub fn find(&self, env: &Services, spec: &str, from: From) -> Result<Option<Value>> {
        if from == From::Get && self.get.is_empty() {
            return Ok(None);
        }
        with_env(env, |lookup_env| lookup::value(spec, &self.get, &self.post, from, lookup_env))
    }

    fn find_kind(&self, env: &Services, name: &str, kind: Kind<'_>) -> Result<Option<Value>> {
        with_env(env, |env| Lookup { name, kind, from: From::Any }.value(&self.get, &self.post, env))
    }

    /// The same, but it must be there.
    pub fn need(&self, env: &Services, spec: &str) -> Result<Value> {
        with_env(env, |lookup_env| lookup::required(spec, &self.get, &self.post, From::Any, lookup_env))
    }

    pub fn text(&self, env: &Services, name: &str) -> Result<Option<String>> {
        let value = self.find_kind(env, name, Kind::Text)?;
        Ok(value.and_then(|v| if let Value::String(text) = v { Some(text) } else { None }))
    }

    /// A text exactly as it was sent, whatever the setting for input: passwords, tokens, statements.
    pub fn verbatim(&self, name: &str) -> Option<String> {
        let sent =
            |params: &Params| params.text(name).map(|text| text.into_owned()).filter(|text| !text.is_empty());
        sent(&self.get).or_else(|| sent(&self.post))
    }

    pub fn need_text(&self, env: &Services, name: &str) -> Result<String> {
        self.text(env, name)?.ok_or_else(|| Error::missing(name))
    }

    pub fn int(&self, env: &Services, name: &str) -> Result<Option<i64>> {
        Ok(self.find_kind(env, name, Kind::Int)?.and_then(|v| v.as_i64()))
    }

    pub fn flag(&self, env: &Services, name: &str) -> Result<bool> {
        Ok(self.find_kind(env, name, Kind::Bool)?.and_then(|v| v.as_bool()).unwrap_or(false))
    }

    /// The named id; accepts the disguised form.
    pub fn id(&self, env: &Services, name: &str) -> Result<Option<i64>> {
        Ok(self.find_kind(env, name, Kind::Id)?.and_then(|v| v.as_i64()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.headers.get(name)
    }
}

fn with_env<T>(env: &Services, work: impl FnOnce(&LookupContext<'_>) -> T) -> T {
    let decrypt_id = |text: &str| env.cipher.decrypt(text);
    work(&LookupContext {
        zone: &env.zone,
        now: &|| env.now(),
        decrypt_id: &decrypt_id,
        escape: env.escape_input(),
    })
}
