//! Sub-objects show what they declare and no more: whatever is asked, in which clause, by which role, and whatever
//! another role was shown before.

use crate::app::{Client, TestApp};
use crate::code;
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::json;

const DESIGN: &str = "
@Wall: id, userId, title(s)
@Person: id, userId, name(s), phone(s), circleId, tm, amount, flags(l), lon#, lat#
@key Person: geo(lon,lat)
@PersonNote: id, personId, text(l), secret(s)
@Note: id, userId, text(l), secret(s)
@Diary: id, userId, text(l), secret(s)
";

static WALL: Object = Object::table("Wall")
    .subs(&[
        one("author", "Person", "userId={userId}").res("id,name,notes").merged(),
        list("people", "Person", "userId={userId}")
            .cond("circleId<100")
            .order("tm desc")
            .res("id,name shownName,notes"),
        list("sums", "Person", "userId={userId}").res("count(*) cnt, sum(amount) total"),
        one("worth", "Person", "userId={userId}").res("sum(amount) worth").merged(),
        list("all", "Person", "userId={userId}").res("*"),
        list("notes", "Note", "userId={userId}"),
        list("mine", "Note", "userId={userId}").by_role(),
        list("diaries", "Diary", "userId={userId}").by_role(),
    ])
    .computed(&[computed("first", "people", |from| from[0][0]["shownName"].clone())])
    .guest(can(READ))
    .user(can(READ))
    .emp(can(READ));

static PERSON: Object = Object::table("Person")
    .vcols(&[formula("concat(name,'-',phone) both")])
    .time_columns("tm")
    .default_sort("phone")
    .quick_search("phone, name")
    .subs(&[list("notes", "PersonNote", "personId={id}").res("id,text")])
    .emp(can(READ));

/// The helper fields of outer columns, some of which a role may not see.
static HELPED: Object = Object::table("Helped")
    .over("Person")
    .vcols(&[formula("concat(name,'-',phone) both").outer()])
    .time_columns("tm")
    .user(can(READ).hidden("phone,tm"))
    .emp(can(READ));

static PERSON_NOTE: Object = Object::table("PersonNote");

static NOTE: Object = Object::table("Note")
    .guest(can(READ).hidden("secret"))
    .user(can(READ).hidden("secret"))
    .emp(can(READ).hidden("secret"))
    .mgr(can(READ));

/// What two callers of one role see differs by a permission.
static DIARY: Object =
    Object::table("Diary").emp(can(READ).needs(mask::PRIVATE).else_hidden("secret")).mgr(can(READ));

static PLUGIN: Plugin = Plugin::new("wall", DESIGN)
    .objects(&[&WALL, &PERSON, &HELPED, &PERSON_NOTE, &NOTE, &DIARY])
    .functions(&[write("login", GUEST, |_, _| Ok(Answer::ok()))])
    .logins(&[
        LoginType::new("user", "", |_, _| Ok(Some(Identity::new(USER, 0)))),
        LoginType::new("emp", "", |_, id| {
            let more = [(8, mask::PRIVATE), (9, MGR)].into_iter().find(|(of, _)| *of == id);
            Ok(Some(Identity::new(EMP | more.map_or(0, |(_, bits)| bits), 0)))
        }),
        LoginType::new("admin", "", |_, _| Ok(Some(Identity::new(ADMIN, 0)))),
    ]);

fn wall() -> TestApp {
    static PLUGINS: &[&Plugin] = &[&PLUGIN];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    app.write(|tx| {
        let rows = [
            ("Wall", json!({"userId": 7, "title": "t"})),
            (
                "Person",
                json!({"userId": 7, "name": "Ann", "phone": "13812345678", "circleId": 42, "amount": 5,
                "tm": "2024-05-06 07:08:09", "flags": "vip", "lon": 121.5, "lat": 31.2}),
            ),
            ("PersonNote", json!({"personId": 1, "text": "said", "secret": "unsaid"})),
            ("Note", json!({"userId": 7, "text": "open", "secret": "closed"})),
        ];
        for (table, fields) in rows {
            tx.insert(table, fields.as_object().unwrap().clone())?;
        }
        Ok(())
    });
    app
}

fn everybody(app: &TestApp) -> Vec<Client<'_>> {
    vec![
        app.anon(),
        app.login(Role::User, 1),
        app.login(Role::Emp, 1),
        app.login(Role::Emp, 9),
        app.login(Role::Admin, 1),
    ]
}

#[test]
fn a_sub_object_shows_its_list_to_everybody() {
    let app = wall();
    for client in everybody(&app) {
        let got = client.ok("Wall.get?id=1&res=id,author", json!(null));
        assert_eq!(got, json!({"id": 1, "name": "Ann", "notes": [{"id": 1, "text": "said"}]}));
        let got = client.ok("Wall.get?id=1&res=people", json!(null));
        let people =
            json!({"id": 1, "people": [{"id": 1, "shownName": "Ann", "notes": [{"id": 1, "text": "said"}]}]});
        assert_eq!(got, people);
        // `*` is all that is declared, in every spelling.
        for star in ["res=people&res_people=*", "res=@people={*}", "res=people&param_people[res]=*"] {
            assert_eq!(client.ok(&format!("Wall.get?id=1&{star}"), json!(null)), people, "{star}");
        }
        let got = client.ok("Wall.get?id=1&res=people&res_people=t0.*", json!(null));
        assert_eq!(got, json!({"id": 1, "people": [{"id": 1, "name": "Ann"}]}));
        // Fewer fields, other names, aggregates over them.
        let got = client.ok("Wall.get?id=1&res=people&res_people=name who", json!(null));
        assert_eq!(got, json!({"id": 1, "people": [{"who": "Ann"}]}));
        let got = client.ok("Wall.get?id=1&res=people&res_people=count(*) n,max(name) m", json!(null));
        assert_eq!(got, json!({"id": 1, "people": [{"n": 1, "m": "Ann"}]}));
        let got =
            client.ok("Wall.get?id=1&res=people&res_people=id&param_people[cond]=name='Ann'", json!(null));
        assert_eq!(got, json!({"id": 1, "people": [{"id": 1}]}));
        // A declared sum is shown, and its field is not.
        let got = client.ok("Wall.get?id=1&res=sums", json!(null));
        assert_eq!(got, json!({"id": 1, "sums": [{"cnt": 1, "total": 5}]}));
        let got = client.ok("Wall.get?id=1&res=sums&res_sums=sum(amount) s", json!(null));
        assert_eq!(got, json!({"id": 1, "sums": [{"s": 5}]}));
        assert_eq!(client.ok("Wall.get?id=1&res=worth", json!(null)), json!({"id": 1, "worth": 5}));
        assert_eq!(client.ok("Wall.get?id=1&res=all", json!(null))["all"][0]["phone"], json!("13812345678"));
        for of_nobody in ["", "&res_=id", "&param_[cond]=id=0"] {
            let got = client.ok(&format!("Wall.get?id=1&res=first{of_nobody}"), json!(null));
            assert_eq!(got, json!({"first": "Ann"}), "{of_nobody}");
        }
    }
}

#[test]
fn no_clause_reaches_beyond_the_list() {
    let app = wall();
    let beyond = [
        "res=people&res_people=phone",
        "res=people&res_people=id,phone",
        "res=people&res_people=*,phone",
        "res=people&res_people=phone name",
        "res=people&res_people=both",
        "res=people&res_people=userId",
        "res=people&res_people=max(phone) m",
        "res=people&res_people=count(distinct phone) m",
        "res=people&res_people=sum(phone>'13') m",
        "res=people&res_people=sumif(1,phone='1') m",
        "res=people&res_people=y",
        "res=people&res_people=h x",
        "res=people p&res_p=phone",
        "res=@people={phone}",
        "res=%people={phone}",
        "res=...people={phone}",
        "res=people={id,phone}",
        "res=people&param_people[res]=phone",
        "res=people&param_people={\"res\":\"phone\"}",
        "res=people&param_people[cond]=phone like '138%25'",
        "res=people&param_people[cond][phone]=13812345678",
        "res=people&param_people[cond]=t0.phone like '138%25'",
        "res=people&param_people[cond]=flag_vip=1",
        "res=people&param_people[cond]=y=2024",
        "res=people&param_people[orderby]=phone",
        "res=people&param_people[sort]=phone",
        "res=people&param_people[orderby]=t0.phone",
        "res=people&param_people[gres]=phone",
        "res=people&param_people[gres]=y,m",
        "res=people&param_people[tmField]=tm&res_people=y",
        "res=people&param_people[gres]=name&param_people[gcond]=phone='1'&res_people=count(*) n",
        "res=people&param_people[statRes]=max(phone) m",
        "res=people&param_people[qsearch]=phone:138",
        "res=people&param_people[nearby]=121.5,31.2,100",
        "res=people&param_people[res]=notes&param_people[res_notes]=secret",
        "res=people&param_people[res]=notes&param_people[param_notes][cond]=secret='unsaid'",
        "res=@people={@notes={secret}}",
        "res=author&res_author=phone",
        "res=sums&res_sums=amount",
        "res=sums&res_sums=max(amount) m",
        "res=sums&res_sums=sum(amount+0) m",
        "res=sums&res_sums=sum(distinct amount) m",
        "res=worth&res_worth=amount",
        "res=sums&res_sums=id",
    ];
    for client in everybody(&app) {
        for query in beyond {
            for call in [format!("Wall.get?id=1&{query}"), format!("Wall.query?{query}")] {
                let (code, text) = client.fails(&call, json!(null));
                assert!(matches!(code, 1 | 3 | 5), "{call}: {code} {text}");
            }
        }
        // The usual words of a request for helpers show none that is not declared.
        let got =
            client.ok("Wall.get?id=1&res=people&res_people=id&param_people[hiddenFields]=0", json!(null));
        assert_eq!(got, json!({"id": 1, "people": [{"id": 1}]}));
        // What finds rows does so by declared fields alone.
        let got = client.ok("Wall.get?id=1&res=people&res_people=id&param_people[q]=138", json!(null));
        assert_eq!(got, json!({"id": 1, "people": []}));
    }
}

#[test]
fn files_and_other_forms_have_the_same_ceiling() {
    let app = wall();
    let guest = app.anon();
    for fmt in ["csv", "xlsx", "txt", "html", "list", "array", "one", "hash:id", "tree"] {
        let call = format!("Wall.query?res=id,people&res_people=phone&fmt={fmt}");
        let text = guest.get(&call).text();
        assert!(!text.contains("13812345678"), "{call}: {text}");
    }
    let batch = json!([{"ac": "Wall.query", "get": {"res": "people", "res_people": "phone"}}]);
    assert!(!guest.call("batch", batch).to_string().contains("13812345678"));
}

/// Without a list, a role sees what its own rights on the child show.
#[test]
fn without_a_list_the_rights_of_the_role_are_the_ceiling() {
    let app = wall();
    for client in &everybody(&app)[..3] {
        let got = client.ok("Wall.get?id=1&res=notes", json!(null));
        assert_eq!(got, json!({"id": 1, "notes": [{"id": 1, "userId": 7, "text": "open"}]}));
        for query in ["res_notes=secret", "res_notes=*,secret", "param_notes[cond]=secret='closed'"] {
            let (code, _) = client.fails(&format!("Wall.get?id=1&res=notes&{query}"), json!(null));
            assert!(matches!(code, 1 | 3), "{query}: {code}");
        }
    }
    let manager = app.login(Role::Emp, 9);
    assert_eq!(
        manager.ok("Wall.get?id=1&res=notes&res_notes=secret", json!(null)),
        json!({"id": 1, "notes": [{"secret": "closed"}]})
    );
}

/// The parent's rights are one for managers and employees; those on the child are not.
#[test]
fn a_plan_made_for_one_role_does_not_serve_another() {
    for sub in ["notes", "mine"] {
        for first in [9, 1] {
            let app = wall();
            let callers = [first, 10 - first].map(|id| (id == 9, app.login(Role::Emp, id)));
            for (manager, client) in callers.iter().cycle().take(6) {
                let got = client.ok(&format!("Wall.get?id=1&res={sub}"), json!(null));
                assert_eq!(got.to_string().contains("closed"), *manager, "{sub}: {got}");
            }
        }
    }
}

#[test]
fn what_would_be_shown_without_limit_stops_the_start() {
    static OPEN: Object =
        Object::table("Wall").subs(&[list("people", "Person", "userId={userId}")]).guest(can(READ));
    static DEEP: Object = Object::table("Note")
        .subs(&[list("deep", "Wall", "userId={userId}").res("id,people")])
        .user(can(READ));
    static WRONG: Object = Object::table("PersonNote")
        .subs(&[
            one("person", "Person", "id={personId}").res("id,nosuch"),
            one("nested", "Note", "id={personId}").res("id,@deep={title}"),
        ])
        .emp(can(READ));
    static BAD: Plugin = Plugin::new("bad", DESIGN).objects(&[&OPEN, &DEEP, &WRONG]);
    static PLUGINS: &[&Plugin] = &[&BAD];
    let told = jindou::cli::build_from(PLUGINS, &[]).err().unwrap().0;
    for fault in [
        "object Wall: sub-object `people` declares no `res`, and guest has no rights of its own on Person",
        "object Wall: sub-object `people` declares no `res`, and user has no rights of its own on Person",
        "object PersonNote: sub-object `person` shows unknown field `Person.nosuch`",
        "object PersonNote: sub-object `nested` says what `deep` shows, which is up to object Note",
    ] {
        assert!(told.contains(fault), "{fault}\n{told}");
    }
}

/// Every sub-object of the product, every role that may read its parent, every column of the child.
#[test]
fn no_sub_object_of_the_product_shows_more_than_it_declares() {
    let app = TestApp::new();
    let mut asked = 0;
    for def in app.server.env.registry.objects() {
        for role in Role::ALL {
            let Some(rights) = def.rights(role).filter(|rights| rights.may(QUERY)) else { continue };
            let subs = def.links.iter().filter(|link| !rights.hidden.contains(link.sub.name));
            for link in subs.filter(|link| !link.sub.by_role && !link.sub.res.is_empty()) {
                let sub = link.sub.name;
                let listed: Vec<&str> =
                    link.sub.res.split(',').filter_map(|item| item.split_whitespace().next()).collect();
                let child = app.server.env.registry.object(link.sub.obj).unwrap();
                // A part of a time is as visible as the time.
                let whole = |field: &Field, name| match field {
                    Field::Time(_) => child.decl.time_field.unwrap(),
                    _ => name,
                };
                let fields = child.fields.iter().map(|(name, field)| (&**name, whole(field, name)));
                for (field, _) in fields.filter(|(_, whole)| !listed.contains(whole)) {
                    let ask = |get: Value| {
                        let name = format!("{}.query", def.name());
                        app.call_as(role, 1, &name, get, json!(null))
                    };
                    let res = ask(json!({"res": sub, format!("res_{sub}"): field}));
                    // An action of the same name may be closed to the role, or ask for more.
                    assert_ne!(res[0], json!(0), "{role:?} {}.{sub}.{field}", def.name());
                    let cond = json!({"cond": [format!("{field}=1")]});
                    let cond = ask(json!({"res": sub, format!("param_{sub}"): cond}));
                    assert_ne!(cond[0], json!(0), "{role:?} {}.{sub}.{field}", def.name());
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn the_wall_of_posts_does_not_show_who_its_authors_are() {
    let app = TestApp::new();
    for ask in ["res=id,@circle={*}", "res=id,circle&res_circle=*", "res=id,circle"] {
        assert!(app.anon().ok(&format!("Plaza.query?{ask}"), json!(null)).is_object(), "{ask}");
    }
    for field in ["phone", "mac", "joinTm", "shareLocateFlag", "userId", "circleId"] {
        for ask in [format!("res=id,@circle={{{field}}}"), format!("res=id,circle&res_circle={field}")] {
            assert_eq!(app.anon().fails(&format!("Plaza.query?{ask}"), json!(null)).0, code::DB, "{ask}");
        }
    }
}

#[test]
fn helpers_and_parts_are_as_visible_as_what_they_come_from() {
    let app = wall();
    let (user, emp) = (app.login(Role::User, 1), app.login(Role::Emp, 1));
    let ask = "Helped.get?id=1&res=both&hiddenFields=0";
    // The author shows the formula; that does not show the field in it.
    assert_eq!(user.ok(ask, json!(null)), json!({"id": 1, "both": "Ann-13812345678", "name": "Ann"}));
    assert_eq!(emp.ok(ask, json!(null))["phone"], json!("13812345678"));
    for ask in ["res=y", "res=id&cond=h=7", "gres=y,m&res=count(*) n", "orderby=d", "tmField=tm&res=y"] {
        assert_eq!(user.fails(&format!("Helped.query?{ask}"), json!(null)).0, code::DB, "{ask}");
        emp.ok(&format!("Helped.query?{ask}"), json!(null));
    }
}

#[test]
fn consoles_are_told_the_ceiling() {
    let app = wall();
    let fields = |client: &Client<'_>, sub: &str| {
        let meta = client.ok("Meta.get?obj=Wall", json!(null));
        let subs = meta["subs"].as_array().unwrap().clone();
        let found = subs.into_iter().find(|found| found["name"] == sub).unwrap();
        found["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for client in everybody(&app) {
        assert_eq!(fields(&client, "people"), ["id", "name"]);
    }
    assert_eq!(fields(&app.anon(), "notes"), ["id", "userId", "text"]);
    assert_eq!(fields(&app.login(Role::Emp, 9), "notes"), ["id", "userId", "text", "secret"]);
}

#[test]
fn what_a_permission_shows_of_a_child_is_not_kept_for_others_of_the_role() {
    let app = wall();
    app.write(|tx| {
        let row = json!({"userId": 7, "text": "today", "secret": "hush"});
        tx.insert("Diary", row.as_object().unwrap().clone()).map(|_| ())
    });
    let (without, with) = (app.login(Role::Emp, 5), app.login(Role::Emp, 8));
    let see = |client: &Client<'_>| {
        client.ok("Wall.query?res=id,diaries&fmt=array", json!(null))[0]["diaries"].clone()
    };
    for _ in 0..2 {
        assert_eq!(see(&with)[0]["secret"], json!("hush"));
        assert_eq!(see(&without), json!([{"id": 1, "userId": 7, "text": "today"}]));
    }
    let named = "Wall.query?res=id,diaries&param_diaries={\"res\":\"id,secret\"}";
    assert_eq!(with.call(named, json!(null))[0], json!(0));
    assert_eq!(without.fails(named, json!(null)).0, code::DB, "it does not resolve");
}
