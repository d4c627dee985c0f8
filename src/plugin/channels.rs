//! Declarations of channels: rows of an object as messages that those who may read them are sent as they are written.

use crate::object::Own;
use crate::object::{ObjectDef, QUERY};

/// The rows of an object with one value in one column, in the order of their ids: `circle:7` has the messages of circle 7.
/// New rows are sent; the offset of a message is the id of its row.
#[derive(Debug, Clone, Copy)]
pub struct LiveChannel {
    /// What stands before the colon in the name of a channel: small letters.
    pub name: &'static str,
    /// The column whose value stands behind the colon.
    pub key: &'static str,
    /// The object whose rows are the messages.
    pub object: &'static str,
    /// What is sent of a row; empty = what `query` gives without `res`.
    pub res: &'static str,
    /// Those who follow it may send each other fleeting frames, such as "is typing".
    pub talks: bool,
}

/// `channel("circle", "circleId", "CircleMsg")`: the channels `circle:{circleId}` of the rows of CircleMsg. Who may `query`
/// the rows of a channel by the declared rights of the object may follow it and is sent what `query` shows; an action of
/// the object's own in the place of `query` is not asked.
pub const fn channel(name: &'static str, key: &'static str, object: &'static str) -> LiveChannel {
    LiveChannel { name, key, object, res: "", talks: false }
}

impl LiveChannel {
    /// What is sent of a row, the id among it.
    pub const fn res(mut self, res: &'static str) -> LiveChannel {
        self.res = res;
        self
    }

    /// Lets those who follow it send each other fleeting frames.
    pub const fn talks(mut self) -> LiveChannel {
        self.talks = true;
        self
    }

    /// Why the rows of this object cannot be sent this way, if they cannot. Who may follow a channel is judged once for
    /// all its rows and asked again when the rows of the rule change, so the rule must depend on the key alone.
    pub fn fault(&self, def: &ObjectDef) -> Option<String> {
        let name = self.name;
        let fault = |why: &str| Some(format!("channel {name}: {} {why}", def.name()));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Some(format!("channel `{name}`: a name has small letters and nothing else"));
        }
        let Some(table) = &def.table else { return fault("has no table") };
        if table.column(self.key).is_none() {
            return fault(&format!("has no column {}", self.key));
        }
        if def.decl.secret_ids || def.decl.new_id.is_some() {
            return fault("does not show its ids in the order in which its rows are written");
        }
        if def.decl.read_policy.is_some() {
            return fault("has a read policy, by which each reader may see something else");
        }
        let rights = crate::auth::Role::ALL.into_iter().flat_map(|role| def.all_rights(role));
        for access in rights.map(|rights| &rights.access).filter(|access| access.actions & QUERY != 0) {
            let by_key = match access.own {
                Own::All => true,
                Own::Field(field) => field == self.key,
                Own::Via { link, .. } => link == self.key,
            };
            if access.narrow.is_some() || !by_key {
                return fault(&format!(
                    "has a rule about its rows that does not depend on {} alone",
                    self.key
                ));
            }
        }
        None
    }
}
