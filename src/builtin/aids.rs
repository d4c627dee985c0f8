//! Actions that exist in test mode alone: the log of mocked calls, telling a mock what to answer, beginning anew.

use crate::api::{Answer, Args};
use crate::auth::mask::GUEST;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::integrations::MockAnswer;
use crate::object::{Action, Object, QUERY, can, write};

pub static MOCK_LOG: Object = Object::table("MockLog")
    .test_only()
    .default_sort("id desc")
    .guest(can(QUERY))
    .emp(can(QUERY))
    .watch(can(QUERY));

pub const MOCK_SET: Action =
    write("mockSet", GUEST, mock_set).test_only().doc("Tells a mock how to answer its next calls.");

pub const TEST_RESET: Action =
    write("testReset", GUEST, reset).test_only().doc("Empties the tables and begins anew.");

fn mock_set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let svc = args.need_text("svc")?;
    if !env.registry.services().any(|service| service.name() == svc) {
        return Err(Error::param(format!("param `svc`: there is no service `{svc}`")));
    }
    let told = MockAnswer {
        fail: args.flag("fail")?,
        result: args.get("result/js")?,
        times: args.int("times")?.unwrap_or(1),
    };
    let op = args.need_text("op")?;
    tx.after_commit(move |env| env.mock_answers.tell(&svc, &op, told));
    Ok(Answer::ok())
}

/// The call log stays: its rows are chained.
fn reset(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let env = tx.env();
    for session in tx.list("Session", &[], "hash", u64::from(u32::MAX))? {
        tx.forget_session(session["hash"].as_str().unwrap_or_default());
    }
    tx.log_out();
    for table in env.registry.catalogue.tables().iter().filter(|table| table.source != "audit") {
        tx.clear(table.name.as_str())?;
    }
    tx.after_commit(|env| {
        env.kv.clear();
        env.cache.clear();
        env.mock_answers.clear();
        env.forget_throttles();
    });
    env.clock.set_running();
    for plugin in env.registry.plugins.clone() {
        if let Some(start) = plugin.on_start {
            start(tx)?;
        }
    }
    Ok(Answer::ok())
}
