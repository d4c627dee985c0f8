//! Roles of staff: names in the permissions of an account that a plugin keeps as data.

use crate::auth::Role;
use crate::db::Tx;
use crate::error::Result;

/// Where a plugin keeps roles.
#[derive(Clone, Copy)]
pub struct RoleSource {
    /// When it changes, identities are looked up anew.
    pub table: &'static str,
    /// The roles among the words of an account.
    pub find: fn(&mut Tx<'_>, words: &[&str]) -> Result<Vec<GivenRole>>,
}

/// A role that an account has.
#[derive(Debug, Clone)]
pub struct GivenRole {
    /// The word in the account.
    pub name: String,
    /// Whose declared rights its matrix narrows.
    pub base: Role,
    /// None: the role is only a word for clients.
    pub matrix: Option<String>,
}
