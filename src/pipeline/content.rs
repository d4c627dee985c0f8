//! The body of a request → the parameters it brings. Large ones are read on a thread of their own, and what their
//! values will take is charged to the memory for bodies before they are built.

use super::parse::Parsed;
use crate::call::name::Verb;
use crate::call::params::Params;
use crate::call::weight::{VALUES_MAX, Weight};
use crate::call::{charset, xparam};
use crate::error::{Error, Result};
use crate::exec::{Body, Upload};
use crate::facility::budget::{FREE, Share};
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

/// The call with what its body adds.
pub async fn read(mut parsed: Parsed, content: Content) -> std::result::Result<Parsed, (Error, Parsed)> {
    let Content { raw, form, mut share } = content;
    parsed.request_size += raw.len() as i64;
    let read = match form {
        Some((post, files)) => Ok((post, Vec::new(), files)),
        None => of_bytes(&parsed, raw, &mut share).await.map(|(post, raw)| (post, raw, Vec::new())),
    };
    match read {
        Ok((post, raw, files)) => {
            let head = &parsed.args.body;
            let (content_type, headers) = (head.content_type.clone(), head.headers.clone());
            parsed.args.post = post;
            parsed.args.body = Arc::new(Body { content_type, raw, files, headers, share });
            Ok(parsed)
        }
        Err(error) => Err((error, parsed)),
    }
}

async fn of_bytes(parsed: &Parsed, raw: Vec<u8>, share: &mut Share) -> Result<(Params, Vec<u8>)> {
    let kind = Kind::of(parsed);
    if raw.len() <= FREE {
        return kind.values(kind.plain(raw)?);
    }
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

    fn values(self, plain: Vec<u8>) -> Result<(Params, Vec<u8>)> {
        match self.form {
            Form::Pairs => Ok((Params::parse_bytes(&plain, self.charset)?, plain)),
            Form::Json | Form::Batch if !plain.is_empty() => {
                let bad = |_| bad_json();
                // A list (a batch) has no names: actions read it from the body.
                if plain.trim_ascii_start().starts_with(b"[") {
                    if self.form == Form::Json {
                        serde_json::from_slice::<IgnoredAny>(&plain).map_err(bad)?;
                    }
                    return Ok((Params::default(), plain));
                }
                let params = serde_json::from_slice::<Map<String, Value>>(&plain).map_err(bad)?;
                Ok((Params(params), plain))
            }
            _ => Ok((Params::default(), plain)),
        }
    }
}

pub fn bad_json() -> Error {
    Error::param("bad json-format body")
}
