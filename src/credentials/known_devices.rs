//! Devices that somebody logged in from before (OWASP's device cookies). Such a device has guesses of its own,
//! so that wrong guesses of strangers do not lock its owner out. It opens nothing by itself.

use crate::error::{Error, Result};
use crate::id;
use crate::redact::same;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const LIFE_MS: i64 = 180 * 86_400_000;

/// Makes and checks the cookies. A cookie is bound to an account, which is not named in it.
///
/// ```
/// use jindou::credentials::known_devices::Devices;
/// let devices = Devices::new(b"secret of the server");
/// let cookie = devices.cookie("user#1", 0)?;
/// assert!(devices.known(&cookie, "user#1", 1000).is_some());
/// assert!(devices.known(&cookie, "user#2", 1000).is_none());
/// assert!(devices.known(&cookie, "user#1", i64::MAX).is_none());
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub struct Devices {
    key: Vec<u8>,
}

impl Devices {
    pub fn new(secret: &[u8]) -> Devices {
        Devices { key: secret.to_vec() }
    }

    /// The cookie for a device that has just logged in.
    pub fn cookie(&self, account: &str, now_ms: i64) -> Result<String> {
        let (name, until) = (id::token(), now_ms.saturating_add(LIFE_MS));
        Ok(format!("{name}.{until}.{}", self.sign(account, &name, until)?))
    }

    /// The name of the device, if the account was logged in from it.
    pub fn known<'a>(&self, cookie: &'a str, account: &str, now_ms: i64) -> Option<&'a str> {
        let mut parts = cookie.splitn(3, '.');
        let (name, until, sign) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let right = same(&self.sign(account, name, until).ok()?, sign);
        (right && now_ms < until).then_some(name)
    }

    /// Seconds until a cookie ends.
    pub fn life_sec() -> i64 {
        LIFE_MS / 1000
    }

    fn sign(&self, account: &str, name: &str, until: i64) -> Result<String> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key);
        let mut mac = mac.map_err(|error| Error::server(error.to_string()))?;
        // The use is part of it: nothing else that the key signs is taken for a device.
        mac.update(format!("device\n{account}\n{name}\n{until}").as_bytes());
        Ok(id::hex(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_made_by_others_is_unknown() {
        let devices = Devices::new(b"ours");
        let cookie = devices.cookie("emp#3", 5).unwrap();
        for wrong in ["", "a.b", "a.b.c", &cookie[1..], &cookie.replace('.', "-"), &format!("{cookie}0")] {
            assert_eq!(devices.known(wrong, "emp#3", 6), None, "{wrong}");
        }
        let later = cookie.replacen(&LIFE_MS.to_string()[..4], "9999", 1);
        assert!(later == cookie || devices.known(&later, "emp#3", 6).is_none());
        let others = Devices::new(b"others").cookie("emp#3", 5).unwrap();
        assert_eq!(devices.known(&others, "emp#3", 6), None);
        assert_eq!(devices.known(&cookie, "emp#3", 6), cookie.split('.').next());
    }
}
