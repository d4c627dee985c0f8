//! The hashes of passwords that a write will store: made before it, on a thread of their own, for they take long.

use super::parse::Parsed;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::write::passwords::{self, Hashes};
use std::sync::Arc;

/// Those of the passwords in the fields of a call.
pub async fn of_call(server: &Arc<Server>, parsed: &Parsed) -> Result<Hashes> {
    let def = parsed.action.object.as_ref().and_then(|object| server.env.registry.object(object));
    let found = def.map(|def| passwords::found(def, &parsed.args.post.0)).unwrap_or_default();
    of(server, found).await
}

pub async fn of(server: &Arc<Server>, passwords: Vec<String>) -> Result<Hashes> {
    if passwords.is_empty() {
        return Ok(Hashes::new());
    }
    let env = server.env.clone();
    let task = tokio::task::spawn_blocking(move || passwords::hash(&env, passwords));
    task.await.unwrap_or_else(|panic| Err(Error::server(panic.to_string())))
}
