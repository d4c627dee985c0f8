//! Password columns: a write stores what the hasher makes of them. Hashing is slow, so it is done before the
//! writer lane is entered and the outcome carried along; what was not foreseen is hashed where it comes up.

use crate::call::params;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, WriteFields, names};
use crate::services::Services;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// Password → what is stored of it.
pub type Hashes = HashMap<String, String>;

/// The passwords a write of these fields will need, in words.
pub fn found(def: &ObjectDef, fields: &Map<String, Value>) -> Vec<String> {
    let texts = names(def.decl.passwords)
        .filter_map(|name| WriteFields::peek(fields, name))
        .filter_map(params::text_of)
        .filter(|text| !text.is_empty());
    texts.map(Cow::into_owned).collect()
}

/// Hashes them; it takes its time.
pub fn hash(env: &Services, passwords: Vec<String>) -> Result<Hashes> {
    passwords.into_iter().map(|plain| Ok((plain.clone(), env.hasher.hash(&plain)?))).collect()
}

/// Puts the hashes into the fields of a write.
pub fn store(tx: &mut Tx<'_>, def: &ObjectDef, fields: &mut WriteFields) -> Result<()> {
    for name in names(def.decl.passwords) {
        let Some(sent) = fields.get(name).filter(|value| !value.is_null()) else { continue };
        let Some(plain) = sent.as_str() else {
            return Err(Error::param(format!("field `{name}` must be a text"))
                .say(format!("字段`{name}`应为文本"), format!("field `{name}` must be a text")));
        };
        let stored = if plain.is_empty() { Value::Null } else { tx.hashed(plain)?.into() };
        fields.set(name, stored);
    }
    Ok(())
}

impl Tx<'_> {
    /// Hashes made outside, for the writes to come.
    pub fn know_hashes(&mut self, hashes: Hashes) {
        self.state.hashes.extend(hashes);
    }

    /// What is stored of a password. Each hash is used once: equal passwords must not look alike.
    pub fn hashed(&mut self, plain: &str) -> Result<String> {
        match self.state.hashes.remove(plain) {
            Some(stored) => Ok(stored),
            None => self.env().hasher.hash(plain),
        }
    }
}
