//! The rows of an import as they were understood, for the record and the archive: values by the names of the fields they went into, with
//! `?` where a field is a secret. Names decide after they were resolved, so no header or title hides a password.

use super::columns::ColumnTarget;
use super::naming::Naming;
use super::rows::Rows;
use super::source::{self, ImportSource};
use crate::api::Args;
use crate::audit::RecordedText;
use crate::object::{ObjectDef, names};
use crate::redact::{self, MASKED};
use crate::services::Services;
use serde_json::{Map, Value};

/// Whether a field of an object holds what no record may show.
pub fn is_secret(def: &ObjectDef, name: &str) -> bool {
    let name = name.trim();
    let name = name.strip_prefix("t0.").unwrap_or(name);
    let listed = |list: &'static str| names(list).any(|one| one.eq_ignore_ascii_case(name));
    // A parameter `code` is one that was sent to a phone; a column of that name is a number of goods or shops.
    (redact::names_secret(name) && !name.eq_ignore_ascii_case("code"))
        || listed(def.decl.passwords)
        || listed(def.decl.hidden)
        || redact::is_secret_column(name)
        // No field of ours, but in a sheet of passwords.
        || (!def.fields.contains_key(name) && redact::speaks_of_a_password(name))
        || def.table.as_ref().is_some_and(|table| table.is_secret(name))
}

/// Whether a heading names a secret field, or is the label of one.
pub fn is_secret_heading(def: &ObjectDef, heading: &str) -> bool {
    let heading = heading.trim();
    let labelled = def.table.as_ref().and_then(|table| {
        let fits = |label: &str| label.split('|').any(|one| one.trim().eq_ignore_ascii_case(heading));
        table.columns.iter().find(|column| column.label.as_deref().is_some_and(fits))
    });
    is_secret(def, heading) || labelled.is_some_and(|column| is_secret(def, column.name.as_str()))
}

/// Whether a column of a table goes to a secret field.
pub fn is_secret_target(env: &Services, def: &ObjectDef, target: &ColumnTarget) -> bool {
    match target {
        ColumnTarget::Field(name) => is_secret(def, name),
        ColumnTarget::Child { sub, field } => {
            let child = def.sub(sub).and_then(|link| env.registry.object(link.sub.obj));
            redact::names_secret(field) || child.is_none_or(|child| is_secret(child, field))
        }
    }
}

/// An object of a list without its secrets.
pub fn masked(env: &Services, def: &ObjectDef, object: &Map<String, Value>) -> Map<String, Value> {
    let one = |(name, value): (&String, &Value)| {
        let empty = value.is_null() || value.as_str() == Some("");
        let value = match (is_secret(def, name), def.sub(name.trim())) {
            (true, _) if !empty => Value::from(MASKED),
            (_, Some(link)) => children(env, link.sub.obj, value),
            _ => redact::mask(value, &redact::is_secret),
        };
        (name.clone(), value)
    };
    object.iter().map(one).collect()
}

fn children(env: &Services, obj: &str, value: &Value) -> Value {
    let Some(def) = env.registry.object(obj) else { return Value::from(MASKED) };
    match value {
        Value::Array(list) => list.iter().map(|item| children(env, obj, item)).collect(),
        Value::Object(map) => Value::Object(masked(env, def, map)),
        other => redact::mask(other, &redact::is_secret),
    }
}

/// As much of the data is looked at for the record.
const LOOKED_AT: usize = 16 << 10;
/// Objects of a list that are shown.
const OBJECTS: usize = 20;

/// What the record of a call shows of an import's body in place of it.
pub fn for_record(env: &Services, def: &ObjectDef, args: &Args) -> RecordedText {
    if let Some(list) = args.post.get("list") {
        return of_list(env, def, list, 0);
    }
    let raw = &args.body.raw;
    if raw.is_empty() {
        return RecordedText { text: "(not understood)".into(), size: 0 };
    }
    let size = raw.len();
    let not_understood = RecordedText { text: "(not understood)".into(), size };
    if args.body.content_type.to_ascii_lowercase().contains("/json") {
        return match source::read(args) {
            Ok(ImportSource::List(list)) if size <= LOOKED_AT * 16 => of_objects(env, def, list.iter(), size),
            _ => RecordedText { text: "(a list)".into(), size },
        };
    }
    let Ok(ImportSource::Table(table)) = source::head(args, LOOKED_AT) else { return not_understood };
    let source = ImportSource::Table(table);
    let name2id = args.text("name2id").ok().flatten().unwrap_or_default();
    match Rows::plan(&Naming::of_record(env, def, &name2id), args, &source, None) {
        Ok(rows) => {
            let mut text = Vec::new();
            let _ = rows.write_seen(&source, &mut text);
            RecordedText { text: String::from_utf8_lossy(&text).trim_end().to_owned(), size }
        }
        Err(_) => not_understood,
    }
}

fn of_list(env: &Services, def: &ObjectDef, list: &Value, size: usize) -> RecordedText {
    match list {
        Value::Array(items) => of_objects(env, def, items.iter().filter_map(Value::as_object), size),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(list @ Value::Array(_)) => of_list(env, def, &list, text.len()),
            _ => RecordedText { text: "(not understood)".into(), size: text.len() },
        },
        _ => RecordedText { text: "(not understood)".into(), size },
    }
}

fn of_objects<'a>(
    env: &Services,
    def: &ObjectDef,
    objects: impl Iterator<Item = &'a Map<String, Value>>,
    size: usize,
) -> RecordedText {
    let (mut list, mut more) = (Vec::new(), 0);
    for object in objects {
        if list.len() < OBJECTS {
            list.push(Value::Object(masked(env, def, object)));
        } else {
            more += 1;
        }
    }
    let mut text = Value::Array(list).to_string();
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    RecordedText { size: size.max(text.len()), text }
}
