//! An import that goes on past faulty rows: each row is an attempt of its own in the one transaction of the call.

use super::labels::RowFault;
use super::report::RowReport;
use super::{Filled, Import, add_row, summary};
use crate::authorize::Authorized;
use crate::db::{Tx, interrupted};
use crate::error::{Code, Error, Result};
use crate::jobs::progress::LongJob;
use crate::object::{ADD, ObjectDef};
use crate::write::add;
use serde_json::{Map, Value};

/// Adds the good rows; gives their ids and what became of the others.
pub fn add_good<'i>(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'i>,
    import: &'i Import,
    job: Option<&LongJob>,
    mut report: RowReport<'i>,
) -> Result<(Vec<i64>, RowReport<'i>)> {
    let (right, def) = (authorized.also(ADD)?, authorized.def());
    let mut names = import.names(tx)?;
    let mut ids = Vec::new();
    let mut filled = Filled::default();
    for item in import.rows.of(&import.source) {
        let read = item.fields.map_err(|error| vec![RowFault::of(def, &error)]);
        let read = read.and_then(|fields| import.as_written(tx.env(), def, fields));
        let done = match read {
            Err(faults) => Err(faults),
            Ok(fields) => match tx.attempt(|tx| add_row(tx, &right, import, &mut names, fields))? {
                Ok(done) => Ok(done),
                Err(error) if is_ours(&error) => return Err(error),
                Err(error) => {
                    // Rows that it made went with it.
                    names.forget();
                    Err(vec![RowFault::of(def, &error)])
                }
            },
        };
        match done {
            Ok((id, brought)) => {
                ids.push(id);
                filled.count(&brought);
            }
            Err(faults) => report.push(item.line, item.lines, &item.origin, &faults),
        }
        if let Some(job) = job {
            job.advance(item.lines);
        }
    }
    let added = std::mem::take(&mut tx.state.added);
    if !ids.is_empty() {
        add::log(tx, authorized, "批量添加", None, summary(&added, ids.len(), filled));
    }
    Ok((ids, report))
}

/// Not the row's fault: nothing that follows would fare better.
fn is_ours(error: &Error) -> bool {
    matches!(error.code, Code::SERVER | Code::UNKNOWN) || interrupted(error)
}

impl Import {
    /// The fields of a row, read as people write them if the import does so.
    pub fn as_written(
        &self,
        env: &crate::services::Services,
        def: &ObjectDef,
        mut fields: Map<String, Value>,
    ) -> std::result::Result<Map<String, Value>, Vec<RowFault>> {
        if !self.wish.as_written {
            return Ok(fields);
        }
        let faults = super::cells::read(env, def, &self.references, &mut fields);
        if faults.is_empty() { Ok(fields) } else { Err(faults) }
    }
}
