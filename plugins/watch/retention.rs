//! Removes old data: positions after half a year, logs after a month.

use jindou::plugin::*;

/// Rows of a log at most, however young.
const LOG_ROWS: i64 = 2_000_000;

pub fn forget(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let env = stage.env();
    let before = |key: &str| age.days_ago(env.config.int(key));
    let (positions, logs) = (before("WATCH_KEEP_LOCATE"), before("WATCH_KEEP_LOG"));
    Ok(Prepared::write(move |tx| {
        for table in ["WatchLocate", "WatchLocus", "UserLocate", "UserLocus"] {
            tx.delete_older(table, "tm", positions.as_str())?;
        }
        for (table, column) in [("WatchLog", "tm"), ("WatchGpsLog", "sendTm")] {
            tx.delete_older(table, column, logs.as_str())?;
            let newest = tx.find_one(table, Find::by(Cond::none()).res("id").order("id desc"))?;
            tx.delete_older(table, "id", newest.unwrap_or_default().int("id") - LOG_ROWS + 1)?;
        }
        Ok(Answer::ok())
    }))
}
