//! Rows straight from the database into JSON bytes, for results that are shown as they are read: no grid
//! and no values in between. The bytes are the ones a grid would give.

use super::CellKind;
use super::cell::write_cell;
use super::text::write_json;
use crate::value::ValRef;

/// What the rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// `{"h": […], "d": [[…], …]}`
    Table,
    /// `{"list": [{…}, …]}`
    List,
    /// `[{…}, …]`
    Array,
    /// `{…}`, of the only row.
    One,
}

pub struct RowWriter {
    frame: Frame,
    open: Vec<u8>,
    columns: Vec<Column>,
}

struct Column {
    /// Its place in the statement.
    at: usize,
    /// What stands before the cell.
    lead: Vec<u8>,
    kind: CellKind,
}

impl RowWriter {
    /// `columns`: the place in the statement, the name, and the kind of each.
    pub fn new<'a>(
        frame: Frame,
        columns: impl Iterator<Item = (usize, &'a str, CellKind)> + Clone,
    ) -> RowWriter {
        let mut open = Vec::new();
        match frame {
            Frame::Table => {
                let names: Vec<&str> = columns.clone().map(|(_, name, _)| name).collect();
                open.extend_from_slice(b"{\"h\":");
                write_json(&mut open, &names);
                open.extend_from_slice(b",\"d\":[");
            }
            Frame::List => open.extend_from_slice(b"{\"list\":["),
            Frame::Array => open.push(b'['),
            Frame::One => {}
        }
        let lead = |first: bool, name: &str| {
            let mut lead = Vec::new();
            match (frame, first) {
                (_, false) => lead.push(b','),
                (Frame::Table, true) => lead.push(b'['),
                (_, true) => lead.push(b'{'),
            }
            if frame != Frame::Table {
                write_json(&mut lead, name);
                lead.push(b':');
            }
            lead
        };
        let columns = columns.enumerate();
        let columns =
            columns.map(|(i, (at, name, kind))| Column { at, lead: lead(i == 0, name), kind }).collect();
        RowWriter { frame, open, columns }
    }

    pub fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.open);
    }

    /// `read` lends the cell at a place of the statement to what writes it.
    pub fn row<E>(
        &self,
        out: &mut Vec<u8>,
        first: bool,
        mut read: impl FnMut(usize, &mut dyn FnMut(ValRef<'_>)) -> Result<(), E>,
    ) -> Result<(), E> {
        if !first {
            out.push(b',');
        }
        for column in &self.columns {
            out.extend_from_slice(&column.lead);
            read(column.at, &mut |value| write_cell(out, value, column.kind))?;
        }
        out.push(if self.frame == Frame::Table { b']' } else { b'}' });
        Ok(())
    }

    pub fn end(&self, out: &mut Vec<u8>, nextkey: Option<i64>) {
        match self.frame {
            Frame::One => return,
            Frame::Array => return out.push(b']'),
            Frame::Table | Frame::List => out.push(b']'),
        }
        if let Some(nextkey) = nextkey {
            out.extend_from_slice(b",\"nextkey\":");
            write_json(out, &nextkey);
        }
        out.push(b'}');
    }
}
