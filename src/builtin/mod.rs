//! What every server offers whatever its plugins: a plugin like any other, always on.

mod init;
mod job;

use crate::auth::mask::GUEST;
use crate::object::{Action, read};
use crate::plugin::Plugin;

pub static PLUGIN: Plugin = Plugin::new("core", "").objects(&[&job::JOB]).functions(FUNCTIONS);

const FUNCTIONS: &[Action] =
    &[read("initClient", GUEST, init::init_client).doc("What a client needs to know before anything else.")];
