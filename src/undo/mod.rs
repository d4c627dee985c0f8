//! Undo and time travel from ObjLog: one call taken back, an old version of a row, a deleted row with its children, the
//! bin, a row as it was. Whatever is written goes through ordinary writes of the caller, with their rights and rules.

mod apply;
mod bin;
mod entry;
mod log;
mod order;
mod past;
mod report;
mod restore;
mod rights;

pub use bin::{as_of, bin};
pub use restore::restore;

use crate::api::{Answer, Args, Prepared, Stage, long_work};
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::progress::LongJob;
use crate::write::change_log::rows_max;
use apply::Undoing;
use entry::UndoEntry;
use report::Report;
use serde_json::{Value, json};

/// `ObjLog.undo(apiLogId, preview?, async?)`: takes back all that a call has changed. The log is read beside the lane.
pub fn undo(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let call = args.need_id("apiLogId")?;
    let preview = args.flag("preview")?;
    let (entries, own) = stage.read(|tx| {
        let changed = log::row_of(tx, call)?;
        Ok((log::of_call(tx, changed, rows_max(tx.env()))?, made_by_caller(tx, changed)?))
    })?;
    if preview || !args.flag("async")? {
        return Ok(Prepared::write(move |tx| {
            done(tx, Undoing { entries, own, over_later: false }, preview, None)
        }));
    }
    let job = stage.long_work(entries.len() as u64)?;
    let (id, told, server) = (job.id, job.clone(), stage.server().clone());
    stage.write_later(
        move |tx| {
            let undo = Undoing { entries, own, over_later: false };
            let done = done(tx, undo, false, Some(&told)).map(Answer::into_value)?;
            tx.long_work_done(&told, &done)?;
            Ok(done)
        },
        move |result| long_work::ended(&server, &job, result, true),
    )?;
    Ok(Prepared::Done(json!({"jobId": id}).into()))
}

/// Does it, or tells what it would do.
fn done(tx: &mut Tx<'_>, undo: Undoing, preview: bool, job: Option<&LongJob>) -> Result<Answer> {
    if preview {
        return foretold(tx, undo);
    }
    let mut told = apply::apply(tx, undo, job).and_then(Report::told)?;
    told["apiLogId"] = tx.log_id().into();
    Ok(told.into())
}

fn foretold(tx: &mut Tx<'_>, undo: Undoing) -> Result<Answer> {
    let english = tx.caller().lang == crate::auth::Lang::En;
    let told = match tx.dry(|tx| apply::apply(tx, undo, None)) {
        Ok(report) => report.foretold(english),
        Err(error) if error.code == crate::error::Code::SERVER => return Err(error),
        Err(error) => {
            let text = if english { error.text.en } else { error.text.zh };
            json!({"cnt": 0, "rows": [], "left": [], "conflicts": [], "ok": false, "problem": text})
        }
    };
    Ok(told.into())
}

/// Whether a call was this caller's.
fn made_by_caller(tx: &mut Tx<'_>, call: i64) -> Result<bool> {
    let caller = tx.caller();
    let row = tx.first("ApiLog", &[("id", json!(call))], "userId, app")?.unwrap_or_default();
    let kind =
        row.get("app").and_then(Value::as_str).and_then(|app| crate::call::app::App::parse(Some(app)).ok());
    Ok(kind.is_some_and(|app| app.kind == caller.app_type)
        && row.get("userId").and_then(Value::as_i64) == Some(caller.id))
}

/// The entries of one row and of what went with it in the same call.
fn with_children(tx: &mut Tx<'_>, entry: &UndoEntry) -> Result<Vec<UndoEntry>> {
    let all = match log::of_call(tx, entry.call, rows_max(tx.env())) {
        Ok(all) => all,
        // Of a call that did more than the caller may see, the row alone comes back.
        Err(error) if error.code == crate::error::Code::FORBIDDEN => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    restore::family(tx, entry, all)
}
