//! Subscribers of a channel whose connections end at random moments, and a server that is killed again and again: each of
//! them is sent every row once, in order, whatever happened in between.

use crate::rng::Rng;
use crate::server::{Place, Server, Who};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

const CIRCLE: i64 = 1_000_000_007;
const SUBSCRIBERS: u64 = 8;
/// Disconnects of all of them together, if `DISCONNECTS` does not say.
const DISCONNECTS: u64 = 1000;
const KILLS: u64 = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the server listens now.
type At = Mutex<SocketAddr>;

/// One connection of a subscriber.
struct Socket(WebSocket<TcpStream>);

impl Socket {
    /// None while the server is away.
    fn open(at: SocketAddr) -> Option<Socket> {
        let stream = TcpStream::connect(at).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let mut request = format!("ws://{at}/ws?_app=user").into_client_request().ok()?;
        request.headers_mut().insert("x-daca-simple", Who::User(1).key().parse().ok()?);
        Some(Socket(tungstenite::client(request, stream).ok()?.0))
    }

    /// The frames of the next message; None when the connection has ended.
    fn next(&mut self) -> Option<Vec<Value>> {
        loop {
            match self.0.read().ok()? {
                Message::Text(text) => {
                    return text.split('\n').map(|line| serde_json::from_str(line).ok()).collect();
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}

/// What a subscriber knows.
#[derive(Default)]
struct Seen {
    epoch: Option<Value>,
    first: i64,
    at: i64,
    offsets: Vec<i64>,
    /// Times that the server could not give again what was missed.
    unrecovered: u64,
}

impl Seen {
    fn ask(&self) -> Value {
        let mut ask = json!({"id": 1, "sub": format!("circle:{CIRCLE}")});
        if let Some(epoch) = &self.epoch {
            ask["since"] = json!({"epoch": epoch, "offset": self.at});
        }
        ask
    }

    fn take(&mut self, frame: &Value) {
        let rows: Vec<i64> = match frame.get("ok") {
            Some(ok) => {
                let offset = ok["offset"].as_i64().expect("an offset");
                match &self.epoch {
                    None => (self.first, self.at) = (offset, offset),
                    Some(_) if ok["recovered"] == true => {}
                    Some(_) => self.unrecovered += 1,
                }
                self.epoch = Some(ok["epoch"].clone());
                ok["data"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_i64()).collect()
            }
            None => frame["offset"].as_i64().into_iter().collect(),
        };
        self.offsets.extend(&rows);
        self.at = rows.last().copied().unwrap_or(self.at).max(self.at);
    }
}

fn subscribe(at: &At, mut random: Rng, disconnects: u64, last: &AtomicU64) -> Seen {
    let mut seen = Seen::default();
    let mut left = disconnects;
    let until =
        |seen: &Seen| last.load(Ordering::SeqCst) as i64 <= seen.at && last.load(Ordering::SeqCst) > 0;
    let begun = Instant::now();
    while left > 0 || !until(&seen) {
        assert!(begun.elapsed() < 5 * PATIENCE, "a subscriber waits at {} of {last:?}", seen.at);
        let address = *at.lock().unwrap();
        let Some(mut socket) = Socket::open(address) else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        if socket.0.send(Message::text(seen.ask().to_string())).is_err() {
            continue;
        }
        // Often at once, sometimes in the middle of what comes, at the end only when all is there.
        let mut messages = if left > 0 { random.below(6) } else { u64::MAX };
        while messages > 0 && !(left == 0 && until(&seen)) {
            let Some(frames) = socket.next() else { break };
            frames.iter().filter(|frame| frame.get("err").is_none()).for_each(|frame| seen.take(frame));
            messages -= 1;
        }
        left = left.saturating_sub(1);
    }
    seen
}

#[test]
fn subscribers_see_no_hole_and_no_repeat() {
    let _alone = crate::alone();
    let seed = crate::number("SEED").unwrap_or(1);
    let disconnects = crate::number("DISCONNECTS").unwrap_or(DISCONNECTS);
    let mut random = Rng::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let place = Place::new(dir.path().to_owned(), seed, "full");
    crate::server::copy(crate::furnished(), &place.root());
    let db = rusqlite::Connection::open(place.db()).unwrap();
    db.execute("INSERT INTO Circle (id, name) VALUES (?1, 'c')", [CIRCLE]).unwrap();
    db.execute("INSERT INTO CircleUser (circleId, userId, name, status) VALUES (?1, 1, 'u', 1)", [CIRCLE])
        .unwrap();
    drop(db);
    let start = || Server::start(&place).expect("a start");
    let mut server = start();
    let at = Arc::new(Mutex::new(server.at));
    let (stop, last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = {
        let (at, stop) = (at.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut written = 0;
            while !stop.load(Ordering::SeqCst) {
                let body =
                    json!({"circleId": CIRCLE, "type": 3, "content": format!("row {written}")}).to_string();
                let key = Who::User(1).key();
                let request = crate::http::Request {
                    target: "CircleMsg.add?_app=user",
                    key: &key,
                    kind: "application/json",
                    body: body.as_bytes(),
                };
                let address = *at.lock().unwrap();
                crate::http::Client::new(address).send(&request, crate::http::Cut::No);
                written += 1;
                std::thread::sleep(Duration::from_millis(3));
            }
        })
    };
    let readers: Vec<_> = (0..SUBSCRIBERS)
        .map(|_| {
            let (at, last, random) = (at.clone(), last.clone(), random.fork());
            std::thread::spawn(move || subscribe(&at, random, disconnects / SUBSCRIBERS, &last))
        })
        .collect();
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_millis(random.between(700, 2000)));
        server.kill();
        server = start();
        *at.lock().unwrap() = server.at;
    }
    std::thread::sleep(Duration::from_millis(700));
    stop.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    let rows = || -> Vec<i64> {
        let db = rusqlite::Connection::open(place.db()).unwrap();
        let mut statement = db.prepare("SELECT id FROM CircleMsg WHERE circleId=?1 ORDER BY id").unwrap();
        let ids = statement.query_map([CIRCLE], |row| row.get(0)).unwrap();
        ids.collect::<Result<_, _>>().unwrap()
    };
    let written = rows();
    assert!(written.len() > 100, "{}", written.len());
    last.store(written.last().copied().unwrap() as u64, Ordering::SeqCst);
    for reader in readers {
        let seen = reader.join().unwrap();
        let expected: Vec<i64> = written.iter().copied().filter(|id| *id > seen.first).collect();
        assert_eq!(seen.unrecovered, 0, "SEED={seed}");
        assert_eq!(seen.offsets, expected, "SEED={seed}");
    }
    crate::say(format_args!("subscribers: {} rows, {disconnects} disconnects, {KILLS} kills", written.len()));
    assert!(server.end(&place).success());
}
