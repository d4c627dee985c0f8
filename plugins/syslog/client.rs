//! Messages from clients: anybody adds, managers read.

use jindou::plugin::*;
use jindou::redact::cut;

pub static SYSLOG: Object =
    Object::table("Syslog").unlogged().on_add(stamp).everybody(ADD_ONLY).watch(ADD_ONLY).admin(ADD_ONLY);

const ADD_ONLY: Access = can(ADD).required("module, content").readonly("tm, apiLogId");

pub static SYSLOG_V: Object = Object::table("SyslogV")
    .over("Syslog")
    .vcols(&[
        join("ApiLog", "apiLogId").cols("addr, ua, app, ses, userId, ver"),
        join("Employee", "userId").cols("name staffName, phone staffPhone"),
        formula("if(app like 'emp%' or app='store', staffName, null) empName").by_default(),
        formula("if(app like 'emp%' or app='store', staffPhone, null) empPhone").by_default(),
    ])
    .time_columns("tm")
    .quick_search("module, content")
    .out_of_search()
    .default_sort("id desc")
    .mgr(can(READ))
    .admin(can(READ));

/// Messages of one network in a minute, and of its guests in a day.
const MOST: u32 = 60;
const MOST_OF_GUESTS: u32 = 1000;
/// Characters of a guest's message; the rest is cut.
const GUEST_MAX: usize = 4000;

fn stamp(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let caller = tx.caller();
    let (minute, day) = (Key::network("syslog", &caller), Key::network("syslog of guests", &caller));
    let limits = [
        Limit { key: &minute, n: MOST, seconds: 60 },
        Limit { key: &day, n: MOST_OF_GUESTS, seconds: 86_400 },
    ];
    let guest = caller.is_guest();
    tx.limit_all(if guest { &limits } else { &limits[..1] })?;
    if let Some(content) = write.text("content").filter(|_| guest) {
        let content = cut(content, GUEST_MAX);
        write.set("content", content);
    }
    write.stamp("pri", "INF");
    write.set("tm", tx.now());
    write.set("apiLogId", tx.log_id());
    Ok(())
}

pub const KEEP: ConfKey = ConfKey::new(
    "P_SYSLOG_KEEP_DAYS",
    "90",
    KeyKind::Int { min: 1, max: 36_500 },
    "days that messages from clients are kept; of more than a million the oldest go sooner",
    "客户端日志保留天数；超过一百万条时提前删除最早的",
);
const ROWS: i64 = 1_000_000;

pub fn forget(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let before = age.days_ago(stage.config().int(KEEP.name));
    Ok(Prepared::write(move |tx| {
        tx.delete_older("Syslog", "tm", before.as_str())?;
        let newest = tx.find_one("Syslog", Find::by(Cond::none()).res("id").order("id desc"))?;
        tx.delete_older("Syslog", "id", newest.unwrap_or_default().int("id") - ROWS + 1)?;
        Ok(Answer::ok())
    }))
}
