//! The report of an undo, done or only tried, as far as the caller may know it.

use super::entry::{EntryKind, UndoEntry, Was};
use crate::authorize::Authorized;
use crate::design::Class;
use crate::error::{Code, Error};
use crate::object::{self, ObjectDef};
use serde_json::{Map, Value, json};

/// Rows and conflicts that are listed each.
const LISTED: usize = 200;

#[derive(Default)]
pub struct Report {
    count: usize,
    rows: Vec<Value>,
    left: Vec<Value>,
    conflicts: Vec<Value>,
}

/// A field that was not put back.
pub struct NotRestored<'e> {
    pub entry: &'e UndoEntry,
    pub field: &'e str,
    /// `readonly`: not the caller's to write; `secret` and `cut`: not in the log; `file`: its file is gone; `rule`: the
    /// object's own rule wrote something else; `column`: there is no such column any more.
    pub why: &'static str,
}

impl Report {
    /// A row that was written: its fields before and after.
    pub fn row<'f>(
        &mut self,
        right: &Authorized<'_>,
        entry: &UndoEntry,
        fields: impl Iterator<Item = (&'f str, Value, Value)>,
    ) {
        self.count += 1;
        if self.rows.len() >= LISTED {
            return;
        }
        let what = match entry.kind {
            EntryKind::Added | EntryKind::AddedAlong => "del",
            EntryKind::Changed => "set",
            EntryKind::Removed | EntryKind::RemovedAlong => "add",
        };
        let shown =
            fields.filter(|(name, before, after)| before != after && *name != "id" && shows(right, name));
        let pairs: Map<String, Value> =
            shown.map(|(name, before, after)| (name.to_owned(), json!([before, after]))).collect();
        self.rows.push(json!({"obj": entry.table, "id": entry.row, "what": what, "fields": pairs}));
    }

    pub fn leave(&mut self, right: &Authorized<'_>, left: NotRestored<'_>) {
        let NotRestored { entry, field, why } = left;
        if self.left.len() < LISTED && (shows(right, field) || is_password(right.def(), field)) {
            self.left.push(json!({"obj": entry.table, "id": entry.row, "field": field, "why": why}));
        }
    }

    /// Something that is no longer as the change has left it: the whole row, or a field of it.
    pub fn conflict(
        &mut self,
        right: &Authorized<'_>,
        entry: &UndoEntry,
        field: Option<(&str, &Was, &Value)>,
    ) {
        if self.conflicts.len() >= LISTED {
            return;
        }
        let mut told = json!({"obj": entry.table, "id": entry.row});
        match field {
            Some((name, was, now)) if shows(right, name) => {
                told["field"] = name.into();
                if let Was::Value(was) = was {
                    told["was"] = was.clone();
                }
                told["now"] = now.clone();
            }
            Some(_) => {}
            None if entry.kind.removed() => told["there"] = true.into(),
            None => told["gone"] = true.into(),
        }
        self.conflicts.push(told);
    }

    /// For people and programs; a refusal if something stands in the way.
    pub fn told(self) -> Result<Value, Error> {
        if let Some(error) = self.problem() {
            return Err(error);
        }
        Ok(json!({"cnt": self.count, "rows": self.rows, "left": self.left}))
    }

    /// What would be, and what stands in the way.
    pub fn foretold(self, lang_en: bool) -> Value {
        let problem = self.problem().map(|error| if lang_en { error.text.en } else { error.text.zh });
        json!({
            "cnt": self.count, "rows": self.rows, "left": self.left, "conflicts": self.conflicts,
            "ok": problem.is_none(), "problem": problem,
        })
    }

    fn problem(&self) -> Option<Error> {
        if !self.conflicts.is_empty() {
            return Some(
                Error::new(Code::CONFLICT, "what is to be undone was changed since")
                    .say(
                        "之后又有修改，不能撤销",
                        "something was changed since: this cannot be undone as it stands",
                    )
                    .with(json!({"conflicts": self.conflicts})),
            );
        }
        if self.count == 0 {
            return Some(
                Error::param("nothing of this can be put back")
                    .say("没有可恢复的内容", "there is nothing of this that can be put back"),
            );
        }
        None
    }
}

fn is_password(def: &ObjectDef, field: &str) -> bool {
    field == "pwd" || object::is_password(def, field)
}

/// Private data is shown where its object is read, and that look is recorded; this is not.
fn shows(right: &Authorized<'_>, field: &str) -> bool {
    let column = right.def().table.as_ref().and_then(|table| table.column(field));
    if right.owner().is_some() || column.is_some_and(|column| column.class == Some(Class::Private)) {
        return false;
    }
    !right.rights().hidden.contains(field) && !right.def().guarded.contains(field)
}
