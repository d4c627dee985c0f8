//! Texts and sets under keys, for a while: codes, locks, presence, caches. Lost when the process ends; what
//! must survive belongs in a table. The trait is Redis's vocabulary, so that Redis can implement it.

mod mem;

pub use mem::MemKv;

use crate::error::Result;
use std::time::Duration;

/// How long a key lives; `None` is until it is deleted.
pub type Ttl = Option<Duration>;

/// Every operation is atomic. A text and a set under one key are a mistake of ours and an error.
pub trait Kv: Send + Sync {
    fn get(&self, key: &str) -> Result<Option<String>>;

    fn set(&self, key: &str, value: &str, ttl: Ttl) -> Result<()>;

    /// Sets it only if there is none: the lock of many runners. True if it was set.
    fn set_nx(&self, key: &str, value: &str, ttl: Ttl) -> Result<bool>;

    /// Reads and deletes in one step: what may be used once.
    fn take(&self, key: &str) -> Result<Option<String>>;

    /// Deletes it only if it holds this value: how a lock's owner lets go of it.
    fn del_if(&self, key: &str, value: &str) -> Result<bool>;

    /// Adds to the number under the key, starting from 0. The life is given when the key is new and stays
    /// as it was otherwise.
    fn incr(&self, key: &str, by: i64, ttl: Ttl) -> Result<i64>;

    /// Gives the key a new life. True if there is such a key.
    fn expire(&self, key: &str, ttl: Ttl) -> Result<bool>;

    /// What is left of its life: outer `None` without such a key, inner `None` without an end.
    fn ttl(&self, key: &str) -> Result<Option<Ttl>>;

    /// True if there was something to delete.
    fn del(&self, key: &str) -> Result<bool>;

    /// True if the member is new. The life is that of the key: given when new, see [`Kv::expire`].
    fn sadd(&self, key: &str, member: &str, ttl: Ttl) -> Result<bool>;

    /// True if the member was there. A set without members is no key.
    fn srem(&self, key: &str, member: &str) -> Result<bool>;

    /// The members in the order of their letters; empty without such a key.
    fn smembers(&self, key: &str) -> Result<Vec<String>>;
}
