//! `Meta.all`: every object as `Meta.get` answers it, under a revision by which a client keeps the answer.

use super::{Look, known};
use crate::api::{Answer, Args};
use crate::db::Tx;
use crate::error::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// `rev` of an answer that the client still has: if nothing changed, the answer says so in place of the objects.
pub fn all(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let kept = args.text("rev")?;
    let caller = tx.caller();
    let look = Look { registry: &tx.env().registry, caller: &caller };
    let list: Vec<Value> =
        known(look).map(|(def, actions)| Value::Object(look.whole(def, &actions))).collect();
    let rev = revision(&list);
    if kept.as_deref() == Some(&rev) {
        return Ok(json!({"rev": rev, "same": 1}).into());
    }
    Ok(json!({"rev": rev, "list": list}).into())
}

/// Of what the caller sees: it changes with the program, with their rights and with nothing else.
fn revision(list: &[Value]) -> String {
    let mut digest = Sha256::new();
    for object in list {
        digest.update(object.to_string());
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
