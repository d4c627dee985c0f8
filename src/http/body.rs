//! Reading a request's body: within the size limit, within the time limit, multipart straight to disk.

use super::incoming::Arriving;
use crate::call::headers::Headers;
use crate::call::params::Params;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::Upload;
use crate::object::FileMax;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, EXPECT};
use std::time::Duration;

/// A client that sends slower than this does not mean to.
const BODY_TIME: Duration = Duration::from_secs(120);
/// How long the rest of a refused body is listened to.
const LINGER: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(300);

pub type Read = (Bytes, Option<(Params, Vec<Upload>)>);

/// What the action that seems to be called does with files.
#[derive(Default)]
pub struct Wanted {
    /// What is neither a form nor JSON becomes a file instead of bytes in memory.
    pub to_disk: bool,
    /// Bounds each file, by these parameters and the fields before it.
    pub most: Option<(FileMax, Params)>,
}

impl Wanted {
    pub fn most(&self, env: &Env, fields: &[(String, String)]) -> u64 {
        let Some((most, get)) = &self.most else { return u64::MAX };
        let mut known = Params::from_pairs(fields.to_vec()).unwrap_or_default();
        known.0.extend(get.0.clone());
        most(env, &known)
    }
}

pub async fn read(
    env: &Env,
    headers: &Headers,
    mut stream: Incoming,
    wanted: impl FnOnce() -> Wanted,
    welcome: impl FnOnce() -> bool,
) -> Result<Read> {
    let max = env.max_body();
    let read = match stream.size_hint().lower() > max as u64 {
        true => Err(too_large(max)),
        false => {
            let wanted = wanted();
            let reading = parts(env, headers, &mut stream, &wanted, welcome);
            let too_slow = |_| Err(Error::param("the body took too long to arrive"));
            tokio::time::timeout(BODY_TIME, reading).await.unwrap_or_else(too_slow)
        }
    };
    if read.is_err() && headers.get(EXPECT).is_none() {
        let _ = tokio::time::timeout(LINGER, drain(stream)).await;
    }
    read
}

async fn parts(
    env: &Env,
    headers: &Headers,
    stream: &mut Incoming,
    wanted: &Wanted,
    welcome: impl FnOnce() -> bool,
) -> Result<Read> {
    let kind = kind_of(headers).to_ascii_lowercase();
    let max = env.max_body();
    let limited = Limited::new(stream, max);
    // Strangers do not get to fill the disk with files that are of no use to their call.
    if wanted.to_disk && is_raw(&kind) {
        let file = match welcome() {
            true => Some(raw_file(env, kind_of(headers), limited, wanted.most(env, &[])).await?),
            false => forget(limited, max).await.map(|()| None)?,
        };
        return Ok((Bytes::new(), Some((Params::default(), file.into_iter().collect()))));
    }
    match kind.starts_with("multipart/form-data") {
        true => {
            let form = super::multipart::read(env, &kind_of(headers), limited, wanted, welcome()).await?;
            Ok((Bytes::new(), Some(form)))
        }
        false => match limited.collect().await {
            Ok(whole) => Ok((whole.to_bytes(), None)),
            Err(error) => Err(unread(&*error, max)),
        },
    }
}

async fn forget(mut body: Limited<&mut Incoming>, max: usize) -> Result<()> {
    while let Some(frame) = body.frame().await {
        frame.map_err(|error| unread(&*error, max))?;
    }
    Ok(())
}

/// A client that is still sending does not look for an answer: what is left of a refused body is read for a
/// while, and forgotten. One that waits gets its answer soon.
async fn drain(mut stream: Incoming) {
    while let Ok(Some(Ok(_))) = tokio::time::timeout(QUIET, stream.frame()).await {}
}

fn is_raw(kind: &str) -> bool {
    let parsed = ["multipart/form-data", "application/x-www-form-urlencoded"];
    !parsed.iter().any(|parsed| kind.starts_with(parsed))
        && !kind.contains("/json")
        && !kind.contains("xparam=1")
}

async fn raw_file(
    env: &Env,
    content_type: String,
    mut body: Limited<&mut Incoming>,
    most: u64,
) -> Result<Upload> {
    let mut arriving = Arriving::begin(env, String::new(), String::new(), content_type, most).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(&*error, env.max_body()))?;
        if let Ok(chunk) = frame.into_data() {
            arriving.write(chunk).await?;
        }
    }
    arriving.end()
}

fn unread(error: &(dyn std::error::Error + Send + Sync + 'static), max: usize) -> Error {
    match error.is::<LengthLimitError>() {
        true => too_large(max),
        false => Error::param("the body could not be read").because(error.to_string()),
    }
}

/// The boundary is case-sensitive, so the type goes on as it came.
fn kind_of(headers: &Headers) -> String {
    headers.get(CONTENT_TYPE).unwrap_or_default().to_owned()
}

pub fn too_large(max: usize) -> Error {
    let shown = if max >= 1 << 20 { format!("{}M", max >> 20) } else { format!("{max}B") };
    Error::param(format!("the body is larger than {shown} (P_MAX_BODY)"))
        .say(format!("请求数据不可超过{shown}"), format!("the request is larger than {shown}"))
}
