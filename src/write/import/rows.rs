//! From lines to objects: cells into fields, the lines of one key into one object with several children.

use super::columns::{self, ColumnTarget, FileColumns};
use super::naming::Naming;
use super::origin::{ImportOrigin, clean};
use super::seen;
use super::source::{ImportSource, SourceTable};
use crate::api::Args;
use crate::error::{Error, Result};
use crate::redact::MASKED;
use crate::write::upsert::UniKey;
use csv::StringRecord;
use serde_json::{Map, Value};

/// Characters of a sample, and lines that are looked through for samples.
const SAMPLE_MAX: usize = 60;
const SAMPLED: usize = 1000;

/// How lines become objects.
#[derive(Default)]
pub struct Rows {
    pub columns: FileColumns,
    /// The first line of a table; the names in the objects of a list.
    pub header: Vec<String>,
    /// Lines with the same values of these fields are one object.
    merge: Vec<String>,
    /// By place in the line: what stands there goes into a field whose values are secret.
    secret: Vec<bool>,
}

/// One object to be added, and where it stood.
pub struct ImportItem<'a> {
    pub line: u64,
    pub lines: u64,
    pub origin: ImportOrigin<'a>,
    pub fields: Result<Map<String, Value>>,
}

impl Rows {
    pub fn plan(
        naming: &Naming<'_>,
        args: &Args,
        source: &ImportSource,
        key: Option<&UniKey>,
    ) -> Result<Rows> {
        let (env, def) = (naming.env, naming.def);
        let table = match source {
            ImportSource::Table(table) => table,
            ImportSource::List(list) => return Ok(Rows { header: keys(list), ..Rows::default() }),
        };
        let mut reader = reader(table, 0, usize::MAX);
        let mut header = StringRecord::new();
        let some = reader.read_record(&mut header).map_err(|e| unread(&e))?;
        if !some {
            return Err(
                Error::param("the data has no header line").say("缺少标题行", "the header line is missing")
            );
        }
        let cells: Vec<&str> = header.iter().collect();
        // As it was sent: `Shown->field` is no text for a page.
        let title = args.get.text("title").or_else(|| args.post.text("title")).filter(|t| !t.is_empty());
        let columns = columns::plan(naming, &cells, title.as_deref(), args.flag("useColMap")?)?;
        let children = columns.used.iter().any(|column| matches!(column.target, ColumnTarget::Child { .. }));
        let merge = match key {
            Some(key) if children => key.fields.clone(),
            _ => Vec::new(),
        };
        let mut secret: Vec<bool> = cells.iter().map(|cell| seen::is_secret_heading(def, cell)).collect();
        for column in &columns.used {
            secret.resize(secret.len().max(column.at + 1), false);
            secret[column.at] |= seen::is_secret_target(env, def, &column.target);
        }
        let header = header.iter().map(str::to_owned).collect();
        Ok(Rows { columns, header, merge, secret })
    }

    /// The first cells of a column that are not empty, without secrets.
    pub fn samples(&self, source: &ImportSource, at: usize, most: usize) -> Vec<String> {
        let ImportSource::Table(table) = source else { return Vec::new() };
        let (mut reader, mut record, mut out) = (body(table), StringRecord::new(), Vec::new());
        // An empty column is not searched to its end.
        let mut lines = 0;
        while out.len() < most && lines < SAMPLED && reader.read_record(&mut record).is_ok_and(|some| some) {
            lines += 1;
            let cell = record.get(at).map(clean).unwrap_or_default();
            if !cell.is_empty() {
                out.push(self.shown(at, cell).chars().take(SAMPLE_MAX).collect());
            }
        }
        out
    }

    pub fn shown<'c>(&self, at: usize, cell: &'c str) -> &'c str {
        match self.secret.get(at) {
            Some(true) if !cell.is_empty() => MASKED,
            _ => cell,
        }
    }

    /// The data as it was understood: the columns that are imported, by the names of their fields, without secrets.
    pub fn write_seen(&self, source: &ImportSource, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let ImportSource::Table(table) = source else { return Ok(()) };
        let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(table.delimiter).from_writer(out);
        writer.write_record(self.columns.used.iter().map(|column| column.target.name().into_owned()))?;
        let (mut reader, mut record) = (body(table), StringRecord::new());
        while reader.read_record(&mut record).is_ok_and(|some| some) {
            let cells =
                self.columns.used.iter().map(|column| {
                    self.shown(column.at, record.get(column.at).map(clean).unwrap_or_default())
                });
            writer.write_record(cells)?;
        }
        writer.flush()
    }

    /// The objects, one after the other; lines are read as they are needed.
    pub fn of<'a>(&'a self, source: &'a ImportSource) -> Box<dyn Iterator<Item = ImportItem<'a>> + 'a> {
        match source {
            ImportSource::List(list) => Box::new(list.iter().zip(1..).map(|(object, line)| ImportItem {
                line,
                lines: 1,
                origin: ImportOrigin::Object(object),
                fields: Ok(object.clone()),
            })),
            ImportSource::Table(table) => {
                let (reader, record) = (body(table), StringRecord::new());
                Box::new(Lines { rows: self, table, reader, record, ahead: None, ended: false })
            }
        }
    }

    /// How many lines there are to go through.
    pub fn lines(&self, source: &ImportSource) -> u64 {
        match source {
            ImportSource::List(list) => list.len() as u64,
            ImportSource::Table(table) => body(table).records().count() as u64,
        }
    }

    fn object(&self, record: &StringRecord) -> Map<String, Value> {
        // With room for what the rules will add.
        let mut object = Map::with_capacity(self.columns.used.len() + 4);
        let mut children: Map<String, Value> = Map::new();
        for column in &self.columns.used {
            let cell = record.get(column.at).map(clean).unwrap_or_default();
            if cell.is_empty() {
                continue;
            }
            match &column.target {
                ColumnTarget::Field(name) => {
                    object.insert(name.clone(), Value::String(cell.to_owned()));
                }
                ColumnTarget::Child { sub, field } => {
                    let child = children.entry(sub.clone()).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(child) = child {
                        child.insert(field.clone(), Value::String(cell.to_owned()));
                    }
                }
            }
        }
        object.extend(children.into_iter().map(|(sub, child)| (sub, Value::Array(vec![child]))));
        object
    }
}

struct Lines<'a> {
    rows: &'a Rows,
    table: &'a SourceTable,
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    ahead: Option<ImportItem<'a>>,
    ended: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = ImportItem<'a>;

    fn next(&mut self) -> Option<ImportItem<'a>> {
        let mut item = self.ahead.take().or_else(|| self.line())?;
        if self.rows.merge.is_empty() {
            return Some(item);
        }
        while let Some(mut next) = self.line() {
            match self.belongs(&item, &next) {
                Ok(true) => {
                    item.lines += next.lines;
                    item.origin.reach(&next.origin);
                    if let (Ok(object), Ok(more)) = (&mut item.fields, &mut next.fields) {
                        merge(object, more);
                    }
                }
                Ok(false) => {
                    self.ahead = Some(next);
                    break;
                }
                Err(error) => {
                    next.fields = Err(error);
                    self.ahead = Some(next);
                    break;
                }
            }
        }
        if let Ok(object) = &item.fields
            && let Err(error) =
                self.key(object).and_then(|key| if key.is_empty() { Err(self.no_key()) } else { Ok(()) })
        {
            item.fields = Err(error);
        }
        Some(item)
    }
}

impl<'a> Lines<'a> {
    fn line(&mut self) -> Option<ImportItem<'a>> {
        while !self.ended {
            match self.reader.read_record(&mut self.record) {
                Ok(false) => self.ended = true,
                Ok(true) if self.record.iter().all(|cell| cell.trim().is_empty()) => {}
                Ok(true) => {
                    let start = self.record.position();
                    let line = start.map_or(0, csv::Position::line);
                    let from = start.map_or(0, byte);
                    let to = byte(self.reader.position());
                    let origin = ImportOrigin::Line { table: self.table, from, to };
                    return Some(ImportItem {
                        line,
                        lines: 1,
                        origin,
                        fields: Ok(self.rows.object(&self.record)),
                    });
                }
                Err(error) => {
                    self.ended = true;
                    let line = self.reader.position().line();
                    let origin = ImportOrigin::Line { table: self.table, from: 0, to: 0 };
                    return Some(ImportItem { line, lines: 1, origin, fields: Err(unread(&error)) });
                }
            }
        }
        None
    }

    /// Whether a line goes on with the object before: its key is the same, or left out.
    fn belongs(&self, item: &ImportItem<'_>, next: &ImportItem<'_>) -> Result<bool> {
        let (Ok(object), Ok(more)) = (&item.fields, &next.fields) else { return Ok(false) };
        let key = self.key(more)?;
        Ok(key.is_empty() || self.key(object).is_ok_and(|mine| mine == key))
    }

    /// The values of the key; empty when all of them are.
    fn key<'o>(&self, object: &'o Map<String, Value>) -> Result<Vec<&'o str>> {
        let values: Vec<Option<&str>> =
            self.rows.merge.iter().map(|field| object.get(field).and_then(Value::as_str)).collect();
        let given = values.iter().flatten().count();
        match given == 0 || given == values.len() {
            true => Ok(values.into_iter().flatten().collect()),
            false => Err(self.no_key()),
        }
    }

    fn no_key(&self) -> Error {
        let fields = self.rows.merge.join(",");
        Error::param(format!("the key `{fields}` is empty or incomplete"))
            .say(format!("关键字段`{fields}`不可为空"), format!("the key `{fields}` may not be empty"))
    }
}

/// The names in the first objects of a list.
fn keys(list: &[Map<String, Value>]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for key in list.iter().take(SAMPLED).flat_map(Map::keys) {
        if out.len() < SAMPLED && !out.contains(key) {
            out.push(key.clone());
        }
    }
    out
}

/// The children of a further line join those of the object.
fn merge(object: &mut Map<String, Value>, more: &mut Map<String, Value>) {
    for (name, value) in more.iter_mut() {
        let Value::Array(list) = value else { continue };
        match object.get_mut(name) {
            Some(Value::Array(children)) => children.append(list),
            _ => {
                object.insert(name.clone(), Value::Array(std::mem::take(list)));
            }
        }
    }
}

fn byte(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// A part of the table's text.
pub fn reader(table: &SourceTable, from: usize, to: usize) -> csv::Reader<&[u8]> {
    let text = table.text.as_bytes();
    let to = to.min(text.len());
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(table.delimiter)
        .from_reader(&text[from.min(to)..to])
}

/// The lines after the header.
fn body(table: &SourceTable) -> csv::Reader<&[u8]> {
    let mut reader = reader(table, 0, usize::MAX);
    let _ = reader.read_record(&mut StringRecord::new());
    reader
}

fn unread(error: &csv::Error) -> Error {
    Error::param(format!("the table cannot be read: {error}"))
        .say("表格格式不正确", "the table cannot be read")
}
