//! Multipart bodies: fields become parameters, files go to disk piece by piece while they arrive. A file
//! that nobody took away is removed when the request is over.

use super::body::Wanted;
use super::incoming::Arriving;
use crate::call::params::Params;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::Upload;
use http_body_util::{BodyDataStream, LengthLimitError, Limited};
use hyper::body::Incoming;

/// Fields and files of one body at most.
const PARTS_MAX: usize = 1000;
/// A plain field at most.
const FIELD_MAX: usize = 8 << 20;

pub async fn read(
    env: &Env,
    content_type: &str,
    body: Limited<&mut Incoming>,
    wanted: &Wanted,
    keep_files: bool,
) -> Result<(Params, Vec<Upload>)> {
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| Error::param("multipart body without a boundary"))?;
    let mut parts = multer::Multipart::new(BodyDataStream::new(body), boundary);
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(mut part) = parts.next_field().await.map_err(|e| unread(env, &e))? {
        if fields.len() + files.len() >= PARTS_MAX {
            return Err(Error::param(format!("a multipart body takes {PARTS_MAX} parts")));
        }
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(_) if !keep_files => while part.chunk().await.map_err(|e| unread(env, &e))?.is_some() {},
            Some(file_name) => {
                let most = wanted.most(env, &fields);
                files.push(file(env, name, file_name, &mut part, most).await?);
            }
            None => {
                let mut text = Vec::new();
                while let Some(chunk) = part.chunk().await.map_err(|e| unread(env, &e))? {
                    text.extend_from_slice(&chunk);
                    if text.len() > FIELD_MAX {
                        return Err(super::body::too_large(FIELD_MAX));
                    }
                }
                fields.push((name, String::from_utf8_lossy(&text).into_owned()));
            }
        }
    }
    Ok((Params::from_pairs(fields)?, files))
}

async fn file(
    env: &Env,
    field: String,
    file_name: String,
    part: &mut multer::Field<'_>,
    most: u64,
) -> Result<Upload> {
    let content_type = part.content_type().map(ToString::to_string).unwrap_or_default();
    let mut arriving = Arriving::begin(env, field, file_name, content_type, most).await?;
    while let Some(chunk) = part.chunk().await.map_err(|e| unread(env, &e))? {
        arriving.write(chunk).await?;
    }
    arriving.end()
}

fn unread(env: &Env, error: &multer::Error) -> Error {
    let too_long = matches!(error, multer::Error::StreamReadFailed(inner) if inner.is::<LengthLimitError>());
    match too_long {
        true => super::body::too_large(env.max_body()),
        false => Error::param("bad multipart body").because(error.to_string()),
    }
}
