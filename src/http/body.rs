//! Reading a request's body: within the size that its action takes, within the time limit, charged to the memory for
//! bodies while it arrives, multipart straight to disk.

use super::pace::Pace;
use super::upload_to_disk::Arriving;
use crate::api::Upload;
use crate::call::headers::Headers;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::{Content, Head, Intake, Outgoing, too_large};
use crate::server::Server;
use crate::services::Services;
use crate::throttle::memory_budget::{FREE, Share};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, EXPECT};
use std::sync::Arc;
use std::time::Duration;

/// How long a body may take to arrive in any case, and how long one that goes to disk may take.
const SOON: Duration = Duration::from_secs(30);
const BODY_TIME: Duration = Duration::from_secs(120);
/// Bytes a second that a client has to send of a body in memory.
const RATE: usize = 64 << 10;
/// Bytes that a body takes in the end for each of its own, about: as it came, as text, and as values.
const UNPACKED: usize = 3;
/// How long the rest of a refused body is listened to.
const LINGER: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(300);

/// Why there is no body.
pub enum Unread {
    Failed(Error),
    /// The caller may not make this call.
    Refused(Outgoing),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Unread {
        Unread::Failed(error)
    }
}

pub async fn read(
    server: &Arc<Server>,
    head: &Head,
    headers: &Headers,
    mut stream: Incoming,
) -> std::result::Result<Content, Unread> {
    let read = begin(server, head, headers, &mut stream).await;
    if read.is_err() && headers.get(EXPECT).is_none() {
        let _ = tokio::time::timeout(LINGER, drain(stream)).await;
    }
    read
}

async fn begin(
    server: &Arc<Server>,
    head: &Head,
    headers: &Headers,
    stream: &mut Incoming,
) -> std::result::Result<Content, Unread> {
    let env = &server.env;
    let content_type = headers.get(CONTENT_TYPE).unwrap_or_default();
    let way = Way::of(content_type, head.takes_file(env));
    let promised = stream.size_hint();
    if promised.lower() > env.max_body() as u64 {
        return Err(too_large(env.max_body(), "P_MAX_BODY").into());
    }
    let small = way == Way::Memory && promised.upper().is_some_and(|most| most <= FREE as u64);
    let intake = match small {
        true => Intake::small(),
        false => head.admit(server).await.map_err(Unread::Refused)?,
    };
    if way == Way::Memory && promised.lower() > intake.most as u64 {
        return Err(intake.too_large(env).into());
    }
    let time = match way {
        Way::Memory => (SOON + Duration::from_secs((intake.most / RATE) as u64)).min(BODY_TIME),
        _ => BODY_TIME,
    };
    let reading = async {
        let mut share = server.bodies.share(intake.guest);
        let most = usize::try_from(promised.lower()).unwrap_or(usize::MAX).min(intake.most);
        share.promised(most.saturating_mul(UNPACKED));
        let mut raw = Vec::new();
        let form = match way {
            Way::Memory => {
                raw = whole(env, stream, &intake, &mut share).await?;
                None
            }
            Way::File => Some((Params::default(), raw_file(env, content_type, stream, &intake).await?)),
            Way::Parts => Some(super::multipart::read(env, content_type, stream, &intake, &mut share).await?),
        };
        Ok(Content { raw, form, share })
    };
    let too_slow = |_| Err(Error::param("the body took too long to arrive"));
    Ok(tokio::time::timeout(time, reading).await.unwrap_or_else(too_slow)?)
}

/// Where the bytes of a body go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Memory,
    /// To disk as they are.
    File,
    /// Fields to memory, files to disk.
    Parts,
}

impl Way {
    fn of(content_type: &str, takes_file: bool) -> Way {
        let kind = content_type.to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            return Way::Parts;
        }
        let parsed = kind.starts_with("application/x-www-form-urlencoded")
            || kind.contains("/json")
            || kind.contains("xparam=1");
        if takes_file && !parsed { Way::File } else { Way::Memory }
    }
}

async fn whole(env: &Services, stream: &mut Incoming, intake: &Intake, share: &mut Share) -> Result<Vec<u8>> {
    // What is promised beyond a little is believed when it is there.
    let promised = usize::try_from(stream.size_hint().lower()).unwrap_or(usize::MAX);
    let mut raw = Vec::with_capacity(promised.min(FREE));
    let mut pace = Pace::default();
    while let Some(frame) = pace.next(share, stream.frame()).await? {
        let Ok(chunk) = frame.map_err(|error| unread(&error, env))?.into_data() else { continue };
        if raw.len() + chunk.len() > intake.most {
            return Err(intake.too_large(env));
        }
        share.grow(chunk.len()).await?;
        pace.came(chunk.len());
        raw.extend_from_slice(&chunk);
    }
    Ok(raw)
}

async fn raw_file(
    env: &Services,
    content_type: &str,
    stream: &mut Incoming,
    intake: &Intake,
) -> Result<Vec<Upload>> {
    let mut body = Limited::new(stream, env.max_body());
    let mut file = None;
    if intake.keeps_files {
        let most = intake.file_most(env, &[]);
        file = Some(Arriving::begin(env, String::new(), String::new(), content_type.to_owned(), most).await?);
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(&*error, env))?;
        if let (Some(file), Ok(chunk)) = (&mut file, frame.into_data()) {
            file.write(chunk).await?;
        }
    }
    file.into_iter().map(Arriving::end).collect()
}

/// A client that is still sending does not look for an answer: what is left of a refused body is read for a
/// while, and forgotten. One that waits gets its answer soon.
async fn drain(mut stream: Incoming) {
    while let Ok(Some(Ok(_))) = tokio::time::timeout(QUIET, stream.frame()).await {}
}

fn unread(error: &(dyn std::error::Error + Send + Sync + 'static), env: &Services) -> Error {
    match error.is::<LengthLimitError>() {
        true => too_large(env.max_body(), "P_MAX_BODY"),
        false => Error::param("the body could not be read").because(error.to_string()),
    }
}
