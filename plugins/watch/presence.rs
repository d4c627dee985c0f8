//! Which watches can be reached now, and what waits for one: a watch is online for a while after each of its
//! calls; what it shall do lies in its list of jobs until it comes for them.

use jindou::kv::Kv;
use jindou::plugin::*;
use std::time::Duration;

/// The instruction that puts a code on the screen.
pub const SHOW_CODE: i64 = 72;
pub const LOCK: i64 = 18;
pub const UNLOCK: i64 = 20;

/// A watch without a heartbeat of its own is awaited so often.
const HEARTBEAT: i64 = 180;

fn key(imei: &str) -> String {
    format!("watch:{imei}:seen")
}

/// The watch has just called.
pub fn seen(tx: &mut Tx<'_>, watch: &Row) -> Result<()> {
    let heartbeat = match watch.int("heartbeat") {
        0 => HEARTBEAT,
        seconds => seconds.clamp(30, 3600),
    };
    let life = Duration::from_secs(u64::try_from(heartbeat * 2).unwrap_or_default());
    tx.kv().set(&key(watch.text("imei")), "1", Some(life))
}

pub fn online(tx: &mut Tx<'_>, imei: &str) -> Result<bool> {
    Ok(tx.kv().get(&key(imei))?.is_some())
}

/// Leaves an instruction for the watch.
pub fn instruct(tx: &mut Tx<'_>, imei: &str, itype: i64, data: &Value) -> Result<()> {
    let fields = json!({"imei": imei, "itype": itype, "mergeKey": itype.to_string(), "data": data.to_string(),
        "tm": tx.now_with_ms()});
    tx.add("WatchJob", fields).map(|_| ())
}
