//! Reading a request's body: within the size limit, within the time limit, multipart straight to disk.

use super::incoming::Arriving;
use crate::call::params::Params;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::Upload;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use std::time::Duration;

/// A client that sends slower than this does not mean to.
const BODY_TIME: Duration = Duration::from_secs(120);

pub type Read = (Bytes, Option<(Params, Vec<Upload>)>);

/// `to_disk`: what is neither a form nor JSON becomes a file instead of bytes in memory.
pub async fn read(env: &Env, headers: &HeaderMap, stream: Incoming, to_disk: bool) -> Result<Read> {
    let kind =
        headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let max = env.max_body();
    let limited = Limited::new(stream, max);
    let reading = async {
        // Boxed: other bodies need no room for what these take.
        if to_disk && is_raw(&kind) {
            let file = Box::pin(raw_file(env, kind_of(headers), limited, max)).await?;
            return Ok((Bytes::new(), Some((Params::default(), vec![file]))));
        }
        if kind.starts_with("multipart/form-data") {
            let form = Box::pin(super::multipart::read(env, &kind_of(headers), limited)).await?;
            return Ok((Bytes::new(), Some(form)));
        }
        match limited.collect().await {
            Ok(whole) => Ok((whole.to_bytes(), None)),
            Err(error) => Err(unread(&*error, max)),
        }
    };
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(read) => read,
        Err(_) => Err(Error::param("the body took too long to arrive")),
    }
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
    mut body: Limited<Incoming>,
    max: usize,
) -> Result<Upload> {
    let mut arriving = Arriving::begin(env, String::new(), String::new(), content_type).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(&*error, max))?;
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
fn kind_of(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

pub fn too_large(max: usize) -> Error {
    let shown = if max >= 1 << 20 { format!("{}M", max >> 20) } else { format!("{max}B") };
    Error::param(format!("the body is larger than {shown} (P_MAX_BODY)"))
        .say(format!("请求数据不可超过{shown}"), format!("the request is larger than {shown}"))
}
