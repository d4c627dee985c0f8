//! Jobs. For everybody: `Job.get(id)`, how far the caller's own long work is (`batchAdd?async=1`), and `Job.file(id)`, the
//! rows that an import left out (`batchAdd?partial=1`), as a workbook. For staff with the permission `jobs`: what waits,
//! runs and has failed, run again, cancel, pause.

use crate::api::{Answer, Args, FileAnswer, FileBody, Prepared, Stage, long_work};
use crate::auth::mask::{ADMIN, JOBS, LOGIN, Mask};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::progress::LeftRows;
use crate::object::{GET, Object, READ, can, read, staged, write};
use crate::plugin::{Perm, perm};
use crate::render::file::headers;
use crate::render::{CellKind, FileKind, Lang, SheetOpts, sheet};
use crate::workers::by_hand;
use serde_json::{Value, json};
use std::sync::Arc;

pub static JOB: Object = Object::table("Job")
    .time_columns("createTm")
    .hidden("leaseMs, dueMs, runMs")
    .default_sort("id desc")
    .out_of_search()
    .actions(&[
        read("get", LOGIN, get).doc(
            "How far a piece of the caller's own long work is: {done, total, errors, state}; for staff with the permission any job.",
        ),
        staged("file", LOGIN, file)
            .gives_file()
            .doc("The rows that an import has left out, with the reasons, as xlsx."),
        read("queues", MANAGE, queues).doc("Each queue: how many jobs wait, run and are dead, and the age of the oldest."),
        write("again", MANAGE, again).doc("Runs a job that was given up or cancelled again, or one that waits at once."),
        write("allAgain", MANAGE, all_again).doc("Runs all dead jobs of a `queue` or a `kind` again; gives their number."),
        write("cancel", MANAGE, cancel).doc("Ends a job before it is done."),
        write("pause", MANAGE, pause).doc("From now on no job of the `queue` begins."),
        write("resume", MANAGE, resume).doc("The jobs of the `queue` begin again."),
    ])
    .emp(can(READ).needs(JOBS).hidden("args, result"))
    .admin(can(READ));

/// Who looks after jobs.
const MANAGE: Mask = JOBS | ADMIN;

pub const PERM: Perm = perm(
    "jobs",
    JOBS,
    "后台任务|Background jobs",
    "查看后台任务，重新执行、取消、暂停队列|Look at background jobs, run them again, cancel them, pause queues",
);

fn queues(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    Ok(json!(by_hand::queues(tx)?).into())
}

fn need_id(args: &Args) -> Result<i64> {
    args.id("id")?.ok_or_else(|| Error::missing("id"))
}

fn again(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = need_id(args)?;
    by_hand::again(tx, id)?;
    Ok(Answer::ok())
}

fn all_again(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (queue, kind) = (args.text("queue")?, args.text("kind")?);
    Ok(json!(by_hand::all_again(tx, queue.as_deref(), kind.as_deref())?).into())
}

fn cancel(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = need_id(args)?;
    by_hand::cancel(tx, id)?;
    Ok(Answer::ok())
}

fn pause(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let queue = args.need_text("queue")?;
    by_hand::pause(tx, &queue, true)?;
    Ok(Answer::ok())
}

fn resume(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let queue = args.need_text("queue")?;
    by_hand::pause(tx, &queue, false)?;
    Ok(Answer::ok())
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.id("id")?.ok_or_else(|| Error::missing("id"))?;
    let caller = tx.caller();
    match tx.env().jobs.of(&caller, id) {
        Ok(job) => Ok(Answer::Json(job.show(caller.lang == Lang::En))),
        Err(_) => match long_work::of_table(tx, &caller, id, caller.lang == Lang::En) {
            Err(_) if caller.has(MANAGE) => tx.standard("Job", GET, args),
            told => told.map(Answer::Json),
        },
    }
}

fn file(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let id = args.id("id")?.ok_or_else(|| Error::missing("id"))?;
    let left = env.jobs.of(stage.caller(), id)?.left().ok_or_else(|| {
        Error::param(format!("job {id} has left no rows, or they are no longer kept"))
            .say("没有可下载的数据，或已过期", "there are no rows to download, or they are no longer kept")
    })?;
    let english = stage.caller().lang == Lang::En;
    let title = match english {
        true => format!("{} not imported", left.title),
        false => format!("{} 未导入", left.title),
    };
    let mut bytes = Vec::new();
    write_rows(&left, &title, english, &mut bytes).map_err(|error| Error::server(error.to_string()))?;
    let headers = headers(FileKind::Excel, &title);
    Ok(Prepared::Done(Answer::File(FileAnswer { status: 200, headers, body: FileBody::Bytes(bytes) })))
}

fn write_rows(left: &LeftRows, title: &str, english: bool, out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut file = sheet(FileKind::Excel, Box::new(out), &SheetOpts { title: title.to_owned() });
    // Texts stay as they were written: leading zeros, long numbers.
    let header: Vec<Arc<str>> = left.header.iter().map(|cell| cell.as_str().into()).collect();
    file.header(&header, &vec![CellKind::Text; left.header.len()])?;
    for row in &left.rows {
        let cells: Vec<Value> = row.iter().map(|cell| cell.as_str().into()).collect();
        file.row(&cells)?;
    }
    if left.more > 0 {
        let more = match english {
            true => format!("{} more rows are left out", left.more),
            false => format!("另有{}行未列出", left.more),
        };
        let mut row = vec![Value::Null; left.header.len().saturating_sub(1)];
        row.push(more.into());
        file.row(&row)?;
    }
    file.finish()
}
