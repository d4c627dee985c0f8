//! HTTP/2 over TLS: the same answers as over HTTP/1, and no way for a client to hold more, longer or slower than over
//! connections of HTTP/1. Honest clients speak through the `h2` crate, others write their frames themselves.

use crate::app::TestApp;
use crate::tls::{Cert, ENOUGH, Stream, client, connect};
use bytes::Bytes;
use h2::client::SendRequest;
use http::{Method, Request, Response, StatusCode};
use jindou::http::assets::Asset;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// An honest client.
struct Honest {
    runtime: tokio::runtime::Runtime,
    send: SendRequest<Bytes>,
}

type Got = (StatusCode, http::HeaderMap, Vec<u8>);

impl Honest {
    fn new(at: SocketAddr, cert: &Cert) -> Honest {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Arc::new(client(&cert.der, &[b"h2"]));
        let send = runtime.block_on(async {
            let socket = tokio::net::TcpStream::connect(at).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let stream = TlsConnector::from(config).connect(name, socket).await.unwrap();
            let (send, connection) = h2::client::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            send
        });
        Honest { runtime, send }
    }

    fn send(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Got, h2::Error> {
        self.runtime.block_on(asked(self.send.clone(), request.body(()).unwrap(), body.into()))
    }

    fn get(&self, path: &str) -> Got {
        self.send(to(Method::GET, path), Vec::new()).unwrap()
    }
}

fn to(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(format!("https://localhost{path}"))
}

/// The code of an answer of the API.
fn code(body: &[u8]) -> i64 {
    serde_json::from_slice::<serde_json::Value>(body).unwrap()[0].as_i64().unwrap()
}

async fn asked(send: SendRequest<Bytes>, request: Request<()>, mut body: Bytes) -> Result<Got, h2::Error> {
    let mut send = send.ready().await?;
    let (response, mut sending) = send.send_request(request, body.is_empty())?;
    let upload = async {
        while !body.is_empty() {
            sending.reserve_capacity(body.len());
            let Some(Ok(room)) = std::future::poll_fn(|cx| sending.poll_capacity(cx)).await else { return };
            let piece = body.split_to(room.min(body.len()));
            if sending.send_data(piece, body.is_empty()).is_err() {
                return;
            }
        }
    };
    let (response, ()) = tokio::join!(response, upload);
    let (head, mut stream) = Response::into_parts(response?);
    let mut got = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece?;
        stream.flow_control().release_capacity(piece.len())?;
        got.extend_from_slice(&piece);
    }
    Ok((head.status, head.headers, got))
}

#[test]
fn calls_pages_and_bodies_pass_as_over_http1() {
    let cert = Cert::new();
    let app = cert.app(&[("P_TEST_MODE", "2")]);
    let client = Honest::new(app.address, &cert);
    let (status, headers, body) = client.get("/api/initClient");
    assert_eq!((status.as_u16(), code(&body)), (200, 0));
    assert!(headers.contains_key("strict-transport-security") && !headers.contains_key("connection"));
    let (_, headers, body) = client.get("/api/login?uname=13800138000&code=080909&_app=user");
    assert_eq!(code(&body), 0);
    let cookies = headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let kept = cookies.map(|cookie| {
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        cookie.split(';').next().unwrap()
    });
    let cookie = kept.collect::<Vec<_>>().join("; ");
    // Many at once on one connection, each with its own answer.
    let answers = client.runtime.block_on(async {
        let calls = (0..60).map(|n| {
            let request = to(Method::POST, "/api/Ordr.add?res=dscr&_app=user")
                .header("content-type", "application/json")
                .header("cookie", &cookie)
                .body(())
                .unwrap();
            tokio::spawn(asked(client.send.clone(), request, format!("{{\"dscr\":\"order {n} \"}}").into()))
        });
        let mut answers = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            answers.push(call.await.unwrap().unwrap().2);
        }
        answers
    });
    for (n, answer) in answers.iter().enumerate() {
        let text = String::from_utf8_lossy(answer);
        assert!(code(answer) == 0 && text.contains(&format!("\"order {n} \"")), "{text}");
    }
    let (status, headers, body) = client.send(to(Method::HEAD, "/m2/index.html"), Vec::new()).unwrap();
    assert_eq!((status.as_u16(), body.len()), (200, 0));
    assert!(headers["content-length"] != "0");
    // A body larger than any window of flow control.
    let large = format!("{}{{\"dscr\":\"padded \"}}", " ".repeat(900_000));
    let request = to(Method::POST, "/api/Ordr.add?_app=user").header("content-type", "application/json");
    let (_, _, body) = client.send(request.header("cookie", &cookie), large.into()).unwrap();
    assert_eq!(code(&body), 0, "{}", String::from_utf8_lossy(&body));
    let request = to(Method::POST, "/api/Ordr.add?_app=user").header("content-type", "application/json");
    let refused = client.send(request, vec![b' '; 25 << 20]);
    assert!(refused.is_err() || refused.is_ok_and(|(_, _, body)| code(&body) != 0));
    assert_eq!(client.get("/healthz").0, 200, "the connection is still of use");
}

#[test]
fn a_request_names_one_host_and_no_more_than_a_hundred_headers() {
    let cert = Cert::new();
    let app = cert.app(&[]);
    let client = Honest::new(app.address, &cert);
    let status = |request| client.send(request, Vec::new()).map(|(status, ..)| status.as_u16());
    assert_eq!(status(to(Method::GET, "/healthz").header("host", "localhost")).unwrap(), 200);
    assert_eq!(status(to(Method::GET, "/healthz").header("host", "other")).unwrap(), 400);
    let two = to(Method::GET, "/healthz").header("host", "localhost").header("host", "localhost");
    assert_eq!(status(two).unwrap(), 400);
    let with = |count: usize, length: usize| {
        (0..count).fold(to(Method::GET, "/healthz"), |request, n| {
            request.header(format!("x-header-{n}"), "x".repeat(length))
        })
    };
    assert_eq!(status(with(100, 1)).unwrap(), 200);
    assert_eq!(status(with(101, 1)).unwrap(), 431);
    assert_eq!(status(with(50, 1000)).unwrap(), 200);
    assert!(status(with(90, 1000)).map_or(true, |status| status == 431), "more than the head may have");
    assert_eq!(client.get("/healthz").0, 200);
    let tunnel = Request::builder().method(Method::CONNECT).uri("localhost:443");
    assert!(client.send(tunnel, Vec::new()).map_or(true, |(status, ..)| !status.is_success()));
}

/// A client that writes its frames itself.
struct Raw {
    stream: Stream,
    /// The last stream that it opened.
    last: u32,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

impl Raw {
    fn new(at: SocketAddr, cert: &Cert) -> Raw {
        let mut raw = Raw { stream: connect(at, client(&cert.der, &[b"h2"])).unwrap(), last: 0 };
        raw.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        raw.frame(SETTINGS, 0, 0, &[]).unwrap();
        raw
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> std::io::Result<()> {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame)
    }

    /// A request; with `flags` 0 a body follows.
    fn open(&mut self, method: &str, path: &str, flags: u8) -> std::io::Result<u32> {
        self.last = if self.last == 0 { 1 } else { self.last + 2 };
        let mut block = Vec::new();
        for (name, value) in
            [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
        {
            block.extend([0, name.len() as u8]);
            block.extend(name.bytes());
            block.push(value.len() as u8);
            block.extend(value.bytes());
        }
        self.frame(HEADERS, END_HEADERS | flags, self.last, &block)?;
        Ok(self.last)
    }

    /// The next frame: its kind, its stream, its payload; None at the end of the connection.
    fn read(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.stream.read_exact(&mut payload).ok()?;
        Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
    }

    /// Reads until the server ends the connection, while `busy` does something now and then; how long that took.
    fn ended(&mut self, mut busy: impl FnMut(&mut Raw)) -> Duration {
        let begun = Instant::now();
        self.stream.sock.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut bytes = [0; 1 << 14];
        loop {
            assert!(begun.elapsed() < ENOUGH, "the connection is still open");
            busy(self);
            match self.stream.read(&mut bytes) {
                Ok(n) if n > 0 => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                _ => return begun.elapsed(),
            }
        }
    }
}

#[test]
fn an_idle_connection_ends_however_often_it_pings() {
    let cert = Cert::new();
    let app = cert.app(&[("P_KEEPALIVE", "1")]);
    let mut raw = Raw::new(app.address, &cert);
    raw.open("GET", "/healthz", END_STREAM).unwrap();
    let (mut answered, mut away) = (None, None);
    raw.stream.sock.set_read_timeout(Some(ENOUGH)).unwrap();
    while let Some((kind, ..)) = raw.read() {
        match kind {
            DATA => answered = Some(Instant::now()),
            GOAWAY => away = away.or(Some(Instant::now())),
            _ => {}
        }
        let _ = raw.frame(PING, 0, 0, &[0; 8]);
        std::thread::sleep(Duration::from_millis(5));
    }
    let idle = away.expect("it is told to leave") - answered.expect("it was answered");
    assert!((900..20_000).contains(&idle.as_millis()), "{idle:?}");
}

/// As long as nobody can lose it in the buffers of a connection.
static LARGE: &[Asset] = &[Asset {
    path: "m2/large.bin",
    mime: "application/octet-stream",
    etag: "large",
    immutable: false,
    identity: &[7; 8 << 20],
    gzip: None,
    brotli: None,
}];

fn large(cert: &Cert, settings: &[(&str, &str)]) -> TestApp {
    let (pem, key) = (cert.path("cert.pem"), cert.path("key.pem"));
    let mut all = vec![("P_TLS_CERT", pem.as_str()), ("P_TLS_KEY", key.as_str())];
    all.extend_from_slice(settings);
    TestApp::of_assets(&all, LARGE)
}

#[test]
fn an_answer_must_be_taken_at_the_pace_of_any_other() {
    let cert = Cert::new();
    let app = large(&cert, &[("P_SEND_WINDOW", "1")]);
    let get = |raw: &mut Raw| raw.open("GET", "/m2/large.bin", END_STREAM).unwrap();
    // Reads, but gives no room for more.
    let mut raw = Raw::new(app.address, &cert);
    get(&mut raw);
    assert!(raw.ended(|_| {}) >= Duration::from_millis(900));
    // Gives room for a byte now and then.
    let mut raw = Raw::new(app.address, &cert);
    get(&mut raw);
    raw.ended(|raw| {
        for stream in [0, 1] {
            let _ = raw.frame(WINDOW_UPDATE, 0, stream, &1_u32.to_be_bytes());
        }
    });
    // Takes one answer and lets others wait, which have no room of their own.
    let mut raw = Raw::new(app.address, &cert);
    raw.frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]).unwrap();
    raw.frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()).unwrap();
    let _streams = [(); 5].map(|()| get(&mut raw));
    raw.ended(|raw| drop(raw.frame(WINDOW_UPDATE, 0, 1, &8000_u32.to_be_bytes())));
    // Reads nothing at all.
    let mut raw = Raw::new(app.address, &cert);
    raw.frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]).unwrap();
    raw.frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()).unwrap();
    let _streams = [(); 5].map(|()| get(&mut raw));
    std::thread::sleep(Duration::from_secs(4));
    raw.ended(|_| {});
    // An honest client gets all of several at once, however long they wait for each other.
    let honest = Honest::new(app.address, &cert);
    let got = honest.runtime.block_on(async {
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let request = to(Method::GET, "/m2/large.bin").body(()).unwrap();
                tokio::spawn(asked(honest.send.clone(), request, Bytes::new()))
            })
            .collect();
        let mut lengths = Vec::new();
        for call in calls {
            lengths.push(call.await.unwrap().unwrap().2.len());
        }
        lengths
    });
    assert_eq!(got, [8 << 20; 4]);
}

#[test]
fn requests_on_one_connection_count_for_their_address() {
    let cert = Cert::new();
    let app = cert.app(&[("P_CONN_PER_ADDR", "4")]);
    let mut raw = Raw::new(app.address, &cert);
    // Their bodies do not come: they stay open. The first shares the place of the connection.
    let _streams = [(); 4].map(|()| raw.open("POST", "/api/Ordr.add", 0).unwrap());
    let refused = raw.open("POST", "/api/Ordr.add", 0).unwrap();
    let answered = loop {
        let (kind, stream, _) = raw.read().expect("the connection goes on");
        if kind == HEADERS {
            break stream;
        }
    };
    assert_eq!(answered, refused, "the fifth is answered at once: there is no place");
    assert!(connect(app.address, client(&cert.der, &[])).is_err(), "nor one for another connection");
    raw.frame(RESET, 0, 3, &8_u32.to_be_bytes()).unwrap();
    let begun = Instant::now();
    while connect(app.address, client(&cert.der, &[])).is_err() {
        assert!(begun.elapsed() < ENOUGH, "a place that was left is not given to the next");
    }
}

#[test]
fn floods_end_their_connection_and_nobody_elses() {
    let cert = Cert::new();
    let app = cert.app(&[("P_SEND_WINDOW", "1")]);
    let honest = Honest::new(app.address, &cert);
    let flood = |what: &str, send: &dyn Fn(&mut Raw) -> std::io::Result<()>| {
        let mut raw = Raw::new(app.address, &cert);
        let end = Instant::now() + ENOUGH;
        while send(&mut raw).is_ok() {
            assert!(Instant::now() < end, "{what} goes on and on");
        }
        assert_eq!(honest.get("/healthz").0, 200, "{what}");
    };
    flood("taking requests back", &|raw| {
        let stream = raw.open("POST", "/api/Ordr.add", 0)?;
        raw.frame(RESET, 0, stream, &8_u32.to_be_bytes())
    });
    flood("heads without end", &|raw| {
        if raw.last == 0 {
            raw.last = 1;
            raw.frame(HEADERS, END_STREAM, 1, &[])?;
        }
        raw.frame(CONTINUATION, 0, 1, &[0; 1000])
    });
    flood("more streams than agreed", &|raw| raw.open("POST", "/api/Ordr.add", 0).map(drop));
    flood("pings whose echo is not read", &|raw| raw.frame(PING, 0, 0, &[0; 8]));
    flood("settings whose echo is not read", &|raw| raw.frame(SETTINGS, 0, 0, &[]));
}
