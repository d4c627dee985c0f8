//! Messages to people: exist with their write, reach each channel, once per key, as the person wishes; nobody sees those of others.

use crate::app::{Client, TestApp};
use crate::plugins::{account, upload};
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::{Value, json};
use std::io::{Read, Write};

static BELL: Plugin = Plugin::new("bell", "")
    .needs(&["account"])
    .functions(&[write("ring", GUEST, ring)])
    .contacts(|_, receiver, channel| {
        let (kind, id) = receiver.account();
        Ok(match channel {
            Channel::Mail => Some(format!("{kind}{id}@example.test")),
            Channel::Wechat => Some(format!("open-id-of-{kind}-{id}")),
            _ => None,
        })
    })
    .logins(&[LoginType::new("watch", "", |_, _| Ok(Some(Identity::new(mask::WATCH, 0))))])
    .events(&[
        event("bell.all", "全渠道", "Everywhere").text("你好{name}", "Hello {name}").channels(&Channel::ALL),
        event("bell.once", "一次", "Once")
            .title("第{n}次", "No. {n}")
            .channels(&[Channel::App, Channel::Sms, Channel::Wecom])
            .once_by("{n}"),
        event("bell.sms", "短信", "SMS").text("短信{n}", "SMS {n}").channels(&[Channel::Sms]),
        event("bell.urgent", "紧急", "Urgent").channels(&[Channel::Sms]).urgent(),
        event("bell.many", "许多", "Many")
            .text("第{n}条", "No. {n}")
            .channels(&[Channel::Sms])
            .digest("{topic}", 600),
        event("bell.code", "验证", "Code")
            .text("验证码{code}", "The code is {code}")
            .channels(&[Channel::App, Channel::Sms])
            .secrets(&["code"]),
        event("bell.sale", "销售", "Sale").kind(1).refers("quoteId").channels(&[Channel::App]),
    ]);

/// `ring(event, user | emp | watch | group=1, data?, fail?)`
fn ring(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let receiver = match (args.int("user")?, args.int("emp")?, args.int("watch")?) {
        (Some(id), ..) => Receiver::User(id),
        (_, Some(id), _) => Receiver::Employee(id),
        (.., Some(id)) => Receiver::Watch(id),
        _ => Receiver::Group,
    };
    let data = args.get("data/js")?.unwrap_or_else(|| json!({}));
    tx.notify(&args.need_text("event")?, receiver, data)?;
    if args.flag("fail")? { Err(Error::param("told to fail")) } else { Ok(Answer::ok()) }
}

static PLUGINS: &[&Plugin] = &[&account::PLUGIN, &upload::PLUGIN, &BELL];

fn bell(settings: &[(&str, &str)]) -> TestApp {
    people(TestApp::with_plugins(PLUGINS, settings))
}

fn people(app: TestApp) -> TestApp {
    app.write(|tx| {
        for n in 1..=3 {
            let (uname, phone) = (format!("u{n}"), format!("1380000000{n}"));
            tx.insert("User", [("uname", json!(uname)), ("name", json!(uname)), ("phone", json!(phone))])?;
        }
        for (uname, perms) in [("clerk", "emp"), ("boss", "mgr")] {
            tx.insert(
                "Employee",
                [("uname", json!(uname)), ("name", json!(uname)), ("perms", json!(perms))],
            )?;
        }
        Ok(())
    });
    app
}

#[track_caller]
fn rings(app: &TestApp, event: &str, user: i64, data: Value) {
    app.anon().ok("ring", json!({"event": event, "user": user, "data": data}));
}

fn deliver(app: &TestApp) {
    app.anon().ok("runJob?name=notify", json!({}));
}

fn later(app: &TestApp, seconds: i64) {
    app.anon().ok("testAdvance", json!({"sec": seconds}));
}

fn count(app: &TestApp, of: &str) -> i64 {
    app.cell(&format!("SELECT count(*) FROM {of}")).as_i64().unwrap()
}

fn rows(client: &Client<'_>, target: &str) -> Vec<Value> {
    let glue = if target.contains('?') { '&' } else { '?' };
    client.ok(&format!("{target}{glue}fmt=list"), json!(null))["list"].as_array().unwrap().clone()
}

#[test]
fn a_message_exists_if_and_only_if_its_write_does() {
    let app = bell(&[]);
    let fails = json!({"event": "bell.all", "user": 1, "fail": 1});
    assert_eq!(app.anon().fails("ring", fails).0, 1);
    for table in ["Notification", "NotifyLog", "NotifyKey", "MockLog"] {
        assert_eq!(count(&app, table), 0, "{table}");
    }
    rings(&app, "bell.all", 1, json!({"name": "Li"}));
    assert_eq!(count(&app, "Notification"), 1);
    assert_eq!(count(&app, "MockLog"), 0, "nothing is sent by the call itself");
}

#[test]
fn each_channel_is_reached_by_its_service() {
    let app = bell(&[]);
    rings(&app, "bell.all", 1, json!({"name": "Li"}));
    deliver(&app);
    for channel in Channel::ALL.into_iter().filter(|channel| *channel != Channel::App) {
        let name = channel.name();
        assert_eq!(
            count(&app, &format!("MockLog WHERE svc='{name}' AND op='send' AND failFlag=0")),
            1,
            "{name}"
        );
        let state = app.cell(&format!("SELECT state FROM NotifyLog WHERE channel='{name}'"));
        assert_eq!(state, json!("sent"), "{name}");
        let answer = app.cell(&format!("SELECT answer FROM NotifyLog WHERE channel='{name}'"));
        assert!(answer.as_str().is_some_and(|answer| !answer.is_empty()), "{name} answers");
    }
    let sent = app.cell("SELECT req FROM MockLog WHERE svc='sms'");
    assert!(sent.as_str().unwrap().contains("你好Li"), "{sent}");
    let own = rows(&app.login(Role::User, 1), "Notification.query");
    assert_eq!((&own[0]["text"], &own[0]["type"]), (&json!("你好Li"), &json!(4)));
    deliver(&app);
    assert_eq!(count(&app, "MockLog"), 8, "once each");
}

#[test]
fn what_is_not_configured_is_off_and_nothing_is_simulated() {
    let app = people(TestApp::bare(PLUGINS, &[]));
    rings(&app, "bell.all", 1, json!({}));
    assert_eq!(count(&app, "Notification"), 1);
    assert_eq!(count(&app, "NotifyLog") + count(&app, "MockLog"), 0);
}

#[test]
fn a_failing_service_delays_nothing_and_is_tried_three_times() {
    let app = bell(&[]);
    let (clerk, boss) = (app.login(Role::Emp, 1), app.login(Role::Emp, 2));
    app.anon().ok("mockSet", json!({"svc": "sms", "op": "send", "fail": 1, "times": 3}));
    rings(&app, "bell.sms", 1, json!({"n": 1}));
    for (attempt, state, wait) in [(1, "waiting", 11), (2, "waiting", 61), (3, "dead", 999)] {
        deliver(&app);
        deliver(&app);
        assert_eq!(app.cell("SELECT attempt FROM NotifyLog"), json!(attempt));
        assert_eq!(app.cell("SELECT state FROM NotifyLog"), json!(state));
        later(&app, wait);
    }
    deliver(&app);
    assert_eq!(count(&app, "MockLog"), 3, "a message that has failed is left alone");
    assert_eq!(clerk.fails("NotifyLog.query", json!(null)).0, 5);
    assert_eq!(clerk.fails("NotifyLog.resend?id=1", json!({})).0, 5);
    let row = &rows(&boss, "NotifyLog.query")[0];
    assert_eq!((&row["state"], &row["address"]), (&json!("dead"), &json!("138****0001")));
    assert!(row.get("req").is_none(), "{row}");
    boss.fails("NotifyLog.query?res=id,req", json!(null));
    boss.ok("NotifyLog.resend?id=1", json!({}));
    assert_eq!(boss.fails("NotifyLog.resend?id=1", json!({})).0, 1, "it is on its way");
    deliver(&app);
    assert_eq!(app.cell("SELECT state FROM NotifyLog"), json!("sent"));
    assert_eq!(count(&app, "MockLog WHERE failFlag=0"), 1);
    assert_eq!(boss.fails("NotifyLog.resend?id=77", json!({})).0, 1);
}

#[test]
fn one_key_makes_one_message_also_at_once() {
    let app = bell(&[]);
    for round in 0..10 {
        std::thread::scope(|scope| {
            for user in [1, 1, 2] {
                let post = json!({"event": "bell.once", "user": user, "data": {"n": round}});
                let app = &app;
                scope.spawn(move || {
                    assert_eq!(app.call_as(Role::Guest, 0, "ring", json!({}), post)[0], json!(0))
                });
            }
        });
        let of = |table: &str, more: &str| count(&app, &format!("{table} WHERE {more}"));
        assert_eq!(of("Notification", &format!("title='第{round}次'")), 2, "one for each receiver");
        assert_eq!(of("NotifyLog", &format!("title='第{round}次' AND channel='sms'")), 2);
        assert_eq!(
            of("NotifyLog", &format!("title='第{round}次' AND channel='wecom'")),
            1,
            "a group gets one"
        );
    }
}

/// Exactly one message per key, whatever fails in between, with runs of the job at the same time.
#[test]
fn retries_send_each_message_once() {
    for seed in 0..12_u64 {
        let app = bell(&[]);
        let mut luck = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |n: u64| {
            luck ^= luck << 13;
            luck ^= luck >> 7;
            luck ^= luck << 17;
            luck % n
        };
        for _ in 0..20 {
            if draw(3) == 0 {
                let svc = if draw(2) == 0 { "sms" } else { "wecom" };
                app.anon().ok("mockSet", json!({"svc": svc, "op": "send", "fail": 1, "times": draw(2) + 1}));
            }
            rings(&app, "bell.once", 1, json!({"n": draw(8)}));
            let jobs = draw(3);
            std::thread::scope(|scope| {
                for _ in 0..jobs {
                    let app = &app;
                    scope.spawn(move || deliver(app));
                }
            });
            later(&app, draw(70) as i64);
        }
        for _ in 0..4 {
            later(&app, 100);
            deliver(&app);
        }
        let keys = count(&app, "Notification");
        let dead = count(&app, "NotifyLog WHERE state='dead'");
        assert_eq!(count(&app, "NotifyLog"), keys * 2, "seed {seed}");
        assert_eq!(count(&app, "NotifyLog WHERE state='sent'") + dead, keys * 2, "seed {seed}");
        let sent = "(SELECT json_extract(req,'$.id') i FROM MockLog WHERE failFlag=0)";
        assert_eq!(count(&app, sent), keys * 2 - dead, "seed {seed}");
        assert_eq!(count(&app, &format!("(SELECT DISTINCT i FROM {sent})")), keys * 2 - dead, "seed {seed}");
    }
}

#[test]
fn everybody_has_notifications_of_their_own_and_no_others() {
    let app = bell(&[]);
    rings(&app, "bell.sale", 1, json!({"quoteId": 77}));
    rings(&app, "bell.all", 1, json!({}));
    app.anon().ok("ring", json!({"event": "bell.all", "emp": 2}));
    app.anon().ok("ring", json!({"event": "bell.all", "watch": 1}));
    let [mine, other] = [1, 2].map(|id| app.login(Role::User, id));
    let (clerk, boss) = (app.login(Role::Emp, 1), app.login(Role::Emp, 2));
    let (admin, watch) = (app.login(Role::Admin, 1), app.login(Role::Watch, 1));
    assert_eq!(app.anon().fails("Notification.query", json!(null)).0, 2);
    for (client, wanted) in [(&mine, 2), (&other, 0), (&clerk, 0), (&boss, 1), (&admin, 0), (&watch, 1)] {
        assert_eq!(rows(client, "Notification.query").len(), wanted);
        assert_eq!(rows(client, "Notification.query?cond=id>0 or id<0").len(), wanted);
        assert_eq!(client.ok("Notification.unread", json!(null))["cnt"], json!(wanted));
    }
    let sale = &rows(&mine, "Notification.query?type=1&status=0")[0];
    assert_eq!((&sale["content"], &sale["refId"]), (&json!("77"), &json!(77)));
    assert_eq!(mine.ok("Notification.unread", json!(null)), json!({"cnt": 2, "byType": {"1": 1, "4": 1}}));
    assert_eq!(mine.ok("Notification.query?pagekey=0&pagesz=1", json!(null))["total"], json!(2));
    assert_eq!(other.ok("Notification.read", json!({"ids": "1,2,3,99"})), json!({"cnt": 0}));
    assert_eq!(other.ok("Notification.read", json!({"all": 1})), json!({"cnt": 0}));
    assert_eq!(mine.ok("Notification.read", json!({"ids": "1,3"})), json!({"cnt": 1}));
    assert_eq!(mine.ok("Notification.read", json!({"ids": "1"})), json!({"cnt": 0}), "it is read");
    assert_eq!(mine.ok("Notification.read", json!({"all": 1})), json!({"cnt": 1}));
    assert_eq!(mine.fails("Notification.read", json!({"ids": "1;2"})).0, 1);
    assert_eq!(mine.fails("Notification.read", json!({})).0, 1);
    assert!(rows(&mine, "Notification.query").iter().all(|row| row["readTm"].is_string()));
    for client in [&other, &clerk, &admin] {
        assert_eq!(client.fails("Notification.get?id=1", json!(null)).0, 1, "as if there were none");
        assert_ne!(client.fails("Notification.set?id=1", json!({"title": "x"})).0, 0);
        assert_ne!(client.fails("Notification.del?id=1", json!({})).0, 0);
    }
    for table in ["NotifyPref", "NotifySetting", "NotifyKey"] {
        for client in [&mine, &clerk, &boss] {
            assert_eq!(client.fails(&format!("{table}.query"), json!(null)).0, 5, "{table}");
        }
    }
}

#[test]
fn managers_tell_users_and_nobody_else_does() {
    let app = bell(&[]);
    let (user, clerk, boss) = (app.login(Role::User, 2), app.login(Role::Emp, 1), app.login(Role::Emp, 2));
    let all = json!({"all": 1, "type": 4, "title": "休息", "content": "明天休息"});
    assert_eq!(user.fails("Notification.add", all.clone()).0, 5);
    assert_eq!(clerk.fails("Notification.add", all.clone()).0, 5);
    for wrong in [
        json!({"all": 1, "type": 1, "title": "t", "content": "c"}),
        json!({"type": 4, "title": "t", "content": "c"}),
        json!({"receiverId": 99, "type": 4, "title": "t", "content": "c"}),
        json!({"receiverId": 1, "all": 1, "type": 4, "title": "t", "content": "c"}),
        json!({"all": 1, "type": 4, "title": "", "content": "c"}),
        json!({"all": 1, "type": 4, "title": "t".repeat(201), "content": "c"}),
    ] {
        assert_eq!(boss.fails("Notification.add", wrong.clone()).0, 1, "{wrong}");
    }
    assert_eq!(count(&app, "Notification"), 0);
    assert_eq!(boss.ok("Notification.add", all), json!({"cnt": 3}));
    let one = json!({"receiverId": 2, "type": 3, "title": "任务", "content": "完善资料"});
    assert_eq!(boss.ok("Notification.add", one), json!({"cnt": 1}));
    let own = rows(&user, "Notification.query");
    assert_eq!((own.len(), &own[0]["title"], &own[0]["senderName"]), (2, &json!("任务"), &json!("boss")));
}

#[test]
fn a_person_chooses_channels() {
    let app = bell(&[]);
    let [mine, other] = [1, 2].map(|id| app.login(Role::User, id));
    let off = json!({"prefs": [{"event": "bell.sms", "channel": "sms", "on": 0}, {"event": "*", "channel": "mail", "on": 1}]});
    mine.ok("Notification.setPrefs", off);
    let shown = mine.ok("Notification.prefs", json!(null));
    let sms = shown["events"].as_array().unwrap().iter().find(|row| row["event"] == "bell.sms").unwrap();
    assert_eq!(sms["channels"][1], json!({"channel": "sms", "on": 0}));
    assert_eq!(sms["channels"][2], json!({"channel": "mail", "on": 1}));
    rings(&app, "bell.sms", 1, json!({}));
    rings(&app, "bell.sms", 2, json!({}));
    let of =
        |user: i64| app.cell(&format!("SELECT group_concat(channel) FROM NotifyLog WHERE receiverId={user}"));
    assert_eq!((of(1), of(2)), (json!("mail"), json!("sms")));
    let other_sms = other.ok("Notification.prefs", json!(null));
    assert_ne!(other_sms, shown, "wishes of others are neither shown nor in force");
    for wrong in [
        json!({"prefs": [{"event": "no.such", "channel": "sms", "on": 1}]}),
        json!({"prefs": [{"event": "bell.sms", "channel": "wecom", "on": 1}]}),
        json!({"prefs": [{"event": "bell.sms", "channel": "sms", "on": 7}]}),
        json!({"prefs": "x"}),
        json!({"quietFrom": "25:00", "quietTo": "07:00"}),
        json!({"quietFrom": "22:00"}),
        json!({"zone": "Mars/Base"}),
        json!({"lang": "fr"}),
    ] {
        assert_eq!(mine.fails("Notification.setPrefs", wrong.clone()).0, 1, "{wrong}");
    }
    assert_eq!(mine.ok("Notification.prefs", json!(null)), shown, "what is refused changes nothing");
    mine.ok("Notification.setPrefs", json!({"lang": "en"}));
    rings(&app, "bell.all", 1, json!({"name": "Li"}));
    assert_eq!(rows(&mine, "Notification.query")[0]["text"], json!("Hello Li"));
}

#[test]
fn quiet_hours_put_off_what_is_not_urgent() {
    let app = bell(&[]);
    let mine = app.login(Role::User, 1);
    let clock = app.server.env.now_text();
    let hour: i64 = clock[11..13].parse().unwrap();
    let around = |shift: i64| format!("{:02}:00", (hour + shift).rem_euclid(24));
    mine.ok(
        "Notification.setPrefs",
        json!({"quietFrom": around(-1), "quietTo": around(2), "zone": "Asia/Shanghai"}),
    );
    rings(&app, "bell.sms", 1, json!({}));
    rings(&app, "bell.urgent", 1, json!({}));
    rings(&app, "bell.sms", 2, json!({}));
    deliver(&app);
    assert_eq!(count(&app, "NotifyLog WHERE state='sent' AND receiverId=2"), 1, "others are not asleep");
    assert_eq!(count(&app, "NotifyLog WHERE state='sent' AND event='bell.urgent'"), 1);
    assert_eq!(count(&app, "NotifyLog WHERE state='waiting'"), 1);
    later(&app, 2 * 3600 + 1);
    deliver(&app);
    assert_eq!(count(&app, "NotifyLog WHERE state='sent'"), 3);
}

#[test]
fn a_digest_gathers_what_comes_within_its_time() {
    let app = bell(&[]);
    for n in 1..=5 {
        rings(&app, "bell.many", 1, json!({"n": n, "topic": 7}));
    }
    rings(&app, "bell.many", 1, json!({"n": 9, "topic": 8}));
    deliver(&app);
    assert_eq!(count(&app, "MockLog"), 0, "it waits for more");
    later(&app, 601);
    deliver(&app);
    assert_eq!(count(&app, "MockLog"), 2, "one for each topic");
    assert_eq!(app.cell("SELECT max(cnt) FROM NotifyLog"), json!(5));
    assert_eq!(count(&app, "MockLog WHERE req LIKE '%（5）第5条%'"), 1);
    rings(&app, "bell.many", 1, json!({"n": 6, "topic": 7}));
    assert_eq!(count(&app, "NotifyLog"), 3, "what was sent takes no more");
}

#[test]
fn secrets_are_in_the_message_and_in_no_table() {
    let app = bell(&[]);
    rings(&app, "bell.code", 1, json!({"code": "zq8842"}));
    for table in ["Notification", "NotifyLog"] {
        let columns: Vec<String> = app.write(move |tx| {
            let table = tx.env().registry.catalogue.table(table).unwrap();
            Ok(table.columns.iter().map(|column| column.name.as_str().to_owned()).collect())
        });
        for column in columns {
            assert_eq!(
                count(&app, &format!("{table} WHERE {column} LIKE '%zq8842%'")),
                0,
                "{table}.{column}"
            );
        }
    }
    deliver(&app);
    assert_eq!(count(&app, "MockLog WHERE req LIKE '%验证码zq8842%'"), 1, "the person gets it");
}

/// A server that takes one request and gives back its head and body.
fn one_request() -> (String, std::thread::JoinHandle<(String, String)>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let count = socket.read(&mut part).unwrap();
            bytes.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.to_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap();
            if body.len() >= length.lines().next().unwrap().parse().unwrap() {
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ntaken").unwrap();
                return (head.to_owned(), body.to_owned());
            }
        }
    });
    (url, thread)
}

#[test]
fn a_webhook_is_signed_over_time_and_body() {
    use hmac::{Hmac, KeyInit, Mac};
    let (url, thread) = one_request();
    let secret = "a-secret-of-the-test";
    let app = bell(&[("WEBHOOK_MODE", "real"), ("WEBHOOK_URL", &url), ("WEBHOOK_SECRET", secret)]);
    app.anon().ok("ring", json!({"event": "bell.all", "group": 1, "data": {"name": "Li"}}));
    deliver(&app);
    let (head, body) = thread.join().unwrap();
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    };
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{body}", header("x-jindou-timestamp")).as_bytes());
    let signature = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(header("x-jindou-signature"), format!("sha256={signature}"));
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&sent["event"], &sent["data"]["name"]), (&json!("bell.all"), &json!("Li")));
    assert_eq!(app.cell("SELECT answer FROM NotifyLog WHERE channel='webhook'"), json!("taken"));
}

#[test]
fn a_provider_that_is_not_there_fails_its_own_channel_alone() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{gone}/robot?key=very-secret-key");
    let app = bell(&[("WECOM_MODE", "real"), ("WECOM_ROBOT_URL", &url)]);
    rings(&app, "bell.once", 1, json!({"n": 1}));
    deliver(&app);
    assert_eq!(app.cell("SELECT state FROM NotifyLog WHERE channel='sms'"), json!("sent"));
    assert_eq!(app.cell("SELECT state FROM NotifyLog WHERE channel='wecom'"), json!("waiting"));
    let error = app.cell("SELECT error FROM NotifyLog WHERE channel='wecom'");
    assert!(error.is_string() && !error.as_str().unwrap().contains("very-secret-key"), "{error}");
}
