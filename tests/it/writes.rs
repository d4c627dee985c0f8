//! Writes from their beginning on the lane to their end: every door ends them alike, rights are asked for again where
//! time has passed, and the answer is true whatever became of the commit.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use jindou::auth::Role;
use jindou::kv::Kv;
use jindou::plugin::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// One write with everything that belongs to its end: a change for ObjLog, an effect, what is written although it is
/// refused, a variable of the session. `fails` refuses it.
fn busy_write(tx: &mut Tx<'_>, door: &'static str, fails: bool) -> Result<Answer> {
    tx.even_if_refused(move |tx| tx.add("Mark", json!({"name": format!("refused {door}")})).map(|_| ()));
    let id = tx.add("Mark", json!({"name": door}))?;
    tx.after_commit(move |env| env.mock_message(format!("effect {door}")));
    if tx.has_session() {
        tx.set_session_var("door", json!(door));
    }
    match fails {
        true => Err(Error::forbidden("refused")),
        false => Ok(json!(id).into()),
    }
}

fn fails(args: &Args) -> bool {
    args.get.text("fails").is_some()
}

static ACTIONS: [Action; 6] = [
    write("memory", USER, memory),
    write("plain", USER, |tx, args| busy_write(tx, "plain", fails(args))),
    staged("staged", USER, |_, args| {
        let fails = fails(args);
        Ok(Prepared::write(move |tx| busy_write(tx, "staged", fails)))
    }),
    staged("aside", USER, |stage, args| {
        let fails = fails(args);
        let _ = stage.write_aside(move |tx| busy_write(tx, "aside", fails).map(|_| ()));
        Ok(Prepared::Done(Answer::ok()))
    }),
    staged("later", USER, |stage, args| {
        let fails = fails(args);
        let (send, ended) = std::sync::mpsc::channel();
        stage.write_later(
            move |tx| busy_write(tx, "later", fails).map(|_| ()),
            move |end| {
                let _ = send.send(end.is_ok());
            },
        )?;
        let _ = ended.recv();
        Ok(Prepared::Done(Answer::ok()))
    }),
    // Waits outside the lane until the test lets it go on.
    staged("slow", USER, |_, _| {
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        while GO_ON.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        Ok(Prepared::write(|tx| tx.add("Mark", json!({"name": "slow"})).map(|id| json!(id).into())))
    }),
];

fn memory(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let limit = tx.limit(&Key::of("three", ""), 3, 3600).is_ok();
    let kv = tx.kv();
    let count = kv.incr("count", 1, None)?;
    let claimed = kv.set_nx("claim", "me", None)?;
    let text = kv.get("text")?;
    let taken = kv.take("text")?;
    kv.set("text", if fails(args) { "refused" } else { "x" }, None)?;
    // A key that is another one each time leaves none behind.
    kv.set(&format!("random {}", jindou::id::digits(6)), "1", None)?;
    tx.add("Mark", json!({"name": "memory"}))?;
    match fails(args) {
        true => Err(Error::forbidden("refused")),
        false => {
            Ok(json!({"limit": limit, "count": count, "claimed": claimed, "taken": taken, "text": text})
                .into())
        }
    }
}

static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static GO_ON: AtomicUsize = AtomicUsize::new(0);

static MARK: Object = Object::table("Mark").user(can(ALL));

static DOORS: Plugin = Plugin::new("doors", "@Mark: id, name(s)\n@Person: id, name(s), perms(s)\n")
    .objects(&[&MARK])
    .functions(&ACTIONS)
    .jobs(&[
        Job::new("marks", 86_400, |_| Ok(Prepared::write(|tx| busy_write(tx, "job", false)))),
        Job::new("failing", 86_400, |_| Ok(Prepared::write(|tx| busy_write(tx, "job", true)))),
    ])
    .logins(&[LoginType::new("user", "Person", |tx, id| {
        let row = tx.first("Person", &[("id", json!(id))], "perms")?;
        Ok(row.filter(|row| row["perms"] != "off").map(|row| {
            let more = if row["perms"] == "more" { EMP } else { 0 };
            Identity::new(USER | more, 0)
        }))
    })]);

static PLUGINS: &[&Plugin] = &[&DOORS];

fn doors(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::with_plugins(PLUGINS, settings);
    app.write(|tx| tx.insert("Person", [("name", json!("Li"))]).map(|_| ()));
    app
}

fn run_job(app: &TestApp, name: &str) {
    let job = DOORS.jobs.iter().find(|job| job.name == name).unwrap();
    let _ = jindou::workers::once(&app.server, job);
}

/// Each door, kept and refused: which rows there are, and what else happened.
#[test]
fn every_door_ends_a_write_alike() {
    let app = doors(&[]);
    let user = app.login(Role::User, 1);
    let call = |name: &str, fails: bool| {
        match name {
        "job" => run_job(&app, if fails { "failing" } else { "marks" }),
        "batch" => drop(user.call(
            "batch?useTrans=1",
            json!([{"ac": "plain", "get": if fails { json!({"fails": 1}) } else { json!({}) }, "post": {"a": 1}}]),
        )),
        name => drop(user.call(&format!("{name}{}", if fails { "?fails=1" } else { "" }), json!({"a": 1}))),
    }
    };
    for (door, action) in [
        ("plain", "plain"),
        ("batch", "batch:1,plain"),
        ("staged", "staged"),
        ("aside", "aside"),
        ("later", "later"),
        ("job", "job:marks"),
    ] {
        let name = if door == "batch" { "plain" } else { door };
        let count = |sql: &str| app.cell(sql).as_i64().unwrap();
        let state = || {
            let marks = count(&format!("SELECT COUNT(*) FROM Mark WHERE name='{name}'"));
            let refused = count(&format!("SELECT COUNT(*) FROM Mark WHERE name='refused {name}'"));
            let recorded = count(&format!(
                "SELECT COUNT(*) FROM ObjLog l JOIN ApiLog c ON c.id=l.apiLogId JOIN Mark m ON m.id=l.objId \
                 WHERE c.ac='{action}' AND c.retval=0 AND m.name='{name}'"
            ));
            let aftermath = count(&format!(
                "SELECT COUNT(*) FROM ObjLog l JOIN ApiLog c ON c.id=l.apiLogId JOIN Mark m ON m.id=l.objId \
                 WHERE m.name='refused {name}'"
            ));
            let effects = app
                .server
                .env
                .mock_messages()
                .iter()
                .filter(|text| **text == format!("effect {name}"))
                .count();
            [marks, refused, recorded, aftermath, effects as i64]
        };
        let before = state();
        let since = |before: [i64; 5]| {
            let now = state();
            std::array::from_fn::<i64, 5, _>(|at| now[at] - before[at])
        };
        call(door, false);
        assert_eq!(since(before), [1, 0, 1, 0, 1], "{door}, kept");
        let before = state();
        call(door, true);
        assert_eq!(since(before), [0, 1, 0, 1, 0], "{door}, refused");
        if door != "job" {
            let remembered = format!("SELECT vars LIKE '%{name}%' FROM Session ORDER BY id DESC LIMIT 1");
            assert_eq!(app.cell(&remembered), json!(1), "{door}: the session is written");
        }
    }
    assert_eq!(
        app.cell(
            "SELECT COUNT(*) FROM ObjLog l WHERE NOT EXISTS (SELECT 1 FROM ApiLog c WHERE c.id=l.apiLogId)"
        ),
        json!(0)
    );
}

/// What happens to the caller while a call that began is being prepared, and the code it then has.
#[test]
fn rights_that_changed_while_a_write_was_prepared_refuse_it() {
    let app = doors(&[]);
    let perms = |perms: &'static str| {
        app.write(move |tx| {
            tx.update("Person", &[("id", json!(1))], Map::from_iter([("perms".to_owned(), json!(perms))]))
        });
    };
    let slow = |meanwhile: &dyn Fn(&Client<'_>)| {
        let client = app.login(Role::User, 1);
        let cookie = client.cookie("userid").unwrap();
        GO_ON.store(0, Ordering::SeqCst);
        let before = AT_WORK.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                let sender = app.anon();
                sender.set_cookie("userid", &cookie);
                sender.call("slow", json!({"a": 1}))[0].clone()
            });
            while AT_WORK.load(Ordering::SeqCst) == before {
                std::thread::yield_now();
            }
            meanwhile(&client);
            GO_ON.store(1, Ordering::SeqCst);
            call.join().unwrap()
        })
    };
    let marks = || app.cell("SELECT COUNT(*) FROM Mark WHERE name='slow'");
    assert_eq!(slow(&|_| ()), json!(0));
    assert_eq!(marks(), json!(1));
    // Others come and go.
    app.write(|tx| tx.insert("Person", [("name", json!("Wang"))]).map(|_| ()));
    assert_eq!(slow(&|_| app.write(|tx| tx.end_sessions("user", 2))), json!(0));
    assert_eq!(marks(), json!(2));
    assert_eq!(slow(&|_| perms("off")), json!(2), "disabled");
    perms("");
    assert_eq!(slow(&|_| perms("more")), json!(5), "other rights than those it was prepared with");
    perms("");
    assert_eq!(slow(&|_| app.write(|tx| tx.end_sessions("user", 1))), json!(2), "logged out");
    assert_eq!(marks(), json!(2));
}

/// The product's own: a manager is disabled while their import is on its way.
#[test]
fn a_disabled_manager_imports_nobody() {
    let app = TestApp::with(&[]);
    let boss = employee(&app, "boss", "mgr");
    let client = app.login(Role::Mgr, boss);
    let rows: String = (0..40).map(|n| format!("clerk{n},Clerk,Pw-of-clerk-{n}\n")).collect();
    for (n, target) in
        ["Employee.batchAdd?title=uname,name,pwd", "Employee.batchAdd?async=1&title=uname,name,pwd"]
            .into_iter()
            .enumerate()
    {
        app.write(move |tx| {
            tx.update(
                "Employee",
                &[("id", json!(boss))],
                Map::from_iter([("perms".to_owned(), json!("mgr"))]),
            )
        });
        let before = app.cell("SELECT COUNT(*) FROM Employee");
        let cookie = client.cookie("empid").unwrap();
        let answer = std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                let sender = app.client("emp");
                sender.set_cookie("empid", &cookie);
                let body = format!("a,b,c\n{rows}").into_bytes();
                sender.send("POST", target, &[("content-type", "text/plain")], Some(body)).json()
            });
            // The file of the import is there as soon as its rights were judged; hashing takes seconds from then on.
            while std::fs::read_dir(app.dir.path().join("data/import")).map_or(0, |files| files.count()) <= n
            {
                assert!(!call.is_finished(), "the import ended too soon");
                std::thread::yield_now();
            }
            app.write(move |tx| {
                tx.update(
                    "Employee",
                    &[("id", json!(boss))],
                    Map::from_iter([("perms".to_owned(), json!(""))]),
                )
            });
            call.join().unwrap()
        });
        if n == 0 {
            assert!([json!(2), json!(5)].contains(&answer[0]), "{answer}");
        } else if answer[0] == json!(0) {
            let id = answer[1]["jobId"].clone();
            while client.call(&format!("Job.get?id={id}"), json!(null))[1]["state"] == "running" {
                std::thread::yield_now();
            }
        }
        assert_eq!(app.cell("SELECT COUNT(*) FROM Employee"), before, "{target}");
    }
}

#[test]
fn a_write_that_waited_too_long_is_refused_undone() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_WRITE_WAIT_MS", "200")]);
    let id = user(&app, "13800138000");
    let client = app.login(Role::User, id);
    let other = rusqlite::Connection::open(app.server.db.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let cookie = client.cookie("userid").unwrap();
    let answer = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let sender = app.anon();
            sender.set_cookie("userid", &cookie);
            [
                sender.call("Ordr.add", json!({"dscr": "late"})),
                sender.call("batch?useTrans=1", json!([{"ac": "Ordr.add", "post": {"dscr": "on time"}}])),
            ]
        });
        std::thread::sleep(Duration::from_millis(600));
        other.execute_batch("ROLLBACK").unwrap();
        call.join().unwrap()
    });
    assert_eq!(answer[0][0], json!(3), "{answer:?}");
    assert_eq!(answer[1][0], json!(0), "{answer:?}");
    assert_eq!(app.cell("SELECT GROUP_CONCAT(dscr) FROM Ordr"), json!("on time"));
    assert_eq!(app.cell("SELECT retval FROM ApiLog WHERE ac='Ordr.add'"), json!(3));
}

#[test]
fn an_id_that_a_failed_transaction_told_is_nobody_elses() {
    let app = doors(&[]);
    let user = app.login(Role::User, 1);
    let add = json!({"ac": "Mark.add", "post": {"name": "a"}});
    let bad = user.ok("batch?useTrans=1", json!([add, add, {"ac": "nosuch"}]));
    let told = [bad[0][1].as_i64().unwrap(), bad[1][1].as_i64().unwrap()];
    assert_eq!(app.cell("SELECT COUNT(*) FROM Mark"), json!(0));
    let next = user.ok("Mark.add", json!({"name": "b"})).as_i64().unwrap();
    assert!(told.iter().all(|id| next > *id), "{told:?}, {next}");
    // As many as like at once: no id is told twice.
    let told = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for fails in [true, true, false, false] {
            let (told, app, add) = (&told, &app, &add);
            scope.spawn(move || {
                let user = app.login(Role::User, 1);
                for _ in 0..20 {
                    let id = match fails {
                        true => user.ok("batch?useTrans=1", json!([add, {"ac": "nosuch"}]))[0][1].clone(),
                        false => user.ok("Mark.add", json!({"name": "c"})),
                    };
                    told.lock().unwrap().push(id.as_i64().unwrap());
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 80);
}

/// What a write asks of shared memory: run again it acts once, and what no outcome rests on is given back.
#[test]
fn a_write_that_is_run_again_acts_once_in_memory() {
    let app = TestApp::with_plugins(PLUGINS, &[("P_TEST_TWICE", "1")]);
    app.write(|tx| tx.insert("Person", [("name", json!("Li"))]).map(|_| ()));
    let user = app.login(Role::User, 1);
    let once = || user.call("memory", json!({"a": 1}));
    assert_eq!(once(), json!([0, {"limit": true, "count": 1, "claimed": true, "taken": null, "text": null}]));
    // The second call of three that are allowed; the text was set by the first, and is taken by the second.
    assert_eq!(once(), json!([0, {"limit": true, "count": 2, "claimed": false, "taken": "x", "text": "x"}]));
    assert_eq!(once(), json!([0, {"limit": true, "count": 3, "claimed": false, "taken": "x", "text": "x"}]));
    assert_eq!(once(), json!([0, {"limit": false, "count": 4, "claimed": false, "taken": "x", "text": "x"}]));
    // A refused call counts its tries and leaves values as they were.
    assert_eq!(user.call("memory?fails=1", json!({"a": 1}))[0], json!(5));
    assert_eq!(once()[1], json!({"limit": false, "count": 6, "claimed": false, "taken": "x", "text": "x"}));
}
