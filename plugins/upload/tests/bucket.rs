//! The same files with an object store: in, out, away, and what happens when the store is out.

use crate::app::TestApp;
use crate::bucket::{Bucket, KEY, Mood, SECRET};
use crate::files_app::{PLUGINS, noisy, packed, quarters, reads, size_of};
use crate::files_owned::tidy;
use image::ImageFormat;
use jindou::config::Config;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn app(bucket: &Bucket) -> TestApp {
    let url = bucket.url();
    TestApp::with_plugins(PLUGINS, &[("P_STORE", &url), ("P_STORE_KEY", KEY), ("P_STORE_SECRET", SECRET)])
}

#[track_caller]
fn soon(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn files_go_to_the_bucket_and_come_back() {
    let bucket = Bucket::start();
    let app = app(&bucket);
    let user = app.user(1);
    let jpeg = packed(noisy(2400, 1800), ImageFormat::Jpeg);
    assert!(jpeg.len() > 500 * 1024, "{}", jpeg.len());
    let pic = user.upload("upload?genThumb=1", "照片.jpg", &jpeg);
    let crops = user.upload("upload?genThumb=2&autoResize=0", "b.jpg", &jpeg);
    assert_eq!(bucket.keys().len(), 5, "{:?}", bucket.keys());
    let key = format!("house/one/{}", pic["path"].as_str().unwrap());
    assert_eq!(size_of(&bucket.object(&key).unwrap()), (1280, 960));
    assert!(app.stored().is_empty() && app.left_over().is_empty(), "nothing lies on this machine");

    let whole = user.get(&format!("att?id={}", pic["id"]));
    assert_eq!((whole.status, whole.header("content-type")), (200, "image/jpeg"));
    assert_eq!(whole.header("content-length"), whole.bytes.len().to_string());
    assert_eq!(whole.bytes, bucket.object(&key).unwrap());
    assert_eq!(reads(&whole.bytes), "rgbw");
    assert_eq!(user.get(&format!("att?id={}", crops["id"])).bytes, jpeg);
    let thumb = user.get(&format!("att?id={}&thumb=1", pic["id"]));
    assert_eq!(size_of(&thumb.bytes), (360, 270));
    assert_eq!(size_of(&user.get(&format!("att?id={}&thumb=mobile", crops["id"])).bytes), (160, 160));

    let part = |headers: &[(&str, &str)]| user.send("GET", &format!("att?id={}", pic["id"]), headers, None);
    let size = whole.bytes.len();
    for (range, from, to) in
        [("bytes=0-9", 0, 9), ("bytes=1000-", 1000, size - 1), ("bytes=-7", size - 7, size - 1)]
    {
        let got = part(&[("range", range)]);
        assert_eq!((got.status, got.bytes.as_slice()), (206, &whole.bytes[from..=to]), "{range}");
        assert_eq!(got.header("content-range"), format!("bytes {from}-{to}/{size}"));
    }
    assert_eq!(part(&[("range", "bytes=99999999-")]).status, 416);
    bucket.seen();
    assert_eq!(part(&[("if-none-match", whole.header("etag"))]).status, 304);
    assert!(bucket.seen().is_empty(), "what did not change is not asked for");
    let head = user.send("HEAD", &format!("att?id={}", pic["id"]), &[], None);
    assert_eq!((head.status, head.header("content-length")), (200, size.to_string().as_str()));

    bucket.forget(&key);
    assert_eq!(user.get(&format!("att?id={}", pic["id"])).status, 404);
}

#[test]
fn what_nobody_holds_leaves_the_bucket_after_the_commit() {
    let bucket = Bucket::start();
    let app = app(&bucket);
    let user = app.user(1);
    let png = packed(quarters(500, 500), ImageFormat::Png);
    let id = user.upload("upload?genThumb=1", "a.png", &png)["id"].clone();
    let note = user.ok("Note.add", json!({"title": "t", "picId": id}));
    // A call that fails removes nothing.
    let failed = user.ok(
        "batch?useTrans=1",
        json!([{"ac": "Note.del", "get": {"id": note}}, {"ac": "Note.del", "get": {"id": 999}}]),
    );
    assert_ne!(failed[1][0], json!(0), "{failed}");
    assert_eq!(bucket.keys().len(), 2);
    user.ok(&format!("Note.del?id={note}"), Value::Null);
    soon("both files are gone", || bucket.keys().is_empty());

    // While the store is out the call goes through, and the job removes the files later.
    let id = user.upload("upload", "a.png", &png)["id"].clone();
    let note = user.ok("Note.add", json!({"title": "t", "picId": id}));
    bucket.feels(Mood::Busy(3));
    user.ok(&format!("Note.del?id={note}"), Value::Null);
    assert_eq!(app.cell("select count(*) from AttachmentGone"), json!(3));
    soon("the store is well again", || bucket.mood() == Mood::Well);
    assert_eq!(bucket.keys().len(), 1);
    app.server.env.clock.advance_ms(120_000);
    tidy(&app);
    assert!(bucket.keys().is_empty());
    assert_eq!(app.cell("select count(*) from AttachmentGone"), json!(0));
}

#[test]
fn a_refused_upload_leaves_nothing_in_the_bucket() {
    let bucket = Bucket::start();
    let app = app(&bucket);
    let user = app.user(1);
    let png = packed(quarters(40, 30), ImageFormat::Png);
    let got = user.uploads("upload", &[("a", "a.png", "", &png), ("b", "b.php", "", b"<?php")]);
    assert_eq!(got[0], json!(1), "{got}");
    assert!(bucket.seen().is_empty(), "nothing is stored before all files are judged");
}

#[test]
fn a_store_that_is_out_is_one_clear_sentence() {
    let bucket = Bucket::start();
    let app = app(&bucket);
    let user = app.user(1);
    // What passes is tried again.
    bucket.feels(Mood::Busy(2));
    let id = user.upload("upload", "a.txt", b"0123456789")["id"].clone();
    bucket.feels(Mood::Busy(1000));
    let said = (-2, "文件存储暂不可用，请稍后再试".to_owned());
    assert_eq!(user.fails(&format!("att?id={id}"), Value::Null), said);
    let got = user.uploads("upload", &[("a", "a.txt", "", b"hello")]);
    assert_eq!((&got[0], &got[1]), (&json!(said.0), &json!(said.1)));
    assert!(app.left_over().is_empty());
    assert_eq!(app.cell("select count(*) from Attachment"), json!(1));
    // A body that breaks off is not taken for a whole one.
    bucket.feels(Mood::CutsOff);
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| user.get(&format!("att?id={id}"))));
    assert!(cut.is_err(), "the client sees that it is not all");
    bucket.feels(Mood::Well);
    assert_eq!(user.get(&format!("att?id={id}")).bytes, b"0123456789");
}

#[test]
fn a_wrong_secret_is_refused_and_told_to_nobody() {
    let bucket = Bucket::start();
    let url = bucket.url();
    let app = TestApp::bare(
        PLUGINS,
        &[("P_STORE", &url), ("P_STORE_KEY", KEY), ("P_STORE_SECRET", "wrong-secret-x")],
    );
    let user = app.user(1);
    let got = user.uploads("upload", &[("a", "a.txt", "", b"hello")]);
    assert_eq!(got[0], json!(-2), "{got}");
    let text = got.to_string();
    assert!(
        !text.contains("wrong-secret") && !text.contains("127.0.0.1") && !text.contains("Signature"),
        "{text}"
    );
    assert!(bucket.keys().is_empty());
}

#[test]
fn a_bucket_is_configured_whole_or_not_at_all() {
    let faults = |values: &[(&str, &str)]| Config::of(values).unwrap_err().join("\n");
    let lonely = faults(&[("P_STORE", "s3://photos")]);
    assert_eq!(
        lonely,
        "P_STORE_KEY is missing: P_STORE=s3://… needs it\nP_STORE_SECRET is missing: P_STORE=s3://… needs it"
    );
    for wrong in ["s3://", "s3://photos?endpoint=minio", "ftp://photos", "s3://photos/../x"] {
        let fault = faults(&[("P_STORE", wrong), ("P_STORE_KEY", "k"), ("P_STORE_SECRET", "s")]);
        assert!(fault.starts_with(&format!("P_STORE: bad value `{wrong}`")), "{fault}");
    }
    let config = Config::of(&[
        ("P_STORE", "s3://photos"),
        ("P_STORE_KEY", "AKSECRET"),
        ("P_STORE_SECRET", "very-secret"),
    ]);
    let shown = format!("{:?}", config.unwrap());
    assert!(!shown.contains("AKSECRET") && !shown.contains("very-secret"), "{shown}");
}
