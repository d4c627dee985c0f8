//! The plaza: who may post, like and comment, and what is counted.

use crate::app::{Client, TestApp};
use crate::code;
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::json;

/// The smallest picture.
pub const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

pub fn picture(client: &Client<'_>, category: &str) -> i64 {
    let target = format!("upload?category={category}&fmt=raw&f=a.gif");
    let got = client.send("POST", &target, &[("content-type", "image/gif")], Some(GIF.to_vec())).json();
    got[1][0]["id"].as_i64().unwrap_or_else(|| panic!("{got}"))
}

#[test]
fn a_wall_for_families() {
    let app = TestApp::new();
    let (a, _, _) = family(&app, "Home");
    let (b, ..) = family(&app, "Next door");
    let alone = app.anon();
    alone.ok("newUser", json!({}));
    assert_eq!(app.anon().fails("Plaza.add", json!({"content": "hi"})).0, code::NOAUTH);
    assert_eq!(alone.fails("Plaza.add", json!({"content": "hi"})).0, 12004);
    assert_eq!(a.fails("Plaza.add", json!({"content": " "})).0, 12003);
    let many: Vec<_> = (0..10).map(|n| json!({"attId": n})).collect();
    assert_eq!(a.fails("Plaza.add", json!({"pics": many})).0, code::PARAM);
    let pic = picture(&a, "plaza");
    let post = a.ok("Plaza.add", json!({"content": "公园", "pics": [{"attId": pic}], "lon": 121.5, "lat": 31.2, "address": "世纪公园"}));
    let second = b.ok("Plaza.add", json!({"content": "far", "lon": 122.5, "lat": 31.2}));
    let wall = app.anon().ok("Plaza.query?fmt=list", json!(null));
    assert_eq!((&wall["list"][0]["id"], &wall["list"][1]["id"]), (&second, &post));
    assert_eq!(wall["list"][1]["pics"][0]["attId"], json!(pic));
    // The number of a circle is half of what joining takes.
    assert_eq!((wall["list"][1].get("circleId"), &wall["list"][1]["circleName"]), (None, &json!("Home")));
    let near = b.ok("Plaza.query?nearby=121.5,31.2,500&fmt=list", json!(null));
    assert_eq!((near["list"].as_array().unwrap().len(), &near["list"][0]["dist"]), (1, &json!(0)));
    assert_eq!(
        b.ok(&format!("Plaza.query?beforeId={second}&fmt=list"), json!(null))["list"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let like =
        |client: &Client<'_>, on: i64| client.call(&format!("Plaza.like?id={post}&on={on}"), json!({}));
    assert_eq!(like(&b, 1), json!([0, {"likeCnt": 1}]));
    assert_eq!(like(&b, 1), json!([0, {"likeCnt": 1}]));
    assert_eq!(like(&a, 1), json!([0, {"likeCnt": 2}]));
    assert_eq!(like(&a, 0), json!([0, {"likeCnt": 1}]));
    assert_eq!(like(&a, 0), json!([0, {"likeCnt": 1}]));
    assert_eq!(like(&alone, 1)[0], json!(12004));
    assert_eq!(b.fails("Plaza.like?id=99", json!({})).0, 12001);
    let liking =
        |client: &Client<'_>| client.ok(&format!("Plaza.get?id={post}"), json!(null))["liking"].clone();
    assert_eq!((liking(&a), liking(&b), liking(&app.anon())), (json!(0), json!(1), json!(0)));

    let comment = |text: &str| b.call("PlazaComment.add", json!({"plazaId": post, "content": text}));
    assert_eq!(comment("")[0], json!(12003));
    assert_eq!(b.fails("PlazaComment.add", json!({"plazaId": 99, "content": "x"})).0, 12001);
    let first = comment("好")[1]["id"].clone();
    let other = comment("真好")[1]["id"].clone();
    let got = a.ok(&format!("Plaza.get?id={post}"), json!(null));
    assert_eq!(
        (
            &got["commentCnt"],
            got["comments"].as_array().unwrap().len(),
            got["likes"].as_array().unwrap().len()
        ),
        (&json!(2), 2, 1)
    );
    assert!(got["comments"][0]["userName"].is_string());
    let list =
        app.anon().ok(&format!("PlazaComment.query?plazaId={post}&beforeId={other}&fmt=list"), json!(null));
    assert_eq!(list["list"][0]["id"], first);
    assert_eq!(app.anon().fails("PlazaComment.query", json!(null)).0, code::PARAM);
    app.write(|tx| tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp"})));
    let clerk = app.login(Role::Emp, 1);
    assert_eq!(
        clerk.ok("PlazaComment.query?fmt=list", json!(null))["list"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(alone.fails(&format!("PlazaComment.del?id={first}"), json!({})).0, 12002);
    b.ok(&format!("PlazaComment.del?id={first}"), json!({}));
    a.ok(&format!("PlazaComment.del?id={other}"), json!({}));
    assert_eq!(app.cell("SELECT commentCnt FROM Plaza WHERE id=1"), json!(0));
    comment("bye");

    assert_eq!(b.fails(&format!("Plaza.del?id={post}"), json!({})).0, 12002);
    a.ok(&format!("Plaza.del?id={post}"), json!({}));
    assert_eq!(app.anon().fails(&format!("Plaza.get?id={post}"), json!(null)).0, 12001);
    for table in ["PlazaPic", "PlazaLike", "PlazaComment", "Attachment"] {
        assert_eq!(app.cell(&format!("SELECT count(*) FROM {table}")), json!(0), "{table}");
    }
    clerk.ok(&format!("Plaza.del?id={second}"), json!({}));
    assert_eq!(app.cell("SELECT count(*) FROM Plaza"), json!(0));
}
