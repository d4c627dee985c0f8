//! `html`: one plain table and nothing around it, to look at or to paste into a spreadsheet. Every text is escaped.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use super::guard::{safe, safe_text};
use super::{CellKind, Sheet, padded};

pub struct Html<W> {
    out: W,
    width: usize,
}

impl<W: Write + Send> Html<W> {
    pub fn new(out: W) -> Html<W> {
        Html { out, width: 0 }
    }

    fn line<T: AsRef<str>>(&mut self, tag: &str, cells: impl Iterator<Item = T>) -> io::Result<()> {
        self.out.write_all(b"<tr>")?;
        for cell in cells {
            write!(self.out, "<{tag}>{}</{tag}>", escaped(cell.as_ref()))?;
        }
        self.out.write_all(b"</tr>\n")
    }
}

impl<W: Write + Send> Sheet for Html<W> {
    fn header(&mut self, names: &[Arc<str>], _kinds: &[CellKind]) -> io::Result<()> {
        self.width = names.len();
        writeln!(self.out, "<table border=1 cellspacing=0>")?;
        self.line("th", names.iter().map(|name| safe((&**name).into())))
    }

    fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        let width = self.width;
        self.line("td", padded(cells, width).map(safe_text))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.write_all(b"</table>\n")?;
        self.out.flush()
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
