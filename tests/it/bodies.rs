//! The bodies of requests: read only for who may call, up to what the action takes, within the memory for all of them.

use crate::app::{Client, Got, TestApp};
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const FORM: &str = "application/x-www-form-urlencoded";

fn posted(client: &Client<'_>, target: &str, kind: &str, body: impl Into<Vec<u8>>) -> Got {
    client.send("POST", target, &[("content-type", kind)], Some(body.into()))
}

/// A request whose body is still to come; `head` are further lines of its head.
fn begin(app: &TestApp, target: &str, head: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/{target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n",
        app.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn who_may_not_call_is_told_before_the_body_is_read() {
    let app = TestApp::production();
    for action in ["Ordr.add", "Ordr.batchAdd", "Employee.query", "upload", "NoSuch.add", "nosuch"] {
        for kind in ["application/json", FORM, "multipart/form-data; boundary=x", "text/plain"] {
            // The client waits to be asked for the body, and is not.
            let head = format!("Expect: 100-continue\r\nContent-Type: {kind}\r\n");
            let begun = Instant::now();
            let answer = answer(begin(&app, action, &head, 19 << 20));
            let small = app.anon().send("POST", action, &JSON, Some(b"{}".to_vec()));
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, small.text(), "{action} {kind}");
            assert!(
                answer.starts_with("HTTP/1.1 200") && begun.elapsed() < Duration::from_secs(5),
                "{answer}"
            );
            let log_id = answer.lines().find_map(|line| line.strip_prefix("x-daca-log-id: ")).unwrap();
            let code = app.cell(&format!("SELECT retval FROM ApiLog WHERE id={log_id}"));
            assert_eq!(code, small.json()[0], "{action} {kind}");
        }
    }
}

#[test]
fn who_is_refused_while_sending_still_sees_the_answer() {
    let app = TestApp::production();
    let got = posted(&app.anon(), "Ordr.add", "application/json", vec![b' '; 19 << 20]);
    assert_eq!(got.json()[0], 2, "{}", got.text());
    assert_eq!(got.header("connection"), "close");
}

#[test]
fn an_action_takes_as_much_as_it_declares() {
    let app = TestApp::new();
    let customer = app.login(Role::User, user(&app, "13800138000"));
    let clerk = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let text = |bytes: usize| json!({"dscr": "x".repeat(bytes)}).to_string();
    for (target, kind) in
        [("Ordr.add", "application/json"), ("initClient", "text/plain"), ("Ordr.query", FORM)]
    {
        let got = posted(&customer, target, kind, text(1 << 20));
        assert_eq!(got.json()[0], 1, "{target}");
        let says = got.text();
        assert!(says.contains("1M") && says.contains(target) && !says.contains("P_MAX_BODY"), "{says}");
    }
    // An import takes what the server takes, and a batch is in between.
    let rows = format!("userId,amount,dscr\n{}", format!("1,2.5,{}\n", "x".repeat(100)).repeat(15_000));
    let got = posted(&clerk, "Ordr.batchAdd", "text/csv", rows);
    assert_ne!(got.json()[1], "请求数据不可超过1M", "{}", got.text());
    let item = json!({"ac": "Ordr.query", "post": {"unused": "x".repeat(2000)}});
    let batch = json!(vec![item; 900]).to_string();
    assert_eq!(posted(&customer, "batch", "application/json", batch.clone()).json()[0], 0);
    assert_eq!(posted(&app.anon(), "batch", "application/json", batch).json()[0], 1);
}

#[test]
fn values_are_counted_before_they_are_built() {
    let app = TestApp::new();
    let anon = app.anon();
    let many = format!("[{}0]", "0,".repeat(300_000));
    for (target, body) in [
        ("initClient", format!("{{\"a\":{many}}}")),
        ("initClient", many.clone()),
        ("batch", many.clone()),
        ("batch", format!("[{{\"ac\":\"initClient\",\"get\":{{\"a\":{many}}}}}]")),
        ("Ordr.add", format!("{{\"orderLog\":{many}}}")),
    ] {
        let body = body.into_bytes();
        let client =
            if target == "Ordr.add" { &app.login(Role::User, user(&app, "13800138001")) } else { &anon };
        let got = posted(client, target, "application/json", body.clone());
        assert!(got.text().contains("more than 200000 values"), "{target}: {}", got.text());
        let hidden = jindou::call::xparam::encode(&body, 7);
        let got = posted(client, target, "application/json;xparam=1", hidden);
        assert!(got.text().contains("more than 200000 values"), "{target}: {}", got.text());
    }
    // What stands in a text is no value.
    let text = json!({"a": ",[{".repeat(250_000)}).to_string();
    assert_eq!(posted(&anon, "initClient", "application/json", text).json()[0], 0);
}

#[test]
fn the_items_of_a_batch_are_counted_while_they_are_read() {
    let app = TestApp::new();
    let got = posted(&app.anon(), "batch", "application/json", format!("[{}0]", "0,".repeat(1000)));
    assert!(got.text().contains("a batch takes 1000 calls"), "{}", got.text());
    let items = json!(vec![json!({"ac": "initClient"}); 1000]).to_string();
    assert_eq!(
        posted(&app.anon(), "batch", "application/json", items).json()[1].as_array().unwrap().len(),
        1000
    );
    for bad in ["[0,0", "{}", "[0]x"] {
        assert_eq!(posted(&app.anon(), "batch", "application/json", bad).json()[0], 1, "{bad}");
    }
}

#[test]
fn a_form_brings_so_many_parameters_and_keys() {
    let app = TestApp::new();
    let form = |n: usize, after: &str| (0..n).map(|at| format!("a{at}{after}=1&")).collect::<String>();
    for (body, says) in [
        (form(10_001, ""), "too many parameters"),
        (form(9000, "[a][b][c]"), "too many keys"),
        (form(9000, "%5Ba%5D%5Bb%5D%5Bc%5D"), "too many keys"),
        (form(1, &"[a]".repeat(100)), "nested too deeply"),
    ] {
        let got = posted(&app.anon(), "initClient", FORM, body.clone());
        assert!(got.text().contains(says), "{}", got.text());
        let fields: String = body
            .split_terminator('&')
            .map(|pair| {
                format!(
                    "--x\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n1\r\n",
                    &pair[..pair.len() - 2]
                )
            })
            .collect();
        let got = posted(&app.anon(), "initClient", "multipart/form-data; boundary=x", fields + "--x--\r\n");
        assert_eq!(got.json()[0], 1, "{}", got.text());
    }
}

#[test]
fn the_fields_of_a_multipart_body_are_bounded_together() {
    let app = TestApp::new();
    let kind = "multipart/form-data; boundary=x";
    let field = |text: &str| format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{text}\r\n");
    let got = posted(&app.anon(), "initClient", kind, field(&"y".repeat(100_000)).repeat(12) + "--x--\r\n");
    assert!(got.text().contains("1M"), "{}", got.text());
    // The head of a part that never ends.
    let endless = format!("--x\r\nContent-Disposition: form-data; name=\"{}", "y".repeat(5 << 20));
    let got = posted(&app.anon(), "initClient", kind, endless);
    assert!(got.text().contains("bad multipart body"), "{}", got.text());
    let got = posted(&app.anon(), "initClient", kind, vec![b'z'; 5 << 20]);
    assert!(got.text().contains("bad multipart body"), "{}", got.text());
}

#[test]
fn guests_hold_a_part_of_the_memory_and_only_what_arrived() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_BODY_MEMORY", "1M")]);
    let customer = app.login(Role::User, user(&app, "13800138000"));
    let head = "Content-Type: application/json\r\n";
    // Who promises much and sends little holds little.
    let liars: Vec<TcpStream> = (0..20).map(|_| begin(&app, "initClient", head, 1 << 20)).collect();
    let body = json!({"a": "x".repeat(100_000)}).to_string();
    assert_eq!(posted(&app.anon(), "initClient", "application/json", body.clone()).json()[0], 0);
    drop(liars);
    let mut slow = begin(&app, "initClient", head, 1 << 20);
    slow.write_all(&vec![b' '; 600 << 10]).unwrap();
    // Until the server has read it.
    let until = Instant::now() + Duration::from_secs(10);
    while !app.server.bodies.guests_are_full() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(posted(&app.anon(), "initClient", "application/json", "{}").json()[0], 0);
    assert_eq!(posted(&customer, "initClient", "application/json", body.clone()).json()[0], 0);
    // Whoever holds it and sends nothing has to go when somebody else needs it.
    assert_eq!(posted(&app.anon(), "initClient", "application/json", body.clone()).json()[0], 0);
    let told = answer(slow);
    assert!(told.is_empty() || told.contains("系统忙，请稍后再试"), "{told}");
}

/// Neither a batch nor a login that may be named in the body opens the disk to strangers.
#[test]
fn files_that_are_of_no_use_to_a_stranger_are_not_kept() {
    let app = TestApp::production();
    let kind = "multipart/form-data; boundary=x";
    let part = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n";
    for target in ["batch", "initClient", "initClient?_app=watch", "nosuch?_app=watch"] {
        let mut stream = begin(&app, target, &format!("Content-Type: {kind}\r\n"), 19 << 20);
        stream.write_all(part.as_bytes()).unwrap();
        stream.write_all(&vec![b'a'; 16 << 20]).unwrap();
        let kept = app.config().data.join("incoming");
        assert!(!kept.exists() || kept.read_dir().unwrap().next().is_none(), "{target}");
        stream.write_all(&vec![b'a'; (3 << 20) - part.len() - 9]).unwrap();
        stream.write_all(b"\r\n--x--\r\n").unwrap();
        assert!(answer(stream).starts_with("HTTP/1.1 200"), "{target}");
    }
}

/// Slow guests hold all that guests may: they have to go as soon as somebody needs it, and staff does not notice.
#[test]
fn bodies_that_do_not_get_on_make_room_for_others() {
    let app = TestApp::with(&[("P_BODY_MEMORY", "4M")]);
    let text = "x".repeat(100 << 10);
    for kind in ["application/json", "multipart/form-data; boundary=x"] {
        let begins = match kind {
            "application/json" => "{\"a\":\"".to_owned(),
            _ => "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_owned(),
        };
        let slow: Vec<TcpStream> = (0..30)
            .map(|_| {
                let head = format!("Content-Type: {kind}\r\n");
                let mut stream = begin(&app, "initClient", &head, 900 << 10);
                stream.write_all(format!("{begins}{}", "x".repeat(150 << 10)).as_bytes()).unwrap();
                stream
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        let mut quick = posted(&app.anon(), "initClient", "application/json", json!({"a": text}).to_string());
        // On a machine with other work to do the slow ones may be judged a moment late.
        while quick.json()[0] == 3 && begun.elapsed() < Duration::from_secs(10) {
            quick = posted(&app.anon(), "initClient", "application/json", json!({"a": text}).to_string());
        }
        assert_eq!(quick.json()[0], 0, "{kind}: {}", quick.text());
        assert!(begun.elapsed() < Duration::from_secs(12), "{kind}: {:?}", begun.elapsed());
        drop(slow);
    }
}

/// Many large bodies at once, each within what guests may hold: they are served one after the other.
#[test]
fn large_bodies_wait_for_each_other_and_all_are_served() {
    let app = TestApp::with(&[("P_BODY_MEMORY", "8M")]);
    let body = json!({"a": "x".repeat(100 << 10)}).to_string();
    let served = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    posted(&app.anon(), "initClient", "application/json", body.clone()).json()[0] == 0
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).filter(|served| *served).count()
    });
    assert_eq!(served, 16);
}
