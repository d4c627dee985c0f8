//! Cells that name rows of other objects: by number, or by any text that the object offers for it (`lookup`, or the column
//! that stands for its rows). Texts are looked for all at once, outside the writer lane, among the rows that the caller
//! may query. Where several rows fit, the caller chooses (`choices`).

use super::columns::ColumnTarget;
use super::labels::RowFault;
use super::lookups::{CANDIDATES, TEXTS, described, rows_of};
use super::source::ImportSource;
use super::{Import, rows::Rows};
use crate::authorize::of_role;
use crate::call::cond::Literal;
use crate::db::Tx;
use crate::error::{Error, Result, Text};
use crate::object::{ObjectDef, QUERY, names};
use crate::registry::label_field;
use crate::services::Services;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

#[derive(Default)]
pub struct References(HashMap<Place, Reference>);

/// A field of the object, or of a child: sub-object and field.
type Place = (Option<String>, String);

struct Reference {
    known: HashMap<String, Found>,
    /// A number that is not found stays one; not where the heading names a field.
    numbers: bool,
}

enum Found {
    One(i64),
    Many(Vec<Candidate>),
    None,
}

/// A row that may be meant.
#[derive(Clone)]
pub struct Candidate {
    pub id: i64,
    pub text: String,
}

/// A text that several rows have.
pub struct Unsettled<'a> {
    pub place: String,
    pub text: &'a str,
    pub candidates: &'a [Candidate],
}

/// Whether rows that a column names can be looked for by a field of theirs.
pub fn offers(env: &Services, def: &ObjectDef, column: &str, by: &str) -> bool {
    let column = def.table.as_ref().and_then(|table| table.column(column));
    let table = column.and_then(|column| env.registry.target_table(def, column));
    let mut objects = env.registry.objects();
    table.is_some_and(|table| objects.any(|def| def.decl.table == table && fields(def).contains(&by)))
}

/// The fields by which rows of an object are looked for.
fn fields(def: &ObjectDef) -> Vec<&'static str> {
    let declared: Vec<&str> = names(def.decl.lookup).collect();
    let text = def.table.as_ref().map(|table| {
        let is_text = |name: &&&str| table.column(name).is_some_and(|column| column.kind.is_text());
        declared.iter().filter(is_text).copied().collect::<Vec<_>>()
    });
    match text {
        Some(text) if !text.is_empty() => text,
        _ if declared.is_empty() => def
            .rights(crate::auth::Role::Admin)
            .and_then(|rights| label_field(def, rights))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

impl References {
    /// Looks for all texts of an import.
    pub fn find(tx: &mut Tx<'_>, def: &ObjectDef, import: &Import) -> Result<References> {
        // None where no rows are named, which is asked once for each place.
        let mut texts: HashMap<Place, Option<BTreeSet<String>>> = HashMap::new();
        for item in import.rows.of(&import.source) {
            let Ok(fields) = item.fields else { continue };
            each(&fields, &mut |sub, name, value| {
                let Some(text) = text_of(value).filter(|text| !text.is_empty()) else { return };
                let place = (sub.map(str::to_owned), name.to_owned());
                let judged = || names_rows(tx.env(), def, sub, name).then(BTreeSet::new);
                if let Some(texts) = texts.entry(place).or_insert_with(judged) {
                    texts.insert(text);
                }
            });
        }
        let mut out = References::default();
        for (place, texts) in texts.into_iter().filter_map(|(place, texts)| Some((place, texts?))) {
            let by = by_of(&import.rows, &import.source, &place);
            if let Some(known) = looked_up(tx, def, &place, by.as_deref(), texts, &import.wish.choices)? {
                out.0.insert(place, Reference { known, numbers: by.is_none() });
            }
        }
        Ok(out)
    }

    /// The number of the row that a text names; None where no rows are looked for, or where only the object's own rules
    /// can tell what a number means.
    pub fn id(&self, sub: Option<&str>, name: &str, text: &str) -> Result<Option<i64>, RowFault> {
        let Some(reference) = self.0.get(&(sub.map(str::to_owned), name.to_owned())) else { return Ok(None) };
        let fault =
            |zh: String, en: String| RowFault { field: Some(name.to_owned()), text: Text::new(zh, en) };
        match reference.known.get(text) {
            Some(Found::One(id)) => Ok(Some(*id)),
            Some(Found::Many(_)) => Err(fault(
                format!("字段`{name}`有多条数据是“{text}”，请选择其中一条"),
                format!("field `{name}`: several records are \"{text}\", please choose one"),
            )),
            Some(Found::None) | None if reference.numbers && text.parse::<i64>().is_ok() => Ok(None),
            Some(Found::None) | None => Err(fault(
                format!("字段`{name}`找不到“{text}”"),
                format!("field `{name}`: there is no \"{text}\""),
            )),
        }
    }

    /// What the caller has to choose, in a stable order.
    pub fn unsettled(&self) -> Vec<Unsettled<'_>> {
        let mut out = Vec::new();
        for ((sub, field), reference) in &self.0 {
            let place = place_name(sub.as_deref(), field);
            for (text, found) in &reference.known {
                if let Found::Many(candidates) = found {
                    out.push(Unsettled { place: place.clone(), text, candidates });
                }
            }
        }
        out.sort_by(|a, b| (&a.place, a.text).cmp(&(&b.place, b.text)));
        out
    }
}

fn place_name(sub: Option<&str>, field: &str) -> String {
    match sub {
        None => field.to_owned(),
        Some(sub) => format!("@{sub}.{field}"),
    }
}

/// Every value of an object and of its children.
pub fn each<'v>(fields: &'v Map<String, Value>, with: &mut impl FnMut(Option<&'v str>, &'v str, &'v Value)) {
    for (name, value) in fields {
        match value {
            Value::Array(children) => {
                for child in children.iter().filter_map(Value::as_object) {
                    child.iter().for_each(|(field, value)| with(Some(name), field, value));
                }
            }
            value => with(None, bare(name), value),
        }
    }
}

pub fn bare(name: &str) -> &str {
    name.strip_prefix("t0.").unwrap_or(name)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The object that holds a field.
pub fn holder<'a>(env: &'a Services, def: &'a ObjectDef, sub: Option<&str>) -> Option<&'a ObjectDef> {
    match sub {
        None => Some(def),
        Some(sub) => def.sub(sub).and_then(|link| env.registry.object(link.sub.obj)),
    }
}

fn names_rows(env: &Services, def: &ObjectDef, sub: Option<&str>, name: &str) -> bool {
    let Some(holder) = holder(env, def, sub) else { return false };
    let column = holder.table.as_ref().and_then(|table| table.column(name));
    column.is_some_and(|column| {
        !env.registry.is_attachment(column) && env.registry.target_table(holder, column).is_some()
    })
}

/// The field that the heading names for the search.
fn by_of(rows: &Rows, source: &ImportSource, place: &Place) -> Option<String> {
    let ImportSource::Table(_) = source else { return None };
    let fits = |target: &ColumnTarget| match (target, place) {
        (ColumnTarget::Field(name), (None, field)) => name == field,
        (ColumnTarget::Child { sub, field: name }, (Some(of), field)) => sub == of && name == field,
        _ => false,
    };
    rows.columns.used.iter().find(|column| fits(&column.target)).and_then(|column| column.by.clone())
}

/// None where the caller may look for no rows.
fn looked_up(
    tx: &mut Tx<'_>,
    def: &ObjectDef,
    place: &Place,
    by: Option<&str>,
    texts: BTreeSet<String>,
    choices: &Map<String, Value>,
) -> Result<Option<HashMap<String, Found>>> {
    let env = tx.env();
    let (sub, name) = place;
    let Some(holder) = holder(env, def, sub.as_deref()) else { return Ok(None) };
    let column = holder.table.as_ref().and_then(|table| table.column(name));
    let Some(table) = column.and_then(|column| env.registry.target_table(holder, column)) else {
        return Ok(None);
    };
    let mut known = HashMap::new();
    let chosen = choices.get(&place_name(sub.as_deref(), name)).and_then(Value::as_object);
    let mut left = Vec::new();
    for text in texts {
        match chosen.and_then(|chosen| chosen.get(&text)).map(number) {
            Some(Some(id)) => {
                known.insert(text, Found::One(id));
            }
            Some(None) => return Err(bad_choice()),
            None => left.push(text),
        }
    }
    let caller = tx.caller();
    let open = |def: &&ObjectDef| of_role(def, &caller, QUERY).is_ok_and(|right| right.owner().is_none());
    let named = env.registry.object(&table).filter(|def| def.decl.table == table).filter(open);
    let target = named.or_else(|| env.registry.objects().find(|def| def.decl.table == table && open(def)));
    let Some(target) = target else {
        return Ok((!known.is_empty()).then_some(known));
    };
    let right = of_role(target, &caller, QUERY)?;
    let fields = fields(target);
    let fields: Vec<&str> = fields
        .into_iter()
        .filter(|field| !right.rights().hidden.contains(*field) && by.is_none_or(|by| by == *field))
        .collect();
    let mut ids: HashMap<String, BTreeSet<i64>> = HashMap::new();
    for part in left.chunks(TEXTS) {
        if by.is_none() {
            let numbers: Vec<i64> = part.iter().filter_map(|text| text.parse().ok()).collect();
            for id in rows_of(tx, &right, "id", numbers.iter().copied().map(Literal::Int).collect())? {
                ids.entry(id.1).or_default().insert(id.0);
            }
        }
        for field in &fields {
            for (id, text) in rows_of(tx, &right, field, part.iter().cloned().map(Literal::Text).collect())? {
                ids.entry(text).or_default().insert(id);
            }
        }
    }
    let several = ids.iter().filter(|(_, ids)| ids.len() > 1);
    let unsure: BTreeSet<i64> = several.flat_map(|(_, ids)| ids.iter().take(CANDIDATES).copied()).collect();
    let shown = described(tx, &right, &unsure)?;
    for text in left {
        let found = match ids.get(&text) {
            None => Found::None,
            Some(ids) if ids.len() == 1 => ids.first().map_or(Found::None, |id| Found::One(*id)),
            Some(ids) => Found::Many(
                ids.iter()
                    .take(CANDIDATES)
                    .map(|id| Candidate {
                        id: *id,
                        text: shown.get(id).cloned().unwrap_or_else(|| id.to_string()),
                    })
                    .collect(),
            ),
        };
        known.insert(text, found);
    }
    Ok(Some(known))
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

pub fn bad_choice() -> Error {
    Error::param("param `choices` is {field: {text: id}}")
        .say("参数`choices`不正确", "`choices` must be {field: {text: id}}")
}
