//! `preview`: what an import would do. Which column goes where, what is missing, what the caller has to choose, which
//! rows are faulty.

use super::labels::label;
use super::references::{References, Unsettled};
use super::source::ImportSource;
use super::{Import, report::RowReport};
use crate::auth::Lang;
use crate::authorize::Authorized;
use crate::object::{ObjectDef, required_field};
use serde_json::{Map, Value, json};

/// Cells of a column that are shown.
const SAMPLES: usize = 3;
/// Texts that have to be chosen for, as far as they are listed.
const UNSETTLED: usize = 200;

/// Where the columns go.
pub fn columns(authorized: &Authorized<'_>, import: &Import) -> Map<String, Value> {
    let (def, lang) = (authorized.def(), authorized.caller().lang);
    let mut out = Map::new();
    out.insert("total".into(), import.total().into());
    let all =
        import.rows.header.iter().enumerate().map(|(at, heading)| column(def, lang, import, at, heading));
    let all: Vec<Value> = match import.source {
        ImportSource::Table(_) => all.map(Value::Object).collect(),
        ImportSource::List(_) => Vec::new(),
    };
    out.insert("columns".into(), all.into());
    out.insert("missing".into(), missing(authorized, import).into());
    out
}

fn column(def: &ObjectDef, lang: Lang, import: &Import, at: usize, heading: &str) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("at".into(), at.into());
    out.insert("heading".into(), heading.trim().into());
    out.insert("samples".into(), import.rows.samples(&import.source, at, SAMPLES).into());
    let used = import.rows.columns.used.iter().find(|column| column.at == at);
    out.insert("field".into(), used.map(|column| column.target.name().into_owned()).into());
    if let Some(column) = used {
        out.insert("label".into(), label(def, &column.target.name(), lang).into());
        if let Some(by) = &column.by {
            out.insert("by".into(), by.as_str().into());
        }
    }
    if let Some((_, why)) = import.rows.columns.left.iter().find(|(left, _)| *left == at) {
        out.insert("why".into(), why.word().into());
    }
    out
}

/// Required fields that no column brings. What only changes existing rows needs none.
fn missing(authorized: &Authorized<'_>, import: &Import) -> Vec<Value> {
    if !matches!(import.source, ImportSource::Table(_))
        || import.how.uni_key.as_ref().is_some_and(|key| key.update_only)
    {
        return Vec::new();
    }
    let (def, lang) = (authorized.def(), authorized.caller().lang);
    let used: Vec<_> = import.rows.columns.used.iter().map(|column| column.target.name()).collect();
    let brought =
        |entry: &str| entry.split('|').any(|spec| used.iter().any(|name| name == required_field(spec)));
    let lacking = authorized.rights().required.iter().filter(|entry| !brought(entry));
    lacking
        .map(|entry| {
            let names: Vec<&str> = entry.split('|').map(required_field).collect();
            let labels: Vec<String> = names.iter().map(|name| label(def, name, lang)).collect();
            json!({"field": names.join("|"), "label": labels.join(if lang == Lang::En { " or " } else { "或" })})
        })
        .collect()
}

/// What became of the rows, which were tried and undone.
pub fn rows(
    authorized: &Authorized<'_>,
    import: &Import,
    good: usize,
    report: RowReport<'_>,
) -> Map<String, Value> {
    let mut out = columns(authorized, import);
    out.insert("cnt".into(), good.into());
    out.insert("faultCnt".into(), report.count().into());
    out.insert("faults".into(), report.end().0.into());
    out.insert(
        "choices".into(),
        choices(authorized.def(), authorized.caller().lang, &import.references).into(),
    );
    out
}

fn choices(def: &ObjectDef, lang: Lang, references: &References) -> Vec<Value> {
    let one = |unsettled: Unsettled<'_>| {
        let candidates = unsettled.candidates.iter().map(|row| json!({"id": row.id, "text": row.text}));
        json!({
            "field": unsettled.place, "label": label(def, &unsettled.place, lang), "text": unsettled.text,
            "candidates": candidates.collect::<Vec<_>>(),
        })
    };
    references.unsettled().into_iter().take(UNSETTLED).map(one).collect()
}
