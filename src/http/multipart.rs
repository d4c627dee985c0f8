//! Multipart bodies: fields become parameters, files go to disk piece by piece while they arrive. A file
//! that nobody took away is removed when the request is over.

use super::pace::Pace;
use super::upload_to_disk::Arriving;
use crate::api::Upload;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::{Intake, too_large};
use crate::services::Services;
use crate::throttle::memory_budget::Share;
use bytes::Bytes;
use futures_core::Stream;
use http_body_util::{BodyDataStream, LengthLimitError, Limited};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// Fields and files of one body at most.
const PARTS_MAX: usize = 1000;
/// Bytes that come to nothing, neither to a field nor to a file, at most: the reader of parts keeps them all while it
/// looks for the end of a part's head.
const IDLE_MAX: usize = 256 << 10;

pub async fn read(
    env: &Services,
    content_type: &str,
    body: &mut Incoming,
    intake: &Intake,
    share: &mut Share,
) -> Result<(Params, Vec<Upload>)> {
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| Error::param("multipart body without a boundary"))?;
    let idle = Arc::new(AtomicUsize::new(0));
    let limited = BodyDataStream::new(Limited::new(body, env.max_body()));
    let mut parts = multer::Multipart::new(Fed { body: limited, idle: idle.clone() }, boundary);
    let failed = |error: multer::Error| unread(env, &error);
    let (mut fields, mut files, mut held) = (Vec::new(), Vec::new(), 0);
    let mut pace = Pace::default();
    while let Some(mut part) = pace.next(share, parts.next_field()).await?.map_err(failed)? {
        idle.store(0, Ordering::Relaxed);
        if fields.len() + files.len() >= PARTS_MAX {
            return Err(Error::param(format!("a multipart body takes {PARTS_MAX} parts")));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut file = match part.file_name().filter(|_| intake.keeps_files) {
            Some(file_name) => {
                let content_type = part.content_type().map(ToString::to_string).unwrap_or_default();
                let most = intake.file_most(env, &fields);
                Some(Arriving::begin(env, name.clone(), file_name.to_owned(), content_type, most).await?)
            }
            None => None,
        };
        let is_file = part.file_name().is_some();
        let mut text = Vec::new();
        while let Some(chunk) = pace.next(share, part.chunk()).await?.map_err(failed)? {
            pace.came(chunk.len());
            idle.store(0, Ordering::Relaxed);
            match &mut file {
                Some(file) => file.write(chunk).await?,
                // A file that nobody wants is read and forgotten.
                None if is_file => {}
                None => {
                    held += chunk.len();
                    if held > intake.most {
                        return Err(intake.too_large(env));
                    }
                    share.grow(chunk.len()).await?;
                    text.extend_from_slice(&chunk);
                }
            }
        }
        match file {
            Some(file) => files.push(file.end()?),
            None if is_file => {}
            None => fields.push((name, String::from_utf8_lossy(&text).into_owned())),
        }
    }
    Ok((Params::from_pairs(fields)?, files))
}

/// A body that ends in an error when too much of it comes to nothing.
struct Fed<S> {
    body: S,
    /// Bytes since the last piece of a field or file.
    idle: Arc<AtomicUsize>,
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

impl<S: Stream<Item = std::result::Result<Bytes, Problem>> + Unpin> Stream for Fed<S> {
    type Item = std::result::Result<Bytes, Problem>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.body).poll_next(context);
        if let Poll::Ready(Some(Ok(chunk))) = &polled
            && self.idle.fetch_add(chunk.len(), Ordering::Relaxed) > IDLE_MAX
        {
            return Poll::Ready(Some(Err("bytes that belong to no part".into())));
        }
        polled
    }
}

fn unread(env: &Services, error: &multer::Error) -> Error {
    let too_long = matches!(error, multer::Error::StreamReadFailed(inner) if inner.is::<LengthLimitError>());
    match too_long {
        true => too_large(env.max_body(), "P_MAX_BODY"),
        false => Error::param("bad multipart body").because(error.to_string()),
    }
}
