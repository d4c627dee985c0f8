//! What is forgotten with time: positions after half a year, logs after a month.

use jindou::plugin::*;

pub fn forget(stage: &mut Stage<'_>) -> Result<Prepared> {
    let env = stage.env();
    let before = |key: &str| {
        let days = env.config.int(key);
        jindou::time::format(env.zone.from_unix(env.unix_ms() / 1000 - days * 86_400))
    };
    let (positions, logs) = (before("WATCH_KEEP_LOCATE"), before("WATCH_KEEP_LOG"));
    Ok(Prepared::write(move |tx| {
        for table in ["WatchLocate", "WatchLocus", "UserLocate", "UserLocus"] {
            tx.delete_older(table, "tm", positions.as_str())?;
        }
        tx.delete_older("WatchLog", "tm", logs.as_str())?;
        tx.delete_older("WatchGpsLog", "sendTm", logs.as_str())?;
        Ok(Answer::ok())
    }))
}
