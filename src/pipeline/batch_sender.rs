//! A batch whose calls are committed one by one: who sent it is written with the first of them that writes, so that it is
//! known even if the server stops before the batch has its row in the log.

use super::record::CallRow;
use crate::audit::Need;
use crate::db::{Note, Tx};
use crate::error::Result;
use crate::server::Server;
use crate::sql::Sql;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// The batch, as far as it is known when it begins.
pub struct Sender {
    row: CallRow,
    written: AtomicBool,
}

impl Sender {
    pub fn new(row: CallRow) -> Arc<Sender> {
        Arc::new(Sender { row, written: AtomicBool::new(false) })
    }

    /// Whether one of its calls has left its row.
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire)
    }

    /// Leaves the row in the transaction of a call, unless an earlier one did. Once that is committed, `committed` says so.
    pub fn write(self: &Arc<Sender>, tx: &mut Tx<'_>) -> Result<()> {
        let CallRow::Call(row) = &self.row else { return Ok(()) };
        if self.is_written() || !tx.env().audit().on() {
            return Ok(());
        }
        let caller = &row.caller;
        // The batch itself may be a guest's, and its calls be made by a key.
        let user_id = if row.user_id != 0 { row.user_id } else { tx.caller().id };
        let fields = json!({
            "id": row.id, "tm": &*row.tm, "addr": &*caller.addr, "ua": &*caller.agent, "app": &*caller.app,
            "ses": &*caller.session, "userId": user_id, "ac": row.words.action(), "req": row.words.request(),
            "ver": &*caller.version, "serverRev": row.server_rev,
        });
        tx.insert("BatchBegun", fields.as_object().cloned().unwrap_or_default())?;
        let sender = self.clone();
        tx.after_commit(move |_| sender.written.store(true, Ordering::Release));
        Ok(())
    }
}

/// How often the row of a batch is tried again, and after how long at first; the pause doubles.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// Writes the row of a batch that changed something, in place of what its beginning left. What it waits for says whether it
/// was written; it is tried again while it cannot be.
pub fn end(server: &Arc<Server>, row: CallRow) -> oneshot::Receiver<bool> {
    let (send, ended) = oneshot::channel();
    // At once, so that whoever reads the log next finds it.
    let first = queue(server, &row);
    let server = server.clone();
    tokio::spawn(async move {
        let mut written = first.await.is_ok_and(|fate| fate.is_ok()) && is_there(&server, &row);
        for attempt in 0..TRIES {
            if written {
                break;
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
            written = queue(&server, &row).await.is_ok_and(|fate| fate.is_ok()) && is_there(&server, &row);
        }
        let _ = send.send(written);
        match written {
            true => forget(&server, &row),
            false => tracing::error!("the row of a batch was not written; the next start completes it"),
        }
    });
    ended
}

/// Whether the row is in the log. One that could not be written there spoils no other's transaction.
fn is_there(server: &Server, row: &CallRow) -> bool {
    let CallRow::Call(row) = row else { return true };
    let binds = vec![row.id.into(), row.words.action().into()];
    let found = server.look(|conn| conn.number("SELECT id FROM ApiLog WHERE id = ? AND ac = ?", binds));
    matches!(found, Ok(Some(_)))
}

/// Removes what the first call left.
fn forget(server: &Server, row: &CallRow) {
    let CallRow::Call(row) = row else { return };
    let id = row.id;
    let note: Note = Box::new(move |conn| {
        conn.run(&Sql::fixed("DELETE FROM BatchBegun WHERE id = ?", vec![id.into()])).map(|_| ())
    });
    if let Err(error) = server.db.lane.note_later(note) {
        tracing::debug!(%error, "the next start removes it");
    }
}

fn queue(server: &Arc<Server>, row: &CallRow) -> oneshot::Receiver<Result<()>> {
    let (send, written) = oneshot::channel();
    let (writer, row) = (server.clone(), row.clone());
    let note: Note = Box::new(move |_| {
        row.leave(&writer.chain, Need::Read);
        Ok(())
    });
    let answer = Box::new(move |fate| {
        let _ = send.send(fate);
    });
    if let Err(error) = server.db.lane.note(note, answer) {
        tracing::warn!(%error, "the row of a batch was not queued");
    }
    written
}
