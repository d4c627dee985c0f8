//! What every server offers whatever its plugins: a plugin like any other, always on.

mod aids;
mod init;
mod meta;

use crate::auth::mask::GUEST;
use crate::object::{Action, read};
use crate::outside;
use crate::plugin::{Job, Plugin};

pub static PLUGIN: Plugin = Plugin::new("core", "")
    .objects(&[&meta::META, &aids::MOCK_LOG, &aids::OUTBOX])
    .functions(FUNCTIONS)
    .jobs(&[Job { name: "outbox", every_sec: 10, run: outside::deliver }]);

const FUNCTIONS: &[Action] = &[
    read("initClient", GUEST, init::init_client).doc("What a client needs to know before anything else."),
    aids::ACTIONS[0],
    aids::ACTIONS[1],
    aids::ACTIONS[2],
];
