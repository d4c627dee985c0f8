//! Keys by which limits and counters of wrong guesses count. A key is made from the caller or from the thing that
//! is tried, so that nobody counts by an address as the log shows it.

use crate::auth::Caller;
use std::fmt::Display;

/// ```
/// use jindou::auth::{Caller, Role};
/// use jindou::throttle::limiter::Key;
/// let staff = Caller::of_role(Role::Emp, 7);
/// assert_ne!(Key::account("export", &staff), Key::network("export", &staff));
/// assert_eq!(Key::of("PIN of circle", 5).from_network_of(&staff).as_str(), "PIN of circle 5 from local");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// By the network the caller comes from: see [`crate::auth::ThrottleKey`].
    pub fn network(what: &str, caller: &Caller) -> Key {
        Key(format!("{what} from {}", caller.throttle_key))
    }

    /// By the caller's account; guests by their network.
    pub fn account(what: &str, caller: &Caller) -> Key {
        match caller.is_guest() {
            true => Key::network(what, caller),
            false => Key(format!("{what} by {}#{}", caller.app_type, caller.id)),
        }
    }

    /// By the thing that is asked for or tried: a phone, a circle, a name.
    pub fn of(what: &str, thing: impl Display) -> Key {
        Key(format!("{what} {thing}"))
    }

    /// Counts each network by itself.
    pub fn from_network_of(self, caller: &Caller) -> Key {
        Key(format!("{} from {}", self.0, caller.throttle_key))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
