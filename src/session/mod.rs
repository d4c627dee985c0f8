//! Sessions: what the server remembers of a browser or app between calls. Rows are the truth; a cache in
//! memory makes them cheap to find. Only a hash of the cookie's value is kept.

mod device;
mod store;
mod token;
mod tx;

pub use device::Device;
pub use store::{Entry, Sessions};
pub use token::{GRACE_MS, LoginToken, TokenUse};
pub use tx::{CookieChange, persist};

use serde_json::{Map, Value};
use std::sync::Arc;

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");

/// A session as one call sees and changes it.
#[derive(Clone, Default)]
pub struct Draft {
    pub entry: Option<Arc<Entry>>,
    pub change: Change,
}

#[derive(Clone, Default)]
pub enum Change {
    #[default]
    None,
    /// New variables, same login.
    Vars(Map<String, Value>),
    /// Another login: the session gets a new key.
    Login { uid: i64, version: i64, vars: Map<String, Value> },
    /// The session ends.
    End,
}

impl Draft {
    /// The call has neither logged in or out nor remembered anything.
    pub fn is_untouched(&self) -> bool {
        matches!(self.change, Change::None)
    }

    /// The variables as they are now.
    pub fn vars(&self) -> Map<String, Value> {
        match &self.change {
            Change::None => self.entry.as_ref().map(|entry| entry.vars.clone()).unwrap_or_default(),
            Change::Vars(vars) | Change::Login { vars, .. } => vars.clone(),
            Change::End => Map::new(),
        }
    }

    pub fn set_vars(&mut self, vars: Map<String, Value>) {
        self.change = match std::mem::take(&mut self.change) {
            Change::Login { uid, version, .. } => Change::Login { uid, version, vars },
            Change::End => Change::End,
            Change::None | Change::Vars(_) => Change::Vars(vars),
        };
    }
}
