//! The name of a database, made once: offsets mean something in it alone. Copies keep it; a restore takes it away, because
//! the rows that follow the restored ones have ids that others had before.

use crate::error::{Error, Result};
use crate::server::Server;
use std::sync::Arc;

/// Where it is kept. `restore` names it, too.
const KEY: &str = "live:epoch";

/// The name; made if there is none yet.
pub fn of(server: &Arc<Server>) -> Result<String> {
    server.write_as_system(|tx| {
        if let Some(epoch) = tx.stored_kv().get(KEY)? {
            return Ok(epoch);
        }
        let epoch = crate::id::token().get(..16).map(str::to_owned);
        let epoch = epoch.ok_or_else(|| Error::server("a token that is too short"))?;
        tx.stored_kv().set(KEY, &epoch, None)?;
        Ok(epoch)
    })
}
