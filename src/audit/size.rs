//! About how much the tables of the log take, from samples: counting it would mean reading all of it.

use super::chain_order::Part;
use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;

/// Places of a table that are looked at, evenly spread over its ids, and rows at each.
const PLACES: i64 = 50;
const ROWS: i64 = 4;
/// What a row takes beside its texts: numbers, its hash, its entries in the indexes.
const BESIDE: i64 = 260;

/// Of `rows` rows in all tables, the number that must go so that the rest takes `most` bytes.
pub(super) fn rows_beyond(conn: &Conn, rows: i64, most: i64) -> Result<i64> {
    let (mut spans, mut weights) = (0_i128, 0_i128);
    for part in Part::ALL {
        let (span, average) = sample(conn, part)?;
        spans += i128::from(span);
        weights += i128::from(span) * i128::from(average);
    }
    if spans == 0 {
        return Ok(0);
    }
    let average = (weights / spans).max(1);
    let over = i128::from(rows) * average - i128::from(most);
    Ok(i64::try_from((over.max(0) + average - 1) / average).unwrap_or(rows).min(rows))
}

/// The span of a table's ids, and what one of its rows takes.
fn sample(conn: &Conn, part: Part) -> Result<(i64, i64)> {
    let ends = conn.rows(&Sql::fixed(part.ends(), Vec::new()))?;
    let Some([Val::Int(first), Val::Int(last)]) = ends.first().map(Vec::as_slice) else { return Ok((0, 0)) };
    let span = last - first + 1;
    let (mut count, mut sum) = (0, 0);
    for place in 0..PLACES.min(span) {
        let from = first + (i128::from(span) * i128::from(place) / i128::from(PLACES.min(span))) as i64;
        conn.each(&Sql::fixed(part.sizes(), vec![from.into(), ROWS.into()]), |row| {
            sum += row.first().and_then(Val::as_i64).unwrap_or_default();
            count += 1;
            Ok(())
        })?;
    }
    Ok((span, BESIDE + sum / i64::max(count, 1)))
}

impl Part {
    fn ends(self) -> &'static str {
        [
            "SELECT (SELECT MIN(id) FROM ApiLog), (SELECT MAX(id) FROM ApiLog)",
            "SELECT (SELECT MIN(id) FROM ApiLog1), (SELECT MAX(id) FROM ApiLog1)",
            "SELECT (SELECT MIN(id) FROM ObjLog), (SELECT MAX(id) FROM ObjLog)",
        ][self as usize]
    }

    fn sizes(self) -> &'static str {
        [
            "SELECT COALESCE(octet_length(req), 0) + COALESCE(octet_length(res), 0) + COALESCE(octet_length(ua), 0) \
             FROM ApiLog WHERE id >= ? ORDER BY id LIMIT ?",
            "SELECT COALESCE(octet_length(req), 0) + COALESCE(octet_length(res), 0) FROM ApiLog1 WHERE id >= ? \
             ORDER BY id LIMIT ?",
            "SELECT COALESCE(octet_length(changes), 0) FROM ObjLog WHERE id >= ? ORDER BY id LIMIT ?",
        ][self as usize]
    }
}
