//! Who may do what: bits, callers, and the one maker of `Authorized`.

pub mod authorize;
pub mod caller;
pub mod mask;
pub mod throttle_key;

pub use authorize::{Authorized, Granted, authorize, check};
pub use caller::{Caller, Lang};
pub use mask::{Mask, Role};
pub use throttle_key::ThrottleKey;
