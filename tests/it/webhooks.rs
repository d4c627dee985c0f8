//! Webhooks: what is committed is sent, signed, in order, again when it failed; to public addresses alone.

use crate::app::TestApp;
use crate::login::user;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jindou::auth::Role;
use jindou::integrations::subscriptions::signature;
use jindou::workers::Workers;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
struct Message {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Message {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Takes messages, and answers them with the codes that it was given, then with 200.
struct Receiver {
    at: SocketAddr,
    got: Arc<Mutex<Vec<Message>>>,
    codes: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver =
            Receiver { at: listener.local_addr().unwrap(), got: Arc::default(), codes: Arc::default() };
        let (got, codes) = (receiver.got.clone(), receiver.codes.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                let mut headers = BTreeMap::new();
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some((name, value)) = line.split_once(": ") {
                        headers.insert(name.to_lowercase(), value.trim().to_owned());
                    }
                    line.clear();
                }
                let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let code = codes.lock().unwrap().pop_front().unwrap_or(200);
                got.lock().unwrap().push(Message { headers, body: String::from_utf8(body).unwrap() });
                let answer = format!(
                    "HTTP/1.1 {code} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 4\r\nconnection: close\r\n\r\nseen"
                );
                let _ = reader.into_inner().write_all(answer.as_bytes());
            }
        });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/in", self.at)
    }

    fn got(&self) -> Vec<Message> {
        self.got.lock().unwrap().clone()
    }

    #[track_caller]
    fn wait(&self, count: usize) -> Vec<Message> {
        let started = Instant::now();
        while self.got().len() < count {
            assert!(started.elapsed() < Duration::from_secs(20), "{count} messages: {:?}", self.got());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.got()
    }
}

fn app() -> TestApp {
    TestApp::with(&[("P_TEST_MODE", "2"), ("P_WEBHOOK_PRIVATE", "127.0.0.1")])
}

fn admin(app: &TestApp, action: &str, get: Value, post: Value) -> Value {
    app.call_as(Role::Admin, 1, action, get, post)
}

fn subscribe(app: &TestApp, fields: Value) -> i64 {
    let answer = admin(app, "Webhook.add", json!({}), fields);
    assert_eq!(answer[0], json!(0), "{answer}");
    answer[1].as_i64().unwrap()
}

#[track_caller]
fn eventually(app: &TestApp, sql: &str, is: Value) {
    let started = Instant::now();
    while app.cell(sql) != is {
        assert!(started.elapsed() < Duration::from_secs(20), "{sql} gives {}", app.cell(sql));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn changes_that_were_committed_are_sent_and_signed() {
    let (app, receiver) = (app(), Receiver::start());
    let hook = subscribe(&app, json!({"obj": "Ordr", "action": "add, set", "url": receiver.url()}));
    let secret = admin(&app, "Webhook.newSecret", json!({"id": hook}), json!(null))[1]["secret"].clone();
    let secret = STANDARD.decode(secret.as_str().unwrap().strip_prefix("whsec_").unwrap()).unwrap();
    let client = app.login(Role::User, user(&app, "13800138001"));
    let workers = Workers::start(app.server.clone()).unwrap();
    let id = client.ok("Ordr.add", json!({"dscr": "tea"}));
    client.fails("Ordr.set?id=999", json!({"dscr": "x"}));
    client.ok(&format!("Ordr.set?id={id}"), json!({"dscr": "coffee"}));
    let messages = receiver.wait(2);
    let seen: Vec<_> =
        messages.iter().map(|m| (m.json()["event"].clone(), m.json()["data"]["dscr"].clone())).collect();
    assert_eq!(seen, [(json!("Ordr.add"), json!("tea")), (json!("Ordr.set"), json!("coffee"))]);
    for message in &messages {
        let header = |name: &str| message.headers[name].clone();
        let unix = header("webhook-timestamp").parse().unwrap();
        let signed = signature(&secret, &header("webhook-id"), unix, &message.body).unwrap();
        assert_eq!(header("webhook-signature"), signed);
        assert_eq!(message.json()["id"], id);
        assert!(message.json()["apiLogId"].is_i64());
    }
    // In a transaction of calls, all or none.
    let item = |action: &str| json!({"ac": action, "get": {"id": id}, "post": {"dscr": "batch"}});
    client.call("batch?useTrans=1", json!([item("Ordr.set"), item("nosuch")]));
    client.call("batch?useTrans=1", json!([item("Ordr.set")]));
    assert_eq!(receiver.wait(3)[2].json()["data"]["dscr"], json!("batch"));
    eventually(&app, "SELECT COUNT(*) FROM Job WHERE kind = 'webhook.send' AND doneTm IS NULL", json!(0));
    assert_eq!(receiver.got().len(), 3);
    drop(workers);
}

#[test]
fn a_condition_and_the_end_of_a_subscription_count() {
    let (app, receiver) = (app(), Receiver::start());
    let hook =
        subscribe(&app, json!({"obj": "Ordr", "cond": "dscr like 'a%' or dscr='b'", "url": receiver.url()}));
    let client = app.login(Role::User, user(&app, "13800138001"));
    let jobs = "SELECT COUNT(*) FROM Job WHERE kind = 'webhook.send'";
    for dscr in ["abc", "b", "c"] {
        client.ok("Ordr.add", json!({"dscr": dscr}));
    }
    assert_eq!(app.cell(jobs), json!(2));
    admin(&app, "Webhook.set", json!({"id": hook}), json!({"activeFlag": 0}));
    client.ok("Ordr.add", json!({"dscr": "a"}));
    assert_eq!(app.cell(jobs), json!(2));
    // What waits is not sent any more, either.
    let workers = Workers::start(app.server.clone()).unwrap();
    eventually(&app, "SELECT COUNT(*) FROM Job WHERE kind = 'webhook.send' AND state = 'done'", json!(2));
    admin(&app, "Webhook.set", json!({"id": hook}), json!({"activeFlag": 1}));
    client.ok("Ordr.add", json!({"dscr": "a"}));
    receiver.wait(1);
    admin(&app, "Webhook.del", json!({"id": hook}), json!(null));
    client.ok("Ordr.add", json!({"dscr": "a"}));
    assert_eq!(app.cell(jobs), json!(3));
    drop(workers);
}

#[test]
fn what_failed_is_sent_again_in_its_order_under_the_same_id() {
    let (app, receiver) = (app(), Receiver::start());
    receiver.codes.lock().unwrap().extend([500, 302]);
    subscribe(&app, json!({"obj": "Ordr", "url": receiver.url()}));
    let client = app.login(Role::User, user(&app, "13800138001"));
    let workers = Workers::start(app.server.clone()).unwrap();
    let id = client.ok("Ordr.add", json!({"dscr": "1"}));
    client.ok(&format!("Ordr.set?id={id}"), json!({"dscr": "2"}));
    for attempts in 1..3 {
        eventually(&app, "SELECT MAX(attempt) FROM Job WHERE state = 'retry'", json!(attempts));
        app.server.env.clock.skip_ms(60_000);
    }
    let messages = receiver.wait(4);
    let seen: Vec<Value> = messages.iter().map(|message| message.json()["event"].clone()).collect();
    assert_eq!(seen, ["Ordr.add", "Ordr.add", "Ordr.add", "Ordr.set"]);
    let ids: Vec<&String> = messages.iter().map(|message| &message.headers["webhook-id"]).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    eventually(&app, "SELECT group_concat(code) FROM WebhookLog", json!("500,302,200,200"));
    assert_eq!(app.cell("SELECT DISTINCT res FROM WebhookLog"), json!("seen"));
    // A replay carries the old id as well.
    let first = app.cell("SELECT MIN(id) FROM WebhookLog");
    assert_eq!(admin(&app, "WebhookLog.replay", json!({"id": first}), json!(null))[0], json!(0));
    let messages = receiver.wait(5);
    assert_eq!(messages[4].headers["webhook-id"], messages[0].headers["webhook-id"]);
    assert_eq!(messages[4].body, messages[0].body);
    drop(workers);
}

#[test]
fn addresses_inside_are_not_reached() {
    let (app, receiver) = (TestApp::new(), Receiver::start());
    let client = app.login(Role::User, user(&app, "13800138001"));
    let port = receiver.at.port();
    let urls = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0", "127.1"];
    for host in urls {
        subscribe(&app, json!({"obj": "Ordr", "url": format!("http://{host}:{port}/")}));
    }
    let workers = Workers::start(app.server.clone()).unwrap();
    client.ok("Ordr.add", json!({"dscr": "x"}));
    eventually(&app, "SELECT COUNT(*) FROM WebhookLog", json!(urls.len()));
    assert_eq!(
        app.cell("SELECT COUNT(*) FROM WebhookLog WHERE code = 0 AND error IS NOT NULL"),
        json!(urls.len())
    );
    assert_eq!(receiver.got().len(), 0);
    drop(workers);
}

#[test]
fn subscriptions_are_the_administrators_and_checked_and_their_secret_is_not_shown() {
    let app = app();
    let emp = |action: &str| {
        app.call_as(Role::Mgr, 1, action, json!({"id": 1}), json!({"obj": "Ordr", "url": "https://x.test/"}))
    };
    for action in [
        "Webhook.add",
        "Webhook.query",
        "Webhook.newSecret",
        "Webhook.test",
        "WebhookLog.query",
        "WebhookLog.replay",
    ] {
        assert_eq!(emp(action)[0], json!(5), "{action}");
    }
    for (field, value) in [
        ("obj", "Nosuch"),
        ("obj", "Session"),
        ("action", "pay"),
        ("cond", "dscr="),
        ("url", "ftp://x.test/"),
        ("url", "javascript:alert(1)"),
        ("url", "http://user:pwd@x.test/"),
        ("url", "x.test"),
    ] {
        let mut fields = json!({"obj": "Ordr", "url": "https://x.test/"});
        fields[field] = json!(value);
        let answer = admin(&app, "Webhook.add", json!({}), fields);
        assert_eq!(answer[0], json!(1), "{field}={value}: {answer}");
    }
    assert_eq!(app.cell("SELECT COUNT(*) FROM Webhook"), json!(0));
    let hook = subscribe(&app, json!({"obj": "Ordr", "url": "https://x.test/"}));
    let shown = admin(&app, "Webhook.query", json!({}), json!(null)).to_string();
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(admin(&app, "Webhook.query", json!({"res": "secret"}), json!(null))[0], json!(3));
    let told = admin(&app, "Webhook.newSecret", json!({"id": hook}), json!(null))[1]["secret"].clone();
    assert!(told.as_str().unwrap().starts_with("whsec_"));
    let kept = app.cell("SELECT secret FROM Webhook");
    assert!(!told.as_str().unwrap().contains(kept.as_str().unwrap()));
    assert_eq!(
        app.cell(&format!("SELECT COUNT(*) FROM ApiLog WHERE res LIKE '%{}%'", told.as_str().unwrap())),
        json!(0)
    );
}
