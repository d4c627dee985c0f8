//! Entries of the log taken back, one by one, by ordinary writes of the caller: what has changed since is a conflict, what
//! the log does not have or the caller may not write is left and said.

use super::entry::{EntryKind, Pair, UndoEntry, Was, def_of, same, stored};
use super::order::ordered;
use super::report::{NotRestored, Report};
use super::rights::Family;
use super::{log, past};
use crate::auth::Caller;
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::db::Tx;
use crate::design::{Column, Table};
use crate::error::{Error, Result};
use crate::jobs::progress::LongJob;
use crate::object::{ObjectDef, WriteFields, WriteKind};
use crate::write::add::{self, How};
use crate::write::{del, set, validate};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// What is to be taken back.
pub struct Undoing {
    /// The newest first.
    pub entries: Vec<UndoEntry>,
    /// The caller has made these changes.
    pub own: bool,
    /// Fields that have changed since are changed all the same: an old version is what the caller wants.
    pub over_later: bool,
}

/// Takes all of it back, or says why not. The report tells of every row; a conflict or a refusal is for the caller of
/// this to turn into an error.
pub fn apply(tx: &mut Tx<'_>, undo: Undoing, job: Option<&LongJob>) -> Result<Report> {
    let caller = tx.caller();
    let entries = ordered(&tx.env().registry, undo.entries);
    let mut work = Work {
        caller: &caller,
        family: Family::of(&entries, undo.own),
        over_later: undo.over_later,
        left: HashSet::new(),
        report: Report::default(),
    };
    for entry in &entries {
        work.step(tx, entry).map_err(|error| named(error, entry))?;
        if let Some(job) = job {
            job.advance(1);
        }
    }
    Ok(work.report)
}

struct Work<'w> {
    caller: &'w Caller,
    family: Family<'w>,
    over_later: bool,
    /// Fields that were not put back: table, row, field. Older entries find them as they are.
    left: HashSet<(String, i64, String)>,
    report: Report,
}

impl Work<'_> {
    fn step(&mut self, tx: &mut Tx<'_>, entry: &UndoEntry) -> Result<()> {
        let registry = &tx.env().registry;
        let def = def_of(registry, &entry.table);
        let Some((def, table)) = def.and_then(|def| Some((def, def.table.clone()?))) else {
            return Err(Error::forbidden(format!("there is no object over `{}` any more", entry.table)));
        };
        // Nothing of the row itself: its children have entries of their own.
        if entry.kind == EntryKind::Changed && entry.pairs.is_empty() {
            return Ok(());
        }
        let caller = self.caller.clone();
        let right = self.family.right(tx, registry, &caller, entry)?;
        match entry.kind {
            EntryKind::Added | EntryKind::AddedAlong => self.take_away(tx, &right, def, &table, entry),
            EntryKind::Changed => self.change_back(tx, &right, def, &table, entry),
            EntryKind::Removed | EntryKind::RemovedAlong => self.bring_back(tx, &right, def, &table, entry),
        }
    }

    /// A row that was added goes again, if it is as it was made.
    fn take_away(
        &mut self,
        tx: &mut Tx<'_>,
        right: &Authorized<'_>,
        def: &ObjectDef,
        table: &Table,
        entry: &UndoEntry,
    ) -> Result<()> {
        let Some(now) = past::current(tx, table, entry.row)? else {
            // A parent that was taken away may have taken it along.
            if !self.family.went_with_parent(tx, entry)? {
                self.report.conflict(right, entry, None);
            }
            return Ok(());
        };
        let secret = def.decl.secret_ids;
        // As it was made, by its own entry and by what later ones found.
        let mut made: Vec<(&str, &Was)> =
            entry.pairs.iter().map(|pair| (pair.field.as_str(), &pair.new)).collect();
        let later = log::later(tx, entry)?;
        for pair in
            later.iter().filter(|later| later.kind == EntryKind::Changed).flat_map(|later| &later.pairs)
        {
            if !made.iter().any(|(field, _)| *field == pair.field) {
                made.push((&pair.field, &pair.old));
            }
        }
        let mut changed = false;
        for (field, was) in made {
            let Some(column) = table.column(field) else { continue };
            let value = now.get(field).unwrap_or(&Value::Null);
            if !self.is_left(entry, field) && !same(tx, secret, column, was, value) {
                self.report.conflict(right, entry, Some((field, was, value)));
                changed = true;
            }
        }
        if !changed {
            match entry.kind.along() {
                true => tx.del_along(right.def().name(), &[("id", entry.row.into())]).map(|_| ())?,
                false => del::row(tx, right, entry.row, Cond::none())?,
            }
            self.report.row(
                right,
                entry,
                now.iter().map(|(name, value)| (name.as_str(), value.clone(), Value::Null)),
            );
        }
        Ok(())
    }

    /// Fields get their values of before, if they are what the change has made of them.
    fn change_back(
        &mut self,
        tx: &mut Tx<'_>,
        right: &Authorized<'_>,
        def: &ObjectDef,
        table: &Table,
        entry: &UndoEntry,
    ) -> Result<()> {
        let Some(now) = past::current(tx, table, entry.row)? else {
            self.report.conflict(right, entry, None);
            return Ok(());
        };
        let secret = def.decl.secret_ids;
        let (mut exact, mut changed) = (Map::new(), false);
        for pair in &entry.pairs {
            let field = pair.field.as_str();
            let Some(column) = table.column(field) else {
                self.leave(right, entry, field, "column");
                continue;
            };
            let value = now.get(field).unwrap_or(&Value::Null);
            if self.is_left(entry, field) {
                continue;
            }
            if !self.over_later && !same(tx, secret, column, &pair.new, value) {
                self.report.conflict(right, entry, Some((field, &pair.new, value)));
                changed = true;
                continue;
            }
            let Some(old) = self.old_value(tx, right, entry, secret, (column, pair)) else { continue };
            let rights = right.rights();
            let closed = rights.readonly.contains(field)
                || rights.readonly2.contains(field)
                || rights.hidden.contains(field)
                || validate::gives_away(right, field, &old);
            if old == *value {
                continue;
            }
            match closed {
                true => self.leave(right, entry, field, "readonly"),
                false => {
                    exact.insert(field.to_owned(), old);
                }
            }
        }
        if changed || exact.is_empty() {
            return Ok(());
        }
        self.without_lost_files(tx, right, entry, &mut exact, &now);
        let sent = exact.iter().map(|(name, value)| (name.clone(), set::as_sent(value))).collect();
        let fields = WriteFields::resolve(right.def(), WriteKind::Set, sent)?;
        let how = How { exact: Some(exact.clone()), ..How::default() };
        set::row(tx, right, entry.row, Cond::none(), fields, &how)?;
        let after = past::current(tx, table, entry.row)?.unwrap_or_default();
        for (field, value) in &exact {
            // A rule of the object had the last word.
            if after.get(field) != Some(value) {
                self.leave(right, entry, field, "rule");
            }
        }
        let pairs = exact
            .iter()
            .map(|(name, value)| (name.as_str(), now.get(name).cloned().unwrap_or_default(), value.clone()));
        self.report.row(right, entry, pairs);
        Ok(())
    }

    /// A row that was removed comes back as it was, under its id.
    fn bring_back(
        &mut self,
        tx: &mut Tx<'_>,
        right: &Authorized<'_>,
        def: &ObjectDef,
        table: &Table,
        entry: &UndoEntry,
    ) -> Result<()> {
        if def.decl.gone_for_good {
            return Err(Error::forbidden(format!("a deleted `{}` does not come back", def.name()))
                .say("该类数据删除后不可恢复", "what is deleted of this kind does not come back"));
        }
        if past::current(tx, table, entry.row)?.is_some() {
            self.report.conflict(right, entry, None);
            return Ok(());
        }
        let secret = def.decl.secret_ids;
        let mut row = Map::new();
        for pair in &entry.pairs {
            let Some(column) = table.column(&pair.field) else {
                self.leave(right, entry, &pair.field, "column");
                continue;
            };
            if let Some(value) = self.old_value(tx, right, entry, secret, (column, pair)) {
                row.insert(pair.field.clone(), value);
            }
        }
        // A password never stood in the log at all.
        for column in table.columns.iter().map(|column| column.name.as_str()) {
            if crate::object::is_password(def, column) || column == "pwd" {
                self.leave(right, entry, column, "secret");
            }
        }
        self.without_lost_files(tx, right, entry, &mut row, &Map::new());
        add::again(tx, right, entry.row, &row, entry.kind.along())?;
        self.report.row(
            right,
            entry,
            row.iter().map(|(name, value)| (name.as_str(), Value::Null, value.clone())),
        );
        Ok(())
    }

    /// What a field was, or why the log does not have it.
    fn old_value(
        &mut self,
        tx: &Tx<'_>,
        right: &Authorized<'_>,
        entry: &UndoEntry,
        secret_ids: bool,
        (column, pair): (&Column, &Pair),
    ) -> Option<Value> {
        let value = stored(tx, secret_ids, column, &pair.old);
        if value.is_none() {
            let why = if pair.old == Was::Secret { "secret" } else { "cut" };
            self.leave(right, entry, &pair.field, why);
        }
        value
    }

    /// Files that were let go since, or are not the caller's to use, do not come back.
    fn without_lost_files(
        &mut self,
        tx: &mut Tx<'_>,
        right: &Authorized<'_>,
        entry: &UndoEntry,
        fields: &mut Map<String, Value>,
        now: &Map<String, Value>,
    ) {
        let registry = &tx.env().registry;
        let Some(rules) = registry.file_rules() else { return };
        let mut lost = Vec::new();
        for owner in registry.file_owners().filter(|owner| owner.table == entry.table) {
            let file = fields.get(owner.column).and_then(Value::as_i64).filter(|file| *file != 0);
            let Some(file) = file.filter(|file| now.get(owner.column).and_then(Value::as_i64) != Some(*file))
            else {
                continue;
            };
            if (rules.used)(tx, &[file]).is_err() {
                lost.push(owner.column);
            }
        }
        for column in lost {
            fields.remove(column);
            self.leave(right, entry, column, "file");
        }
    }

    fn is_left(&self, entry: &UndoEntry, field: &str) -> bool {
        !self.left.is_empty() && self.left.contains(&(entry.table.clone(), entry.row, field.to_owned()))
    }

    fn leave(&mut self, right: &Authorized<'_>, entry: &UndoEntry, field: &str, why: &'static str) {
        if self.left.insert((entry.table.clone(), entry.row, field.to_owned())) {
            self.report.leave(right, NotRestored { entry, field, why });
        }
    }
}

/// A refusal with the row that it is about.
fn named(error: Error, entry: &UndoEntry) -> Error {
    let detail = error.detail.as_deref().unwrap_or_default().to_owned();
    let (zh, en) = (error.text.zh.clone(), error.text.en.clone());
    let (table, id) = (&entry.table, entry.row);
    let told = Error::new(error.code, detail).say(
        format!("不能撤销，{table} id={id}: {zh}"),
        format!("cannot be undone at {table} id={id}: {en}"),
    );
    match error.source {
        Some(source) => told.because(source),
        None => told,
    }
}
