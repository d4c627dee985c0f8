//! The cache of sessions, and finding the one a cookie names.

use crate::auth::Caller;
use crate::db::{Budget, CallState, Db, Tx};
use crate::error::Result;
use crate::plugin::Identity;
use crate::redact::hash_token;
use crate::services::Services;
use foldhash::HashMap;
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

pub struct Entry {
    pub id: i64,
    pub hash: Box<str>,
    /// The session's name in logs.
    pub public_name: Arc<str>,
    pub app_type: Box<str>,
    /// The login object; 0 for a guest.
    pub uid: i64,
    pub version: i64,
    pub vars: Map<String, Value>,
    pub created_ms: i64,
    pub seen_ms: AtomicI64,
    /// What `seen` is in the database.
    pub saved_ms: AtomicI64,
    /// The identity as last asked, and the state of the accounts then.
    known: Mutex<Option<(i64, Option<Identity>)>>,
    /// Who made its last call.
    caller: Mutex<Option<Arc<Caller>>>,
}

/// A client that tells more of itself is not remembered with its session.
const TOLD_MAX: usize = 512;

impl Entry {
    pub fn new(
        id: i64,
        hash: &str,
        app_type: &str,
        uid: i64,
        version: i64,
        vars: Map<String, Value>,
        now: i64,
    ) -> Entry {
        Entry {
            id,
            hash: hash.into(),
            public_name: hash[..hash.len().min(16)].into(),
            app_type: app_type.into(),
            uid,
            version,
            vars,
            created_ms: now,
            seen_ms: AtomicI64::new(now),
            saved_ms: AtomicI64::new(now),
            known: Mutex::new(None),
            caller: Mutex::new(None),
        }
    }

    /// Whether it was idle for too long, or is too old.
    fn is_over(&self, env: &Services) -> bool {
        let now = env.session_ms();
        let idle = now - self.seen_ms.load(Ordering::Relaxed);
        idle > env.session_idle_ms() || now - self.created_ms > env.session_max_ms()
    }

    /// The caller to be shared by all that tell of the call. Mostly it is the one of the call before; to make it anew
    /// each time costs more than to look, above all where the rows of the log are given back by another thread.
    pub fn share(&self, caller: Caller) -> Arc<Caller> {
        let Ok(mut last) = self.caller.lock() else { return Arc::new(caller) };
        if let Some(same) = last.as_ref().filter(|last| ***last == caller) {
            return same.clone();
        }
        let caller = Arc::new(caller);
        *last = (caller.agent.len() + caller.version.len() <= TOLD_MAX).then(|| caller.clone());
        caller
    }
}

#[derive(Default)]
pub struct Sessions {
    cache: RwLock<HashMap<Box<str>, Arc<Entry>>>,
    /// Grows whenever sessions end: a row that was read before that may be gone by now.
    endings: AtomicU64,
}

/// Sessions remembered in memory at most; past it the cache starts anew from the table.
const CACHE_MAX: usize = 200_000;
/// `seen` is written back no more often than this.
const SAVE_EVERY_MS: i64 = 60_000;

impl Sessions {
    /// The live session of a cookie value for an app type.
    pub fn find(&self, db: &Db, env: &Services, key: &str, app_type: &str) -> Result<Option<Arc<Entry>>> {
        // A key of ours is long; anything else is not worth a look.
        if key.len() < 16 || key.len() > 128 {
            return Ok(None);
        }
        self.alive(db, env, &hash_token(key), app_type)
    }

    /// The living session whose cookie has this hash.
    pub fn alive(&self, db: &Db, env: &Services, hash: &str, app_type: &str) -> Result<Option<Arc<Entry>>> {
        let cached = self.cache.read().ok().and_then(|cache| cache.get(hash).cloned());
        let entry = match cached {
            Some(entry) => Some(entry),
            None => self.load(db, env, hash)?,
        };
        let Some(entry) = entry.filter(|entry| &*entry.app_type == app_type) else { return Ok(None) };
        if entry.is_over(env) {
            self.forget(hash);
            return Ok(None);
        }
        let now = env.session_ms();
        // Calls that come together need not write to what they all read.
        if entry.seen_ms.load(Ordering::Relaxed) != now {
            entry.seen_ms.store(now, Ordering::Relaxed);
        }
        Ok(Some(entry))
    }

    /// Whether there is a session whose cookie has this hash.
    pub fn has(&self, db: &Db, env: &Services, hash: &str) -> Result<bool> {
        let cached = self.cache.read().is_ok_and(|cache| cache.contains_key(hash));
        Ok(cached || self.load(db, env, hash)?.is_some())
    }

    /// What the account of a living session may do, by the hash of its cookie; None when the login is over. Nobody has used
    /// the session by this.
    pub fn peek(&self, db: &Db, env: &Services, hash: &str, app_type: &str) -> Result<Option<Identity>> {
        let cached = self.cache.read().ok().and_then(|cache| cache.get(hash).cloned());
        let entry = match cached {
            Some(entry) => Some(entry),
            None => self.load(db, env, hash)?,
        };
        match entry.filter(|entry| &*entry.app_type == app_type && !entry.is_over(env)) {
            Some(entry) => self.identify(db, env, &entry),
            None => Ok(None),
        }
    }

    fn load(&self, db: &Db, env: &Services, hash: &str) -> Result<Option<Arc<Entry>>> {
        let endings = self.endings.load(Ordering::Acquire);
        let found = read(db, env, |tx| {
            tx.first("Session", &[("hash", json!(hash))], "id,hash,appType,uid,version,vars,createMs,seenMs")
        })?;
        let Some(row) = found else { return Ok(None) };
        let int = |name: &str| row.get(name).and_then(Value::as_i64).unwrap_or_default();
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let vars = serde_json::from_str(text("vars")).unwrap_or_default();
        let mut entry =
            Entry::new(int("id"), hash, text("appType"), int("uid"), int("version"), vars, int("createMs"));
        entry.seen_ms = AtomicI64::new(int("seenMs"));
        entry.saved_ms = AtomicI64::new(int("seenMs"));
        let entry = Arc::new(entry);
        self.remember_since(entry.clone(), Some(endings));
        Ok(Some(entry))
    }

    /// For an entry whose row was written by the transaction that has just been committed.
    pub fn remember(&self, entry: Arc<Entry>) {
        self.remember_since(entry, None);
    }

    /// An entry read from the table is kept only if no session has ended since the read began. Otherwise it
    /// serves its one call, and the next one reads the table again.
    fn remember_since(&self, entry: Arc<Entry>, endings: Option<u64>) {
        if let Ok(mut cache) = self.cache.write() {
            if endings.is_some_and(|before| before != self.endings.load(Ordering::Acquire)) {
                return;
            }
            if cache.len() >= CACHE_MAX {
                cache.clear();
            }
            cache.insert(entry.hash.clone(), entry);
        }
    }

    /// The session is forgotten; its row was removed already.
    pub fn forget(&self, hash: &str) {
        if let Ok(mut cache) = self.cache.write() {
            self.endings.fetch_add(1, Ordering::AcqRel);
            cache.remove(hash);
        }
    }

    /// As long as this is the same, no session has ended.
    pub fn ended(&self) -> u64 {
        self.endings.load(Ordering::Acquire)
    }

    /// All sessions of an account are forgotten; their rows were removed already.
    pub fn forget_account(&self, app_type: &str, uid: i64) {
        if let Ok(mut cache) = self.cache.write() {
            self.endings.fetch_add(1, Ordering::AcqRel);
            cache.retain(|_, entry| entry.uid != uid || &*entry.app_type != app_type);
        }
    }

    /// What the session's account may do now; None when the login is over.
    pub fn identify(&self, db: &Db, env: &Services, entry: &Entry) -> Result<Option<Identity>> {
        if entry.uid == 0 {
            return Ok(Some(Identity::new(0, 0)));
        }
        let now = env.accounts_version();
        let remembered = entry.known.lock().ok().and_then(|known| known.clone());
        let identity = match remembered {
            Some((at, identity)) if at == now => identity,
            _ => {
                let Some(login) = env.registry.login(&entry.app_type) else { return Ok(None) };
                let identity = read(db, env, |tx| (login.identify)(tx, entry.uid))?;
                if let Ok(mut known) = entry.known.lock() {
                    *known = Some((now, identity.clone()));
                }
                identity
            }
        };
        Ok(identity.filter(|identity| identity.version == entry.version))
    }

    /// Sessions whose `seen` in the database is stale, with the new value.
    pub fn stale(&self) -> Vec<(i64, i64)> {
        let Ok(cache) = self.cache.read() else { return Vec::new() };
        let mut out = Vec::new();
        for entry in cache.values() {
            let seen = entry.seen_ms.load(Ordering::Relaxed);
            if seen - entry.saved_ms.load(Ordering::Relaxed) > SAVE_EVERY_MS {
                entry.saved_ms.store(seen, Ordering::Relaxed);
                out.push((entry.id, seen));
            }
        }
        out
    }
}

/// A read of our own, as nobody.
fn read<T>(db: &Db, env: &Services, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
    let read = db.read(Budget::Time(Duration::from_secs(5)), |conn| {
        work(&mut Tx::new(conn, env, Arc::default(), CallState::default()))
    })?;
    read.ok_or_else(|| crate::error::Error::server("session read was cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_read_before_an_ending_does_not_enter_the_cache() {
        let sessions = Sessions::default();
        let entry = || Arc::new(Entry::new(1, "0123456789abcdef0123", "user", 7, 1, Map::new(), 0));
        let kept = || sessions.cache.read().unwrap().len();
        for end in [(|sessions| sessions.forget("0123456789abcdef0123")) as fn(&Sessions), |sessions| {
            sessions.forget_account("user", 7)
        }] {
            let before = sessions.endings.load(Ordering::Acquire);
            sessions.remember_since(entry(), Some(before));
            assert_eq!(kept(), 1);
            end(&sessions);
            sessions.remember_since(entry(), Some(before));
            assert_eq!(kept(), 0);
        }
    }

    #[test]
    fn a_caller_is_shared_as_long_as_he_is_the_same() {
        let entry = Entry::new(1, "0123456789abcdef0123", "user", 7, 1, Map::new(), 0);
        let caller = |bits, agent: &str| Caller { bits, id: 7, agent: agent.into(), ..Caller::default() };
        let first = entry.share(caller(1, "browser"));
        assert!(Arc::ptr_eq(&first, &entry.share(caller(1, "browser"))));
        let changed = entry.share(caller(3, "browser"));
        assert_eq!((first.bits, changed.bits), (1, 3));
        let long = "x".repeat(TOLD_MAX + 1);
        for talkative in [caller(3, &long), Caller { version: long.as_str().into(), ..caller(3, "") }] {
            let told = entry.share(talkative.clone());
            assert_eq!(*told, talkative);
            assert!(!Arc::ptr_eq(&told, &entry.share(talkative)));
        }
    }
}
