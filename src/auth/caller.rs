//! The caller, as far as rules care: no request, no session store, no clock.

use super::mask::{self, Mask, Role};
use super::narrowing::Narrowing;
use super::throttle_key::ThrottleKey;
use std::sync::Arc;

pub use crate::render::Lang;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caller {
    /// What the login may do, test-mode and mock-mode bits included.
    pub bits: Mask,
    /// The id of the login object: a User, an Employee, 1 for the super administrator, 0 for a guest.
    pub id: i64,
    /// `_app` as sent and the app type made of it.
    pub app: Arc<str>,
    pub app_type: Arc<str>,
    /// Network address, client program and version as the audit log keeps them.
    pub addr: Arc<str>,
    /// By what limits count where the caller comes from; never by `addr`.
    pub throttle_key: ThrottleKey,
    pub agent: Arc<str>,
    pub version: Arc<str>,
    pub lang: Lang,
    /// Public name of the session in the audit log: never the key itself.
    pub session: Arc<str>,
    /// What roles have left of the rights; None for callers without such roles.
    pub narrowing: Option<Arc<Narrowing>>,
}

impl Caller {
    /// A caller of our own making: jobs, the command line, tests.
    pub fn of_role(role: Role, id: i64) -> Caller {
        let app_type = match role {
            Role::Guest | Role::User => "user",
            Role::Emp | Role::Mgr => "emp",
            Role::Admin => "admin",
            Role::Watch => "watch",
        };
        Caller { bits: role.bits(), id, app: app_type.into(), app_type: app_type.into(), ..Caller::default() }
    }

    pub fn role(&self) -> Role {
        Role::of(self.bits)
    }

    pub fn has(&self, mask: Mask) -> bool {
        self.bits & mask != 0
    }

    pub fn is_guest(&self) -> bool {
        self.bits & mask::LOGIN == 0
    }

    /// Nobody logged in for the call, and it brings no key.
    pub fn is_unknown(&self) -> bool {
        self.bits & (mask::LOGIN | mask::KEY) == 0
    }

    pub fn test_mode(&self) -> bool {
        self.has(mask::TEST_MODE)
    }
}
