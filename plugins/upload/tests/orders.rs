//! Pictures of orders: whose they are, what rows tell of them, and that they go with the order.

use crate::app::TestApp;
use crate::code;
use crate::files_app::{packed, quarters};
use image::ImageFormat;
use jindou::auth::Role;
use serde_json::{Value, json};

#[test]
fn the_pictures_of_an_order() {
    let app = TestApp::new();
    app.write(|tx| {
        for (id, name) in [(1, "a"), (2, "b")] {
            let Value::Object(user) = json!({"id": id, "uname": name, "name": name}) else { panic!() };
            tx.insert("User", user)?;
        }
        Ok(())
    });
    let (owner, other) = (app.login(Role::User, 1), app.login(Role::User, 2));
    let png = packed(quarters(500, 400), ImageFormat::Png);
    let file = owner.upload("upload?genThumb=1", "a.png", &png);
    assert_eq!(
        other.fails("Ordr.add", json!({"dscr": "x", "atts": [{"attId": file["id"]}]})).0,
        code::FORBIDDEN
    );
    let order = owner.ok("Ordr.add", json!({"dscr": "x", "atts": [{"attId": file["id"]}]}));
    let row = owner.ok(&format!("Ordr.get?id={order}"), Value::Null);
    let att = &row["atts"][0];
    assert_eq!((&att["attId"], &att["k"], &att["orgName"]), (&file["id"], &file["k"], &json!("a.png")));
    assert_eq!(app.anon().get(&format!("att?id={}&k={}", file["id"], att["k"].as_str().unwrap())).bytes, png);
    assert_eq!(other.get(&format!("att?id={}", file["id"])).status, 404);
    let theirs = other.upload("upload", "b.png", &png);
    let face = owner.upload("upload", "face.png", &png);
    assert_eq!(owner.fails("User.set", json!({"picId": theirs["id"]})).0, code::FORBIDDEN);
    owner.ok("User.set", json!({"picId": face["id"]}));
    assert_eq!(app.stored().len(), 4);
    app.login(Role::Admin, 1).ok(&format!("Ordr.del?id={order}"), json!({}));
    assert_eq!(app.stored().len(), 2);
    owner.ok("User.set", json!({"picId": ""}));
    assert_eq!(app.stored().len(), 1, "only what was never used is left");
}
