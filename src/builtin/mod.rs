//! What every server offers whatever its plugins: a plugin like any other, always on.

mod init;
mod meta;
mod tidy;

use crate::auth::mask::GUEST;
use crate::object::{Action, read, staged};
use crate::plugin::Plugin;

pub static PLUGIN: Plugin =
    Plugin::new("core", "").objects(&[&meta::META]).functions(FUNCTIONS).jobs(tidy::JOBS);

const FUNCTIONS: &[Action] = &[
    read("initClient", GUEST, init::init_client).doc("What a client needs to know before anything else."),
    staged("runJob", GUEST, tidy::run_job).test_only().doc("Runs a job of the scheduler now."),
];
