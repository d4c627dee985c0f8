//! A plugin whose jobs mark that they ran, fail, panic, wait; and what tests of jobs ask for.

use crate::app::TestApp;
use crate::plugins;
use jindou::plugin::*;
use jindou::workers::Workers;
use std::time::{Duration, Instant};

const PAGE: &str = "@Mark: id, name(64), attempt&, jobId&, atMs&\n@key Mark: index(jobId)\n";

pub static LAB: Plugin = Plugin::new("lab", PAGE)
    .objects(&[&MARK])
    .functions(&[
        write("leave", GUEST, leave),
        write("leaveAndFail", GUEST, leave_and_fail),
        write("leaveMany", GUEST, leave_many),
    ])
    .queues(&[queue("one", 1), queue("slow", 2)])
    .jobs(&[
        Job::cron("labNone", "0 * * * *", none),
        Job::cron("labOne", "0 * * * *", one).catch_up(CatchUp::One),
        Job::cron("labAll", "0 * * * *", all).catch_up(CatchUp::All(3)).overlap(Overlap::Queue),
        Job::cron("labPieces", "15 3 * * *", pieces).zone("Europe/Berlin"),
        Job::cron("labSlow", "10 * * * *", slow),
    ])
    .workers(&[
        handler("lab.mark", mark),
        handler("lab.secondTry", second_try),
        handler("lab.never", never),
        handler("lab.panics", panics),
        worker("lab.markStaged", mark_staged),
        worker("lab.one", mark_staged).queue("one"),
        worker("lab.secondTryStaged", second_try_staged),
        worker("lab.panicsStaged", panics_staged),
        worker("lab.waits", waits).queue("slow").limit_sec(600),
        worker("lab.stuck", waits).queue("slow").limit_sec(1),
    ]);

pub const PLUGINS: &[&Plugin] = &[&plugins::account::PLUGIN, &LAB];

static MARK: Object = Object::table("Mark");

static IN_NOWHERE: Plugin = Plugin::new("lost", "").workers(&[handler("lost.mark", mark).queue("nowhere")]);
pub const LOST: &[&Plugin] = &[&IN_NOWHERE];
static OF_BOTH: Plugin = Plugin::new("mixed", "")
    .workers(&[handler("mixed.a", mark), worker("mixed.b", mark_staged).queue("default")]);
pub const MIXED: &[&Plugin] = &[&OF_BOTH];
static AGAIN: Plugin = Plugin::new("twice", "").workers(&[handler("lab.mark", mark)]);
pub const TWICE: &[&Plugin] = &[&plugins::account::PLUGIN, &LAB, &AGAIN];

/// A folder of the test's own, in test mode.
pub fn app() -> TestApp {
    TestApp::with_plugins(PLUGINS, &[])
}

pub fn workers(app: &TestApp) -> Workers {
    Workers::start(app.server.clone()).unwrap()
}

pub fn ask(app: &TestApp, action: &str, body: Value) -> Value {
    app.anon().call(action, body)
}

/// A job that marks itself with a name; gives its id.
pub fn leave_one(app: &TestApp, body: Value) -> i64 {
    app.anon().ok("leave", body).as_i64().unwrap()
}

pub fn count(app: &TestApp, sql: &str) -> i64 {
    app.cell(sql).as_i64().unwrap_or(-1)
}

pub fn state(app: &TestApp, id: i64) -> String {
    app.cell(&format!("SELECT state FROM Job WHERE id = {id}")).as_str().unwrap_or_default().to_owned()
}

#[track_caller]
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}: not within 30 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn leave(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let kind = args.need_text("kind")?;
    let worker = LAB.workers.iter().find(|worker| worker.kind == kind).expect("a kind of the lab");
    let mut job = NewJob::new(worker.kind, json!({"name": args.text("name")?}));
    if let Some(key) = args.text("after")? {
        job = job.after(key);
    }
    if let Some(key) = args.text("unique")? {
        job = job.unique(key);
    }
    if let Some(priority) = args.int("priority")? {
        job = job.priority(u8::try_from(priority).unwrap());
    }
    if let Some(seconds) = args.int("inSec")? {
        job = job.in_sec(seconds);
    }
    if let Some(tries) = args.int("tries")? {
        job = job.tries(u32::try_from(tries).unwrap());
    }
    Ok(json!(tx.enqueue(job)?).into())
}

fn leave_and_fail(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    leave(tx, args)?;
    Err(Error::param("after the job was left"))
}

fn leave_many(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let count = args.int("count")?.unwrap_or(1);
    for n in 0..count {
        tx.enqueue(NewJob::new("lab.mark", json!({"name": format!("{n}")})))?;
    }
    Ok(Answer::ok())
}

fn put(tx: &mut Tx<'_>, run: &JobRun) -> Result<Value> {
    let fields = [
        ("name", run.args["name"].clone()),
        ("attempt", json!(run.attempt)),
        ("jobId", json!(run.id)),
        ("atMs", json!(tx.env().unix_ms())),
    ];
    tx.insert("Mark", fields)?;
    Ok(json!({"done": run.args["name"]}))
}

fn mark(tx: &mut Tx<'_>, run: &JobRun) -> Result<Value> {
    put(tx, run)
}

fn mark_staged(_stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    let run = run.clone();
    Ok(Prepared::write(move |tx| put(tx, &run).map(Answer::from)))
}

fn second_try(tx: &mut Tx<'_>, run: &JobRun) -> Result<Value> {
    let done = put(tx, run)?;
    if run.attempt < 2 { Err(Error::server("not yet")) } else { Ok(done) }
}

fn second_try_staged(_stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    let run = run.clone();
    Ok(Prepared::write(move |tx| second_try(tx, &run).map(Answer::from)))
}

fn never(_tx: &mut Tx<'_>, _run: &JobRun) -> Result<Value> {
    Err(Error::server("never"))
}

fn panics(tx: &mut Tx<'_>, run: &JobRun) -> Result<Value> {
    put(tx, run)?;
    panic!("as it should")
}

fn panics_staged(_stage: &mut Stage<'_>, _run: &JobRun) -> Result<Prepared> {
    panic!("as it should")
}

/// Names of attempts that have begun, and of those that may end. Each test has names of its own.
static BEGUN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
static OPEN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

pub fn has_begun(name: &str) -> bool {
    BEGUN.lock().unwrap().iter().any(|begun| begun == name)
}

/// Lets the jobs of this name end.
pub fn open(name: &str) {
    OPEN.lock().unwrap().push(name.to_owned());
}

/// Waits for its gate and marks then.
fn waits(stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    stage.progress(run, "waiting at the gate")?;
    let name = run.args["name"].as_str().unwrap_or_default().to_owned();
    BEGUN.lock().unwrap().push(name.clone());
    let started = Instant::now();
    while !OPEN.lock().unwrap().contains(&name) && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let run = run.clone();
    Ok(Prepared::write(move |tx| put(tx, &run).map(Answer::from)))
}

fn mark_as(name: &'static str) -> Result<Prepared> {
    Ok(Prepared::write(move |tx| {
        tx.insert("Mark", [("name", json!(name))])?;
        Ok(Answer::ok())
    }))
}

fn none(_stage: &mut Stage<'_>) -> Result<Prepared> {
    mark_as("labNone")
}

fn one(_stage: &mut Stage<'_>) -> Result<Prepared> {
    mark_as("labOne")
}

fn all(_stage: &mut Stage<'_>) -> Result<Prepared> {
    mark_as("labAll")
}

/// Three pieces.
fn pieces(_stage: &mut Stage<'_>) -> Result<Prepared> {
    Ok(Prepared::write(|tx| {
        tx.insert("Mark", [("name", json!("labPieces"))])?;
        Ok(json!(tx.number_of("Mark", &[("name", json!("labPieces"))])? < 3).into())
    }))
}

fn slow(_stage: &mut Stage<'_>) -> Result<Prepared> {
    BEGUN.lock().unwrap().push("labSlow".to_owned());
    while !OPEN.lock().unwrap().iter().any(|name| name == "labSlow") {
        std::thread::sleep(Duration::from_millis(5));
    }
    mark_as("labSlow")
}
