//! The store in this process: shards, each with a map and a calendar of ends, in bounded memory. When a
//! shard is full of living keys a write is refused: codes and locks must not be forgotten in silence.

use super::{Kv, Ttl};
use crate::error::{Code, Error, Result};
use crate::time::Clock;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const SHARDS: usize = 16;
/// Counted for each key and member beside its letters: map nodes, times.
const OVERHEAD: usize = 96;
/// Dead keys removed by each write, so that nobody pays for all at once.
const SWEPT_PER_WRITE: usize = 8;

pub struct MemKv {
    clock: Arc<dyn Clock>,
    shards: Vec<Mutex<Shard>>,
    hash: RandomState,
    /// The most bytes a shard may hold.
    room: usize,
}

impl MemKv {
    /// A store of at most so many bytes.
    pub fn new(clock: Arc<dyn Clock>, bytes: usize) -> MemKv {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        MemKv { clock, shards, hash: RandomState::new(), room: bytes / SHARDS }
    }

    /// Removes every key.
    pub fn clear(&self) {
        (0..SHARDS).for_each(|at| *self.lock(at) = Shard::default());
    }

    /// Removes every dead key; for a periodic job. Reading and writing never show a dead one anyway.
    pub fn sweep(&self) -> usize {
        let now = self.clock.unix_ms();
        (0..SHARDS).map(|at| self.lock(at).sweep(now, usize::MAX)).sum()
    }

    /// Living and not yet swept keys, and the bytes they count for.
    pub fn size(&self) -> (usize, usize) {
        (0..SHARDS)
            .map(|at| self.lock(at))
            .fold((0, 0), |(keys, bytes), shard| (keys + shard.entries.len(), bytes + shard.bytes))
    }

    fn lock(&self, at: usize) -> MutexGuard<'_, Shard> {
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shard of the key, without the key if it is dead, and the time.
    fn shard(&self, key: &str) -> (MutexGuard<'_, Shard>, i64) {
        let now = self.clock.unix_ms();
        let mut shard = self.lock((self.hash.hash_one(key) % SHARDS as u64) as usize);
        if shard.entries.get(key).is_some_and(|entry| entry.until.is_some_and(|until| until <= now)) {
            shard.remove(key);
        }
        (shard, now)
    }
}

#[derive(Default)]
struct Shard {
    entries: HashMap<String, Entry>,
    ends: BTreeSet<(i64, String)>,
    bytes: usize,
}

struct Entry {
    value: Value,
    until: Option<i64>,
}

enum Value {
    Text(String),
    Set(BTreeSet<String>),
}

impl Shard {
    fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.entries.get(key).map(|entry| &entry.value) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Set(_)) => Err(mixed(key)),
        }
    }

    fn put(&mut self, key: &str, value: Value, until: Option<i64>, now: i64, room: usize) -> Result<()> {
        self.sweep(now, SWEPT_PER_WRITE);
        let before = self.entries.get(key).map_or(0, |entry| weight(key, &entry.value));
        self.make_room(weight(key, &value).saturating_sub(before), now, room)?;
        self.remove(key);
        self.bytes += weight(key, &value);
        if let Some(until) = until {
            self.ends.insert((until, key.to_owned()));
        }
        self.entries.insert(key.to_owned(), Entry { value, until });
        Ok(())
    }

    fn make_room(&mut self, more: usize, now: i64, room: usize) -> Result<()> {
        if self.bytes + more > room {
            self.sweep(now, usize::MAX);
        }
        if self.bytes + more > room { Err(full()) } else { Ok(()) }
    }

    fn remove(&mut self, key: &str) -> Option<Value> {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.bytes -= weight(&key, &entry.value);
        if let Some(until) = entry.until {
            self.ends.remove(&(until, key));
        }
        Some(entry.value)
    }

    fn sweep(&mut self, now: i64, most: usize) -> usize {
        let mut swept = 0;
        while swept < most
            && let Some((until, _)) = self.ends.first()
            && *until <= now
            && let Some((_, key)) = self.ends.pop_first()
        {
            self.remove(&key);
            swept += 1;
        }
        swept
    }
}

impl Kv for MemKv {
    fn get(&self, key: &str) -> Result<Option<String>> {
        Ok(self.shard(key).0.text(key)?.map(str::to_owned))
    }

    fn set(&self, key: &str, value: &str, ttl: Ttl) -> Result<()> {
        let (mut shard, now) = self.shard(key);
        shard.put(key, Value::Text(value.to_owned()), until(now, ttl), now, self.room)
    }

    fn set_nx(&self, key: &str, value: &str, ttl: Ttl) -> Result<bool> {
        let (mut shard, now) = self.shard(key);
        if shard.entries.contains_key(key) {
            return Ok(false);
        }
        shard.put(key, Value::Text(value.to_owned()), until(now, ttl), now, self.room)?;
        Ok(true)
    }

    fn take(&self, key: &str) -> Result<Option<String>> {
        let (mut shard, _) = self.shard(key);
        let text = shard.text(key)?.map(str::to_owned);
        shard.remove(key);
        Ok(text)
    }

    fn del_if(&self, key: &str, value: &str) -> Result<bool> {
        let (mut shard, _) = self.shard(key);
        let holds = shard.text(key)? == Some(value);
        Ok(holds && shard.remove(key).is_some())
    }

    fn incr(&self, key: &str, by: i64, ttl: Ttl) -> Result<i64> {
        let (mut shard, now) = self.shard(key);
        let bad = |what: &str| Error::server(format!("key `{key}` {what}"));
        let old: i64 =
            shard.text(key)?.map_or(Ok(0), |text| text.parse().map_err(|_| bad("is no number")))?;
        let new = old.checked_add(by).ok_or_else(|| bad("is too large a number"))?;
        let until = shard.entries.get(key).map_or(until(now, ttl), |entry| entry.until);
        shard.put(key, Value::Text(new.to_string()), until, now, self.room)?;
        Ok(new)
    }

    fn expire(&self, key: &str, ttl: Ttl) -> Result<bool> {
        let (mut shard, now) = self.shard(key);
        let Some(value) = shard.remove(key) else { return Ok(false) };
        shard.put(key, value, until(now, ttl), now, usize::MAX)?;
        Ok(true)
    }

    fn ttl(&self, key: &str) -> Result<Option<Ttl>> {
        let (shard, now) = self.shard(key);
        let left = |until: i64| Duration::from_millis(u64::try_from(until - now).unwrap_or(0));
        Ok(shard.entries.get(key).map(|entry| entry.until.map(left)))
    }

    fn del(&self, key: &str) -> Result<bool> {
        Ok(self.shard(key).0.remove(key).is_some())
    }

    fn sadd(&self, key: &str, member: &str, ttl: Ttl) -> Result<bool> {
        let (mut guard, now) = self.shard(key);
        let shard = &mut *guard;
        let more = member.len() + OVERHEAD;
        match shard.entries.get(key).map(|entry| &entry.value) {
            Some(Value::Text(_)) => return Err(mixed(key)),
            Some(Value::Set(members)) if members.contains(member) => return Ok(false),
            Some(Value::Set(_)) => shard.make_room(more, now, self.room)?,
            None => shard.put(
                key,
                Value::Set(BTreeSet::new()),
                until(now, ttl),
                now,
                self.room - more.min(self.room),
            )?,
        }
        if let Some(Entry { value: Value::Set(members), .. }) = shard.entries.get_mut(key) {
            members.insert(member.to_owned());
            shard.bytes += more;
        }
        Ok(true)
    }

    fn srem(&self, key: &str, member: &str) -> Result<bool> {
        let (mut guard, _) = self.shard(key);
        let shard = &mut *guard;
        let members = match shard.entries.get_mut(key).map(|entry| &mut entry.value) {
            None => return Ok(false),
            Some(Value::Text(_)) => return Err(mixed(key)),
            Some(Value::Set(members)) => members,
        };
        let was_there = members.remove(member);
        let empty = members.is_empty();
        if was_there {
            shard.bytes -= member.len() + OVERHEAD;
        }
        if empty {
            shard.remove(key);
        }
        Ok(was_there)
    }

    fn smembers(&self, key: &str) -> Result<Vec<String>> {
        match self.shard(key).0.entries.get(key).map(|entry| &entry.value) {
            None => Ok(Vec::new()),
            Some(Value::Text(_)) => Err(mixed(key)),
            Some(Value::Set(members)) => Ok(members.iter().cloned().collect()),
        }
    }
}

fn until(now: i64, ttl: Ttl) -> Option<i64> {
    ttl.map(|ttl| now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)))
}

/// The key counts twice: it is in the calendar too.
fn weight(key: &str, value: &Value) -> usize {
    let inside = match value {
        Value::Text(text) => text.len(),
        Value::Set(members) => members.iter().map(|member| member.len() + OVERHEAD).sum(),
    };
    2 * key.len() + inside + OVERHEAD
}

fn mixed(key: &str) -> Error {
    Error::server(format!("key `{key}` holds another kind of value"))
}

fn full() -> Error {
    Error::new(Code::FORBIDDEN, "the key-value store is full")
        .say("系统忙，请稍候再试", "the system is busy, try again later")
}

#[cfg(test)]
#[path = "mem_tests.rs"]
mod tests;
