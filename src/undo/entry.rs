//! One entry of ObjLog, read back: what happened to which row, and each of its fields before and after.

use crate::audit::Seal;
use crate::db::Tx;
use crate::design::{Column, Kind as ColumnKind};
use crate::object::ObjectDef;
use crate::registry::Registry;
use crate::write::change_log::UNRECORDED;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    Added,
    Changed,
    Removed,
    /// Removed with another row by that row's rule, without rules of its own.
    RemovedAlong,
    /// Brought back the same way.
    AddedAlong,
}

impl EntryKind {
    pub fn removed(self) -> bool {
        matches!(self, EntryKind::Removed | EntryKind::RemovedAlong)
    }

    pub fn added(self) -> bool {
        matches!(self, EntryKind::Added | EntryKind::AddedAlong)
    }

    pub fn along(self) -> bool {
        matches!(self, EntryKind::RemovedAlong | EntryKind::AddedAlong)
    }
}

/// A value as the log has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Was {
    Value(Value),
    /// The log never had it.
    Secret,
    /// The log has only its beginning, and a code of the whole.
    Cut(String),
}

#[derive(Debug, Clone)]
pub struct Pair {
    pub field: String,
    pub old: Was,
    pub new: Was,
}

#[derive(Debug, Clone)]
pub struct UndoEntry {
    pub id: i64,
    pub table: String,
    pub row: i64,
    pub kind: EntryKind,
    pub pairs: Vec<Pair>,
    pub call: i64,
    pub item: Option<i64>,
}

/// What a row of ObjLog says.
pub enum Read {
    Entries(Vec<UndoEntry>),
    /// Nothing was changed by it, or other rows of the log tell the same.
    Nothing,
    /// So much was changed at once that the log has no entry for each row.
    Unrecorded,
}

/// Columns that `UndoEntry::read` needs.
pub const COLUMNS: &str = "id, obj, objId, dscr, apiLogId, apiLog1Id, changes";

impl UndoEntry {
    pub fn read(registry: &Registry, row: &Map<String, Value>) -> Read {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| row.get(name).and_then(Value::as_i64);
        let table = text("obj").to_owned();
        let changes: Map<String, Value> = serde_json::from_str(text("changes")).unwrap_or_default();
        let entry = |row: i64, kind: EntryKind, pairs: Vec<Pair>| UndoEntry {
            id: number("id").unwrap_or_default(),
            table: table.clone(),
            row,
            kind,
            pairs,
            call: number("apiLogId").unwrap_or_default(),
            item: number("apiLog1Id"),
        };
        let def = def_of(registry, &table);
        let kind = match text("dscr") {
            "添加" | "恢复" => EntryKind::Added,
            "更新" => EntryKind::Changed,
            "删除" => EntryKind::Removed,
            "随同删除" if changes.contains_key(UNRECORDED) => return Read::Unrecorded,
            "随同删除" => EntryKind::RemovedAlong,
            "随同恢复" => EntryKind::AddedAlong,
            "批量添加" => {
                let ids = changes.get("id").and_then(|pair| pair[1].as_str()).map(ids).unwrap_or_default();
                return Read::Entries(
                    ids.into_iter().map(|id| entry(id, EntryKind::Added, Vec::new())).collect(),
                );
            }
            "条件更新" | "条件删除" if changes.contains_key(UNRECORDED) => return Read::Unrecorded,
            _ => return Read::Nothing,
        };
        let Some(id) = number("objId") else { return Read::Nothing };
        let mut pairs: Vec<Pair> = changes.iter().map(|(name, pair)| Pair::read(def, name, pair)).collect();
        // A row that is only marked as deleted keeps all its fields.
        if let (EntryKind::Removed, Some(flag)) = (kind, def.and_then(|def| def.decl.soft_delete)) {
            let old = pairs.into_iter().find(|pair| pair.field == flag).map(|pair| pair.old);
            let old = old.unwrap_or(Was::Value(Value::from(0)));
            pairs = vec![Pair { field: flag.to_owned(), old, new: Was::Value(Value::from(1)) }];
            return Read::Entries(vec![entry(id, EntryKind::Changed, pairs)]);
        }
        pairs.retain(|pair| pair.field != "id");
        Read::Entries(vec![entry(id, kind, pairs)])
    }

    pub fn pair(&self, field: &str) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.field == field)
    }
}

impl Pair {
    fn read(def: Option<&ObjectDef>, field: &str, pair: &Value) -> Pair {
        let guarded = def.is_some_and(|def| def.guarded.contains(field));
        let was = |value: &Value| match value {
            Value::String(text) if guarded && text == "?" => Was::Secret,
            Value::Object(map) if map.len() == 3 && map.contains_key("cut") && map.contains_key("chars") => {
                Was::Cut(map.get("hash").and_then(Value::as_str).unwrap_or_default().to_owned())
            }
            value => Was::Value(value.clone()),
        };
        Pair { field: field.to_owned(), old: was(&pair[0]), new: was(&pair[1]) }
    }
}

/// The object that a table of the log is told by: that of its name, or the first one over it.
pub fn def_of<'a>(registry: &'a Registry, table: &str) -> Option<&'a ObjectDef> {
    let named = registry.object(table).filter(|def| def.decl.table == table);
    named.or_else(|| registry.objects().find(|def| def.decl.table == table && def.decl.logged))
}

/// Ids an import may have made; more are not undone anyway.
const IDS_MAX: usize = 1_000_000;

/// `5-7,9`
fn ids(text: &str) -> Vec<i64> {
    let mut out = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            out.extend((from..=to).take(IDS_MAX - out.len().min(IDS_MAX)));
        }
    }
    out
}

/// Whether a stored value is what the log says. Writes log what was sent: `""` and `null` empty a field, `empty` makes
/// it an empty text.
pub fn same(tx: &Tx<'_>, secret_ids: bool, column: &Column, logged: &Was, stored: &Value) -> bool {
    let logged = match logged {
        Was::Secret => return true,
        Was::Cut(hash) => return is_cut_of(tx.env().audit_keys.current(), hash, stored),
        Was::Value(value) => value,
    };
    let blank = stored.is_null() || stored.as_str() == Some("");
    match logged.as_str() {
        Some("") => return blank,
        Some("null") if stored.is_null() => return true,
        Some("empty") if stored.as_str() == Some("") => return true,
        _ if logged == stored => return true,
        _ => {}
    }
    let dates = |text: &str| tx.env().parse_date(text);
    let shown = shown_id(tx, secret_ids, column, logged);
    let (logged, stored) = (column.check(&shown, &dates), column.check(stored, &dates));
    matches!((logged, stored), (Ok(logged), Ok(stored)) if logged == stored)
}

fn is_cut_of(seal: &Seal, hash: &str, stored: &Value) -> bool {
    let text = if let Value::String(text) = stored { text.clone() } else { stored.to_string() };
    seal.short("value", text.as_bytes()) == hash
}

/// A value before a change as the table holds it; None where the log does not have it.
pub fn stored(tx: &Tx<'_>, secret_ids: bool, column: &Column, old: &Was) -> Option<Value> {
    match old {
        Was::Value(value) => Some(shown_id(tx, secret_ids, column, value)),
        Was::Secret | Was::Cut(_) => None,
    }
}

/// Ids that callers see disguised are so in the log.
fn shown_id(tx: &Tx<'_>, secret_ids: bool, column: &Column, value: &Value) -> Value {
    let text = value.as_str().filter(|_| secret_ids && column.kind == ColumnKind::Id);
    text.and_then(|text| tx.env().cipher.decrypt(text)).map_or_else(|| value.clone(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ids() {
        assert_eq!(ids("5-7,9"), [5, 6, 7, 9]);
        assert_eq!(ids(""), [] as [i64; 0]);
        assert_eq!(ids("1-9223372036854775807").len(), IDS_MAX);
    }
}
