//! A name that may stand in SQL text. Only this folder mints one, from a DESIGN.md that passed its checks,
//! so a request's text can never become an identifier.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

#[derive(Debug, Clone, Eq, PartialOrd, Ord)]
pub struct Ident(Arc<str>);

impl PartialEq for Ident {
    /// Most are copies of one: then their letters need not be compared.
    fn eq(&self, other: &Ident) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// PostgreSQL cuts names at 63 bytes; `geo_` goes before the name of a table.
const MAX_BYTES: usize = 59;

impl Ident {
    /// Letters of any script, digits and `_`, not starting with a digit: nothing a quote could be hidden in.
    pub(in crate::design) fn mint(name: &str) -> Result<Ident, String> {
        let starts_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !starts_well || !name.chars().all(is_word) {
            return Err(format!("`{name}` is not a name: letters, digits and _, starting with a letter"));
        }
        if name.len() > MAX_BYTES {
            return Err(format!("`{name}` is longer than {MAX_BYTES} bytes"));
        }
        Ok(Ident(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name to keep, without copying it.
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }

    /// Databases compare names without case, so two that differ only in case are one.
    pub(in crate::design) fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// What `\w` means in the language.
pub(in crate::design) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Ident {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Ident {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
