//! After a crash: items of a batch are committed one by one, so the batch's own row may be missing. It is
//! written at the next start, as the row of a call that did not come to its end.

use super::chain::{Chain, Need};
use super::record::{CallRecord, Record};
use super::words::Words;
use crate::db::Tx;
use crate::error::{Code, Result};
use crate::sql::Sql;
use crate::value::Val;

/// Only the end of the chain can have been cut short.
const LOOK_BACK: i64 = 200_000;

const ORPHANS: &str = "SELECT r.apiLogId, COUNT(*), SUM(r.t), GROUP_CONCAT(r.ac, ',') FROM ApiLog1 r \
     WHERE r.id > (SELECT MAX(id) FROM ApiLog1) - ? AND NOT EXISTS (SELECT 1 FROM ApiLog c WHERE c.id = r.apiLogId) GROUP BY r.apiLogId";

/// Writes the missing rows; gives their number.
pub fn recover(tx: &mut Tx<'_>, chain: &Chain) -> Result<usize> {
    let orphans = tx.conn().rows(&Sql::fixed(ORPHANS, vec![LOOK_BACK.into()]))?;
    for row in &orphans {
        let [Val::Int(id), Val::Int(count), millis, actions] = row.as_slice() else { continue };
        let actions = if let Val::Text(text) = actions { text } else { "" };
        let action: String = format!("batch:{count},{actions}").chars().take(50).collect();
        let mut words = Words::new(&[&action], |_| ());
        words.answer(|out| out.push_str("the server stopped before the batch came to its end"));
        let record = CallRecord {
            id: *id,
            tm: tx.now().into(),
            millis: millis.as_i64().unwrap_or_default(),
            code: Code::ABORT.0,
            words,
            server_rev: tx.env().server_rev().to_owned(),
            ..CallRecord::default()
        };
        chain.leave(Record::Call(record), Need::Change);
    }
    Ok(orphans.len())
}
