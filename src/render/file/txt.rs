//! `txt`: tab-separated lines without any quoting, so tabs and line ends inside a cell become blanks.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use super::guard::{safe, safe_text};
use super::{CellKind, Sheet, padded};
use crate::render::text::flatten;

pub struct Txt<W> {
    out: W,
    width: usize,
}

impl<W: Write + Send> Txt<W> {
    pub fn new(out: W) -> Txt<W> {
        Txt { out, width: 0 }
    }

    fn line<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                self.out.write_all(b"\t")?;
            }
            self.out.write_all(cell.as_bytes())?;
        }
        self.out.write_all(b"\n")
    }
}

impl<W: Write + Send> Sheet for Txt<W> {
    fn header(&mut self, names: &[Arc<str>], _kinds: &[CellKind]) -> io::Result<()> {
        self.width = names.len();
        self.line(names.iter().map(|name| flatten(safe(Cow::Borrowed(&**name)))))
    }

    fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        let width = self.width;
        self.line(padded(cells, width).map(|cell| flatten(safe_text(cell))))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
