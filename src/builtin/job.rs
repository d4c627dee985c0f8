//! `Job.get(id)`: how far the caller's own long work is (`batchAdd?async=1`). `Job.file(id)`: the rows that an import left
//! out (`batchAdd?partial=1`), as a workbook, each with its reason.

use crate::api::{Answer, Args, FileAnswer, FileBody, Prepared, Stage};
use crate::auth::mask::LOGIN;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::progress::LeftRows;
use crate::object::{Object, read, staged};
use crate::render::file::headers;
use crate::render::{CellKind, FileKind, Lang, SheetOpts, sheet};
use serde_json::Value;
use std::sync::Arc;

pub static JOB: Object = Object::actions_only("Job").actions(&[
    read("get", LOGIN, get).doc("How far a piece of long work is: {done, total, errors, state}."),
    staged("file", LOGIN, file)
        .gives_file()
        .doc("The rows that an import has left out, with the reasons, as xlsx."),
]);

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.id(tx.env(), "id")?.ok_or_else(|| Error::missing("id"))?;
    let caller = tx.caller();
    let job = tx.env().jobs.of(&caller, id)?;
    Ok(Answer::Json(job.show(caller.lang == Lang::En)))
}

fn file(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let id = args.id(env, "id")?.ok_or_else(|| Error::missing("id"))?;
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
