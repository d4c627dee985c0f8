//! By what limits count where a caller comes from. The text that the audit log keeps of an address is something
//! else; `http::address` makes the key.

use std::fmt;

/// ```
/// use jindou::auth::ThrottleKey;
/// assert_eq!(ThrottleKey::V4([192, 0, 2, 7]).to_string(), "192.0.2.7");
/// assert_eq!(ThrottleKey::V6([0x2001, 0xdb8, 1, 2]).to_string(), "2001:db8:1:2::/64");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ThrottleKey {
    /// Not over the network.
    #[default]
    Local,
    V4([u8; 4]),
    /// The /64 of an IPv6 address, because one subscriber has all of that.
    V6([u16; 4]),
}

impl fmt::Display for ThrottleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThrottleKey::Local => f.write_str("local"),
            ThrottleKey::V4([a, b, c, d]) => write!(f, "{a}.{b}.{c}.{d}"),
            ThrottleKey::V6([a, b, c, d]) => write!(f, "{a:x}:{b:x}:{c:x}:{d:x}::/64"),
        }
    }
}
