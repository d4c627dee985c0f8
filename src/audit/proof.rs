//! Which rows retention may take for what they say. Removing rows signs the place where the chain begins from then on,
//! so it must not sign what somebody altered to have it removed.

use super::chain::ChainLink;
use super::chain_order::ChainPlace;
use super::marks::{self, Mark, MarkKind};
use super::seal::{Keys, Seal};
use super::verify::{hashed, sealed_next};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::value::Val;

pub(super) struct RowProof<'a> {
    conn: &'a Conn,
    keys: &'a Keys,
    changes: Vec<Mark>,
    /// Rows after this one are sealed by the key in use.
    since: i64,
    /// The row before the one that is looked at.
    link: ChainLink,
}

/// A row as it was found.
pub(super) enum Found {
    /// It is what the server wrote.
    Proven { cells: Vec<Val> },
    /// The row before it is gone, or its key is: nobody can say.
    Open { cells: Vec<Val> },
    /// It is not what the server wrote.
    Altered,
}

/// The key of a row.
enum By<'a> {
    Nobody,
    Key(&'a Seal),
    Lost,
}

impl<'a> RowProof<'a> {
    /// From the beginning of the chain on.
    pub(super) fn new(conn: &'a Conn, keys: &'a Keys, begin: ChainLink) -> Result<RowProof<'a>> {
        let marks = marks::all(conn)?;
        let own =
            |mark: &&Mark| mark.is(MarkKind::Key) && mark.key == keys.current().name() && mark.proven(keys);
        let since = marks.iter().rev().find(own).map(|mark| mark.link.seq);
        let since = since.ok_or_else(|| Error::server("the audit chain has no mark of its key"))?;
        if marks.iter().any(|mark| mark.is(MarkKind::Cut) && !mark.proven(keys)) {
            return Err(Error::server("the mark where the audit chain begins was not made by the server"));
        }
        let changes = marks.into_iter().filter(|mark| mark.is(MarkKind::Key)).collect();
        Ok(RowProof { conn, keys, changes, since, link: begin })
    }

    pub(super) fn link(&self) -> &ChainLink {
        &self.link
    }

    /// Looks at the next row of the chain.
    pub(super) fn look(&mut self, place: &ChainPlace) -> Result<Found> {
        let rows = self.conn.rows(&Sql::fixed(hashed(place.table), vec![place.id.into()]))?;
        let Some(cells) = rows.into_iter().next() else { return Ok(Found::Altered) };
        let Some([Val::Text(hash), fields @ ..]) = Some(cells.as_slice()) else { return Ok(Found::Altered) };
        let follows = place.seq == self.link.seq + 1;
        let expected = match self.by(place.seq) {
            _ if !follows => None,
            By::Lost => None,
            By::Nobody => Some(sealed_next(&self.link, None, place.table, fields)),
            By::Key(seal) => Some(sealed_next(&self.link, Some(seal), place.table, fields)),
        };
        let fits = expected.as_ref().map(|link| link.hash.as_str() == &**hash);
        self.link = ChainLink { seq: place.seq, hash: hash.to_string() };
        Ok(match fits {
            Some(true) => Found::Proven { cells },
            // Whoever lost a key is not left with rows that stay for ever.
            None if matches!(self.by(place.seq), By::Lost) => Found::Proven { cells },
            None => Found::Open { cells },
            Some(false) => Found::Altered,
        })
    }

    fn by(&self, seq: i64) -> By<'a> {
        if seq > self.since {
            return By::Key(self.keys.current());
        }
        match self.changes.iter().rev().find(|mark| mark.link.seq < seq) {
            None => By::Nobody,
            Some(mark) => self.keys.named(&mark.key).map_or(By::Lost, By::Key),
        }
    }
}
