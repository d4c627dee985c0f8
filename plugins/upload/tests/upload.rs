//! Files come in: forms, raw bodies, what is refused and that nothing of it stays.

use crate::app::TestApp;
use crate::files_app::{FORM, app, form, packed, quarters};
use base64::Engine;
use image::ImageFormat;
use serde_json::json;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

fn png() -> Vec<u8> {
    packed(quarters(40, 30), ImageFormat::Png)
}

#[test]
fn a_form_of_files_is_taken_in_order() {
    let app = app();
    let user = app.user(1);
    let png = png();
    let parts: &[crate::files_app::Part<'_>] = &[
        ("file1", "照片.png", "image/png", &png),
        ("pics[]", "../../etc/a.txt", "text/plain", b"hello"),
        ("pics[]", "b.txt", "text/plain", b"world!"),
        ("none", "", "application/octet-stream", b""),
    ];
    let answer = user.uploads("upload", parts);
    assert_eq!(answer[0], json!(0), "{answer}");
    let list = answer[1].as_array().unwrap();
    let seen: Vec<_> =
        list.iter().map(|f| (f["name"].clone(), f["orgName"].clone(), f["size"].clone())).collect();
    assert_eq!(
        seen,
        [
            (json!("file1"), json!("照片.png"), json!(png.len())),
            (json!("pics"), json!("a.txt"), json!(5)),
            (json!("pics"), json!("b.txt"), json!(6)),
        ]
    );
    assert_eq!(
        list[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "orgName", "size", "path", "name", "k"]
    );
    let month = app.server.env.now().format("%Y%m").to_string();
    for file in list {
        let path = file["path"].as_str().unwrap();
        let (folder, name) = path.rsplit_once('/').unwrap();
        assert_eq!(folder, format!("upload/{month}"));
        assert_eq!(name.split('.').next().unwrap().len(), 32, "{name}");
        assert!(app.config().data.join(path).is_file());
    }
    assert_eq!(user.get("att?id=2").bytes, b"hello");
    assert_eq!(app.stored().len(), 3);
    assert!(app.left_over().is_empty());

    let some = user.uploads("upload?f=pics", parts);
    assert_eq!(some[1].as_array().unwrap().len(), 2);
    let row = app
        .write(|tx| tx.first("Attachment", &[("id", json!(2))], "userId, ownerType, mime, sha256, category"));
    let row = row.unwrap();
    assert_eq!(
        (&row["userId"], &row["ownerType"], &row["mime"]),
        (&json!(1), &json!("user"), &json!("text/plain"))
    );
    assert_eq!(row["sha256"], json!("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
}

#[test]
fn the_body_itself_may_be_the_file() {
    let app = app();
    let user = app.user(1);
    let png = png();
    for kind in ["image/png", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded"] {
        let got =
            user.send("POST", "upload?fmt=raw&f=a.png", &[("content-type", kind)], Some(png.clone())).json();
        assert_eq!(got[0], json!(0), "{kind}: {got}");
        assert_eq!((&got[1][0]["orgName"], &got[1][0]["name"]), (&json!("a.png"), &json!("a.png")));
        assert_eq!(user.get(&format!("att?id={}", got[1][0]["id"])).bytes, png);
    }
    let text = base64::engine::general_purpose::STANDARD.encode(&png);
    for text in [text.clone(), format!("data:image/png;base64,{text}")] {
        let got = user
            .send("POST", "upload?fmt=raw_b64&f=b.png", &[("content-type", "text/plain")], Some(text.into()))
            .json();
        assert_eq!(user.get(&format!("att?id={}", got[1][0]["id"])).bytes, png, "{got}");
    }
    assert_eq!(
        user.send("POST", "upload?fmt=raw", &[("content-type", "image/png")], Some(png.clone())).json()[1],
        json!("缺少参数`f`")
    );
    let bad = user
        .send("POST", "upload?fmt=raw_b64&f=b.png", &[("content-type", "text/plain")], Some(b"?!".to_vec()))
        .json();
    assert_eq!((&bad[0], &bad[1]), (&json!(1), &json!("数据不是base64编码")));
    assert_eq!(app.stored().len(), 6);
    assert!(app.left_over().is_empty());
}

#[test]
fn what_is_refused_leaves_nothing() {
    let app = app();
    let user = app.user(1);
    let png = png();
    let big = vec![b'a'; (2 << 20) + 1];
    for (target, name, kind, bytes, code, text) in [
        ("upload", "a.php", "image/jpeg", &b"<?php"[..], 1, "文件扩展名`php`不支持"),
        ("upload", "a.jpg", "image/jpeg", b"<?php system($_GET['c']);", 1, "文件内容与扩展名`jpg`不符"),
        ("upload", "a.png", "image/png", b"<html><script>alert(1)</script>", 1, "文件内容与扩展名`png`不符"),
        ("upload", "a.png", "image/png", b"\x89PNG\r\n\x1a\n<script>", 1, "图片已损坏，无法识别"),
        ("upload", "a.svg", "image/svg+xml", b"<svg/>", 1, "文件扩展名`svg`不支持"),
        ("upload", "a", "foo/bar", b"what", 1, "文件类型`foo/bar`不支持."),
        ("upload", "a.txt", "", b"", 1, "文件`a.txt`为空"),
        ("upload?category=small", "a.txt", "", &big, 1, "文件大小不可超过2M"),
        ("upload?category=../../evil", "a.png", "", &png, 1, "文件类别`../../evil`不存在"),
        ("upload?category=staff", "a.png", "", &png, 5, "禁止操作"),
        ("upload?genThumb=3", "a.png", "", &png, 1, "参数不正确"),
        ("upload?autoResize=5", "a.png", "", &png, 1, "参数不正确"),
        ("upload?fmt=zip", "a.png", "", &png, 1, "参数不正确"),
        ("upload?exif={", "a.png", "", &png, 1, "参数不正确"),
    ] {
        let got = user.uploads(target, &[("file1", "good.png", "", &png), ("file2", name, kind, bytes)]);
        assert_eq!((&got[0], &got[1]), (&json!(code), &json!(text)), "{target} {name}: {got}");
    }
    let nothing = user.uploads("upload", &[]);
    assert!(nothing[1].as_str().unwrap().starts_with("上传失败! 数据量为"), "{nothing}");
    assert_eq!(user.uploads("upload?f=other", &[("file1", "a.png", "", &png)])[0], json!(1));
    assert_eq!(app.anon().uploads("upload", &[("file1", "a.png", "", &png)])[0], json!(2));
    assert_eq!(app.cell("select count(*) from Attachment"), json!(0));
    assert!(app.stored().is_empty(), "{:?}", app.stored());
    assert!(app.left_over().is_empty(), "{:?}", app.left_over());
}

#[test]
fn more_than_a_request_may_carry() {
    let app = TestApp::with_plugins(crate::files_app::PLUGINS, &[("P_MAX_BODY", "100K")]);
    let user = app.user(1);
    // Much more than fits into the buffers on the way: the answer must not be lost behind the body.
    let big = vec![b'a'; 30 << 20];
    let got = user.uploads("upload", &[("file1", "a.txt", "", &big)]);
    assert_eq!((&got[0], &got[1]), (&json!(1), &json!("请求数据不可超过102400B")));
    let raw =
        user.send("POST", "upload?fmt=raw&f=a.txt", &[("content-type", "text/plain")], Some(big)).json();
    assert_eq!(raw[0], json!(1), "{raw}");
    assert!(app.stored().is_empty() && app.left_over().is_empty());
}

/// A body that never ends: what is not stopped while it arrives would not be stopped at all.
#[test]
fn a_category_bounds_its_files_while_they_arrive() {
    let app = TestApp::with_plugins(crate::files_app::PLUGINS, &[("P_MAX_BODY", "1G")]);
    let user = app.user(1);
    let cookie = format!("userid={}", user.cookie("userid").unwrap());
    let part = "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n";
    let field = "--XyZ\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\nsmall\r\n";
    for (target, kind, begin) in [
        ("upload?category=small", FORM.1, part.to_owned()),
        ("upload?type=small", FORM.1, part.to_owned()),
        ("upload", FORM.1, format!("{field}{part}")),
        ("upload?category=small&fmt=raw&f=a.txt", "text/plain", String::new()),
    ] {
        let mut stream = std::net::TcpStream::connect(app.address).unwrap();
        let head = format!(
            "POST /api/{target} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{begin}",
            500 << 20
        );
        stream.write_all(head.as_bytes()).unwrap();
        let piece = vec![b'a'; 1 << 20];
        for _ in 0..3 {
            stream.write_all(&piece).unwrap();
        }
        wait_until("the file is gone before its body ends", || app.left_over().is_empty());
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("文件大小不可超过2M"), "{target}: {answer}");
        assert!(app.stored().is_empty() && app.left_over().is_empty(), "{target}");
    }
    // Base64 takes more room than the file it stands for.
    let text = base64::engine::general_purpose::STANDARD.encode(vec![b'a'; 2 << 20]);
    let kind = [("content-type", "text/plain")];
    let got = user.send("POST", "upload?category=small&fmt=raw_b64&f=a.txt", &kind, Some(text.into())).json();
    assert_eq!(got[0], json!(0), "{got}");
}

#[test]
fn strangers_do_not_fill_the_disk() {
    let app = app();
    let body = form(&[("file1", "a.txt", "text/plain", &vec![b'a'; 4 << 20])]);
    for (target, kind, code) in [
        ("upload", FORM.1, "[\n    2,"),
        ("upload?fmt=raw&f=a.txt", "text/plain", "[\n    2,"),
        ("initClient", FORM.1, "[\n    0,"),
        ("nosuch", FORM.1, "[\n    1,"),
    ] {
        let mut stream = std::net::TcpStream::connect(app.address).unwrap();
        let head = format!(
            "POST /api/{target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..3 << 20]).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        assert!(app.left_over().is_empty(), "{target}: {:?}", app.left_over());
        stream.write_all(&body[3 << 20..]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(code), "{target}: {answer}");
    }
    // The refusal is recorded like any other.
    app.write(|_| Ok(()));
    assert_eq!(app.cell("select count(*) from ApiLog where ac='upload' and retval=2"), json!(2));
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let app = app();
    let user = app.user(1);
    let cookie = format!("userid={}", user.cookie("userid").unwrap());
    let body = form(&[("file1", "a.txt", "text/plain", &vec![b'a'; 1 << 20])]);
    for kind in [FORM.1, "text/plain"] {
        let mut stream = std::net::TcpStream::connect(app.address).unwrap();
        let head = format!(
            "POST /api/upload?fmt=raw&f=a.txt HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..body.len() / 2]).unwrap();
        wait_until("the file begins to arrive", || !app.left_over().is_empty());
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        drop(stream);
        wait_until("the half file is gone", || app.left_over().is_empty());
    }
    assert!(app.stored().is_empty());
    assert_eq!(app.cell("select count(*) from Attachment"), json!(0));
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_key_without_a_list_of_actions_opens_the_upload() {
    let keys = r#"[{"authType":"simple","key":"k-2938-aGh-2"},{"authType":"basic","key":"robot:s3cr3t-77-x","app":"user","id":7},
        {"authType":"simple","key":"other-key-1","allowedAc":["att"]},{"authType":"none"}]"#;
    let app = TestApp::bare(crate::files_app::PLUGINS, &[("P_AUTH_KEYS", keys)]);
    let anon = app.anon();
    let body = || Some(form(&[("file1", "a.txt", "", b"hello")]));
    let upload = |header: (&str, &str)| anon.send("POST", "upload", &[FORM, header], body()).json();
    let simple = upload(("x-daca-simple", "k-2938-aGh-2"));
    assert_eq!(simple[0], json!(0), "{simple}");
    let basic = base64::engine::general_purpose::STANDARD.encode("robot:s3cr3t-77-x");
    assert_eq!(upload(("authorization", &format!("Basic {basic}")))[0], json!(0));
    let owner = |id: i64| {
        app.write(move |tx| tx.first("Attachment", &[("id", json!(id))], "userId, ownerType")).unwrap()
    };
    assert_eq!((owner(1)["userId"].clone(), owner(1)["ownerType"].clone()), (json!(0), json!("key")));
    assert_eq!((owner(2)["userId"].clone(), owner(2)["ownerType"].clone()), (json!(7), json!("user")));
    assert_eq!(upload(("x-daca-simple", "wrong"))[0], json!(2));
    assert_eq!(upload(("x-daca-simple", "other-key-1"))[0], json!(2));
    assert_eq!(upload(("x-nothing", "1"))[0], json!(2));
    // The key opens nothing else.
    let note = anon.send("GET", "Note.query", &[("x-daca-simple", "k-2938-aGh-2")], None).json();
    assert_eq!(note[0], json!(2), "{note}");
    let file = anon.send("GET", "att?id=1", &[("x-daca-simple", "k-2938-aGh-2")], None);
    assert_eq!(file.status, 404);
    assert_eq!(anon.get(&format!("att?id=1&k={}", simple[1][0]["k"].as_str().unwrap())).bytes, b"hello");
}

#[test]
fn a_picture_of_the_account_and_one_of_the_shop_have_their_folders() {
    let app = app();
    let user = app.user(1);
    let big = packed(quarters(800, 600), ImageFormat::Png);
    for word in ["type", "category"] {
        let mine = user.upload(&format!("upload?{word}=user&genThumb=1"), "me.png", &big);
        assert!(mine["path"].as_str().unwrap().starts_with("upload/user/20"), "{mine}");
        assert_ne!(mine["thumbId"], mine["id"]);
        let shop = user.upload(&format!("upload?{word}=store"), "shop.png", &big);
        assert!(shop["path"].as_str().unwrap().starts_with("upload/store/20"), "{shop}");
    }
}
