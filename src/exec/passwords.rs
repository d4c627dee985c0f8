//! Password columns: a write stores what the hasher makes of them. Hashing is slow, so it is done before the
//! writer lane is entered and the outcome carried along; what was not foreseen is hashed where it comes up.

use crate::call::params;
use crate::db::Tx;
use crate::env::Env;
use crate::error::Result;
use crate::object::{Def, names};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Password → what is stored of it.
pub type Hashes = HashMap<String, String>;

/// The passwords a write of these fields will need, in words.
pub fn found(def: &Def, fields: &Map<String, Value>) -> Vec<String> {
    let texts =
        names(def.decl.passwords).filter_map(|name| params::find(fields, name)).filter_map(Value::as_str);
    texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Hashes them; it takes its time.
pub fn hash(env: &Env, passwords: Vec<String>) -> Result<Hashes> {
    passwords.into_iter().map(|plain| Ok((plain.clone(), env.hasher.hash(&plain)?))).collect()
}

/// Puts the hashes into the fields of a write.
pub fn store(tx: &mut Tx<'_>, def: &Def, fields: &mut Map<String, Value>) -> Result<()> {
    for name in names(def.decl.passwords) {
        let Some(plain) = params::find(fields, name).and_then(params::text_of).map(|text| text.into_owned())
        else {
            continue;
        };
        let stored = if plain.is_empty() { Value::Null } else { tx.hashed(&plain)?.into() };
        fields.insert(name.to_owned(), stored);
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
