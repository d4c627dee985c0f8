//! The order of an undo: backwards, but rows that came or went one after the other go or come with what they name: a child
//! is removed before its parent and comes back after it.

use super::entry::{EntryKind, UndoEntry};
use crate::object::ObjectDef;
use crate::registry::Registry;
use std::collections::HashMap;

/// `entries`: the newest first.
pub fn ordered(registry: &Registry, entries: Vec<UndoEntry>) -> Vec<UndoEntry> {
    let mut out: Vec<UndoEntry> = Vec::with_capacity(entries.len());
    let mut run: Vec<UndoEntry> = Vec::new();
    for entry in entries {
        let goes_on = run.first().is_some_and(|first| class(first.kind) == class(entry.kind));
        if !goes_on {
            out.append(&mut sorted(registry, std::mem::take(&mut run)));
        }
        run.push(entry);
    }
    out.append(&mut sorted(registry, run));
    out
}

fn class(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Added | EntryKind::AddedAlong => 0,
        EntryKind::Changed => 1,
        EntryKind::Removed | EntryKind::RemovedAlong => 2,
    }
}

fn sorted(registry: &Registry, mut run: Vec<UndoEntry>) -> Vec<UndoEntry> {
    let Some(kind) = run.first().map(|first| class(first.kind)).filter(|kind| *kind != 1) else { return run };
    let mut tables: Vec<String> = run.iter().map(|entry| entry.table.clone()).collect();
    tables.sort_unstable();
    tables.dedup();
    if tables.len() > 1 {
        let depths: HashMap<&str, usize> =
            tables.iter().map(|table| (table.as_str(), depth(registry, table, &tables, 0))).collect();
        let of = |entry: &UndoEntry| depths.get(entry.table.as_str()).copied().unwrap_or_default();
        match kind {
            // To be removed: the deepest first.
            0 => run.sort_by_key(|entry| std::cmp::Reverse(of(entry))),
            _ => run.sort_by_key(of),
        }
    }
    run
}

/// Tables above tables; circles end there.
const LEVELS_MAX: usize = 4;

/// How many of these tables stand above a table.
fn depth(registry: &Registry, table: &str, tables: &[String], level: usize) -> usize {
    if level > LEVELS_MAX {
        return level;
    }
    let above = tables.iter().filter(|other| other.as_str() != table && names(registry, table, other));
    above.map(|other| 1 + depth(registry, other, tables, level + 1)).max().unwrap_or_default()
}

/// Whether rows of a table name rows of the other one.
fn names(registry: &Registry, table: &str, other: &str) -> bool {
    let child = |def: &ObjectDef| {
        def.decl.table == table
            && (def.decl.points_to.iter().any(|(_, target, _)| *target == other)
                || def.decl.references.iter().any(|(_, target)| *target == other))
    };
    let parent = |def: &ObjectDef| {
        let over = |object: &str| registry.object(object).is_some_and(|child| child.decl.table == table);
        def.decl.table == other && def.links.iter().any(|link| link.parent == "id" && over(link.sub.obj))
    };
    registry.objects().any(|def| child(def) || parent(def))
}
