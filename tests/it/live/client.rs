//! A client of `/ws` that waits for what it expects, and no longer.

use crate::app::{Client, TestApp};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, HandshakeError, Message, WebSocket};

/// For what comes on any machine.
pub const ENOUGH: Duration = Duration::from_secs(20);

pub struct Ws {
    socket: WebSocket<TcpStream>,
    /// Frames that came in one message with those before.
    waiting: VecDeque<Value>,
    next_id: u32,
}

/// What came next.
#[derive(Debug, Clone, PartialEq)]
pub enum Came {
    Frame(Value),
    /// The connection ended, with the code and the reason of the close frame if there was one.
    End(Option<(u16, String)>),
    /// Nothing within the time.
    Nothing,
}

impl Ws {
    /// A connection with these headers, or the status that it was refused with.
    pub fn with(at: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Ws, u16> {
        let mut request = format!("ws://{at}{path}").into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(at).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(ENOUGH)).unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Ws { socket, waiting: VecDeque::new(), next_id: 1 }),
            Err(HandshakeError::Failure(tungstenite::Error::Http(reply))) => Err(reply.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A connection that nobody logged in for.
    pub fn guest(app: &TestApp) -> Ws {
        Ws::with(app.address, "/ws", &[]).unwrap()
    }

    /// With the cookies of a client and its app.
    pub fn of(app: &TestApp, client: &Client<'_>) -> Ws {
        Ws::with(app.address, &format!("/ws?_app={}", client.app_name()), &[("cookie", &client.cookies())])
            .unwrap()
    }

    pub fn stream(&self) -> &TcpStream {
        self.socket.get_ref()
    }

    pub fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string());
    }

    pub fn send_text(&mut self, text: &str) {
        self.try_send(Message::text(text)).unwrap();
    }

    pub fn try_send(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        self.socket.send(message)
    }

    pub fn next(&mut self) -> Came {
        self.next_within(ENOUGH)
    }

    pub fn next_within(&mut self, time: Duration) -> Came {
        let end = Instant::now() + time;
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Came::Frame(frame);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Came::Nothing;
            }
            self.stream().set_read_timeout(Some(left)).unwrap();
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let frames = text.split('\n').map(|line| serde_json::from_str(line).unwrap());
                    self.waiting.extend(frames);
                }
                Ok(Message::Close(frame)) => {
                    return Came::End(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    return Came::Nothing;
                }
                Err(_) => return Came::End(None),
            }
        }
    }

    #[track_caller]
    pub fn frame(&mut self) -> Value {
        match self.next() {
            Came::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// The close code, after whatever comes before it.
    #[track_caller]
    pub fn end(&mut self) -> u16 {
        loop {
            match self.next() {
                Came::Frame(_) => {}
                Came::End(Some((code, _))) => return code,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends a frame with an id of its own, and gives its answer. Other frames that come before wait.
    #[track_caller]
    pub fn ask(&mut self, mut frame: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        frame["id"] = json!(id);
        self.send(&frame);
        let mut others = VecDeque::new();
        loop {
            let came = self.frame();
            if came["id"] == json!(id) {
                others.append(&mut self.waiting);
                self.waiting = others;
                return came;
            }
            others.push_back(came);
        }
    }

    /// The answer to a call.
    #[track_caller]
    pub fn call(&mut self, ac: &str, get: Value, post: Value) -> Value {
        let mut call = json!({"ac": ac, "get": get});
        if !post.is_null() {
            call["post"] = post;
        }
        self.ask(json!({"call": call}))["re"].clone()
    }
}
