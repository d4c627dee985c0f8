//! `batchAdd`: many rows in one call, from JSON, text or a file. Reading happens outside the writer lane; the
//! rows go through `add` with all its rules, in one transaction: all of them or none, or the good ones (`partial=1`).

mod archive;
mod cells;
mod columns;
mod faults;
mod labels;
mod lookups;
mod names;
mod naming;
mod old_sheet;
mod origin;
mod partial;
mod preview;
mod references;
mod report;
mod rows;
mod seen;
mod sheet;
mod source;
mod wish;
mod written;

use super::add::{self, How};
use super::change_log::Changes;
use super::children::put_mode;
use super::passwords::{self, Hashes};
use super::upsert::UniKey;
use crate::api::{Answer, Args, Prepared, Stage, long_work};
use crate::auth::Lang;
use crate::authorize::{Authorized, authorize_table};
use crate::call::lookup::From;
use crate::call::name::Action as Name;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::progress::LongJob;
use crate::object::{ADD, ObjectDef, WriteFields, WriteKind};
use crate::services::Services;
pub use archive::tidy;
pub use seen::for_record;

use faults::Faults;
use labels::RowFault;
use names::Names;
use naming::Naming;
use references::References;
use report::RowReport;
use rows::Rows;
use serde_json::{Map, Value, json};
use source::ImportSource;
use wish::{Preview, Wish};

/// An import, read and understood; nothing of it is written yet.
struct Import {
    source: ImportSource,
    rows: Rows,
    how: How,
    name2id: Option<String>,
    validate_only: bool,
    wish: Wish,
    /// Rows that its cells name, looked for beforehand.
    references: References,
}

/// Outside the lane: reads the data, then leaves the writing, or hands it to a job (`async=1`).
pub fn stage(stage: &mut Stage<'_>, name: &Name, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let right = authorize_table(&env.registry, stage.caller(), name)?;
    let mut import = Import::read(&right, env, args)?;
    if import.wish.preview == Preview::Columns {
        return Ok(Prepared::Done(Value::Object(preview::columns(&right, &import)).into()));
    }
    if import.wish.as_written {
        import.references = stage.read(|tx| References::find(tx, right.def(), &import))?;
    }
    if !import.validate_only {
        archive::keep(env, right.def(), &import)?;
    }
    let hashes = import.passwords(env, right.def())?;
    let name = name.clone();
    if !args.flag("async")? || import.validate_only {
        return Ok(Prepared::write(move |tx| {
            tx.know_hashes(hashes);
            apply(tx, &name, &import, None)
        }));
    }
    let job = stage.long_work(import.total())?;
    let (id, told, server) = (job.id, job.clone(), stage.server().clone());
    stage.write_later(
        move |tx| {
            tx.know_hashes(hashes);
            let mut done = apply(tx, &name, &import, Some(&told))?.into_value();
            // By it all of the import can be undone.
            done["apiLogId"] = tx.log_id().into();
            tx.long_work_done(&told, &done)?;
            Ok(done)
        },
        move |result| long_work::ended(&server, &job, result, true),
    )?;
    Ok(Prepared::Done(json!({"jobId": id}).into()))
}

/// Inside a transaction that others share: a call from within a call, an item of a batch.
pub fn action(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<Answer> {
    let mut import = Import::read(authorized, tx.env(), args)?;
    if import.wish.preview == Preview::Columns {
        return Ok(Value::Object(preview::columns(authorized, &import)).into());
    }
    if import.wish.as_written {
        import.references = References::find(tx, authorized.def(), &import)?;
    }
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
    tx.conn().with_large_cache(|| {
        let past_faults = import.wish.partial || import.wish.preview == Preview::Rows;
        match (past_faults, import.validate_only) {
            (true, true) => tx.dry(|tx| add_good(tx, authorized, import, job)),
            (true, false) => add_good(tx, authorized, import, job),
            (false, true) => tx.dry(|tx| tx.gathering(|tx| add_all(tx, authorized, import, job))),
            (false, false) => tx.gathering(|tx| add_all(tx, authorized, import, job)),
        }
    })
}

/// Goes on past faulty rows, and tells of them.
fn add_good(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    import: &Import,
    job: Option<&LongJob>,
) -> Result<Answer> {
    let (env, def, caller) = (tx.env(), authorized.def(), tx.caller());
    let report = RowReport::new(env, def, &import.rows, caller.lang);
    let (ids, report) = partial::add_good(tx, authorized, import, job, report)?;
    if import.wish.preview == Preview::Rows {
        return Ok(Value::Object(preview::rows(authorized, import, ids.len(), report)).into());
    }
    let count = report.count();
    let (faults, left) = report.end();
    let shown: Vec<Value> = ids.iter().map(|id| env.show_id(*id, def.decl.secret_ids)).collect();
    let mut out = json!({"cnt": ids.len(), "idList": shown, "faultCnt": count, "faults": faults});
    if !import.validate_only {
        out["apiLogId"] = tx.log_id().into();
        if count > 0 {
            let made = match job {
                Some(_) => None,
                None => {
                    let id = tx.put_long_work(&caller, "import", "done", import.total())?;
                    Some(env.jobs.begin_done(id, &caller, import.total()))
                }
            };
            if let Some(job) = job.or(made.as_deref()) {
                env.jobs.leave(job, left);
                out["jobId"] = job.id.into();
            }
        }
    }
    Ok(out.into())
}

fn add_all(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    import: &Import,
    job: Option<&LongJob>,
) -> Result<Answer> {
    let right = authorized.also(ADD)?;
    let mut names = import.names(tx)?;
    let mut faults = Faults::default();
    let mut ids = Vec::new();
    // How many rows brought each field.
    let mut filled = Filled::default();
    for item in import.rows.of(&import.source) {
        let read = item.fields.and_then(|fields| {
            import.as_written(tx.env(), right.def(), fields).map_err(|faults| refusal(right.def(), faults))
        });
        match read.and_then(|fields| add_row(tx, &right, import, &mut names, fields)) {
            Ok((id, brought)) => {
                ids.push(id);
                filled.count(&brought);
            }
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

/// Adds one row; gives its id and the names of the fields it brought.
fn add_row(
    tx: &mut Tx<'_>,
    right: &Authorized<'_>,
    import: &Import,
    names: &mut Names,
    mut fields: Map<String, Value>,
) -> Result<(i64, Vec<String>)> {
    names.replace(tx, &mut fields)?;
    let fields = WriteFields::resolve(right.def(), WriteKind::Add, fields)?;
    let brought = fields.iter().map(|(name, _)| name.to_owned()).collect();
    let id = add::row(tx, right, fields, &import.how)?;
    Ok((id.unwrap_or_default(), brought))
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
    /// A row brought these.
    fn count(&mut self, names: &[String]) {
        for name in names {
            if let Some(n) = self.0.get_mut(name) {
                *n = (n.as_i64().unwrap_or_default() + 1).into();
            } else if self.0.len() < FIELDS_MAX {
                self.0.insert(name.clone(), 1.into());
            }
        }
    }
}

/// All that is wrong with the cells of a row, as one error.
fn refusal(def: &ObjectDef, faults: Vec<RowFault>) -> Error {
    let (zh, en): (Vec<String>, Vec<String>) =
        faults.iter().map(|fault| (fault.told(def, Lang::Zh), fault.told(def, Lang::En))).unzip();
    Error { detail: None, ..Error::param("").say(zh.join("；"), en.join("; ")) }
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
    fn read(authorized: &Authorized<'_>, env: &Services, args: &Args) -> Result<Import> {
        let def = authorized.def();
        let wish = Wish::of(args)?;
        let uni_key = UniKey::parse(args, def)?;
        let source = source::read(args)?;
        let name2id = args.text("name2id")?;
        let naming = Naming {
            env,
            def,
            rights: Some(authorized.rights()),
            names: naming::named_by(name2id.as_deref().unwrap_or_default()),
            strict: wish.as_written,
            lenient: wish.preview != Preview::No,
        };
        let rows = Rows::plan(&naming, args, &source, uni_key.as_ref())?;
        // A column that the caller may not choose is left out, not refused: sheets carry such columns.
        let lenient = args.text("useStrictReadonly")?.is_none_or(|strict| strict == "0");
        let how = How {
            lenient,
            validate_only: false,
            put: put_mode(args, true)?,
            uni_key,
            id: None,
            quiet: true,
            exact: None,
        };
        let validate_only = args.find("doValidateOnly/b", From::Get)? == Some(Value::Bool(true));
        let validate_only = validate_only || wish.preview != Preview::No;
        Ok(Import { source, rows, how, name2id, validate_only, wish, references: References::default() })
    }

    fn names(&self, tx: &Tx<'_>) -> Result<Names> {
        self.name2id.as_deref().map_or_else(|| Ok(Names::default()), |spec| Names::parse(tx, spec))
    }

    /// The hashes of the passwords in it, which must not be made while others wait to write.
    fn passwords(&self, env: &Services, def: &ObjectDef) -> Result<Hashes> {
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
