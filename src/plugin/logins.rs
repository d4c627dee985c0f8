//! Logins: how the accounts of an app type are recognised on each call, and what they may do.

use crate::api::Args;
use crate::auth::{Mask, Narrowing};
use crate::db::Tx;
use crate::error::Result;
use std::sync::Arc;

/// How the accounts of one app type are recognised on each call.
#[derive(Clone, Copy)]
pub struct LoginType {
    /// The first word of `_app`: `user`, `emp`, `admin`.
    pub app_type: &'static str,
    /// The table of its accounts: when it changes, identities are looked up anew. Empty = none.
    pub table: &'static str,
    /// What an account may do now; None when it may not log in any more.
    pub identify: fn(&mut Tx<'_>, i64) -> Result<Option<Identity>>,
    /// Accounts that may come without a session, with credentials in every call: gives the account's id.
    pub by_params: Option<ByParams>,
}

/// Finds the account that the parameters of a call name and prove; `None` when they name none.
pub type ByParams = fn(&mut Tx<'_>, &Args) -> Result<Option<i64>>;

impl LoginType {
    /// Accounts of `app_type`, kept in `table`, each judged by `identify` on every call.
    pub const fn new(
        app_type: &'static str,
        table: &'static str,
        identify: fn(&mut Tx<'_>, i64) -> Result<Option<Identity>>,
    ) -> LoginType {
        LoginType { app_type, table, identify, by_params: None }
    }

    /// Lets accounts come without a session, with credentials in every call.
    pub const fn by_params(mut self, find: ByParams) -> LoginType {
        self.by_params = Some(find);
        self
    }
}

/// What is known of an account that may log in.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Its login type and permissions.
    pub bits: Mask,
    /// Changes with the password: sessions and tokens of an older one are dead.
    pub version: i64,
    /// What roles leave of its rights; None for an account without such roles.
    pub narrowing: Option<Arc<Narrowing>>,
}

impl Identity {
    /// An account with all the rights that its bits stand for.
    pub const fn new(bits: Mask, version: i64) -> Identity {
        Identity { bits, version, narrowing: None }
    }

    /// Roles leave so much of its rights.
    pub fn narrowed(self, narrowing: Option<Arc<Narrowing>>) -> Identity {
        Identity { narrowing, ..self }
    }
}
