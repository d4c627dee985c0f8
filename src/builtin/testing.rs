//! Aids of tests, which exist in test mode only.

use crate::api::{Answer, Args};
use crate::db::Tx;
use crate::error::{Error, Result};
use chrono::TimeDelta;
use serde_json::json;

/// Ten years: a slip of the keyboard shall not put the clock where dates end.
const FURTHEST: i64 = 10 * 366 * 86_400;

/// `testAdvance(sec)`: moves the clock by which values, codes, tokens and jobs grow old. Sessions do not: the test
/// that waits for a code to end goes on as the one who asked for it.
pub fn advance(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let seconds = args.int("sec")?.ok_or_else(|| Error::missing("sec"))?;
    if !(0..=FURTHEST).contains(&seconds) {
        return Err(Error::param(format!("param `sec` must be 0 to {FURTHEST}: time goes forward only")));
    }
    let now = tx.env().now() + TimeDelta::seconds(seconds);
    tx.after_commit(move |env| env.clock.skip_ms(seconds * 1000));
    Ok(json!({"now": crate::time::format(now)}).into())
}
