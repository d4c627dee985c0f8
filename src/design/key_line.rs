//! Reads `unique(a,b), index(c), geo(lon,lat), where-unique(code | status<>3)` into keys of a table.

mod token;

use std::collections::HashSet;

use self::token::{KeyToken, tokens};
use super::ident::Ident;
use super::key::{KeyCompare, KeyCond, KeyLiteral, KeyTest, TableKey, Term};
use super::kind::Kind;
use super::table::Table;

/// MySQL's longest key, in bytes; the others allow more.
const MAX_KEY_BYTES: u64 = 3072;

pub(in crate::design) fn keys(text: &str, table: &Table) -> Result<Vec<TableKey>, String> {
    let mut reader = Reader { table, tokens: tokens(text)?, at: 0 };
    let mut keys = Vec::new();
    while !reader.done() {
        keys.push(reader.key()?);
        if !reader.done() {
            reader.expect(&KeyToken::Comma)?;
        }
    }
    if keys.is_empty() { Err("a key line names no key".into()) } else { Ok(keys) }
}

struct Reader<'a> {
    table: &'a Table,
    tokens: Vec<KeyToken>,
    at: usize,
}

impl Reader<'_> {
    fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn next(&mut self) -> Option<KeyToken> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn skip(&mut self, token: &KeyToken) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(KeyToken::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &KeyToken) -> Result<(), String> {
        match self.next() {
            Some(token) if token == *wanted => Ok(()),
            Some(token) => Err(format!("expected {wanted}, found {token}")),
            None => Err(format!("expected {wanted} at the end of the line")),
        }
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        match self.next() {
            Some(KeyToken::Word(word)) => Ok(word),
            Some(token) => Err(format!("expected {what}, found {token}")),
            None => Err(format!("expected {what} at the end of the line")),
        }
    }

    fn key(&mut self) -> Result<TableKey, String> {
        let kind = self.word("a kind of key")?;
        if !["unique", "index", "geo", "where-unique"].contains(&kind.as_str()) {
            return Err(format!("`{kind}` is no kind of key: unique, index, geo or where-unique"));
        }
        self.expect(&KeyToken::Open)?;
        let columns = self.columns()?;
        let cond = if kind == "where-unique" { Some(self.cond()?) } else { None };
        self.expect(&KeyToken::Close)?;
        match (kind.as_str(), cond) {
            ("geo", _) => geo(self.table, &columns),
            (_, Some(cond)) => sized(self.table, &columns).map(|()| TableKey::UniqueWhere { columns, cond }),
            ("unique", None) => sized(self.table, &columns).map(|()| TableKey::Unique(columns)),
            (_, None) => sized(self.table, &columns).map(|()| TableKey::Index(columns)),
        }
    }

    fn columns(&mut self) -> Result<Vec<Ident>, String> {
        let mut columns = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let column = self.column()?;
            if !seen.insert(column.clone()) {
                return Err(format!("column `{column}` comes twice in one key"));
            }
            columns.push(column);
            if !self.skip(&KeyToken::Comma) {
                return Ok(columns);
            }
        }
    }

    fn column(&mut self) -> Result<Ident, String> {
        let name = self.word("a column")?;
        match self.table.column(&name) {
            Some(column) => Ok(column.name.clone()),
            None => Err(format!("table `{}` has no column `{name}`", self.table.name)),
        }
    }

    fn cond(&mut self) -> Result<KeyCond, String> {
        self.expect(&KeyToken::Bar)?;
        let mut terms = vec![self.term()?];
        while self.skip_word("and") {
            terms.push(self.term()?);
        }
        Ok(KeyCond { terms })
    }

    fn term(&mut self) -> Result<Term, String> {
        let column = self.column()?;
        if self.skip_word("is") {
            let test = if self.skip_word("not") { KeyTest::NotNull } else { KeyTest::Null };
            return match self.skip_word("null") {
                true => Ok(Term { column, test }),
                false => Err(format!("after `{column} is` comes null or not null")),
            };
        }
        let compare = match self.next() {
            Some(KeyToken::KeyCompare(compare)) => compare,
            _ => return Err(format!("after `{column}` comes = <> < <= > >= or is [not] null")),
        };
        let literal = match self.next() {
            Some(KeyToken::Int(n)) => KeyLiteral::Int(n),
            Some(KeyToken::Text(text)) => KeyLiteral::Text(text),
            _ => return Err(format!("`{column}{}` needs a whole number or a 'text'", compare.sign())),
        };
        comparable(self.table, &column, compare, &literal)?;
        Ok(Term { column, test: KeyTest::Is(compare, literal) })
    }
}

fn geo(table: &Table, columns: &[Ident]) -> Result<TableKey, String> {
    let [lon, lat] = columns else {
        return Err("geo takes two columns: longitude, latitude".into());
    };
    match columns.iter().find(|name| table.column(name.as_str()).is_none_or(|c| c.kind != Kind::Real)) {
        Some(name) => Err(format!("geo needs floating-point columns: write `{name}#`")),
        None => Ok(TableKey::Geo { lon: lon.clone(), lat: lat.clone() }),
    }
}

/// Every dialect must be able to build the key.
fn sized(table: &Table, columns: &[Ident]) -> Result<(), String> {
    let mut bytes = 0;
    for column in columns.iter().filter_map(|name| table.column(name.as_str())) {
        bytes += match column.kind {
            Kind::Text { .. } => {
                return Err(format!("column `{}` is a long text and cannot be in a key", column.name));
            }
            Kind::Str { max } => u64::from(max) * 4,
            _ => 8,
        };
    }
    if bytes > MAX_KEY_BYTES {
        return Err(format!("the key is {bytes} bytes long, more than {MAX_KEY_BYTES}"));
    }
    Ok(())
}

fn comparable(table: &Table, name: &Ident, compare: KeyCompare, literal: &KeyLiteral) -> Result<(), String> {
    let Some(column) = table.column(name.as_str()) else { return Ok(()) };
    match literal {
        KeyLiteral::Int(_) if column.kind.is_number() => Ok(()),
        KeyLiteral::Int(n) => {
            Err(format!("column `{name}` is no number: write {name}{}'{n}'", compare.sign()))
        }
        KeyLiteral::Text(_) if column.kind.is_number() => {
            Err(format!("column `{name}` is a number and is compared with one"))
        }
        KeyLiteral::Text(_) => Ok(()),
    }
}
