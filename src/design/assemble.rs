//! Texts → catalogue: every table first, then prose and keys, so that a key may stand in another file than
//! its table. Faults are collected, not thrown: an author sees all of them at once.

use std::collections::{HashMap, HashSet};

use super::catalogue::Catalogue;
use super::ddl::key_name;
use super::fault::Fault;
use super::ident::Ident;
use super::kind::Kind;
use super::lines::{Line, sort};
use super::table::Table;
use super::{class, field, key_line, prose, range};

/// Index names start so, and SQLite keeps names of its own.
const RESERVED: &[&str] = &["geo_", "idx_", "uk_", "sqlite_"];

/// Reads sources (place, text) into a catalogue. `@include` lines are the business of `parse_with`.
pub fn parse(sources: &[(&str, &str)]) -> Result<Catalogue, Vec<Fault>> {
    let mut assembly = Assembly::default();
    for (place, text) in sources {
        assembly.source(place, text);
    }
    for (place, object, keys) in std::mem::take(&mut assembly.key_lines) {
        assembly.keys(place, &object, &keys);
    }
    for (place, object, ranges) in std::mem::take(&mut assembly.range_lines) {
        assembly.columns(place, ("range", &object), |table| range::read(&ranges, table));
    }
    for (place, object, classes) in std::mem::take(&mut assembly.class_lines) {
        assembly.columns(place, ("class", &object), |table| class::read(&classes, table));
    }
    match assembly.faults.is_empty() {
        true => Ok(Catalogue::new(assembly.tables)),
        false => Err(assembly.faults),
    }
}

#[derive(Default)]
struct Assembly {
    tables: Vec<Table>,
    /// Names without case → where the table is.
    places: HashMap<String, String>,
    /// Tables that were written but could not be read: their keys are not blamed.
    broken: HashSet<String>,
    key_lines: Vec<(String, String, String)>,
    range_lines: Vec<(String, String, String)>,
    class_lines: Vec<(String, String, String)>,
    key_names: HashSet<String>,
    faults: Vec<Fault>,
}

/// A table whose prose is still being gathered.
struct Open<'a> {
    table: Table,
    section: Vec<(usize, &'a str)>,
}

impl Assembly {
    fn source(&mut self, place: &str, text: &str) {
        let mut open: Option<Open<'_>> = None;
        let mut label: Option<&str> = None;
        for (number, line) in sort(text) {
            let at = format!("{place}:{number}");
            match line {
                Line::Blank => {
                    if let Some(open) = &mut open {
                        open.section.push((number, ""));
                    }
                    continue;
                }
                Line::Text(text) => {
                    if let Some(open) = &mut open {
                        open.section.push((number, text));
                    }
                }
                Line::Key { object, keys } => {
                    self.key_lines.push((at, object.to_owned(), keys.to_owned()));
                }
                Line::Range { object, ranges } => {
                    self.range_lines.push((at, object.to_owned(), ranges.to_owned()));
                }
                Line::Class { object, classes } => {
                    self.class_lines.push((at, object.to_owned(), classes.to_owned()));
                }
                Line::Bad(what) => self.faults.push(Fault::new(at, what)),
                Line::Fenced => {}
                Line::Heading | Line::Include(_) => self.close(place, open.take()),
                Line::Label(text) => {
                    self.close(place, open.take());
                    label = Some(text);
                    continue;
                }
                Line::Table { name, fields } => {
                    self.close(place, open.take());
                    open = self.table(place, &at, name, fields, label);
                }
            }
            label = None;
        }
        self.close(place, open);
    }

    fn table<'a>(
        &mut self,
        place: &str,
        at: &str,
        name: &str,
        fields: &str,
        label: Option<&str>,
    ) -> Option<Open<'a>> {
        let mut faults = Vec::new();
        let columns = field::columns(fields, &mut faults);
        let name = named(name).map_err(|fault| faults.push(fault)).ok();
        let id = columns.iter().find(|column| column.kind == Kind::Id).map(|column| column.name.clone());
        if id.is_none() && faults.is_empty() {
            faults.push("the table has no `id`: every object is addressed by one".into());
        }
        if let Some(name) = &name {
            if let Some(first) = self.places.get(&name.folded()) {
                faults.push(format!("table `{name}` is already defined at {first}"));
            } else {
                self.places.insert(name.folded(), at.to_owned());
            }
        }
        let sound = faults.is_empty();
        self.faults.extend(faults.into_iter().map(|what| Fault::new(at, what)));
        let name = name?;
        let Some(id) = id.filter(|_| sound) else {
            self.broken.insert(name.as_str().to_owned());
            return None;
        };
        let mut table = Table::new(name, place.to_owned(), id, columns);
        table.label = label.map(str::to_owned);
        Some(Open { table, section: Vec::new() })
    }

    fn close(&mut self, place: &str, open: Option<Open<'_>>) {
        let Some(Open { mut table, section }) = open else { return };
        for (number, what) in prose::read(&mut table, &section) {
            self.faults.push(Fault::new(format!("{place}:{number}"), what));
        }
        self.tables.push(table);
    }

    fn keys(&mut self, at: String, object: &str, text: &str) {
        if self.broken.contains(object) {
            return;
        }
        let Some(table) = self.tables.iter_mut().find(|table| table.name.as_str() == object) else {
            self.faults.push(Fault::new(at, format!("`@key {object}`: no such table")));
            return;
        };
        match key_line::keys(text, table) {
            Ok(keys) => {
                for key in keys {
                    let name = key_name(&table.name, &key);
                    if self.key_names.insert(name.to_lowercase()) {
                        table.keys.push(key);
                    } else {
                        let what = format!("`@key {object}`: a key named `{name}` exists already");
                        self.faults.push(Fault::new(at.as_str(), what));
                    }
                }
            }
            Err(what) => self.faults.push(Fault::new(at, format!("`@key {object}`: {what}"))),
        }
    }

    /// A line that says more of the columns of a table.
    fn columns(
        &mut self,
        at: String,
        (word, object): (&str, &str),
        read: impl FnOnce(&mut Table) -> Result<(), String>,
    ) {
        if self.broken.contains(object) {
            return;
        }
        let read = match self.tables.iter_mut().find(|table| table.name.as_str() == object) {
            Some(table) => read(table),
            None => Err("no such table".into()),
        };
        if let Err(what) = read {
            self.faults.push(Fault::new(at, format!("`@{word} {object}`: {what}")));
        }
    }
}

fn named(name: &str) -> Result<Ident, String> {
    let name = Ident::mint(name)?;
    match RESERVED.iter().find(|start| name.folded().starts_with(*start)) {
        Some(start) => Err(format!("table `{name}`: names starting with `{start}` belong to indexes")),
        None => Ok(name),
    }
}
