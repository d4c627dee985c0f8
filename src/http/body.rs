//! Reading a request's body: within the size limit, within the time limit, multipart straight to disk.

use crate::call::params::Params;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::Upload;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use std::time::Duration;

/// A client that sends slower than this does not mean to.
const BODY_TIME: Duration = Duration::from_secs(120);

pub type Read = (Bytes, Option<(Params, Vec<Upload>)>);

pub async fn read(env: &Env, headers: &HeaderMap, stream: Incoming) -> Result<Read> {
    if stream.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    let kind =
        headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let max = env.max_body();
    let limited = Limited::new(stream, max);
    let reading = async {
        match kind.starts_with("multipart/form-data") {
            true => super::multipart::read(env, &kind_of(headers), limited)
                .await
                .map(|form| (Bytes::new(), Some(form))),
            false => match limited.collect().await {
                Ok(whole) => Ok((whole.to_bytes(), None)),
                Err(error) if error.is::<LengthLimitError>() => Err(too_large(max)),
                Err(error) => Err(Error::param("the body could not be read").because(error.to_string())),
            },
        }
    };
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(read) => read,
        Err(_) => Err(Error::param("the body took too long to arrive")),
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
