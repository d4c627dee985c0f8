//! Walks the chain from its beginning (or from where retention cut it) and says where it breaks.

use super::chain::{ChainLink, stored};
use super::chain_order::{ChainPlace, InOrder, Part};
use super::head::ChainHead;
use super::marks::{self, Mark, MarkKind};
use super::seal::{Keys, Seal};
use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use std::collections::VecDeque;

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    pub rows: u64,
    /// How many of them are from before the chain had a key: whoever could write the database could make them.
    pub unkeyed: u64,
    /// No key holds from anywhere on: nothing is proven but that nobody was careless.
    pub has_key: bool,
    /// Heads of the witness that are in it.
    pub witnessed: u64,
    /// The first row that does not fit; None = the chain is whole.
    pub broken: Option<Break>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub seq: i64,
    pub table: &'static str,
    pub id: i64,
    pub what: String,
}

/// What a walk is held against.
pub struct Against<'a> {
    pub keys: &'a Keys,
    /// What a witness outside the database saw.
    pub heads: &'a [ChainHead],
    /// Only rows after the last change of keys: those before it need a key that is lost.
    pub last_key_only: bool,
}

/// Hash and hashed fields of a row, in the order they were hashed.
pub(super) fn hashed(part: Part) -> &'static str {
    match part {
        Part::Calls => {
            "SELECT hash, id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, serverRev \
             FROM ApiLog WHERE id = ?"
        }
        Part::Items => "SELECT hash, id, apiLogId, ac, t, retval, req, res FROM ApiLog1 WHERE id = ?",
        Part::Objects => {
            "SELECT hash, id, obj, objId, dscr, apiLogId, apiLog1Id, changes FROM ObjLog WHERE id = ?"
        }
    }
}

pub fn verify(conn: &Conn, against: &Against<'_>) -> Result<ChainReport> {
    loop {
        let begin = beginning(conn)?;
        let report = Walk::new(conn, against, begin.clone())?.whole()?;
        // Rows that retention cut off meanwhile are not missed.
        if report.broken.is_none() || beginning(conn)? == begin {
            return Ok(report);
        }
    }
}

struct Walk<'a> {
    conn: &'a Conn,
    keys: &'a Keys,
    /// Where keys change, by number.
    changes: Vec<Mark>,
    heads: VecDeque<&'a ChainHead>,
    /// What is wrong before any row is looked at.
    fault: Option<Break>,
    /// Rows up to this number, from the beginning on, are none of this walk's business.
    start: i64,
    begin: i64,
    link: ChainLink,
    report: ChainReport,
}

impl<'a> Walk<'a> {
    fn new(conn: &'a Conn, against: &Against<'a>, begin: ChainLink) -> Result<Walk<'a>> {
        let marks = marks::all(conn)?;
        let has_key = marks.iter().any(|mark| mark.is(MarkKind::Key));
        let (mut fault, before) = (None, begin.seq);
        let mut changes: Vec<Mark> = marks.iter().filter(|mark| mark.is(MarkKind::Key)).cloned().collect();
        let mut link = begin;
        let last = changes.iter().rposition(|mark| mark.link.seq <= link.seq);
        changes.drain(..last.unwrap_or(0));
        if against.last_key_only
            && let Some(mark) = changes.pop()
        {
            link = if mark.link.seq > link.seq { mark.link.clone() } else { link };
            changes = vec![mark];
        }
        // Signatures are looked at before anything is believed; a chain that has no key has none.
        let needed = marks.iter().filter(|mark| !mark.is(MarkKind::Key)).chain(&changes);
        for mark in needed.filter(|_| has_key) {
            if !mark.key.is_empty() && against.keys.named(&mark.key).is_none() {
                fault = fault.or(Some(unknown_key(mark, against.keys)));
            } else if !mark.proven(against.keys) {
                let what = format!("the mark `{}` was not made by the server", mark.note);
                fault = fault.or(Some(Break { seq: mark.link.seq, table: "AuditMark", id: mark.id(), what }));
            }
        }
        let heads = sorted(against, link.seq, &mut fault);
        let report = ChainReport { rows: 0, unkeyed: 0, has_key, witnessed: 0, broken: None };
        let (keys, start) = (against.keys, link.seq);
        Ok(Walk { conn, keys, changes, heads, fault, start, begin: before, link, report })
    }

    fn whole(mut self) -> Result<ChainReport> {
        let broken = match self.fault.take() {
            Some(fault) => Some(fault),
            None => self.walk()?,
        };
        Ok(ChainReport { broken, ..self.report })
    }

    fn walk(&mut self) -> Result<Option<Break>> {
        // First the end, then what is there: all up to it.
        let end = stored(self.conn)?.link.seq;
        let mut order = InOrder::of(self.conn)?;
        while self.link.seq < end {
            if let Some(fault) = self.here() {
                return Ok(Some(fault));
            }
            let Some(ChainPlace { seq, table, id, .. }) = order.next(self.link.seq + 1)? else {
                return Ok(gone(self.link.seq + 1, "rows were removed"));
            };
            if self.skips(seq) {
                continue;
            }
            let broken = |what: &str| Ok(Some(Break { seq, table: table.name(), id, what: what.into() }));
            if seq != self.link.seq + 1 {
                return broken(if seq <= self.link.seq {
                    "a row was inserted"
                } else {
                    "rows before it were removed"
                });
            }
            let found = self.conn.rows(&Sql::fixed(hashed(table), vec![id.into()]))?;
            let Some([hash, fields @ ..]) = found.first().map(Vec::as_slice) else {
                return broken("the row was removed");
            };
            let seal = self.seal()?;
            let next = sealed_next(&self.link, seal, table, fields);
            if *hash != Val::from(next.hash.as_str()) {
                let keyed = sealed_next(&self.link, Some(self.keys.current()), table, fields);
                return broken(match seal.is_none() && *hash == Val::from(keyed.hash.as_str()) {
                    true => "the row is sealed, but the mark that says by which key was removed",
                    false => "the row was altered",
                });
            }
            self.report.unkeyed += u64::from(seal.is_none());
            self.link = next;
            self.report.rows += 1;
        }
        if let Some(fault) = self.here() {
            return Ok(Some(fault));
        }
        let left = order.left()?;
        // What was written meanwhile came to the end of the chain.
        let end = stored(self.conn)?.link.seq;
        let odd =
            |place: &ChainPlace| (place.seq <= self.link.seq && !self.skips(place.seq)) || place.seq > end;
        match left.into_iter().find(odd) {
            Some(ChainPlace { seq, table, id, .. }) => {
                Ok(Some(Break { seq, table: table.name(), id, what: "a row was inserted".into() }))
            }
            None => match self.heads.front() {
                // Only what was there when the walk began can be missed.
                Some(head) if head.link.seq > end => Ok(unseen(head)),
                _ => head(self.conn, self.link.seq),
            },
        }
    }

    /// What marks and witnesses say of this place.
    fn here(&mut self) -> Option<Break> {
        let seq = self.link.seq;
        let other = |link: &ChainLink| link.seq == seq && link.hash != self.link.hash;
        if self.changes.iter().any(|mark| other(&mark.link)) {
            return Some(at(seq, "the row before a change of keys is another one".into()));
        }
        while let Some(head) = self.heads.front().copied().filter(|head| head.link.seq <= seq) {
            if other(&head.link) {
                let what = format!("the witness saw another row here ({})", head.time());
                return Some(at(seq, what));
            }
            self.report.witnessed += 1;
            self.heads.pop_front();
        }
        None
    }

    /// The key of the next row; None = it is from before there was one.
    fn seal(&self) -> Result<Option<&'a Seal>> {
        let mark = self.changes.iter().rev().find(|mark| mark.link.seq <= self.link.seq);
        Ok(mark.and_then(|mark| self.keys.named(&mark.key)))
    }

    fn skips(&self, seq: i64) -> bool {
        seq > self.begin && seq <= self.start
    }
}

/// The link of a row after another one.
pub(super) fn sealed_next(link: &ChainLink, seal: Option<&Seal>, table: Part, fields: &[Val]) -> ChainLink {
    // Ids of ObjLog were not in the hashes of before.
    let skip = usize::from(seal.is_none() && table == Part::Objects);
    link.next(seal, table.name(), fields.iter().skip(skip).map(ValRef::from))
}

/// Those of a witness that concern this walk, by number; each must be signed.
fn sorted<'a>(against: &Against<'a>, begin: i64, fault: &mut Option<Break>) -> VecDeque<&'a ChainHead> {
    let mut heads: Vec<&ChainHead> = against.heads.iter().collect();
    heads.sort_by_key(|head| head.link.seq);
    for head in &heads {
        let what = match head.is_proven(against.keys) {
            Some(true) => continue,
            Some(false) => "an entry of the witness was altered".to_owned(),
            None => format!(
                "an entry of the witness is signed by key {}, which is none of those given ({})",
                head.key(),
                against.keys.names()
            ),
        };
        if fault.is_none() {
            *fault = Some(at(head.link.seq, what));
        }
    }
    heads.retain(|head| head.link.seq >= begin && head.link.seq > 0);
    heads.into()
}

fn at(seq: i64, what: String) -> Break {
    Break { seq, table: "", id: 0, what }
}

fn gone(seq: i64, what: &str) -> Option<Break> {
    Some(at(seq, what.to_owned()))
}

fn unseen(head: &ChainHead) -> Option<Break> {
    let what =
        format!("the witness saw rows up to number {} ({}), which are gone", head.link.seq, head.time());
    Some(at(head.link.seq, what))
}

fn unknown_key(mark: &Mark, keys: &Keys) -> Break {
    let what = format!(
        "this part of the chain is sealed by key {}, which is none of those given ({}): see P_AUDIT_KEY and P_AUDIT_OLD_KEYS",
        mark.key,
        keys.names()
    );
    Break { seq: mark.link.seq, table: "AuditMark", id: mark.id(), what }
}

/// The row before the first one that is left.
pub(super) fn beginning(conn: &Conn) -> Result<ChainLink> {
    let marks = conn.rows(&Sql::fixed(
        "SELECT seq, hash FROM AuditMark WHERE note = 'cut' ORDER BY seq DESC LIMIT 1",
        Vec::new(),
    ))?;
    Ok(match marks.first().map(Vec::as_slice) {
        Some([Val::Int(seq), Val::Text(hash)]) => ChainLink { seq: *seq, hash: hash.to_string() },
        _ => ChainLink::origin(),
    })
}

/// Rows cut off at the end leave no gap, but the highest id ever written is known to the tables. The newest call stays
/// whatever retention removes.
fn head(conn: &Conn, last: i64) -> Result<Option<Break>> {
    let counts = conn.rows(&Sql::fixed(
        "SELECT (SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'ApiLog'), (SELECT MAX(id) FROM ApiLog)",
        Vec::new(),
    ))?;
    Ok(match counts.first().map(Vec::as_slice) {
        Some([Val::Int(given), have]) if have.as_i64().unwrap_or_default() < *given => {
            let what = "rows were removed from the end".into();
            Some(Break { seq: last + 1, table: "ApiLog", id: *given, what })
        }
        _ => None,
    })
}
