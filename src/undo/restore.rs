//! `ObjLog.restore`: a row as an older version of it was, or a deleted row with what went with it.

use super::apply::Undoing;
use super::entry::{EntryKind, Pair, UndoEntry, Was, def_of};
use super::{done, log, made_by_caller, past, rights, with_children};
use crate::api::{Answer, Args};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, SET};
use crate::read::row_version;
use serde_json::Value;
use std::collections::HashSet;

/// `restore(obj, id, version?, at?, preview?, ifVersion?)`: `version` is the ObjLog id of the change that made the row what
/// it shall be again, `at` a moment. Without both a deleted row comes back as it was deleted.
pub fn restore(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (def, id) = named(tx, args)?;
    let env = tx.env();
    let table = def.table.clone().ok_or_else(|| Error::param("this object has no rows"))?;
    let preview = args.flag("preview")?;
    let version = match args.int("version")? {
        Some(version) => Some(version),
        None => moment(args)?.map(|at| version_at(tx, def, id, &at)).transpose()?,
    };
    let now = past::current(tx, &table, id)?;
    let newer = log::of_row(tx, table.name.as_str(), id, version.unwrap_or_default())?;
    let secret = def.decl.secret_ids;
    let caller = tx.caller();
    if let Some(now) = now {
        let right = rights::own(&env.registry, &caller, table.name.as_str(), id, SET)?;
        row_version::check(tx, &right, id, args)?;
        let flagged = newer.first().filter(|newest| version.is_none() && is_flagging(def, newest));
        let newer: Vec<UndoEntry> = match (version, flagged) {
            (Some(_), _) => newer,
            // It was only marked as deleted.
            (None, Some(flagged)) => vec![flagged.clone()],
            (None, None) => return Err(Error::missing("version")),
        };
        let past = past::before(tx, &table, secret, Some(now.clone()), &newer);
        let Some(row) = past.row else { return Err(not_there(def, id)) };
        let pairs = row
            .into_iter()
            .filter(|(field, was)| now.get(field).map(|v| Was::Value(v.clone())).as_ref() != Some(was));
        let pairs = pairs.map(|(field, old)| {
            let new = now.get(&field).cloned().unwrap_or_default();
            Pair { field, old, new: Was::Value(new) }
        });
        let entry = UndoEntry {
            id: i64::MAX,
            table: table.name.as_str().to_owned(),
            row: id,
            kind: EntryKind::Changed,
            pairs: pairs.collect(),
            call: 0,
            item: None,
        };
        return done(tx, Undoing { entries: vec![entry], own: false, over_later: true }, preview, None);
    }
    let Some(gone) = newer.iter().find(|entry| entry.kind.removed()).cloned() else {
        return Err(not_there(def, id));
    };
    let past = past::before(
        tx,
        &table,
        secret,
        None,
        if version.is_some() { &newer } else { std::slice::from_ref(&gone) },
    );
    let Some(row) = past.row else { return Err(not_there(def, id)) };
    let own = made_by_caller(tx, gone.call)?;
    let mut entries = with_children(tx, &gone)?;
    entries.retain(|entry| !(entry.table == gone.table && entry.row == id));
    let pairs = row.into_iter().map(|(field, old)| Pair { field, old, new: Was::Value(Value::Null) });
    entries.push(UndoEntry { pairs: pairs.collect(), kind: EntryKind::Removed, ..gone });
    done(tx, Undoing { entries, own, over_later: false }, preview, None)
}

fn is_flagging(def: &ObjectDef, entry: &UndoEntry) -> bool {
    let flag = def.decl.soft_delete;
    entry.kind == EntryKind::Changed
        && flag
            .is_some_and(|flag| entry.pair(flag).is_some_and(|pair| pair.new == Was::Value(Value::from(1))))
}

fn not_there(def: &ObjectDef, id: i64) -> Error {
    Error::param(format!("{}.id={id} was not there at that time", def.decl.table))
        .say("该时间点没有这条数据", "the record was not there at that time")
}

/// The object and the row that the parameters name. An object that is not the caller's to see answers as one that does not
/// exist.
pub fn named<'a>(tx: &mut Tx<'a>, args: &Args) -> Result<(&'a ObjectDef, i64)> {
    let def = object(tx, args)?;
    Ok((def, args.need_id("id")?))
}

pub fn object<'a>(tx: &mut Tx<'a>, args: &Args) -> Result<&'a ObjectDef> {
    log::object(tx)?;
    let env = tx.env();
    let name = args.need_text("obj")?;
    let caller = tx.caller();
    let found = env.registry.object(&name).or_else(|| def_of(&env.registry, &name)).filter(|def| {
        let open = !def.decl.test_only || caller.test_mode();
        def.table.is_some()
            && open
            && def.rights_of(&caller).is_some_and(|rights| rights.may(crate::object::READ))
    });
    found.ok_or_else(|| {
        Error::forbidden(format!("object `{name}` is not open to this caller"))
            .say(format!("无权查看对象`{name}`"), format!("object `{name}` is not open to you"))
    })
}

/// A moment in `at`; a date alone means its end.
pub fn moment(args: &Args) -> Result<Option<String>> {
    let Some(at) = args.moment("at")? else { return Ok(None) };
    let sent = args.text("at")?.unwrap_or_default();
    let date_only = !sent.contains(':') && at.ends_with(" 00:00:00");
    Ok(Some(if date_only { at.replace(" 00:00:00", " 23:59:59") } else { at }))
}

/// The last change of a row up to a moment; 0 when there was none.
fn version_at(tx: &mut Tx<'_>, def: &ObjectDef, id: i64, at: &str) -> Result<i64> {
    let cond = format!("obj='{}' AND objId={id} AND tm<='{at}'", def.decl.table);
    let found = log::visible(tx, &cond, "id", 1)?;
    Ok(found.first().and_then(|row| row["id"].as_i64()).unwrap_or_default())
}

/// Of the entries of a call those of a removed row, and of the rows that were removed with it as its children.
pub fn family(tx: &Tx<'_>, root: &UndoEntry, all: Vec<UndoEntry>) -> Result<Vec<UndoEntry>> {
    let registry = &tx.env().registry;
    let mut names: HashSet<(String, i64)> = HashSet::from([(root.table.clone(), root.row)]);
    let mine = |entry: &UndoEntry, names: &HashSet<(String, i64)>| {
        let hangs_on = |(parent, id): &(String, i64)| {
            let defs = registry.objects().filter(|def| def.decl.table == parent);
            let mut links = defs.flat_map(|def| &def.links).filter(|link| link.parent == "id");
            links.any(|link| {
                let over = registry.object(link.sub.obj).is_some_and(|child| child.decl.table == entry.table);
                over && entry.pair(link.child).is_some_and(|pair| pair.old == Was::Value(Value::from(*id)))
            })
        };
        names.iter().any(hangs_on)
    };
    let mut rest: Vec<UndoEntry> =
        all.into_iter().filter(|entry| entry.kind.removed() && entry.item == root.item).collect();
    let mut found = Vec::new();
    loop {
        let (children, others): (Vec<UndoEntry>, Vec<UndoEntry>) =
            rest.into_iter().partition(|entry| mine(entry, &names));
        if children.is_empty() {
            break;
        }
        names.extend(children.iter().map(|entry| (entry.table.clone(), entry.row)));
        found.extend(children);
        rest = others;
    }
    found.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    Ok(found)
}
