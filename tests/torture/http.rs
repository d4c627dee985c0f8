//! A client that knows how far its request came: a call that was not sent whole cannot have been done.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any fault lasts.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Request<'a> {
    pub target: &'a str,
    pub key: &'a str,
    pub kind: &'a str,
    pub body: &'a [u8],
}

/// Where the client hangs up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    No,
    /// In the middle of the request.
    Midway,
    /// When all is sent.
    BeforeAnswer,
}

pub enum Reply {
    /// The answer, and the id of its row in the log.
    Answer(Value, Option<i64>),
    /// It did not go out whole.
    NotSent,
    /// It went out, and no answer came.
    Unanswered,
}

pub struct Client {
    at: SocketAddr,
    stream: Option<TcpStream>,
}

impl Client {
    pub fn new(at: SocketAddr) -> Client {
        Client { at, stream: None }
    }

    pub fn send(&mut self, request: &Request<'_>, cut: Cut) -> Reply {
        let Some(mut stream) = self.stream.take().or_else(|| self.connect()) else { return Reply::NotSent };
        let mut bytes = format!(
            "POST /api/{} HTTP/1.1\r\nhost: localhost\r\nx-daca-simple: {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            request.target,
            request.key,
            request.kind,
            request.body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(request.body);
        if cut == Cut::Midway {
            bytes.truncate(bytes.len() - 1 - request.body.len() / 2);
        }
        if stream.write_all(&bytes).is_err() || cut == Cut::Midway {
            return Reply::NotSent;
        }
        if cut == Cut::BeforeAnswer {
            return Reply::Unanswered;
        }
        match answer(&mut stream) {
            Some((value, log, keeps)) => {
                self.stream = keeps.then_some(stream);
                Reply::Answer(value, log)
            }
            None => Reply::Unanswered,
        }
    }

    fn connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.at, PATIENCE).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(stream)
    }
}

/// The answer, its id in the log, and whether the connection goes on.
fn answer(stream: &mut TcpStream) -> Option<(Value, Option<i64>, bool)> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16384]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut part).ok()? {
            0 => return None,
            n => bytes.extend_from_slice(&part[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let header = |name: &str| {
        head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()))
    };
    let length: Option<usize> = header("content-length").and_then(|n| n.parse().ok());
    let mut body = bytes.split_off(end + 4);
    let chunked = header("transfer-encoding").is_some_and(|how| how.contains("chunked"));
    while length.is_some_and(|length| body.len() < length) || (chunked && !body.ends_with(b"0\r\n\r\n")) {
        match stream.read(&mut part).ok()? {
            0 => return None,
            n => body.extend_from_slice(&part[..n]),
        }
    }
    if chunked {
        body = unchunked(&body)?;
    }
    let log = header("x-daca-log-id").and_then(|id| id.parse().ok());
    let keeps = header("connection").is_none_or(|how| how != "close");
    Some((serde_json::from_slice(&body).ok()?, log, keeps))
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(line + 2..line + 2 + size)?);
        rest = rest.get(line + 4 + size..)?;
    }
}
