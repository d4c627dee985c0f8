//! Messages from clients: anybody adds, managers read.

use jindou::plugin::*;

pub static SYSLOG: Object = Object::table("Syslog")
    .unlogged()
    .on_write(stamp)
    .guest(ADD_ONLY)
    .emp(ADD_ONLY)
    .watch(ADD_ONLY)
    .admin(ADD_ONLY);

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
    .default_sort("id desc")
    .mgr(can(READ))
    .admin(can(READ));

/// Messages of one address in a minute.
const MOST: u32 = 60;

fn stamp(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        let key = Key::network("syslog", &tx.caller());
        tx.limit(&key, MOST, 60)?;
        write.stamp("pri", "INF");
        write.set("tm", tx.now());
        write.set("apiLogId", tx.log_id());
    }
    Ok(())
}
