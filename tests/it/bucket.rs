//! An object store in this process that believes nobody: it works out every signature anew from what arrived.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub const KEY: &str = "AKTEST";
pub const SECRET: &str = "only/for+tests";
pub const REGION: &str = "cn-test-1";

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mood {
    Well,
    /// 503 to everything, as long as this.
    Busy(u32),
    /// Half of what was promised.
    CutsOff,
}

pub struct Bucket {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    objects: BTreeMap<String, Vec<u8>>,
    mood: Mood,
    /// Method and path of every request whose signature was right.
    seen: Vec<String>,
}

impl Bucket {
    pub fn start() -> Bucket {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { objects: BTreeMap::new(), mood: Mood::Well, seen: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Bucket { address, state }
    }

    pub fn url(&self) -> String {
        format!("s3://photos/house/one?endpoint=http://{}&region={REGION}", self.address)
    }

    pub fn keys(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(key).cloned()
    }

    pub fn forget(&self, key: &str) {
        self.state.lock().unwrap().objects.remove(key).unwrap();
    }

    pub fn feels(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub fn mood(&self) -> Mood {
        self.state.lock().unwrap().mood
    }

    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = Request::read(&mut reader) {
        let mood = state.lock().unwrap().mood;
        let reply = match mood {
            Mood::Busy(left) => {
                let next = if left <= 1 { Mood::Well } else { Mood::Busy(left - 1) };
                state.lock().unwrap().mood = next;
                error(503, "SlowDown", "Please reduce your request rate.")
            }
            Mood::Well | Mood::CutsOff => act(&request, &mut state.lock().unwrap()),
        };
        let length = reply.body.len();
        let range = reply.range.map(|range| format!("Content-Range: {range}\r\n")).unwrap_or_default();
        let head = format!("HTTP/1.1 {} x\r\nContent-Length: {length}\r\n{range}\r\n", reply.status);
        let mut out = &stream;
        out.write_all(head.as_bytes()).unwrap();
        if request.method == "HEAD" {
            continue;
        }
        let sent = if mood == Mood::CutsOff { length / 2 } else { length };
        out.write_all(&reply.body[..sent]).unwrap();
        if sent < length {
            return;
        }
    }
}

struct Reply {
    status: u16,
    range: Option<String>,
    body: Vec<u8>,
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Reply { status, range: None, body: body.into_bytes() }
}

fn act(request: &Request, state: &mut State) -> Reply {
    if let Err(why) = request.verify() {
        return error(403, "SignatureDoesNotMatch", &why);
    }
    state.seen.push(format!("{} {}", request.method, request.path));
    let fine = |status, body| Reply { status, range: None, body };
    if request.path == "/photos" && request.query.contains("list-type=2") {
        return fine(200, list(&request.query, state).into_bytes());
    }
    let Some(key) = request.path.strip_prefix("/photos/").map(str::to_owned) else {
        return error(404, "NoSuchBucket", "there is none");
    };
    match request.method.as_str() {
        "PUT" => {
            state.objects.insert(key, request.body.clone());
            fine(200, Vec::new())
        }
        "DELETE" => {
            state.objects.remove(&key);
            fine(204, Vec::new())
        }
        "GET" | "HEAD" => {
            let Some(bytes) = state.objects.get(&key) else {
                return error(404, "NoSuchKey", "there is none");
            };
            let Some(range) = request.headers.get("range") else { return fine(200, bytes.clone()) };
            let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            if from >= bytes.len() {
                return error(416, "InvalidRange", "beyond the end");
            }
            let to = to.min(bytes.len() - 1);
            let range = Some(format!("bytes {from}-{to}/{}", bytes.len()));
            Reply { status: 206, range, body: bytes[from..=to].to_vec() }
        }
        _ => error(405, "MethodNotAllowed", ""),
    }
}

/// Three at a time.
fn list(query: &str, state: &State) -> String {
    let value = |name: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(percent_encoding::percent_decode_str(pair).decode_utf8().unwrap().into_owned())
    };
    let (prefix, after) = (value("prefix").unwrap(), value("continuation-token").unwrap_or_default());
    let mut keys = state.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = keys.by_ref().take(3).collect();
    let rows = page
        .iter()
        .map(|(key, bytes)| format!("<Contents><Key>{key}</Key><Size>{}</Size></Contents>", bytes.len()));
    let rows: String = rows.collect();
    let next = match (keys.next(), page.last()) {
        (Some(_), Some((key, _))) => format!("<NextContinuationToken>{key}</NextContinuationToken>"),
        _ => String::new(),
    };
    format!("<?xml version=\"1.0\"?><ListBucketResult>{rows}{next}</ListBucketResult>")
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        assert!(!headers.contains_key("transfer-encoding"), "a length must be given: {headers:?}");
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body })
    }

    fn verify(&self) -> Result<(), String> {
        let header = |name: &str| self.headers.get(name).cloned().ok_or(format!("no {name}"));
        let digest = header("x-amz-content-sha256")?;
        if digest != hex(&Sha256::digest(&self.body)) {
            return Err("the digest of the body".into());
        }
        let time = header("x-amz-date")?;
        let authorization = header("authorization")?;
        let fields: BTreeMap<_, _> = authorization
            .strip_prefix("AWS4-HMAC-SHA256 ")
            .ok_or("algorithm")?
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .collect();
        let names = fields["SignedHeaders"];
        for must in ["host", "x-amz-content-sha256", "x-amz-date"] {
            if !names.split(';').any(|name| name == must) {
                return Err(format!("{must} is not signed"));
            }
        }
        let mut canonical = vec![self.method.clone(), self.path.clone(), self.query.clone()];
        for name in names.split(';') {
            canonical.push(format!("{name}:{}", header(name)?));
        }
        canonical.extend([String::new(), names.to_owned(), digest]);
        let scope = format!("{}/{REGION}/s3/aws4_request", &time[..8]);
        if fields["Credential"] != format!("{KEY}/{scope}") {
            return Err("scope".into());
        }
        let canonical = hex(&Sha256::digest(canonical.join("\n")));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
        let key = [&time[..8], REGION, "s3", "aws4_request"]
            .iter()
            .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
        match hex(&mac(&key, &text)) == fields["Signature"] {
            true => Ok(()),
            false => Err("signature".into()),
        }
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
