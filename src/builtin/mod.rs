//! The objects and actions of every server: a plugin like any other, always on.

mod aids;
mod housekeeping;
mod init;
mod job;
mod meta;
mod plugins;
mod search;
mod server;
mod sql;
mod testing;
mod webhook;

use crate::auth::mask::{ADMIN, GUEST, LOGIN, TEST_MODE};
use crate::db::Tx;
use crate::error::Result;
use crate::integrations;
use crate::notify;
use crate::object::{Action, Object, read, staged, write};
use crate::plugin::{Plugin, Queue, queue};
use crate::workers;

pub static PLUGIN: Plugin = Plugin::new("core", "")
    .objects(OBJECTS)
    .functions(FUNCTIONS)
    .jobs(housekeeping::JOBS)
    .perms(&[job::PERM])
    .queues(QUEUES)
    .workers(&[integrations::WORKER, integrations::subscriptions::WORKER, workers::WORKER])
    .services(integrations::MESSENGERS)
    .on_start(start);

/// Jobs that the last server left.
fn start(tx: &mut Tx<'_>) -> Result<()> {
    integrations::take_over(tx)?;
    integrations::subscriptions::load(tx)?;
    workers::rows::recover(tx)
}

/// Work in the database, work on threads, what acts outside, and schedules by the calendar.
const QUEUES: &[Queue] = &[queue("default", 1), queue("work", 4), queue("out", 4), queue("clock", 2)];

const OBJECTS: &[&Object] = &[
    &meta::META,
    &job::JOB,
    &plugins::PLUGIN,
    &plugins::ERR,
    &server::SERVER,
    &server::AUDIT,
    &aids::MOCK_LOG,
    &notify::NOTIFICATION,
    &notify::NOTIFY_LOG,
    &notify::NOTIFY_PREF,
    &notify::NOTIFY_SETTING,
    &notify::NOTIFY_KEY,
    &webhook::WEBHOOK,
    &webhook::WEBHOOK_LOG,
];

const FUNCTIONS: &[Action] = &[
    read("initClient", GUEST, init::init_client).doc("What a client needs to know before anything else."),
    read("search", LOGIN, search::search).doc(
        "Records of every object the caller may query, by number or by words in the fields of its quick search.",
    ),
    staged("execSql", ADMIN | TEST_MODE, sql::exec_sql)
        .doc("One SQL statement, reading unless P_EXECSQL=write."),
    read("dbinst", ADMIN | TEST_MODE, sql::instances).doc("Databases that execSql may be pointed at."),
    write("testAdvance", TEST_MODE, testing::advance)
        .test_only()
        .doc("Moves the clock of the server forward."),
    aids::MOCK_SET,
    aids::TEST_RESET,
    staged("runJob", TEST_MODE, housekeeping::run_job).test_only().doc("Runs a job of the clock now, or what is ready in a queue."),
];
