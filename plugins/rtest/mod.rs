//! The protocol's public regression surface: objects and functions that its test suite plays with. See
//! DESIGN.md beside this file. It is a test aid, not an example: `plugins/example` is one to copy.

mod account;
mod functions;
mod own_log;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("rtest", include_str!("DESIGN.md"))
    .exclusive()
    .objects(&[&API_LOG, &USER_A, &own_log::USER_API_LOG])
    .functions(&[
        write("fn", GUEST, functions::call),
        staged("login", GUEST, account::login),
        write("logout", GUEST, account::logout),
        read("whoami", USER, account::whoami),
    ])
    .logins(&[LoginType::new("user", "User", account::identify)])
    // The suite reads the rows of the calls before it, and expects `a<b` to come back escaped.
    .presets(&[("P_AUDIT", "strict"), ("P_ESCAPE_INPUT", "1")])
    .on_start(account::first_user);

/// The hook stamps new rows only, so rows by condition are free of it.
const SETTABLE: &str = "addr, app, ses, userId, t, retval, req, res, reqsz, ressz, ver, serverRev";

/// The caller's name behind each row, and the month of the call, as year and month together.
const LOG_VCOLS: &[VCols] =
    &[join("User", "userId").cols("name userName").by_default(), formula("concat(y,'-',m) ym").outer()];

static API_LOG: Object = Object::table("ApiLog")
    .vcols(LOG_VCOLS)
    .time_columns("tm")
    .quick_search("ac, addr")
    .hidden("seq, hash")
    .actions(&[read("hello", GUEST, functions::hello)])
    .new_id(next_id)
    .on_add(stamp_time)
    .guest(can(ALL).required("ac").readonly_on_set("ac, tm").hidden("ua").lenient().free_in_bulk(SETTABLE));

static USER_A: Object = Object::table("UserA")
    .over("User")
    .vcols(&[
        count("logCnt", "ApiLog", "userId={id}").by_default(),
        over(Over::Max, "lastLogId", "ApiLog", "id", "userId={id}"),
    ])
    .subs(&[
        one("lastLog", "ApiLog", "id={lastLogId}").res("id,tm,ac,addr").by_default(),
        list("log", "ApiLog", "userId={id}").res("id,tm,ac,addr").by_role(),
    ])
    .computed(&[computed("lastLogAc", "lastLog", action_of)])
    .user(can(ALL));

/// Rows made by hand share the ids of the log's own rows.
fn next_id(env: &Services) -> i64 {
    env.next_log_id(LogTable::Call)
}

fn stamp_time(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.set("tm", tx.now());
    Ok(())
}

fn action_of(from: &[&Value]) -> Value {
    from[0].get("ac").cloned().unwrap_or_default()
}
