//! `batchAdd`: many rows in one call, from JSON, text or a file. Reading happens outside the writer lane; the
//! rows go through `add` with all its rules, in one transaction: all of them or none.

mod archive;
mod columns;
mod faults;
mod names;
mod rows;
mod seen;
mod sheet;
mod source;

use super::add::{self, How};
use super::change_log::Changes;
use super::children::put_mode;
use super::passwords::{self, Hashes};
use super::upsert::UniKey;
use crate::api::{Answer, Args, Prepared, Stage};
use crate::authorize::{Authorized, authorize_table};
use crate::call::lookup::From;
use crate::call::name::Action as Name;
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::progress::LongJob;
use crate::object::{ADD, Def, WriteFields, WriteKind};
use crate::services::Services;
pub use archive::tidy;
pub use seen::for_record;

use faults::Faults;
use names::Names;
use rows::Rows;
use serde_json::{Map, Value, json};
use source::Source;

/// An import, read and understood; nothing of it is written yet.
struct Import {
    source: Source,
    rows: Rows,
    how: How,
    name2id: Option<String>,
    validate_only: bool,
}

/// Outside the lane: reads the data, then leaves the writing, or hands it to a job (`async=1`).
pub fn stage(stage: &mut Stage<'_>, name: &Name, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let def = authorize_table(&env.registry, stage.caller(), name)?.def();
    let import = Import::read(env, def, args)?;
    if !import.validate_only {
        archive::keep(env, def, &import)?;
    }
    let hashes = import.passwords(env, def)?;
    let name = name.clone();
    if !args.flag(env, "async")? || import.validate_only {
        return Ok(Prepared::write(move |tx| {
            tx.know_hashes(hashes);
            apply(tx, &name, &import, None)
        }));
    }
    let job = env.jobs.start(stage.caller(), import.total());
    let (id, told) = (job.id, job.clone());
    stage.write_later(
        move |tx| {
            tx.know_hashes(hashes);
            let mut done = apply(tx, &name, &import, Some(&told))?.into_value();
            // By it all of the import can be undone.
            done["apiLogId"] = tx.log_id().into();
            Ok(done)
        },
        move |result| job.finish(result),
    )?;
    Ok(Prepared::Done(json!({"jobId": id}).into()))
}

/// Inside a transaction that others share: a call from within a call, an item of a batch.
pub fn action(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<Answer> {
    let import = Import::read(tx.env(), authorized.def(), args)?;
    if !import.validate_only {
        archive::keep(tx.env(), authorized.def(), &import)?;
    }
    write(tx, authorized, &import, None)
}

/// Rights are asked where the rows are written: by then a login may have ended.
fn apply(tx: &mut Tx<'_>, name: &Name, import: &Import, job: Option<&LongJob>) -> Result<Answer> {
    let caller = tx.caller();
    let authorized = authorize_table(&tx.env().registry, &caller, name)?;
    write(tx, &authorized, import, job)
}

fn write(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    import: &Import,
    job: Option<&LongJob>,
) -> Result<Answer> {
    tx.conn().with_room(|| match import.validate_only {
        true => tx.dry(|tx| tx.gathering(|tx| add_all(tx, authorized, import, job))),
        false => tx.gathering(|tx| add_all(tx, authorized, import, job)),
    })
}

fn add_all(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    import: &Import,
    job: Option<&LongJob>,
) -> Result<Answer> {
    let right = authorized.also(ADD)?;
    let mut names = match &import.name2id {
        Some(spec) => Names::parse(tx, spec)?,
        None => Names::default(),
    };
    let mut faults = Faults::default();
    let mut ids = Vec::new();
    // How many rows brought each field.
    let mut filled = Filled::default();
    for item in import.rows.of(&import.source) {
        let done = item.fields.and_then(|mut fields| {
            names.replace(tx, &mut fields)?;
            let fields = WriteFields::resolve(right.def(), WriteKind::Add, fields)?;
            filled.count(&fields);
            add::row(tx, &right, fields, &import.how)
        });
        match done {
            Ok(id) => ids.push(id.unwrap_or_default()),
            Err(error) => {
                faults.push(item.line, &item.origin.shown(tx.env(), authorized.def(), &import.rows), &error)
            }
        }
        if faults.full() {
            break;
        }
        if let Some(job) = job {
            job.advance(item.lines);
        }
    }
    faults.into_result()?;
    let added = std::mem::take(&mut tx.state.added);
    // One line for all new rows; a row that was changed has its own, with the values before.
    add::log(tx, authorized, "批量添加", None, summary(&added, ids.len(), filled));
    let secret = authorized.def().decl.secret_ids;
    let env = tx.env();
    Ok(Answer::Raw(told(&ids, |id| env.show_id(id, secret))))
}

/// `{"cnt":2,"idList":[5,6]}`, written straight away: as values the ids would need ten times as much memory.
fn told(ids: &[i64], shown: impl Fn(i64) -> Value) -> Vec<u8> {
    let mut out = format!("{{\"cnt\":{},\"idList\":[", ids.len()).into_bytes();
    for (at, id) in ids.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(shown(*id).to_string().as_bytes());
    }
    out.extend_from_slice(b"]}");
    out
}

/// Fields that an import brought, and in how many of its rows.
#[derive(Default)]
struct Filled(Map<String, Value>);

/// Fields that are told of; no table has so many.
const FIELDS_MAX: usize = 500;

impl Filled {
    fn count(&mut self, fields: &WriteFields) {
        for (name, _) in fields.iter() {
            if let Some(n) = self.0.get_mut(name) {
                *n = (n.as_i64().unwrap_or_default() + 1).into();
            } else if self.0.len() < FIELDS_MAX {
                self.0.insert(name.to_owned(), 1.into());
            }
        }
    }
}

/// `{"cnt": [null, 3], "id": [null, "5-7"], "fields": [null, {"name": 3, "dscr": 1}]}`: which rows an import made, and
/// which fields it brought in how many of them.
fn summary(added: &[i64], count: usize, filled: Filled) -> Changes {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for id in added {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == *id => *to = *id,
            _ => ranges.push((*id, *id)),
        }
    }
    let text = |(from, to): &(i64, i64)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    let text: Vec<String> = ranges.iter().map(text).collect();
    let mut out = Changes::none();
    out.pair("cnt", &Value::Null, &count.into());
    out.pair("id", &Value::Null, &text.join(",").into());
    out.pair("fields", &Value::Null, &Value::Object(filled.0));
    out
}

impl Import {
    fn read(env: &Services, def: &Def, args: &Args) -> Result<Import> {
        let uni_key = UniKey::parse(args, env, def)?;
        let source = source::read(args)?;
        let rows = Rows::plan(env, def, args, &source, uni_key.as_ref())?;
        // A column that the caller may not choose is left out, not refused: sheets carry such columns.
        let lenient = args.text(env, "useStrictReadonly")?.is_none_or(|strict| strict == "0");
        let how = How {
            lenient,
            validate_only: false,
            put: put_mode(args, env, true)?,
            uni_key,
            id: None,
            quiet: true,
            exact: None,
        };
        let validate_only = args.find(env, "doValidateOnly/b", From::Get)? == Some(Value::Bool(true));
        Ok(Import { source, rows, how, name2id: args.text(env, "name2id")?, validate_only })
    }

    /// The hashes of the passwords in it, which must not be made while others wait to write.
    fn passwords(&self, env: &Services, def: &Def) -> Result<Hashes> {
        let mut found = Vec::new();
        if !def.decl.passwords.is_empty() {
            for item in self.rows.of(&self.source) {
                found.extend(item.fields.map(|fields| passwords::found(def, &fields)).unwrap_or_default());
            }
            found.sort();
            found.dedup();
        }
        passwords::hash(env, found)
    }

    fn total(&self) -> u64 {
        self.rows.lines(&self.source)
    }
}
