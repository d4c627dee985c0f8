//! What became of the rows of an import that goes on past faulty ones: the ids of the good rows, and the bad rows with
//! their reasons, for the answer and for a file of them.

use super::labels::{self, RowFault};
use super::origin::ImportOrigin;
use super::rows::Rows;
use crate::auth::Lang;
use crate::jobs::progress::LeftRows;
use crate::object::ObjectDef;
use crate::services::Services;
use serde_json::{Map, Value, json};

/// Faulty rows that an answer tells of.
const TOLD: usize = 200;
/// Faulty rows that are kept for the file, and bytes of their cells.
const KEPT: usize = 10_000;
const KEPT_BYTES: usize = 8 << 20;

pub struct RowReport<'a> {
    env: &'a Services,
    def: &'a ObjectDef,
    rows: &'a Rows,
    lang: Lang,
    count: usize,
    told: Vec<Value>,
    kept: LeftRows,
    bytes: usize,
}

impl<'a> RowReport<'a> {
    pub fn new(env: &'a Services, def: &'a ObjectDef, rows: &'a Rows, lang: Lang) -> RowReport<'a> {
        let reason = super::columns::REASON;
        let reason = if lang == Lang::En { reason.1 } else { reason.0 };
        let header = rows.header.iter().map(|cell| cell.trim()).filter(|cell| !is_reason(cell));
        let header = header.map(str::to_owned).chain([reason.to_owned()]).collect();
        let kept = LeftRows { title: def.name().to_owned(), header, rows: Vec::new(), more: 0 };
        RowReport { env, def, rows, lang, count: 0, told: Vec::new(), kept, bytes: 0 }
    }

    /// One more row that is not imported.
    pub fn push(&mut self, line: u64, lines: u64, origin: &ImportOrigin<'_>, faults: &[RowFault]) {
        self.count += 1;
        let reasons: Vec<String> = faults.iter().map(|fault| fault.told(self.def, self.lang)).collect();
        let reason = reasons.join(if self.lang == Lang::En { "; " } else { "；" });
        if self.told.len() < TOLD {
            let each = faults.iter().zip(&reasons).map(|(fault, message)| self.fault(fault, message));
            self.told.push(json!({
                "line": line, "lines": lines, "message": reason, "faults": each.collect::<Vec<_>>(),
                "cells": origin.masked(self.env, self.def, self.rows),
            }));
        }
        self.keep(origin, &reason);
    }

    fn fault(&self, fault: &RowFault, message: &str) -> Value {
        let mut out = Map::from_iter([("message".to_owned(), Value::from(message))]);
        if let Some(field) = &fault.field {
            out.insert("field".into(), field.as_str().into());
            out.insert("label".into(), labels::label(self.def, field, self.lang).into());
        }
        Value::Object(out)
    }

    fn keep(&mut self, origin: &ImportOrigin<'_>, reason: &str) {
        if self.kept.rows.len() >= KEPT || self.bytes > KEPT_BYTES {
            self.kept.more += 1;
            return;
        }
        let width = self.kept.header.len() - 1;
        for (at, mut cells) in origin.cells(self.rows).into_iter().enumerate() {
            cells.resize(width, String::new());
            // The lines of one object have one reason.
            cells.push(if at == 0 { reason.to_owned() } else { String::new() });
            self.bytes += cells.iter().map(|cell| cell.len() + 24).sum::<usize>();
            self.kept.rows.push(cells);
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// For the answer, and for the file.
    pub fn end(self) -> (Vec<Value>, LeftRows) {
        (self.told, self.kept)
    }
}

/// Whether a heading is that of the reasons of an earlier import.
pub fn is_reason(heading: &str) -> bool {
    let heading = heading.trim();
    heading == super::columns::REASON.0 || heading == super::columns::REASON.1
}
