//! A call that shows the log of calls sees every call that was answered before it, also those whose row nobody else waits
//! for.

use super::parse::Parsed;
use crate::db::no_note;
use crate::server::Server;
use tokio::sync::oneshot;

/// Whether a call shows the log.
pub fn shows_log(server: &Server, parsed: &Parsed) -> bool {
    let object = parsed.action.object.as_ref().and_then(|object| server.env.registry.object(object));
    object.is_some_and(|def| matches!(def.decl.table, "ApiLog" | "ApiLog1"))
        || &*parsed.action.name == "execSql"
}

/// Waits until the rows of the log that are queued are written.
pub async fn settle(server: &Server) {
    for _ in 0..server.db.lane.commits_until_drained() {
        let (send, receive) = oneshot::channel();
        let answer = Box::new(move |_| {
            let _ = send.send(());
        });
        if server.db.lane.note(no_note(), answer).is_ok() {
            let _ = receive.await;
        }
    }
    server.db.show_log();
}
