//! Files with an object store that speaks S3. Every request has bounds on each of its steps, and what a store
//! that is out says to people is one sentence; the rest is for the log.

mod list;
mod sign;

pub use sign::Credentials;

use super::{FileBody, Outlet};
use super::{Listed, Store, checked, stays_behind};
use crate::config::Bucket;
use crate::error::{Code, Error, Result};
use sha2::{Digest, Sha256};
use sign::{Signed, authorization, hex};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use ureq::http::{Request, Response, StatusCode};
use ureq::{AsSendBody, Body};

const CONNECT: Duration = Duration::from_secs(5);
/// Without a byte in either direction.
const SILENCE: Duration = Duration::from_secs(20);
/// Until the first byte of an answer: a store may take its time with a large file.
const ANSWER: Duration = Duration::from_secs(60);
/// Requests are sent again after a failure that may pass; all of them may be.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// Of an answer that says what went wrong.
const SAID_MAX: u64 = 4096;
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub struct S3Store {
    client: Client,
    /// Keys of files to be removed by a thread of their own.
    gone: Sender<String>,
}

impl S3Store {
    pub fn new(bucket: &Bucket, credentials: Credentials) -> Result<S3Store> {
        let client = Client::new(bucket, credentials);
        let (gone, keys) = channel::<String>();
        let remover = client.clone();
        let work = move || {
            for key in keys {
                if let Err(error) = remover.remove(&key) {
                    stays_behind(&key, &error);
                }
            }
        };
        let started = std::thread::Builder::new().name("store-remover".into()).spawn(work);
        started.map_err(|e| Error::server(format!("no thread for removing files: {e}")))?;
        Ok(S3Store { client, gone })
    }
}

impl Store for S3Store {
    fn put(&self, key: &str, from: &Path) -> Result<()> {
        let unread = |e: io::Error| Error::server(format!("an upload could not be read: {e}"));
        let mut file = File::open(from).map_err(unread)?;
        let digest = digest_of(&mut file).map_err(unread)?;
        let send = || {
            let mut file = &file;
            file.rewind().map_err(unread)?;
            Ok(file)
        };
        let answer = self.client.ask("PUT", key, &digest, None, send)?;
        match answer.status() {
            StatusCode::OK => Ok(()),
            _ => Err(refused("PUT", key, answer)),
        }
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let answer = self.client.ask("HEAD", key, EMPTY, None, || Ok(()))?;
        match answer.status() {
            // The body of such an answer is none, whatever its head says.
            StatusCode::OK => length(&answer).map(Some).ok_or_else(|| out("HEAD", key, "it has no length")),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(refused("HEAD", key, answer)),
        }
    }

    fn part(&self, key: &str, from: u64, length: u64) -> Result<Option<FileBody>> {
        if length == 0 {
            return Ok(self.size(key)?.map(|_| FileBody::Bytes(Vec::new())));
        }
        let range = format!("bytes={from}-{}", from.saturating_add(length - 1));
        let answer = self.client.ask("GET", key, EMPTY, Some(&range), || Ok(()))?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if answer.body().content_length() == Some(length) => {
                let mut body = answer.into_body().into_reader();
                let write = move |out: &mut dyn Outlet| match io::copy(&mut body, out)? {
                    sent if sent == length => Ok(()),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                };
                Ok(Some(FileBody::Stream(Box::new(write))))
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE => {
                Ok(None)
            }
            _ => Err(refused("GET", key, answer)),
        }
    }

    fn remove(&self, key: &str) -> Result<()> {
        self.client.remove(key)
    }

    fn remove_soon(&self, key: &str) {
        if self.gone.send(key.to_owned()).is_err() {
            stays_behind(key, &Error::server("the thread that removes files is gone"));
        }
    }

    fn list(&self, begin: &str) -> Result<Vec<Listed>> {
        self.client.list(begin)
    }
}

#[derive(Clone)]
struct Client {
    agent: ureq::Agent,
    credentials: Credentials,
    /// Scheme and authority.
    base: String,
    host: String,
    /// In front of every key, from the root on.
    path: String,
    /// The end of it that is part of the name of an object.
    prefix: String,
    region: String,
}

impl Client {
    fn new(bucket: &Bucket, credentials: Credentials) -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .timeout_recv_response(Some(ANSWER))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        let (base, path) = bucket.base();
        let host = base.split_once("://").map_or("", |(_, host)| host).to_owned();
        let prefix = if bucket.prefix.is_empty() { String::new() } else { format!("{}/", bucket.prefix) };
        Client { agent: config.into(), credentials, base, host, path, prefix, region: bucket.region.clone() }
    }

    fn remove(&self, key: &str) -> Result<()> {
        let answer = self.ask("DELETE", key, EMPTY, None, || Ok(()))?;
        match answer.status() {
            StatusCode::NO_CONTENT | StatusCode::OK | StatusCode::NOT_FOUND => Ok(()),
            _ => Err(refused("DELETE", key, answer)),
        }
    }

    /// Sends a request, again if that may help; any answer of the store that is not "later" comes back.
    fn ask<B: AsSendBody>(
        &self,
        method: &'static str,
        key: &str,
        digest: &str,
        range: Option<&str>,
        body: impl Fn() -> Result<B>,
    ) -> Result<Response<Body>> {
        let path = format!("{}{}", self.path, checked(key)?);
        self.send(method, key, (&path, ""), digest, range, body)
    }

    /// Sends a request to any place of the bucket.
    fn send<B: AsSendBody>(
        &self,
        method: &'static str,
        key: &str,
        (path, query): (&str, &str),
        digest: &str,
        range: Option<&str>,
        body: impl Fn() -> Result<B>,
    ) -> Result<Response<Body>> {
        let mut left = TRIES;
        loop {
            left -= 1;
            let request = self.signed(method, (path, query), digest, range, body()?)?;
            let last = left == 0;
            match self.agent.run(request) {
                Ok(answer) if last || !answer.status().is_server_error() => return Ok(answer),
                // Silence is not asked twice: the caller has waited long enough.
                Err(error @ ureq::Error::Timeout(_)) => return Err(out(method, key, error)),
                Err(error) if last => return Err(out(method, key, error)),
                Ok(_) | Err(_) => std::thread::sleep(PAUSE * (TRIES - left)),
            }
        }
    }

    fn signed<B: AsSendBody>(
        &self,
        method: &str,
        (path, query): (&str, &str),
        digest: &str,
        range: Option<&str>,
        body: B,
    ) -> Result<Request<B>> {
        let time = chrono::Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = vec![("host", self.host.as_str())];
        headers.extend(range.map(|range| ("range", range)));
        headers.extend([("x-amz-content-sha256", digest), ("x-amz-date", time.as_str())]);
        let request = Signed {
            method,
            path,
            query,
            headers: &headers,
            payload: digest,
            time: &time,
            region: &self.region,
        };
        let authorization = authorization(&self.credentials, &request);
        let mut request = Request::builder().method(method).uri(format!(
            "{}{path}{}{query}",
            self.base,
            if query.is_empty() { "" } else { "?" }
        ));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.header("authorization", authorization).body(body);
        request.map_err(|e| Error::server(format!("no request to the file store: {e}")))
    }
}

fn digest_of(file: &mut File) -> io::Result<String> {
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&piece[..read]),
        }
    }
}

fn length(answer: &Response<Body>) -> Option<u64> {
    answer.headers().get("content-length")?.to_str().ok()?.parse().ok()
}

/// The store answers, but not what was asked.
fn refused(method: &str, key: &str, answer: Response<Body>) -> Error {
    let status = answer.status();
    let mut said = String::new();
    let _ = answer.into_body().into_reader().take(SAID_MAX).read_to_string(&mut said);
    let part = |name: &str| {
        let (_, rest) = said.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
    };
    let said = ["Code", "Message"].iter().filter_map(|name| part(name)).collect::<Vec<_>>().join(": ");
    out(method, key, format!("{status} {said}"))
}

fn out(method: &str, key: &str, why: impl std::fmt::Display) -> Error {
    tracing::warn!(method, key, %why, "the file store failed");
    Error::new(Code::EXT, "the file store failed")
        .say("文件存储暂不可用，请稍后再试", "the file store is out, please try again later")
        .because(format!("{method} {key}: {why}"))
}
