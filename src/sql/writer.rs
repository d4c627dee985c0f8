//! The only way to make statement text: constants, identifiers, placeholders.

use super::dialect::Dialect;
use crate::design::Ident;
use crate::plan::{Bindings, Placeholder};
use crate::value::Val;
use std::fmt::Write as _;

/// A finished statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Sql {
    pub text: String,
    pub binds: Vec<Val>,
    /// Which of them another call of the same plan has of its own.
    pub placeholders: Vec<(usize, Placeholder)>,
}

impl Sql {
    /// A statement of our own, written once: its text is a constant.
    pub fn fixed(text: &'static str, binds: Vec<Val>) -> Sql {
        Sql { text: text.to_owned(), binds, placeholders: Vec::new() }
    }

    /// The bound values of another call.
    pub fn binds_of(&self, given: &Bindings<'_>) -> Vec<Val> {
        let mut binds = self.binds.clone();
        for (at, open) in &self.placeholders {
            binds[*at] = given.value(*open);
        }
        binds
    }
}

pub struct Writer {
    pub dialect: &'static Dialect,
    text: String,
    binds: Vec<Val>,
    placeholders: Vec<(usize, Placeholder)>,
}

impl Writer {
    pub fn new(dialect: &'static Dialect) -> Writer {
        Writer { dialect, text: String::with_capacity(256), binds: Vec::new(), placeholders: Vec::new() }
    }

    pub fn put(&mut self, constant: &'static str) -> &mut Writer {
        self.text.push_str(constant);
        self
    }

    pub fn ident(&mut self, ident: &Ident) -> &mut Writer {
        self.ident_with("", ident)
    }

    /// A name of ours made from another: `geo_` and the table's.
    pub fn ident_with(&mut self, prefix: &'static str, ident: &Ident) -> &mut Writer {
        // An identifier holds nothing but letters, digits and `_`: no quote to double.
        let quote = self.dialect.quote;
        self.text.push(quote);
        self.text.push_str(prefix);
        self.text.push_str(ident.as_str());
        self.text.push(quote);
        self
    }

    /// `t3.` for the third joined table.
    pub fn source(&mut self, src: usize) -> &mut Writer {
        self.text.push('t');
        self.number(src as u64)
    }

    pub fn column(&mut self, src: usize, col: &Ident) -> &mut Writer {
        self.source(src).put(".").ident(col)
    }

    pub fn bind(&mut self, value: Val) -> &mut Writer {
        self.binds.push(value);
        match self.dialect.numbered {
            true => {
                let _ = write!(self.text, "${}", self.binds.len());
            }
            false => self.text.push('?'),
        }
        self
    }

    pub fn bind_placeholder(&mut self, open: Placeholder, now: Val) -> &mut Writer {
        self.placeholders.push((self.binds.len(), open));
        self.bind(now)
    }

    /// A number of our own making: positions, limits.
    pub fn number(&mut self, n: u64) -> &mut Writer {
        // Nearly always one digit, and many times in each statement.
        match u8::try_from(n) {
            Ok(n @ 0..=9) => self.text.push(char::from(b'0' + n)),
            _ => {
                let _ = write!(self.text, "{n}");
            }
        }
        self
    }

    /// The name of the n-th output column inside a wrapped statement.
    pub fn output(&mut self, n: usize) -> &mut Writer {
        let _ = write!(self.text, "c{n}");
        self
    }

    /// Writes the items with a separator between them.
    pub fn each<T>(&mut self, items: &[T], separator: &'static str, mut one: impl FnMut(&mut Writer, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.put(separator);
            }
            one(self, item);
        }
    }

    pub fn finish(self) -> Sql {
        Sql { text: self.text, binds: self.binds, placeholders: self.placeholders }
    }
}
