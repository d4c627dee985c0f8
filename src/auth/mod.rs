//! Rights of callers: bits, roles, callers, and the one maker of `Authorized`.

pub mod caller;
pub mod mask;
pub mod narrowing;
pub mod throttle_key;

pub use caller::{Caller, Lang};
pub use mask::{Mask, Role};
pub use narrowing::Narrowing;
pub use throttle_key::ThrottleKey;
