//! The parameters of a call, with the typed lookups an action's author uses.

use crate::call::headers::Headers;
use crate::call::lookup::{self, From, Lookup, ParamKind};
use crate::call::param_settings::ParamSettings;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::services::Services;
use crate::throttle::memory_budget::Share;
use serde_json::Value;
use std::sync::Arc;

/// The parameters of a call. Lookups take the URL before the body.
#[derive(Clone)]
pub struct Args {
    /// Those of the URL.
    pub get: Params,
    /// Those of the body.
    pub post: Params,
    /// The body as it came, for actions that read it themselves.
    pub body: Arc<Body>,
    /// What their texts are read by.
    pub settings: &'static ParamSettings,
}

/// A body as it came.
#[derive(Default)]
pub struct Body {
    /// Its content type, with parameters.
    pub content_type: String,
    /// Its bytes, unless they went to disk.
    pub raw: Vec<u8>,
    /// Files of a multipart body, and a raw body of an action that takes a file.
    pub files: Vec<Upload>,
    /// Request headers an action may look at (conditional requests, ranges).
    pub headers: Headers,
    /// Of the memory for bodies, until the call is over.
    pub share: Share,
}

/// One file of a multipart body, already on disk.
pub struct Upload {
    /// The name of the form's field.
    pub field: String,
    /// The name that the client gave it, without folders.
    pub file_name: String,
    /// The content type that the client claims.
    pub content_type: String,
    /// Where it lies until the call is over.
    pub path: std::path::PathBuf,
    /// Bytes.
    pub size: u64,
    /// The digest of its content, in hex.
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
    /// Parameters without a body of their own.
    pub fn new(env: &Services, get: Params, post: Params) -> Args {
        Args { get, post, body: Arc::default(), settings: env.param_settings }
    }

    /// The parameters of the URL alone.
    pub fn of_url(&self) -> Args {
        Args { get: self.get.clone(), post: Params::default(), body: Arc::default(), settings: self.settings }
    }

    /// The parameters of the body alone.
    pub fn of_body(&self) -> Args {
        Args {
            get: Params::default(),
            post: self.post.clone(),
            body: Arc::default(),
            settings: self.settings,
        }
    }

    /// A parameter by `name/type`, the URL before the body; absent and empty are None.
    pub fn get(&self, spec: &str) -> Result<Option<Value>> {
        self.find(spec, From::Any)
    }

    /// A parameter by `name/type`, from the URL, the body, or either.
    pub fn find(&self, spec: &str, from: From) -> Result<Option<Value>> {
        if from == From::Get && self.get.is_empty() {
            return Ok(None);
        }
        self.settings.lookup(|context| lookup::value(spec, &self.get, &self.post, from, context))
    }

    fn find_kind(&self, name: &str, kind: ParamKind<'_>) -> Result<Option<Value>> {
        self.settings
            .lookup(|context| Lookup { name, kind, from: From::Any }.value(&self.get, &self.post, context))
    }

    /// A parameter by `name/type` that must be there.
    pub fn need(&self, spec: &str) -> Result<Value> {
        self.settings.lookup(|context| lookup::required(spec, &self.get, &self.post, From::Any, context))
    }

    /// A text; `None` when it is absent or empty.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        let value = self.find_kind(name, ParamKind::Text)?;
        Ok(value.and_then(|v| if let Value::String(text) = v { Some(text) } else { None }))
    }

    /// A text exactly as it was sent, whatever the setting for input: passwords, tokens, statements.
    pub fn verbatim(&self, name: &str) -> Option<String> {
        let sent =
            |params: &Params| params.text(name).map(|text| text.into_owned()).filter(|text| !text.is_empty());
        sent(&self.get).or_else(|| sent(&self.post))
    }

    /// A text that must be there.
    pub fn need_text(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| Error::missing(name))
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.find_kind(name, ParamKind::Int)?.and_then(|v| v.as_i64()))
    }

    /// A flag; absent is false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.find_kind(name, ParamKind::Bool)?.and_then(|v| v.as_bool()).unwrap_or(false))
    }

    /// The named id; accepts the disguised form.
    pub fn id(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.find_kind(name, ParamKind::Id)?.and_then(|v| v.as_i64()))
    }

    /// A header of the request, by its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.headers.get(name)
    }
}
