//! Whose files: who may read them, who may hang them on rows, and when they go away.

use crate::app::{Client, TestApp};
use crate::files_app::{PLUGINS, app, packed, quarters};
use crate::plugins::upload;
use image::ImageFormat;
use jindou::api::Prepared;
use jindou::auth::{Caller, Role};
use jindou::plugin::Stage;
use serde_json::{Value, json};
use std::sync::Arc;

fn reads(client: &Client<'_>, file: &Value, key: bool) -> bool {
    let key = if key { format!("&k={}", file["k"].as_str().unwrap()) } else { String::new() };
    let status = client.get(&format!("att?id={}{key}", file["id"])).status;
    assert!(status == 200 || status == 404, "{status}");
    status == 200
}

#[test]
fn who_may_read() {
    let app = app();
    let (owner, reader, other) = (app.user(1), app.user(2), app.user(3));
    let file = owner.upload("upload?genThumb=1", "a.png", &packed(quarters(500, 500), ImageFormat::Png));
    let public = owner.upload("upload?category=avatar", "b.png", &packed(quarters(20, 20), ImageFormat::Png));
    // The second user reads through a row of his that holds the file (made by the house, not by himself).
    app.write({
        let (id, thumb) = (file["id"].clone(), file["thumbId"].clone());
        move |tx| {
            let Value::Object(note) = json!({"userId": 2, "picId": thumb}) else { panic!() };
            tx.insert("Note", note)?;
            let Value::Object(pic) = json!({"noteId": 99, "attId": id}) else { panic!() };
            tx.insert("NotePic", pic)
        }
    });
    let staff = app.login(Role::Emp, 1);
    let admin = app.login(Role::Admin, 1);
    let anon = app.anon();
    for (name, client, file, key, expected) in [
        ("uploader", &owner, &file, false, true),
        ("reader of the owning row", &reader, &file, false, true),
        ("another user", &other, &file, false, false),
        ("another user with the key", &other, &file, true, true),
        ("employee", &staff, &file, false, true),
        ("administrator", &admin, &file, false, true),
        ("guest", &anon, &file, false, false),
        ("guest with the key", &anon, &file, true, true),
        ("guest, public", &anon, &public, false, true),
        ("another user, public", &other, &public, false, true),
    ] {
        assert_eq!(reads(client, file, key), expected, "{name}");
    }
    for k in ["", "x", "0", file["k"].as_str().unwrap()[1..].as_ref()] {
        assert_eq!(anon.get(&format!("att?id={}&k={k}", file["id"])).status, 404, "{k}");
    }
    let k = file["k"].as_str().unwrap();
    assert_eq!(anon.get(&format!("att?thumbId={}&k={k}", file["thumbId"])).status, 200);
    assert_eq!(anon.get(&format!("att?thumbId={}", file["thumbId"])).status, 404);
    // A user of another login type with the same number is somebody else.
    assert_eq!(app.write(|tx| tx.first("Attachment", &[], "ownerType")).unwrap()["ownerType"], json!("user"));
    assert_eq!(
        anon.send("GET", &format!("att?id={}", file["id"]), &[("if-none-match", "\"att-1\"")], None).status,
        404
    );
    // The rows themselves.
    assert_eq!(owner.fails("Attachment.query", Value::Null).0, 5);
    let row = staff.ok("Attachment.get?id=1", Value::Null);
    assert_eq!((row.get("akey"), row.get("path"), &row["orgName"]), (None, None, &json!("a.png")));
    assert_eq!(staff.fails("Attachment.query?res=akey", Value::Null).0, 3);
}

#[test]
fn only_ones_own_files_go_into_rows() {
    let app = app();
    let (owner, thief) = (app.user(1), app.user(2));
    let file = owner.upload("upload?genThumb=1", "a.png", &packed(quarters(500, 500), ImageFormat::Png));
    let (id, thumb) = (file["id"].as_i64().unwrap(), file["thumbId"].as_i64().unwrap());
    for (body, file) in [
        (json!({"picId": id}), id),
        (json!({"picId": thumb.to_string()}), thumb),
        (json!({"title": "x", "pics": [{"attId": id}]}), id),
    ] {
        assert_eq!(thief.fails("Note.add", body), (5, format!("文件`{file}`不属于您")));
    }
    assert_eq!(thief.fails("Note.add", json!({"picId": 999})), (1, "文件`999`不存在".to_owned()));
    assert_eq!(app.cell("select count(*) from Note"), json!(0));
    let note = owner.ok("Note.add", json!({"picId": thumb, "pics": [{"attId": id}]}));
    let theirs = thief.ok("Note.add", json!({"title": "mine"}));
    assert_eq!(thief.fails(&format!("Note.set?id={theirs}"), json!({"picId": id})).0, 5);
    let row = owner.ok(&format!("Note.get?id={note}&res=id,picId,pics"), Value::Null);
    let pic = &row["pics"][0];
    assert_eq!((&pic["attId"], &pic["k"], &pic["orgName"]), (&json!(id), &file["k"], &json!("a.png")));
    assert!(reads(&app.anon(), &json!({"id": pic["attId"], "k": pic["k"]}), true));
}

#[test]
fn files_go_with_the_rows_that_held_them() {
    let app = app();
    let user = app.user(1);
    let png = packed(quarters(500, 500), ImageFormat::Png);
    let files: Vec<Value> = (0..3).map(|_| user.upload("upload?genThumb=1", "a.png", &png)).collect();
    let id = |at: usize| files[at]["id"].as_i64().unwrap();
    let note = user.ok("Note.add", json!({"picId": id(0)}));
    let second = user.ok("Note.add", json!({"picId": files[1]["thumbId"], "pics": [{"attId": id(1)}]}));
    assert_eq!(app.stored().len(), 6);

    // A change that fails takes nothing.
    assert_eq!(user.fails(&format!("Note.set?id={note}"), json!({"picId": id(2), "nothing": 1})).0, 1);
    let batch = json!([
        {"ac": "Note.del", "get": {"id": note}},
        {"ac": "Note.del", "get": {"id": 999}},
    ]);
    user.ok("batch?useTrans=1", batch);
    assert_eq!(app.cell("select count(*) from Note"), json!(2));
    assert_eq!(app.stored().len(), 6, "an undone batch took files");

    // Another picture: the one before goes, with its thumbnail.
    user.ok(&format!("Note.set?id={note}"), json!({"picId": id(2)}));
    assert_eq!(app.stored().len(), 4);
    assert_eq!(user.get(&format!("att?id={}", id(0))).status, 404);
    // The same again changes nothing.
    user.ok(&format!("Note.set?id={note}"), json!({"picId": id(2), "title": "x"}));
    assert_eq!(app.stored().len(), 4);
    // Held by a child still, though the row itself lets go of the thumbnail.
    user.ok(&format!("Note.set?id={second}"), json!({"picId": ""}));
    assert_eq!(app.stored().len(), 4);
    user.ok(&format!("Note.set?id={second}&submode=put"), json!({"pics": []}));
    assert_eq!(app.stored().len(), 2);
    user.ok(&format!("Note.del?id={note}"), json!({}));
    assert!(app.stored().is_empty());
    assert_eq!(app.cell("select count(*) from Attachment"), json!(0));
    assert_eq!(app.cell("select count(*) from AttachmentGone"), json!(6));
}

/// Runs the job as the clock does.
pub fn tidy(app: &TestApp) {
    let caller = Arc::new(Caller::of_role(Role::Admin, 0));
    let job = &upload::PLUGIN.jobs[0];
    let Prepared::Write(rest) = job.run(&mut Stage::new(&app.server, caller, Default::default())).unwrap()
    else {
        panic!()
    };
    app.write(|tx| rest(tx).map(|_| ()));
}

#[test]
fn orphans_go_after_a_day() {
    let app = app();
    let user = app.user(1);
    let png = packed(quarters(500, 500), ImageFormat::Png);
    let held = user.upload("upload?genThumb=1", "a.png", &png);
    let orphan = user.upload("upload?genThumb=1", "b.png", &png);
    user.ok("Note.add", json!({"picId": held["thumbId"]}));
    std::fs::write(app.config().data.join("incoming/old"), "left behind").unwrap();
    let day_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 3600);
    std::fs::File::options()
        .write(true)
        .open(app.config().data.join("incoming/old"))
        .unwrap()
        .set_modified(day_ago)
        .unwrap();
    tidy(&app);
    assert_eq!(app.stored().len(), 4, "all are young");
    assert!(app.left_over().is_empty());

    app.server.env.clock.advance_ms(25 * 3600 * 1000);
    let young = user_again(&app).upload("upload", "c.png", &png);
    tidy(&app);
    assert_eq!(app.stored().len(), 3);
    assert_eq!(
        app.cell("select group_concat(id) from Attachment"),
        json!(format!("{},{},{}", held["id"], held["thumbId"], young["id"]))
    );
    assert_eq!(orphan["id"], json!(3));

    // A removal that failed is made up for.
    app.server.env.clock.advance_ms(120_000);
    let stray = app.config().data.join("upload/stray.txt");
    std::fs::write(&stray, "x").unwrap();
    app.write(|tx| {
        let Value::Object(row) = json!({"path": "upload/stray.txt", "tm": "2020-01-01 00:00:00"}) else {
            panic!()
        };
        tx.insert("AttachmentGone", row)
    });
    tidy(&app);
    assert!(!stray.exists());
    assert_eq!(app.cell("select count(*) from AttachmentGone"), json!(0));
}

#[test]
fn notes_of_uploads_that_were_never_finished() {
    let app = app();
    let note = |path: &str, run: &str| {
        let file = app.config().data.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "x").unwrap();
        let row = json!({"path": path, "tm": "2020-01-01 00:00:00", "awaitedBy": run});
        let Value::Object(row) = row else { panic!() };
        app.write(|tx| tx.insert("AttachmentGone", row));
        file
    };
    let other = note("upload/202601/other", "another-run");
    let this = note("upload/202601/this", upload::pending_file::run());
    tidy(&app);
    assert!(!other.exists() && this.exists(), "what this run has begun it may still finish");
    // A day late it cannot any more, and the file goes.
    assert_eq!(app.cell("select count(*) from AttachmentGone where awaitedBy is not null"), json!(0));
    tidy(&app);
    assert!(!this.exists());
    assert_eq!(app.cell("select count(*) from AttachmentGone"), json!(0));
}

/// Sessions of yesterday are over.
fn user_again(app: &TestApp) -> Client<'_> {
    app.user(1)
}

#[test]
fn deleting_the_row_of_a_file() {
    let app = TestApp::with_plugins(PLUGINS, &[]);
    let user = app.user(1);
    let file = user.upload("upload?genThumb=2", "a.png", &packed(quarters(500, 500), ImageFormat::Png));
    assert_eq!(app.stored().len(), 3);
    assert_eq!(app.login(Role::Emp, 1).fails("Attachment.del?id=1", json!({})).0, 5);
    app.login(Role::Admin, 1).ok(&format!("Attachment.del?id={}", file["id"]), json!({}));
    assert!(app.stored().is_empty());
    assert_eq!(app.cell("select count(*) from Attachment"), json!(0));
}

/// A file that everybody may use, such as an avatar, is not everybody's to remove: whoever lets go of it, and
/// however, only its uploader's letting go takes it away.
#[test]
fn letting_go_of_the_file_of_another_leaves_it() {
    let app = app();
    let (owner, thief) = (app.user(1), app.user(2));
    let png = packed(quarters(500, 500), ImageFormat::Png);
    let avatar = || owner.upload("upload?category=avatar&genThumb=1", "a.png", &png);
    let other = avatar()["id"].clone();
    type LetGo<'a> = &'a dyn Fn(&Client<'_>, &Value, &Value);
    let ways: [(&str, LetGo<'_>); 7] = [
        ("emptied", &|client, note, _| drop(client.ok(&format!("Note.set?id={note}"), json!({"picId": ""})))),
        ("another", &|client, note, _| {
            drop(client.ok(&format!("Note.set?id={note}"), json!({"picId": other})))
        }),
        ("deleted", &|client, note, _| drop(client.ok(&format!("Note.del?id={note}"), json!({})))),
        ("child deleted", &|client, note, pic| {
            client.ok(
                &format!("Note.set?id={note}"),
                json!({"picId": "", "pics": [{"id": pic, "_delete": 1}]}),
            );
        }),
        ("child changed", &|client, note, pic| {
            client.ok(
                &format!("Note.set?id={note}"),
                json!({"picId": "", "pics": [{"id": pic, "attId": other}]}),
            );
        }),
        ("child put", &|client, note, _| {
            client.ok(&format!("Note.set?id={note}&submode=put"), json!({"picId": "", "pics": []}));
        }),
        ("in a batch", &|client, note, _| {
            let items = json!([{"ac": "Note.set", "get": {"id": note}, "post": {"picId": ""}}]);
            client.ok("batch?useTrans=1", items);
        }),
    ];
    for (name, let_go) in ways {
        for by_thumb in [false, true] {
            let file = avatar();
            let held = if by_thumb { &file["thumbId"] } else { &file["id"] };
            for (client, stays) in [(&thief, true), (&owner, false)] {
                let child = name.starts_with("child");
                let note = match child {
                    true => client.ok("Note.add", json!({"title": "n", "pics": [{"attId": held}]})),
                    false => client.ok("Note.add", json!({"picId": held})),
                };
                let pic =
                    client.ok(&format!("Note.get?id={note}&res=pics"), Value::Null)["pics"][0]["id"].clone();
                let_go(client, &note, &pic);
                assert_eq!(reads(&app.anon(), &file, false), stays, "{name}, by thumbnail: {by_thumb}");
            }
        }
    }
}

#[test]
fn the_avatar_of_another_survives_who_borrows_it() {
    let app = TestApp::new();
    let made = |name: &str| {
        let client = app.anon();
        client.ok("newUser", json!({"name": name}));
        client
    };
    let (alice, mallory) = (made("Alice"), made("Mallory"));
    let png = packed(quarters(50, 50), ImageFormat::Png);
    for category in ["avatar", "plaza"] {
        let file = alice.upload(&format!("upload?category={category}"), "a.png", &png);
        mallory.ok("User.set", json!({"picId": file["id"]}));
        mallory.ok("User.set", json!({"picId": ""}));
        assert!(reads(&alice, &file, false), "{category}");
    }
}
