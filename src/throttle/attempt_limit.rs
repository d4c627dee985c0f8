//! So many wrong guesses in a span of time, then none for as long: for codes that somebody could try out.
//! A counter over the key-value store, so it lives where that does. For passwords see `failures`, which also
//! forgives and grows stricter.

use super::count_key::Key;
use crate::error::Result;
use crate::kv::Kv;
use std::time::Duration;

/// ```
/// use jindou::{kv::MemKv, throttle::attempt_limit::AttemptLimit, throttle::limiter::Key};
/// let kv = MemKv::new(std::sync::Arc::new(jindou::time::SystemClock), 1 << 20);
/// let rule = AttemptLimit { wrong: 2, seconds: 600 };
/// let pin = Key::of("PIN of circle", 1);
/// rule.failed(&kv, &pin)?;
/// assert!(!rule.blocked(&kv, &pin)?);
/// rule.failed(&kv, &pin)?;
/// assert!(rule.blocked(&kv, &pin)?);
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AttemptLimit {
    pub wrong: i64,
    pub seconds: u64,
}

impl AttemptLimit {
    pub fn blocked(&self, kv: &dyn Kv, key: &Key) -> Result<bool> {
        Ok(kv.get(&name(key))?.and_then(|count| count.parse::<i64>().ok()).is_some_and(|n| n >= self.wrong))
    }

    /// One more wrong guess. The last one allowed blocks for the whole span anew.
    pub fn failed(&self, kv: &dyn Kv, key: &Key) -> Result<()> {
        let span = Some(Duration::from_secs(self.seconds));
        if kv.incr(&name(key), 1, span)? == self.wrong {
            kv.expire(&name(key), span)?;
        }
        Ok(())
    }

    /// The right one: what was wrong before is forgotten.
    pub fn succeeded(&self, kv: &dyn Kv, key: &Key) -> Result<()> {
        kv.del(&name(key)).map(|_| ())
    }
}

fn name(key: &Key) -> String {
    format!("guesses:{}", key.as_str())
}
