//! Which table a column names rows of: by a declaration, by a declared join, by a declared sub-object seen from the child,
//! or by the column's name. And the column whose text people know such a row by.

use super::Registry;
use crate::design::{Column, Kind};
use crate::object::{ObjectDef, Rights};

/// Short names that tables go by in other tables' fields.
const SHORT: &[(&str, &str)] =
    &[("emp", "Employee"), ("pic", "Attachment"), ("att", "Attachment"), ("thumb", "Attachment")];
/// Columns that people know a row by, the best first.
const NAMES: &[&str] = &["name", "title", "uname", "orgName", "code", "dscr", "content"];
const FILES: &[&str] = &["pic", "att", "thumb", "audio", "video"];

impl Registry {
    /// The table whose rows a column of an object names.
    pub fn target_table(&self, def: &ObjectDef, column: &Column) -> Option<String> {
        if column.kind != Kind::Int {
            return None;
        }
        let name = column.name.as_str();
        let declared = def.decl.references.iter().find(|(column, _)| *column == name);
        declared
            .map(|(_, table)| (*table).to_owned())
            .or_else(|| joined_table(def, name))
            .or_else(|| self.parent_table(def, name))
            .or_else(|| self.named_table(name))
    }

    /// Some object has rows of this one as its children by this field.
    fn parent_table(&self, def: &ObjectDef, field: &str) -> Option<String> {
        self.objects().find_map(|parent| {
            let mut links = parent.links.iter();
            let linked = links.any(|link| {
                let child = self.object(link.sub.obj);
                link.parent == "id"
                    && link.child == field
                    && child.is_some_and(|c| c.decl.table == def.decl.table)
            });
            linked.then(|| parent.decl.table.to_owned())
        })
    }

    /// `userId` → User, `picId2` → Attachment.
    fn named_table(&self, field: &str) -> Option<String> {
        let stem = stem(field)?;
        let short = SHORT.iter().find(|(short, _)| *short == stem).map(|(_, table)| *table);
        let mut tables = self.catalogue.tables().iter().map(|table| table.name.as_str());
        let found = tables.find(|table| table.eq_ignore_ascii_case(short.unwrap_or(stem)));
        found.map(str::to_owned)
    }

    /// Numbers of uploaded files, by their names: `picId`, `thumbId2`, `orgPicId`.
    pub fn is_attachment(&self, column: &Column) -> bool {
        let Some(stem) = stem(column.name.as_str()).filter(|_| column.kind == Kind::Int) else {
            return false;
        };
        let stem = stem.to_ascii_lowercase();
        FILES.iter().any(|file| stem.ends_with(file)) && self.catalogue.table("Attachment").is_some()
    }
}

/// The field whose text stands for a whole row.
pub fn label_field(def: &ObjectDef, rights: &Rights) -> Option<&'static str> {
    let table = def.table.as_ref()?;
    let text = |name: &&&str| {
        let column = table.column(name).filter(|column| column.kind.is_text());
        column.is_some() && !rights.hidden.contains(**name)
    };
    NAMES.iter().find(text).copied()
}

fn joined_table(def: &ObjectDef, by: &str) -> Option<String> {
    let join = def.joins.iter().find(|join| join.by == by && join.key.as_str() == "id")?;
    Some(join.table.name.to_string())
}

/// `picId2` → `pic`
fn stem(field: &str) -> Option<&str> {
    let stem = field.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').strip_suffix("Id")?;
    (!stem.is_empty()).then_some(stem)
}
