//! After a crash: items of a batch are committed one by one, so the batch's own row may be missing. It is
//! written at the next start, as the row of a call that did not come to its end.

use super::chain::{Chain, Need};
use super::record::{CallRecord, Record};
use super::row_text::Words;
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Code, Result};
use crate::sql::Sql;
use crate::value::Val;
use serde_json::{Value, json};
use std::sync::Arc;

/// Only the end of the chain can have been cut short.
const LOOK_BACK: i64 = 200_000;

const ORPHANS: &str = "SELECT r.apiLogId, COUNT(*), SUM(r.t), GROUP_CONCAT(r.ac, ',') FROM ApiLog1 r \
     WHERE r.id > (SELECT MAX(id) FROM ApiLog1) - ? AND NOT EXISTS (SELECT 1 FROM ApiLog c WHERE c.id = r.apiLogId) GROUP BY r.apiLogId";

/// What the first call of the batch that wrote has left of its sender.
const BEGUN: &str = "tm, addr, ua, app, ses, userId, req, ver";

/// Writes the missing rows; gives their number.
pub fn recover(tx: &mut Tx<'_>, chain: &Chain) -> Result<usize> {
    let orphans = tx.conn().rows(&Sql::fixed(ORPHANS, vec![LOOK_BACK.into()]))?;
    for row in &orphans {
        let [Val::Int(id), Val::Int(count), millis, actions] = row.as_slice() else { continue };
        let actions = if let Val::Text(text) = actions { text } else { "" };
        let action: String = format!("batch:{count},{actions}").chars().take(50).collect();
        let begun = tx.first("BatchBegun", &[("id", json!(id))], BEGUN)?.unwrap_or_default();
        let text = |name: &str| begun.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut words = Words::new(&[&action], |out| out.push_str(text("req")));
        words.answer(|out| out.push_str("the server stopped before the batch came to its end"));
        let record = CallRecord {
            id: *id,
            tm: if text("tm").is_empty() { tx.now().into() } else { text("tm").into() },
            caller: Arc::new(Caller {
                addr: text("addr").into(),
                agent: text("ua").into(),
                app: text("app").into(),
                version: text("ver").into(),
                session: text("ses").into(),
                ..Caller::default()
            }),
            user_id: begun.get("userId").and_then(Value::as_i64).unwrap_or_default(),
            millis: millis.as_i64().unwrap_or_default(),
            code: Code::ABORT.0,
            words,
            server_rev: tx.env().server_rev().to_owned(),
            ..CallRecord::default()
        };
        chain.leave(Record::Call(record), Need::Change);
    }
    // Every batch has its row now.
    tx.clear("BatchBegun")?;
    Ok(orphans.len())
}
