//! Logs: the audit log for those who may read it, what clients report, and retention. See DESIGN.md beside
//! this file.

mod client;
mod filter;
mod retention;
mod stat;

use jindou::plugin::*;
use jindou::undo;

pub static PLUGIN: Plugin = Plugin::new("syslog", include_str!("DESIGN.md"))
    .needs(&["account"])
    .objects(&[&API_LOG, &API_LOG1, &OBJ_LOG, &client::SYSLOG, &client::SYSLOG_V])
    .config(&[client::KEEP])
    .jobs(&[
        Job::destroying("syslogRetention", 3600, client::forget),
        Job::destroying("auditRetention", 3600, retention::run),
    ]);

const CALLER_AND_ITEMS: &[VCols] = &[
    // Whose id `userId` is depends on the app: only staff has a name here.
    join("Employee", "userId").cols("name staffName, phone staffPhone"),
    formula("if(app like 'emp%' or app='store', staffName, null) empName").by_default(),
    formula("if(app like 'emp%' or app='store', staffPhone, null) empPhone").by_default(),
    // Asked for any of these, a batch shows once for each of its items.
    join("ApiLog1", "id").key("apiLogId").cols("id id1, ac ac1, req req1"),
];

static API_LOG: Object = Object::table("ApiLog")
    .vcols(CALLER_AND_ITEMS)
    .subs(&[list("log1", "ApiLog1", "apiLogId={id}").order("id").readonly()])
    .time_columns("tm")
    .hidden("seq, hash")
    .read_policy(filter::calls)
    .quick_search("ac, addr, req, res")
    .out_of_search()
    .default_sort("id desc")
    .actions(&[read("stat", MGR | ADMIN, stat::stat).doc("Calls, errors and times per action.")])
    .mgr(can(READ))
    .admin(can(READ));

static API_LOG1: Object = Object::table("ApiLog1")
    .hidden("seq, hash")
    .read_policy(filter::items)
    .quick_search("ac, req, res")
    .out_of_search()
    .default_sort("id desc")
    .mgr(can(READ))
    .admin(can(READ));

/// The call behind a change: when, from where, by whom; `ac1` in a batch is the item's action.
const CALL: &[VCols] = &[
    join("ApiLog", "apiLogId").cols("tm, userId, addr, ac ac0").by_default(),
    join("ApiLog1", "apiLog1Id").cols("ac ac1").by_default(),
    join("ApiLog", "apiLogId").cols("req req0, app"),
    join("ApiLog1", "apiLog1Id").cols("req req1"),
    formula("coalesce(ac1, ac0) ac").by_default(),
    formula("coalesce(req1, req0) req").by_default(),
    join("Employee", "userId").cols("name staffName, phone staffPhone"),
    formula("if(app like 'emp%' or app='store', staffName, null) empName").by_default(),
    formula("if(app like 'emp%' or app='store', staffPhone, null) empPhone").by_default(),
];

static OBJ_LOG: Object = Object::table("ObjLog")
    .vcols(CALL)
    .time_columns("tm")
    .hidden("seq, hash")
    .read_policy(filter::changes)
    .quick_search("obj, dscr, changes")
    .out_of_search()
    .default_sort("id desc")
    .actions(&[
        staged("undo", EMP | ADMIN, undo::undo).doc("Takes back all that a call has changed."),
        write("restore", EMP | ADMIN, undo::restore)
            .doc("Makes a row what an older version of it was, or brings back a deleted row."),
        read("bin", EMP | ADMIN, undo::bin).doc("Rows of an object that were deleted lately."),
        read("asOf", EMP | ADMIN, undo::as_of).doc("A row as it was at a moment."),
    ])
    .emp(can(READ).narrow(filter::by_object))
    .admin(can(READ).narrow(filter::by_object));
