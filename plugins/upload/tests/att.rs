//! Files go out: headers, ranges, conditions, pages, exports.

use crate::app::TestApp;
use crate::code;
use crate::files_app::{PLUGINS, app, packed, quarters};
use image::ImageFormat;
use serde_json::{Value, json};

#[test]
fn headers_of_a_file() {
    let app = app();
    let user = app.user(1);
    let png = packed(quarters(400, 400), ImageFormat::Png);
    let pic = user.upload("upload?genThumb=1", "照片 1.png", &png);
    let got = user.get(&format!("att?id={}", pic["id"]));
    assert_eq!(got.status, 200);
    assert_eq!(got.bytes, png);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", &png.len().to_string()),
        ("etag", "\"att-1\""),
        ("cache-control", "private, no-cache"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline; filename=\"__ 1.png\"; filename*=UTF-8''%E7%85%A7%E7%89%87%201.png"),
    ] {
        assert_eq!(got.header(name), value, "{name}");
    }
    assert!(got.header("content-security-policy").contains("sandbox"));
    let thumb = user.get("att?id=1&thumb=1");
    assert_eq!(thumb.header("etag"), "\"att-1-t\"");
    assert!(thumb.header("content-disposition").ends_with("%E7%85%A7%E7%89%87%201.jpg"), "it is a JPEG now");
    assert_eq!(user.get(&format!("att?thumbId={}", pic["thumbId"])).header("etag"), "\"att-t2\"");

    let text = user.upload("upload", "a.txt", b"0123456789");
    for (name, down, way) in [
        ("id=1", "", "inline"),
        ("id=1", "&down=1", "attachment"),
        ("id=3", "", "attachment"),
        ("id=3", "&down=0", "inline"),
    ] {
        let got = user.get(&format!("att?{name}{down}"));
        assert!(got.header("content-disposition").starts_with(way), "{name}{down}");
    }
    assert_eq!(text["id"], json!(3));

    for target in ["att?id=99", "att?thumbId=99", "att?id=3&thumb=1"] {
        let got = user.get(target);
        assert_eq!((got.status, got.bytes.len()), (404, 0), "{target}");
    }
    assert_eq!(user.fails("att", Value::Null), (1, "缺少参数`id or thumbId`".to_owned()));
    assert_eq!(user.fails("att?id=1&thumb=x", Value::Null).0, code::PARAM);
    assert_eq!(user.fails("att?id=../../x", Value::Null).0, code::PARAM);
}

#[test]
fn head_says_what_get_would() {
    let app = app();
    let user = app.user(1);
    user.upload("upload", "a.txt", b"0123456789");
    let head = user.send("HEAD", "att?id=1", &[], None);
    let get = user.get("att?id=1");
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    for name in ["content-type", "content-length", "etag", "content-disposition", "accept-ranges"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!(user.send("HEAD", "att?id=1", &[("if-none-match", "\"att-1\"")], None).status, 304);
    assert_eq!(user.send("HEAD", "att?id=2", &[], None).status, 404);
    assert_eq!(
        user.exactly("HEAD", "/api.php?ac=att&id=1&_app=user", &[], None).header("content-length"),
        "10"
    );
    // A HEAD of anything else is still empty and no call.
    let other = user.send("HEAD", "Note.query", &[], None);
    assert_eq!((other.status, other.header("content-type")), (200, "text/plain; charset=UTF-8"));
}

#[test]
fn parts_of_a_file() {
    let app = app();
    let user = app.user(1);
    user.upload("upload", "a.txt", b"0123456789");
    let part = |headers: &[(&str, &str)]| {
        let got = user.send("GET", "att?id=1", headers, None);
        (
            got.status,
            got.header("content-range").to_owned(),
            got.header("content-length").to_owned(),
            got.text(),
        )
    };
    let of = |status, range: &str, length: &str, text: &str| {
        (status, range.to_owned(), length.to_owned(), text.to_owned())
    };
    for (range, expected) in [
        ("bytes=0-3", of(206, "bytes 0-3/10", "4", "0123")),
        ("bytes=7-", of(206, "bytes 7-9/10", "3", "789")),
        ("bytes=-2", of(206, "bytes 8-9/10", "2", "89")),
        ("bytes=5-100", of(206, "bytes 5-9/10", "5", "56789")),
        ("bytes=10-", of(416, "bytes */10", "0", "")),
        ("bytes=3-1", of(200, "", "10", "0123456789")),
        ("lines=1-2", of(200, "", "10", "0123456789")),
    ] {
        assert_eq!(part(&[("range", range)]), expected, "{range}");
    }
    assert_eq!(part(&[("range", "bytes=0-3"), ("if-range", "\"att-1\"")]).0, 206);
    assert_eq!(part(&[("range", "bytes=0-3"), ("if-range", "\"other\"")]).0, 200);
    for (known, status) in
        [("\"att-1\"", 304), ("\"x\", W/\"att-1\"", 304), ("*", 304), ("\"att-1-t\"", 200), ("att", 200)]
    {
        let got = user.send("GET", "att?id=1", &[("if-none-match", known)], None);
        assert_eq!((got.status, got.bytes.is_empty()), (status, status == 304), "{known}");
    }
}

#[test]
fn what_could_run_is_only_saved() {
    let app = TestApp::with_plugins(PLUGINS, &[("P_UPLOAD_EXT", "*")]);
    let user = app.user(1);
    for (name, bytes) in [
        ("a.svg", &b"<svg onload='x'/>"[..]),
        ("a.html", b"<script>"),
        ("a.xml", b"<x/>"),
        ("a.php", b"<?php"),
    ] {
        let id = user.upload("upload", name, bytes)["id"].clone();
        for down in ["", "&down=0"] {
            let got = user.get(&format!("att?id={id}{down}"));
            assert!(got.header("content-disposition").starts_with("attachment;"), "{name}");
            assert_eq!(got.header("x-content-type-options"), "nosniff");
            assert!(got.header("content-security-policy").ends_with("sandbox"), "{name}");
        }
    }
}

#[test]
fn a_file_that_lies_elsewhere() {
    let app = app();
    app.write(|tx| {
        let Value::Object(row) =
            json!({"path": "https://pics.example/1.jpg", "userId": 1, "ownerType": "user"})
        else {
            panic!()
        };
        tx.insert("Attachment", row)
    });
    let got = app.user(1).get("att?id=1");
    assert_eq!((got.status, got.header("location")), (302, "https://pics.example/1.jpg"));
    let none = app.write(|tx| {
        let Value::Object(row) = json!({"path": "../secret.key", "userId": 1, "ownerType": "user"}) else {
            panic!()
        };
        tx.insert("Attachment", row)
    });
    let got = app.user(1).call(&format!("att?id={none}"), Value::Null);
    assert_eq!(got[0], json!(4), "no key of the store: {got}");
}

#[test]
fn a_page_of_pictures() {
    let app = app();
    let user = app.user(1);
    let got = user.get("pic?id=5,6&k=a<b,c");
    assert_eq!((got.status, got.header("content-type")), (200, "text/html; charset=UTF-8"));
    let text = got.text();
    assert!(
        text.contains("<img src=\"/api/att?id=5&amp;k=a%26lt%3Bb&amp;_app=user\" alt=\"5\">")
            || text.contains("<img src=\"/api/att?id=5&amp;k=a%3Cb&amp;_app=user\" alt=\"5\">"),
        "{text}"
    );
    assert!(text.contains("att?id=6&amp;k=c"), "{text}");
    assert!(!text.contains("a<b") && !text.contains("<script"));
    assert!(got.header("content-security-policy").starts_with("default-src 'none'"));
    let links = user.get("pic?smallId=7").text();
    assert!(
        links.contains(
            "<a href=\"/api/att?thumbId=7&amp;_app=user\"><img src=\"/api/att?id=7&amp;_app=user\""
        ),
        "{links}"
    );
    let links = user.get("pic?id=7&thumb=1").text();
    assert!(
        links.contains(
            "<a href=\"/api/att?id=7&amp;_app=user\"><img src=\"/api/att?id=7&amp;thumb=1&amp;_app=user\""
        ),
        "{links}"
    );
    assert!(user.get("pic?thumbId=7").text().contains("<img src=\"/api/att?thumbId=7&amp;"));
    assert_eq!(user.fails("pic?id=1,x", Value::Null).0, code::PARAM);
    assert_eq!(user.fails("pic", Value::Null).0, code::PARAM);
}

#[test]
fn a_text_as_a_file() {
    let app = app();
    let user = app.user(1);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"fname=%E8%A1%A8.csv&str=%E4%B8%AD,13800000000%0A%3Ca%3E,5".to_vec();
    let export = |query: &str| user.send("POST", &format!("export?{query}"), &form, Some(body.clone()));
    let got = export("enc=gbk");
    let (text, _, broken) = encoding_rs::GBK.decode(&got.bytes);
    assert_eq!((text.as_ref(), broken), ("中,=\"13800000000\"\n<a>,5", false));
    assert_eq!(got.header("content-type"), "text/csv; charset=GBK");
    assert_eq!(
        got.header("content-disposition"),
        "attachment; filename=\"_.csv\"; filename*=UTF-8''%E8%A1%A8.csv"
    );
    assert_eq!(export("forexcel=0").text(), "中,13800000000\n<a>,5");
    assert_eq!(export("enc=nonsense").json()[1], json!("不支持的编码`nonsense`"));
    assert_eq!(user.fails("export", json!({"fname": "a.txt"})).1, "缺少参数`str`");
    assert_eq!(app.anon().fails("export", json!({"fname": "a.txt", "str": "x"})).0, code::NOAUTH);
}
