//! Live connections: what each costs, what calls cost beside thousands of them, and how fast a row reaches a thousand
//! subscribers.

use crate::data::Store;
use crate::load::Run;
use crate::report::Report;
use crate::server::{Server, jindou_with};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, plan, proc, wire};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

const IDLE: usize = 9_000;
const SUBSCRIBERS: usize = 1_000;
/// Rows a second, which makes somewhat more than a hundred thousand deliveries.
const ROWS: f64 = 105.0;
const ORDERS: u64 = 10_000;
const OPEN: &[(&str, &str)] =
    &[("P_LIVE_PER_ACCOUNT", "0"), ("P_LIVE_PER_ADDR", "0"), ("P_CONN_PER_ADDR", "0")];

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let db = store.copy(options, ORDERS, "live");
    let mut server = jindou_with(options, "jindou", &db, "normal", OPEN);
    server.log_in();
    let circle = circle(&server);
    println!("\n## Live connections · {}\n", proc::machine());
    Report::head();
    let calls = |what: &str| {
        let line = server.measure(
            &Run::endless(options, server.address),
            &*plan::make("get", ORDERS, &server.keys),
            true,
        );
        Report::apart(what, &line);
        line.rate()
    };
    let alone = calls("get, nobody connected");
    // What the load leaves behind is there before and after.
    let before = proc::memory(server.pid(), "VmRSS");
    let idle = hold(&server, circle, IDLE);
    let each = (proc::memory(server.pid(), "VmRSS").saturating_sub(before)) as f64 / idle.len().max(1) as f64;
    verdicts.at_most(
        format!("memory of each of {} live connections that follow a channel", grouped(idle.len() as u64)),
        each,
        12.0,
        " KiB",
    );
    let beside = calls(&format!("get beside {} live connections", grouped(idle.len() as u64)));
    verdicts.at_least("get beside live connections ÷ alone", beside / alone, 0.95, "");
    drop(idle);
    deliveries(options, &server, circle, verdicts);
    drop(server);
    store.forget("live");
}

/// A circle of the user who measures.
fn circle(server: &Server) -> i64 {
    let mut request = Vec::new();
    plan::post(
        &mut request,
        "/api/Circle.add?_app=user",
        "userid",
        &server.keys.user,
        "application/json",
        "{}",
    );
    let answer = wire::ask(server.address, &request).expect("an answer");
    let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
    answer[1]["id"].as_i64().unwrap_or_else(|| panic!("no circle: {answer}"))
}

fn request(address: SocketAddr, server: &Server) -> Request {
    let mut request = format!("ws://{address}/ws?_app=user").into_client_request().expect("an address");
    let cookie = format!("userid={}", server.keys.user);
    request.headers_mut().insert("cookie", cookie.parse().expect("a cookie"));
    request
}

fn open(server: &Server, frame: &str) -> Option<WebSocket<TcpStream>> {
    let stream = TcpStream::connect(server.address).ok()?;
    let (mut socket, _) = tungstenite::client(request(server.address, server), stream).ok()?;
    socket.send(Message::text(frame)).ok()?;
    let answer = socket.read().ok()?;
    assert!(answer.to_text().is_ok_and(|text| text.contains("\"ok\"")), "{answer:?}");
    Some(socket)
}

/// Connections that follow a channel, as many as go.
fn hold(server: &Server, circle: i64, n: usize) -> Vec<WebSocket<TcpStream>> {
    let frame = json!({"id": 1, "sub": format!("circle:{circle}")}).to_string();
    std::iter::from_fn(|| open(server, &frame)).take(n).collect()
}

/// What subscribers have seen.
#[derive(Default)]
struct Seen {
    count: AtomicU64,
    /// Deliveries by how many tenths of a millisecond they took.
    took: std::sync::Mutex<Vec<u64>>,
}

fn deliveries(options: &Options, server: &Server, circle: i64, verdicts: &mut Verdicts) {
    let seen = Arc::new(Seen::default());
    let begun = Instant::now();
    let (ready, wait) = std::sync::mpsc::channel();
    let readers = {
        let (seen, address, head) = (seen.clone(), server.address, request(server.address, server));
        let frame = json!({"id": 1, "sub": format!("circle:{circle}")}).to_string();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let reader = |n: usize| {
                    let (seen, head, frame, ready) =
                        (seen.clone(), head.clone(), frame.clone(), ready.clone());
                    async move {
                        let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
                        let (mut socket, _) =
                            tokio_tungstenite::client_async(head, stream).await.expect("a handshake");
                        futures_util::SinkExt::send(&mut socket, Message::text(frame)).await.expect("sent");
                        while let Some(Ok(message)) = socket.next().await {
                            let Ok(text) = message.to_text() else { continue };
                            if text.contains("\"ok\"") {
                                let _ = ready.send(n);
                            }
                            let now = begun.elapsed().as_micros() as u64;
                            text.split('\n').filter_map(written).for_each(|at| seen.take(now - at));
                        }
                    }
                };
                futures_util::future::join_all((0..SUBSCRIBERS).map(reader)).await;
            });
        })
    };
    for _ in 0..SUBSCRIBERS {
        wait.recv().expect("a subscription");
    }
    let mut writer =
        open(server, &json!({"id": 1, "sub": format!("circle:{circle}")}).to_string()).expect("a writer");
    writer.send(Message::text(r#"{"id":2,"unsub":1}"#)).expect("sent");
    let from = Instant::now();
    let mut rows = 0_u64;
    while from.elapsed().as_secs_f64() < options.seconds {
        let text = format!("t{}.", begun.elapsed().as_micros());
        let call = json!({"ac": "CircleMsg.add", "post": {"circleId": circle, "type": 3, "content": text}});
        writer.send(Message::text(json!({"id": 3, "call": call}).to_string())).expect("sent");
        while !writer.read().expect("an answer").to_text().is_ok_and(|text| text.contains("\"id\":3")) {}
        rows += 1;
        let due = Duration::from_secs_f64(rows as f64 / ROWS);
        std::thread::sleep(due.saturating_sub(from.elapsed()));
    }
    let all = rows * SUBSCRIBERS as u64;
    while seen.count.load(Ordering::Relaxed) < all
        && from.elapsed().as_secs_f64() < 2.0 * options.seconds + 5.0
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    let rate = seen.count.load(Ordering::Relaxed) as f64 / from.elapsed().as_secs_f64();
    let to = format!("to {} subscribers", grouped(SUBSCRIBERS as u64));
    verdicts.at_least(format!("deliveries a second {to}"), rate, 100_000.0, "");
    verdicts.at_most(format!("from the call to the frame {to}, p99"), seen.percentile(99), 50.0, " ms");
    verdicts.add(
        format!("rows that reached all {to}"),
        format!("{} of {all}", seen.count.load(Ordering::Relaxed)),
        "all",
        seen.count.load(Ordering::Relaxed) == all,
    );
    // The thread ends with the server's sockets.
    drop(readers);
}

/// When the writer wrote what a frame has: `"content":"t1234."`.
fn written(frame: &str) -> Option<u64> {
    let rest = frame.split_once("\"content\":\"t")?.1;
    rest.split_once('.')?.0.parse().ok()
}

impl Seen {
    fn take(&self, micros: u64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut took = self.took.lock().expect("one thread");
        let place = usize::try_from(micros / 100).unwrap_or(usize::MAX).min(100_000);
        if took.len() <= place {
            took.resize(place + 1, 0);
        }
        took[place] += 1;
    }

    /// In milliseconds.
    fn percentile(&self, percent: u64) -> f64 {
        let took = self.took.lock().expect("one thread");
        let wanted = took.iter().sum::<u64>() * percent / 100;
        let mut below = 0;
        let place = took.iter().position(|count| {
            below += count;
            below >= wanted
        });
        place.unwrap_or_default() as f64 / 10.0
    }
}
