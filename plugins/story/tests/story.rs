//! Stories from packages, what watches tell of them, medals and the ranking.

use crate::app::{Client, TestApp};
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};
use std::io::{Cursor, Write};

const IMEI: &str = "860000000000001";
const OTHER: &str = "860000000000002";
const TEXT: &[u8] = "1,0,从前\n2,1500,有一只猫,叫花花\n".as_bytes();
/// The first bytes of their kinds: nobody looks farther.
const AMR: &[u8] = b"#!AMR\n voice";

fn jpg() -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn send(client: &Client<'_>, target: &str, zip: &[u8]) -> Value {
    let mut body =
        b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"s.zip\"\r\n\r\n".to_vec();
    body.extend_from_slice(zip);
    body.extend_from_slice(b"\r\n--x--\r\n");
    client.send("POST", target, &[("content-type", "multipart/form-data; boundary=x")], Some(body)).json()
}

fn staff(app: &TestApp) -> Client<'_> {
    app.write(|tx| tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp"})));
    app.login(Role::Emp, 1)
}

#[test]
fn stories_from_packages() {
    let app = TestApp::new();
    let emp = staff(&app);
    let jpg = jpg();
    let whole: Vec<(&str, &[u8])> = vec![
        ("cover.jpg", &jpg),
        ("img/1.jpg", &jpg),
        ("img/2.jpg", &jpg),
        ("cat.amr", AMR),
        ("cat.txt", TEXT),
    ];
    for (at, missing) in [(0, "cover"), (1, "img/1.jpg"), (3, "amr"), (4, "txt")] {
        let mut part = whole.clone();
        part.remove(at);
        let answer = send(&emp, "Story.importZip?title=Cat", &package(&part));
        assert_eq!(answer[0], json!(11003), "{answer}");
        assert!(answer[1].as_str().unwrap().contains(missing), "{answer} should name {missing}");
    }
    let mut wrong = whole.clone();
    wrong[4].1 = b"9,0,no such picture";
    assert_eq!(send(&emp, "Story.importZip?title=Cat", &package(&wrong))[0], json!(11003));
    assert_eq!(send(&emp, "Story.importZip?title=Cat", b"no zip")[0], json!(11003));
    assert_eq!(app.cell("SELECT count(*) FROM Attachment"), json!(0), "what failed leaves nothing");
    assert_eq!(send(&app.anon(), "Story.importZip", &package(&whole))[0], json!(2));
    let id = send(&emp, "Story.importZip?title=Cat", &package(&whole));
    assert_eq!(id[0], json!(0), "{id}");
    let story = app.anon().ok(&format!("Story.get?id={}", id[1]["id"]), json!(null));
    assert_eq!(
        (&story["title"], &story["audioType"], &story["categoryCode"]),
        (&json!("Cat"), &json!("amr"), &json!("story"))
    );
    assert_eq!(story["pics"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&story["slices"][1]["txt"], &story["slices"][1]["ms"]),
        (&json!("有一只猫,叫花花"), &json!(1500))
    );
    assert_eq!(app.anon().fails("Story.get?id=99", json!(null)).0, 11001);
    assert_eq!(app.anon().fails("Story.query?categoryCode=none", json!(null)).0, 11002);
    let second = emp.ok("Story.add", json!({"title": "Dog"}));
    let list = app.anon().ok("Story.query?fmt=list", json!(null));
    assert_eq!((&list["list"][0]["id"], list["list"].as_array().unwrap().len()), (&second, 2));
    let first = app.anon().ok("appIndex", json!(null));
    assert_eq!((&first["category"][0]["code"], first["hot"].as_array().unwrap().len()), (&json!("story"), 2));
    assert_eq!(emp.fails("AppCategory.del?id=1", json!({})).0, 11002);
    emp.ok(&format!("Story.del?id={}", id[1]["id"]), json!({}));
    for table in ["StoryPic", "StorySlice", "Attachment"] {
        assert_eq!(app.cell(&format!("SELECT count(*) FROM {table}")), json!(0), "{table}");
    }
}

#[test]
fn medals_and_the_ranking() {
    let app = TestApp::new();
    let emp = staff(&app);
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let story = emp.ok("Story.add", json!({"title": "Cat"}));
    emp.ok("AnswerCategory.add", json!({"code": "animals", "name": "动物"}));
    let question = |text: &str| {
        emp.ok("AnswerQuestion.add", json!({"categoryId": 1, "question": text, "answer": "yes", "opt": 1}))
    };
    let (q1, q2, q3) = (question("cats purr"), question("dogs bark"), question("fish fly"));
    let medal = emp.ok(
        "Medal.add",
        json!({"code": "m1", "name": "小猫勋章", "stories": [{"storyId": story}],
        "questions": [{"questionId": q1, "idx": 1}, {"questionId": q2, "idx": 2}]}),
    );
    let newest = || a.ok(&format!("CircleMsg.query?circleId={id}&fmt=list"), json!(null))["list"][0].clone();
    device.ok("Watch.storyReceived", json!({"storyId": story}));
    assert_eq!((&newest()["type"], &newest()["content"]), (&json!(5), &json!("收到故事《Cat》")));
    assert_eq!(device.fails("Watch.storyReceived", json!({"storyId": 99})).0, 11001);
    let wall = || a.ok(&format!("Watch.medalWall?imei={IMEI}"), json!(null))[0].clone();
    assert_eq!((&wall()["status"], &wall()["goals"][0]["status"]), (&json!(0), &json!(0)));
    device.ok("Watch.storyFinished", json!({"storyId": story}));
    device.ok("Watch.storyFinished", json!({"storyId": story}));
    assert_eq!(newest()["type"], 18);
    assert_eq!(wall()["goals"][0], json!({"storyId": story, "status": 1}));
    assert_eq!(device.fails("Watch.uploadAnswer", json!({"items": []})).0, 1);
    let answered = |q2_right: i64| json!({"items": [{"questionId": q1, "result": 1}, {"questionId": q2, "result": q2_right}]});
    let one_wrong = device.ok("Watch.uploadAnswer", answered(0));
    assert_eq!(
        (&one_wrong["num"], &one_wrong["score"], one_wrong.get("medalId")),
        (&json!(1), &json!(1), None)
    );
    assert_eq!(wall()["status"], json!(0));
    let right = device.ok("Watch.uploadAnswer", answered(1));
    assert_eq!((&right["num"], &right["score"], &right["medalId"]), (&json!(2), &json!(3), &medal));
    assert_eq!(wall()["status"], json!(1));
    let asked = a.ok(&format!("AnswerQuestion.ofMedal?medalId={medal}"), json!(null));
    assert_eq!(
        asked,
        json!({"h": ["id", "categoryId", "question"], "d": [[q1, 1, "cats purr"], [q2, 1, "dogs bark"]]})
    );
    assert_eq!(
        a.ok("AnswerQuestion.random?categoryCode=animals&num=2", json!(null))["d"].as_array().unwrap().len(),
        2
    );
    assert_eq!(a.fails("AnswerQuestion.query", json!(null)).0, 5);

    let (b, next, _) = family(&app, "Next door");
    let other = watch(&app, OTHER);
    let bound = bind(&b, next, OTHER);
    let best: Vec<Value> = (0..5).map(|_| json!({"questionId": q3, "result": 1})).collect();
    other.ok("Watch.uploadAnswer", json!({"items": best}));
    let rank = a.ok("answerRank", json!(null));
    assert_eq!(rank["h"], json!(["rank", "imei", "name", "picId", "score"]));
    assert_eq!(
        (&rank["d"][0][1], &rank["d"][0][4]),
        (&json!("***0002"), &json!(5)),
        "another family's number is masked"
    );
    assert_eq!((&rank["d"][1][0], &rank["d"][1][1], &rank["d"][1][4]), (&json!(2), &json!(IMEI), &json!(3)));
    let of = a.ok(&format!("answerRankOf?imeis={IMEI},{OTHER},1234567890"), json!(null));
    assert_eq!(
        (&of["d"][0][0], &of["d"][1][0], &of["d"][2][0], &of["d"][2][4]),
        (&json!(2), &json!(1), &json!(0), &json!(0))
    );
    let games = a.ok(&format!("WatchAnswer.query?imei={IMEI}&fmt=list"), json!(null));
    let game = a.ok(&format!("WatchAnswer.get?id={}", games["list"][0]["id"]), json!(null));
    assert_eq!(game["items"].as_array().unwrap().len(), 2);
    assert_eq!(b.fails(&format!("WatchAnswer.get?id={}", games["list"][0]["id"]), json!(null)).0, 1);
    assert_eq!(b.fails(&format!("Watch.medalWall?imei={IMEI}"), json!(null)).0, 10020);
    // Who leaves the circle leaves the board.
    b.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    assert_eq!(a.ok("answerRank", json!(null))["d"].as_array().unwrap().len(), 1);
}

#[test]
fn games_medals_and_stories_stay_with_the_family_that_had_them() {
    let app = TestApp::new();
    let emp = staff(&app);
    let (a, first, _) = family(&app, "First");
    let device = watch(&app, IMEI);
    let bound = bind(&a, first, IMEI);
    let story = emp.ok("Story.add", json!({"title": "Cat"}));
    emp.ok("AnswerCategory.add", json!({"code": "animals", "name": "动物"}));
    let question = emp.ok(
        "AnswerQuestion.add",
        json!({"categoryId": 1, "question": "cats purr", "answer": "yes", "opt": 1}),
    );
    emp.ok(
        "Medal.add",
        json!({"code": "m1", "name": "m", "stories": [{"storyId": story}], "questions": [{"questionId": question, "idx": 1}]}),
    );
    let play = || {
        device.ok("Watch.storyFinished", json!({"storyId": story}));
        device.ok("Watch.uploadAnswer", json!({"items": [{"questionId": question, "result": 1}]}));
    };
    let seen = |client: &Client<'_>| {
        let games = client.ok(&format!("WatchAnswer.query?imei={IMEI}&fmt=list"), json!(null));
        let wall = client.ok(&format!("Watch.medalWall?imei={IMEI}"), json!(null))[0].clone();
        let (medal, story) = (wall["status"].as_i64().unwrap(), wall["goals"][0]["status"].as_i64().unwrap());
        (games["list"].as_array().unwrap().len(), medal, story)
    };
    play();
    assert_eq!(seen(&a), (1, 1, 1));
    // An hour passes.
    app.cell("SELECT 1");
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    for (table, column) in [("WatchAnswer", "endTm"), ("WatchMedal", "createTm"), ("WatchStory", "finishTm")]
    {
        let sql = format!("UPDATE {table} SET {column} = datetime({column}, '-1 hour')");
        assert_eq!(conn.execute(&sql, []).unwrap(), 1);
    }
    a.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    let (b, second, _) = family(&app, "Second");
    bind(&b, second, IMEI);
    assert_eq!(seen(&b), (0, 0, 0));
    assert_eq!(b.fails("WatchAnswer.get?id=1", json!(null)).0, 1);
    for clause in
        ["res=count(*) n", "cond=num>0", "orderby=num", "gres=imei&res=sum(num) n", "statRes=max(num) m"]
    {
        let answer = b.ok(&format!("WatchAnswer.query?imei={IMEI}&{clause}"), json!(null)).to_string();
        assert!(!answer.contains("[1") && !answer.contains("\"m\":1"), "{clause}: {answer}");
    }
    // What the second family reaches is theirs.
    play();
    assert_eq!(seen(&b), (1, 1, 1));
}

#[test]
fn a_plugin_that_is_off_leaves_nothing() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "account,upload,watch")]);
    assert_eq!(app.anon().fails("appIndex", json!(null)).0, 1);
    assert_eq!(app.anon().fails("Story.query", json!(null)).0, 2);
    assert_eq!(watch(&app, IMEI).fails("Watch.storyReceived", json!({"storyId": 1})).0, 5);
    assert_eq!(app.cell("SELECT count(*) FROM sqlite_master WHERE name IN ('Story', 'Plaza')"), json!(0));
    let error =
        jindou::cli::build_from(crate::plugins::ALL, &[("P_PLUGINS", "account,story,upload")]).err().unwrap();
    assert!(error.0.contains("plugin story needs plugin watch"), "{}", error.0);
    let reset = app.anon();
    reset.ok("newUser", json!({}));
    reset.ok("testReset", json!({}));
    assert_eq!(app.cell("SELECT count(*) FROM User"), json!(0));
}

#[test]
fn what_content_names_is_there() {
    let app = TestApp::new();
    let emp = staff(&app);
    emp.ok("Story.add", json!({"title": "Cat"}));
    emp.ok("AnswerCategory.add", json!({"code": "animals", "name": "动物"}));
    emp.ok("AnswerQuestion.add", json!({"categoryId": 1, "question": "cats purr", "opt": 1}));
    emp.ok(
        "Medal.add",
        json!({"code": "m", "name": "M", "questions": [{"questionId": 1}], "stories": [{"storyId": 1}]}),
    );
    for (target, post, code) in [
        ("Story.add", json!({"title": "x", "categoryId": 9}), 11002),
        ("Story.set?id=1", json!({"categoryId": 9}), 11002),
        ("Story.setIf?cond=id=1", json!({"categoryId": 9}), 5),
        ("Story.set?id=1", json!({"categoryId": ""}), 1),
        ("Banner.add", json!({"storyId": 9}), 11001),
        ("Banner.add", json!({"picId": 9}), 1),
        ("AnswerQuestion.add", json!({"categoryId": 9, "question": "x", "opt": 1}), 11002),
        ("AnswerQuestion.add", json!({"categoryId": 1, "question": "x", "opt": 3}), 1),
        ("AnswerQuestion.set?id=1", json!({"opt": "0"}), 1),
        ("Medal.add", json!({"code": "n", "name": "N", "questions": [{"questionId": 9}]}), 1),
        ("Medal.add", json!({"code": "n", "name": "N", "stories": [{"storyId": 9}]}), 11001),
        ("Medal.add", json!({"code": "n", "name": "N", "questions": [{"questionId": 1}]}), 1),
        ("MedalStory.add", json!({"medalId": 1, "storyId": 9}), 11001),
    ] {
        let answer = emp.call(target, post.clone());
        assert_eq!(answer[0], json!(code), "{target} {post}: {answer}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM Medal"), json!(1));
    emp.ok("Banner.add", json!({"storyId": 1}));
    // With a story goes what names it, with a category its questions, with these their place in a medal.
    emp.ok("Story.del?id=1", json!({}));
    emp.ok("AnswerCategory.del?id=1", json!({}));
    for table in ["Banner", "MedalStory", "AnswerQuestion", "MedalQuestion"] {
        assert_eq!(app.cell(&format!("SELECT count(*) FROM {table}")), json!(0), "{table}");
    }
}

#[test]
fn equal_scores_share_nothing_and_pages_go_on() {
    let app = TestApp::new();
    let emp = staff(&app);
    emp.ok("AnswerCategory.add", json!({"code": "animals", "name": "动物"}));
    emp.ok("AnswerQuestion.add", json!({"categoryId": 1, "question": "cats purr", "opt": 1}));
    let user = app.anon();
    user.ok("newUser", json!({}));
    let right: Vec<Value> = (0..3).map(|_| json!({"questionId": 1, "result": 1})).collect();
    for n in 1..=4_usize {
        let device = watch(&app, &format!("86000000000000{n}"));
        let score = if n == 3 { 3 } else { 2 };
        device.ok("Watch.uploadAnswer", json!({"items": right[..score]}));
    }
    let page = |page: i64| user.ok(&format!("answerRank?page={page}&pagesz=3&fmt=array"), json!(null));
    let shown = |rows: &Value| -> Vec<(i64, String)> {
        let row = |row: &Value| (row["rank"].as_i64().unwrap(), row["imei"].as_str().unwrap().to_owned());
        rows.as_array().unwrap().iter().map(row).collect()
    };
    let named = |rank: i64, end: &str| (rank, format!("***{end}"));
    assert_eq!(shown(&page(1)), [named(1, "0003"), named(2, "0001"), named(3, "0002")], "the earlier first");
    assert_eq!((shown(&page(2)), shown(&page(3))), (vec![named(4, "0004")], vec![]));
    let of = user.ok("answerRankOf?fmt=array&imeis=860000000000004,860000000000001", json!(null));
    assert_eq!(shown(&of), [named(4, "0004"), named(2, "0001")]);
    assert_eq!(user.fails("answerRankOf", json!(null)).0, 1);
}
