//! The body of a request → the parameters it brings. Large ones are read on a thread of their own, and what their
//! values will take is charged to the memory for bodies before they are built.

use super::parse::Parsed;
use crate::api::Upload;
use crate::call::name::Verb;
use crate::call::params::Params;
use crate::call::weight::{VALUES_MAX, Weight};
use crate::call::{charset, xparam};
use crate::error::{Error, Result};
use crate::throttle::memory_budget::{FREE, Share};
use encoding_rs::Encoding;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is larger is not read on the threads that serve the network.
pub const LARGE: usize = 64 << 10;

/// A body as `http` hands it over: arrived, nothing understood.
#[derive(Default)]
pub struct Content {
    pub raw: Vec<u8>,
    /// Fields and files of a multipart body, which `http` has taken apart already.
    pub form: Option<(Params, Vec<Upload>)>,
    /// What it holds of the memory for bodies.
    pub share: Share,
}

impl Content {
    pub fn of_bytes(raw: Vec<u8>) -> Content {
        Content { raw, ..Content::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.raw.is_empty() && self.form.is_none()
    }
}

type Read = (Params, Vec<u8>, Vec<Upload>);

/// The call with what its body adds.
pub async fn read(mut parsed: Parsed, content: Content) -> std::result::Result<Parsed, (Error, Parsed)> {
    let Content { raw, form, mut share } = content;
    parsed.request_size += raw.len() as i64;
    let kind = Kind::of(&parsed);
    let read = match form {
        Some((post, files)) => Ok((post, Vec::new(), files)),
        None if raw.len() <= FREE => kind.read(raw),
        // Boxed: most calls hold no room for it.
        None => Box::pin(much(kind, raw, &mut share)).await,
    };
    match read {
        Ok((post, raw, files)) => {
            parsed.args.post = post;
            match Arc::get_mut(&mut parsed.args.body) {
                Some(body) => (body.raw, body.files, body.share) = (raw, files, share),
                None => return Err((Error::server("the head of a request is in use already"), parsed)),
            }
            Ok(parsed)
        }
        Err(error) => Err((error, parsed)),
    }
}

async fn much(kind: Kind, raw: Vec<u8>, share: &mut Share) -> Result<Read> {
    let large = raw.len() > LARGE;
    let (plain, weight) = apart(large, move || {
        let plain = kind.plain(raw)?;
        let weight = kind.weight(&plain)?;
        Ok((plain, weight))
    })
    .await?;
    // What is built holds the texts once more.
    share.grow(plain.len().saturating_add(weight.bytes())).await?;
    apart(large, move || kind.values(plain)).await
}

/// On a blocking thread, if it is worth one.
pub async fn apart<T: Send + 'static>(
    worth: bool,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match worth {
        false => work(),
        true => {
            let done = tokio::task::spawn_blocking(work).await;
            done.unwrap_or_else(|panic| Err(Error::server(panic.to_string())))
        }
    }
}

/// How a body is written.
#[derive(Clone, Copy)]
struct Kind {
    form: Form,
    charset: Option<&'static Encoding>,
    /// Obfuscated as a whole.
    hidden: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    /// JSON whose list is read by the one who wants it, who sees then whether it is one.
    Batch,
    Pairs,
    Other,
}

impl Kind {
    fn of(parsed: &Parsed) -> Kind {
        let content_type = &parsed.args.body.content_type;
        let kind = content_type.to_ascii_lowercase();
        let form = if kind.contains("/json") && parsed.verb != Verb::Get {
            if parsed.is_batch() { Form::Batch } else { Form::Json }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            Form::Pairs
        } else {
            Form::Other
        };
        let hidden = kind.contains(";xparam=1") || kind.contains("; xparam=1");
        Kind { form, charset: charset::from_content_type(content_type), hidden }
    }

    fn read(self, raw: Vec<u8>) -> Result<Read> {
        self.values(self.plain(raw)?)
    }

    /// Readable, and text where it is to be one.
    fn plain(self, raw: Vec<u8>) -> Result<Vec<u8>> {
        let raw = match self.hidden {
            true => {
                let text = std::str::from_utf8(&raw).ok();
                text.and_then(|t| xparam::decode(t.trim())).ok_or_else(|| Error::param("bad post xparam"))?
            }
            false => raw,
        };
        Ok(match (self.form, self.charset) {
            (Form::Pairs, _) | (Form::Other, None) => raw,
            _ => charset::into_text(raw, self.charset).into_bytes(),
        })
    }

    /// Refuses what would become too many values.
    fn weight(self, plain: &[u8]) -> Result<Weight> {
        let weight = match self.form {
            Form::Json | Form::Batch => Weight::of_json(plain),
            Form::Pairs => Weight::of_form(plain),
            Form::Other => Weight::default(),
        };
        match weight.values > VALUES_MAX {
            true => Err(Error::param(format!("the body holds more than {VALUES_MAX} values")).say(
                format!("请求数据不可超过{VALUES_MAX}个值"),
                format!("a request may hold {VALUES_MAX} values"),
            )),
            false => Ok(weight),
        }
    }

    fn values(self, plain: Vec<u8>) -> Result<Read> {
        match self.form {
            Form::Pairs => Ok((Params::parse_bytes(&plain, self.charset)?, plain, Vec::new())),
            Form::Json | Form::Batch if !plain.is_empty() => {
                let bad = |_| bad_json();
                // A list (a batch) has no names: actions read it from the body.
                if plain.trim_ascii_start().starts_with(b"[") {
                    if self.form == Form::Json {
                        serde_json::from_slice::<IgnoredAny>(&plain).map_err(bad)?;
                    }
                    return Ok((Params::default(), plain, Vec::new()));
                }
                let params = serde_json::from_slice::<Map<String, Value>>(&plain).map_err(bad)?;
                Ok((Params(params), plain, Vec::new()))
            }
            _ => Ok((Params::default(), plain, Vec::new())),
        }
    }
}

pub fn bad_json() -> Error {
    Error::param("bad json-format body")
}
