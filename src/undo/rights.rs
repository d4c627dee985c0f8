//! By which right a step of an undo is taken: the caller's own on an object over the table, or, for rows that came or went
//! with another one in the same call, the word of that row's declaration.

use super::entry::{EntryKind, UndoEntry};
use super::past;
use crate::auth::Caller;
use crate::authorize::{Authorized, admit, by_declaration, of_child, of_role};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ADD, DEL, Link, ObjectDef, SET};
use crate::read::target_row;
use crate::registry::Registry;
use serde_json::Value;
use std::collections::HashMap;

/// Which standard action takes a change back.
pub fn action_of(kind: EntryKind, own: bool) -> u16 {
    match kind {
        EntryKind::Added | EntryKind::AddedAlong => DEL,
        EntryKind::Changed => SET,
        // Who has removed a row may take that back; to bring back what another one has removed is to add it.
        EntryKind::Removed | EntryKind::RemovedAlong if own => DEL,
        EntryKind::Removed | EntryKind::RemovedAlong => ADD,
    }
}

/// The caller's own right.
pub fn own<'a>(
    registry: &'a Registry,
    caller: &'a Caller,
    table: &str,
    row: i64,
    action: u16,
) -> Result<Authorized<'a>> {
    let mut refused = None;
    let over = |def: &&ObjectDef| def.decl.table == table && (!def.decl.test_only || caller.test_mode());
    let mut defs: Vec<&ObjectDef> = registry.objects().filter(over).collect();
    defs.sort_by_key(|def| def.name() != table);
    for def in defs {
        match of_role(def, caller, action).and_then(|right| target_row::over(right, row)) {
            Ok(right) if of_the_author(registry, def, caller, action) => {
                refused.get_or_insert_with(|| right.refused());
            }
            Ok(right) => return Ok(right),
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    Err(refused.unwrap_or_else(|| Error::forbidden(format!("no object is open over `{table}`"))))
}

/// Whether an action of the author's own stands in the place of the standard one for this caller: its rules are not known
/// here, so they cannot be kept.
fn of_the_author(registry: &Registry, def: &ObjectDef, caller: &Caller, action: u16) -> bool {
    let name = crate::object::STANDARD.iter().find(|(_, bit)| *bit == action).map(|(name, _)| *name);
    let own = name.and_then(|name| registry.action(def, name));
    own.is_some_and(|own| admit(caller, Some(def), own).is_ok())
}

/// The rows of an undo that stand for others: found by table and id.
pub struct Family<'e> {
    steps: HashMap<(&'e str, i64), Vec<&'e UndoEntry>>,
    own: bool,
}

/// Parents of parents of parents…
const LEVELS_MAX: u8 = 8;

impl<'e> Family<'e> {
    pub fn of(entries: &'e [UndoEntry], own: bool) -> Family<'e> {
        let mut steps: HashMap<(&str, i64), Vec<&UndoEntry>> = HashMap::new();
        for entry in entries {
            steps.entry((&entry.table, entry.row)).or_default().push(entry);
        }
        Family { steps, own }
    }

    /// The right to take back an entry.
    pub fn right<'a>(
        &self,
        tx: &mut Tx<'_>,
        registry: &'a Registry,
        caller: &'a Caller,
        entry: &UndoEntry,
    ) -> Result<Authorized<'a>> {
        self.right_at(tx, (registry, caller), entry, 0)
    }

    fn right_at<'a>(
        &self,
        tx: &mut Tx<'_>,
        (registry, caller): (&'a Registry, &'a Caller),
        entry: &UndoEntry,
        level: u8,
    ) -> Result<Authorized<'a>> {
        let action = action_of(entry.kind, self.own);
        let refused = match own(registry, caller, &entry.table, entry.row, action) {
            // What came or went along has no rules of its own; its parent must be among the rows, too.
            Ok(right) if !entry.kind.along() => return Ok(right),
            Ok(right) => right.refused(),
            Err(refused) => refused,
        };
        if level >= LEVELS_MAX {
            return Err(refused);
        }
        for (parent, link) in self.parents(tx, registry, entry)? {
            let with_it = parent.kind.removed() == entry.kind.removed() && parent.kind != EntryKind::Changed;
            let child = registry.object(link.sub.obj);
            if (with_it || link.sub.writable)
                && let Some(child) = child
                && self.right_at(tx, (registry, caller), parent, level + 1).is_ok()
            {
                return match caller.narrowing {
                    None => by_declaration(child, caller, action),
                    Some(_) => of_child(link, child, caller, action),
                };
            }
        }
        Err(refused)
    }

    /// Whether a row went with its parent: the parent's entry is of the same kind.
    pub fn went_with_parent(&self, tx: &mut Tx<'_>, entry: &UndoEntry) -> Result<bool> {
        let registry = &tx.env().registry;
        Ok(self
            .parents(tx, registry, entry)?
            .iter()
            .any(|(parent, _)| parent.kind.added() && entry.kind.added()))
    }

    /// The rows of the same undo that a row is a child of, and how.
    fn parents<'a>(
        &self,
        tx: &mut Tx<'_>,
        registry: &'a Registry,
        entry: &UndoEntry,
    ) -> Result<Vec<(&'e UndoEntry, &'a Link)>> {
        let mut found = Vec::new();
        let mut row = None;
        for def in registry.objects() {
            for link in def.links.iter().filter(|link| link.parent == "id") {
                let child = registry.object(link.sub.obj).filter(|child| child.decl.table == entry.table);
                let Some(table) = child.and_then(|child| child.table.clone()) else { continue };
                let id = match entry.pair(link.child) {
                    Some(pair) => [&pair.old, &pair.new].into_iter().find_map(number),
                    None => {
                        if row.is_none() {
                            row = Some(past::current(tx, &table, entry.row)?.unwrap_or_default());
                        }
                        row.as_ref().and_then(|row| row.get(link.child)).and_then(Value::as_i64)
                    }
                };
                let steps = id.and_then(|id| self.steps.get(&(def.decl.table, id)));
                found.extend(steps.into_iter().flatten().map(|parent| (*parent, link)));
            }
        }
        Ok(found)
    }
}

fn number(was: &super::entry::Was) -> Option<i64> {
    match was {
        super::entry::Was::Value(value) => value.as_i64().or_else(|| value.as_str()?.parse().ok()),
        _ => None,
    }
}
