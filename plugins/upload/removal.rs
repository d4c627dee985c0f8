//! Files that nobody needs any more: those that rows let go, and those that no row ever held. Their rows go in
//! the transaction, the files themselves only after it.

use super::access::{family, find, may_remove};
use super::pending_file::run;
use jindou::plugin::*;
use std::time::Duration;

/// A file may wait so long for the row it is meant for.
const ORPHAN_HOURS: i64 = 24;
/// Orphans removed in one run: a run must not hold the writer for long.
const ORPHANS_AT_ONCE: usize = 200;
const PAGE: u64 = 500;

/// Files that rows let go during a call: gone, unless another row holds them. Those that somebody else has brought
/// may be meant for a row that is still to come: the job decides.
pub fn released(tx: &mut Tx<'_>, ids: &[i64]) -> Result<()> {
    for id in ids {
        if let Some(row) = find(tx, *id)?
            && may_remove(tx, &row)
            && !is_held(tx, &row)?
        {
            remove(tx, &row)?;
        }
    }
    Ok(())
}

/// Rows and files of a picture and of all that was made of it.
pub fn remove(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    for id in family(tx, row)? {
        if let Some(row) = find(tx, id)? {
            tx.delete("Attachment", &[("id", json!(id))])?;
            forget_file(tx, row.text("path"))?;
        }
    }
    Ok(())
}

/// `Attachment.del`: the row itself goes the usual way, its file and what was made of it follow.
pub fn with_its_files(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let Some(row) = find(tx, write.id.unwrap_or_default())? else { return Ok(()) };
    for id in family(tx, &row)? {
        if id != row.int("id")
            && row.int("orgPicId") <= 0
            && let Some(derived) = find(tx, id)?
        {
            tx.delete("Attachment", &[("id", json!(id))])?;
            forget_file(tx, derived.text("path"))?;
        }
    }
    forget_file(tx, row.text("path"))
}

fn forget_file(tx: &mut Tx<'_>, path: &str) -> Result<()> {
    if path.is_empty() || path.contains("://") {
        return Ok(());
    }
    let fields = [("path", json!(path)), ("tm", json!(tx.now()))];
    tx.insert("AttachmentGone", fields)?;
    let path = path.to_owned();
    tx.after_commit(move |env| env.files.remove_soon(&path));
    Ok(())
}

fn is_held(tx: &mut Tx<'_>, row: &Row) -> Result<bool> {
    let columns = holders(tx);
    for id in family(tx, row)? {
        for (table, column) in &columns {
            if tx.first(table, &[(column.as_str(), json!(id))], "id")?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The declared columns, and those that look like it: a plugin that forgot to declare must not lose its files.
fn holders(tx: &Tx<'_>) -> Vec<(String, String)> {
    let registry = tx.registry();
    let mut out: Vec<(String, String)> =
        registry.file_owners().map(|owner| (owner.table.to_owned(), owner.column.to_owned())).collect();
    for table in registry.catalogue.tables().iter().filter(|table| table.name.as_str() != "Attachment") {
        for column in &table.columns {
            let name = column.name.as_str().to_ascii_lowercase();
            let pair = (table.name.as_str().to_owned(), column.name.as_str().to_owned());
            let looks =
                ["attid", "picid", "audioid", "thumbid", "fileid"].iter().any(|end| name.ends_with(end));
            if looks && !out.contains(&pair) {
                out.push(pair);
            }
        }
    }
    out
}

/// The job: finds orphans, finishes removals that failed, empties the folder of incoming files.
pub fn tidy(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let env = stage.env();
    sweep(&env.incoming_dir(), age);
    let Gone { removable, late } = stage.read(|tx| gone(tx, age))?;
    let mut removed = Vec::new();
    for (id, path) in removable {
        if let Err(error) = env.files.remove(&path) {
            // A store that is out would let each of them wait.
            tracing::warn!(%error, "files stay in the store until the next run");
            break;
        }
        removed.push(id);
    }
    let orphans = stage.read(|tx| orphans(tx, age))?;
    Ok(Prepared::write(move |tx| {
        for id in removed {
            tx.delete("AttachmentGone", &[("id", json!(id))])?;
        }
        for id in late {
            let mine = [("id", json!(id)), ("awaitedBy", json!(run()))];
            tx.update("AttachmentGone", &mine, [("awaitedBy", Value::Null)])?;
        }
        let mut count = 0;
        for id in orphans {
            // Somebody may have come for it in the meantime.
            if let Some(row) = find(tx, id)?
                && !is_held(tx, &row)?
            {
                remove(tx, &row)?;
                count += 1;
            }
        }
        Ok(json!({"orphans": count}).into())
    }))
}

/// Rows of AttachmentGone whose turn it is.
#[derive(Default)]
struct Gone {
    /// Their files can be removed: ids and paths.
    removable: Vec<(i64, String)>,
    /// Of uploads of this run that nobody will finish any more: from now on they cannot.
    late: Vec<i64>,
}

fn gone(tx: &mut Tx<'_>, age: Age) -> Result<Gone> {
    // The newest are being removed this moment by the calls that let them go.
    let (let_go, late) = (age.ago(60), age.ago(ORPHAN_HOURS * 3600));
    let mut gone = Gone::default();
    tx.each_between("AttachmentGone", "id", (None, None), "id, path, tm, awaitedBy", |row| {
        let [id, path, tm, awaited] = row.as_slice() else { return Ok(()) };
        let (id, tm) = (id.as_i64().unwrap_or_default(), tm.as_str().unwrap_or_default());
        let turn = match awaited.as_str().unwrap_or_default() {
            "" => tm < let_go.as_str(),
            // Whoever stored it was killed before its row was written.
            other => other != run(),
        };
        if turn && gone.removable.len() < PAGE as usize {
            gone.removable.push((id, path.as_str().unwrap_or_default().to_owned()));
        } else if !turn && tm < late.as_str() && gone.late.len() < PAGE as usize {
            gone.late.push(id);
        }
        Ok(())
    })?;
    Ok(gone)
}

fn orphans(tx: &mut Tx<'_>, age: Age) -> Result<Vec<i64>> {
    let bound = age.ago(ORPHAN_HOURS * 3600);
    let (mut last, mut found) = (0, Vec::new());
    while found.len() < ORPHANS_AT_ONCE {
        let mut get = Params::default();
        get.set("cond", format!("id>{last} and tm<'{bound}' and (orgPicId is null or orgPicId<0)"));
        get.set("res", "id,orgPicId,category");
        get.set("orderby", "id");
        get.set("fmt", "list");
        get.set("pagesz", PAGE);
        let page = tx.call_as_system("Attachment.query", get, Params::default())?;
        let Some(rows) = page["list"].as_array().filter(|rows| !rows.is_empty()) else { break };
        for row in rows.iter().filter_map(Value::as_object) {
            last = row.int("id");
            if !stays(tx, row) && !is_held(tx, row)? {
                found.push(last);
            }
        }
    }
    Ok(found)
}

fn stays(tx: &Tx<'_>, row: &Row) -> bool {
    tx.registry().file_category(row.text("category")).is_some_and(|category| category.stays)
}

/// What a server left behind that stopped in the middle of a request.
fn sweep(folder: &std::path::Path, age: Age) {
    let day = Duration::from_secs(24 * 3600);
    let old = |entry: &std::fs::DirEntry| entry.metadata().is_ok_and(|meta| age.of_file(&meta) > day);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(old) {
        let _ = std::fs::remove_file(entry.path());
    }
}
