//! The things that all calls share, made once at start: the registry, the zone and clock, the switches. It holds no
//! connection and no request.

mod messages;
mod versions;

use crate::audit::Keys;
use crate::cache::bounded::BoundedCache;
use crate::cache::expiring::Cache;
use crate::call::param_settings::ParamSettings;
use crate::config::{AuditLevel, Config, FileStore, stored_key};
use crate::credentials::hasher::Hasher;
use crate::credentials::known_devices::Devices;
use crate::credentials::password::Cost;
use crate::credentials::seal::Seal;
use crate::error::Result;
use crate::id::IdCipher;
use crate::id::log_ids::LogIds;
use crate::integrations::MockAnswers;
use crate::jobs::{Queues, progress::Jobs};
use crate::kv::MemKv;
use crate::plan::scope::Reading;
use crate::read::PreparedQuery;
use crate::registry::Registry;
use crate::store::{Credentials, HeldStore, LocalStore, Notes, S3Store, Store};
use crate::throttle::concurrency_limit::ConcurrencyBounds;
use crate::throttle::guest_rate::GuestRate;
use crate::throttle::key_guard::KeyGuard;
use crate::throttle::limiter::MemLimiter;
use crate::throttle::login_guard::{LoginBounds, LoginGuard};
use crate::throttle::login_throttle::{MemFailures, Rule};
use crate::time::trusted::{Age, TrustedTime};
use crate::time::{Clock, LogicalClock, Zone};
use chrono::NaiveDateTime;
use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock};

pub use crate::id::log_ids::LogTable;

pub struct Services {
    pub registry: Registry,
    pub config: Config,
    pub zone: Zone,
    pub clock: Arc<LogicalClock>,
    /// Slow hashing, bounded.
    pub hasher: Hasher,
    /// This and what follows: a write reaches them through its `Tx`, which may run more than once.
    pub(crate) limiter: MemLimiter,
    /// Wrong guesses of passwords.
    pub logins: LoginGuard,
    /// Guesses at the keys of programs.
    pub keys: KeyGuard,
    /// Devices that accounts know.
    pub devices: Devices,
    /// Wrong guesses of codes.
    pub(crate) codes: MemFailures,
    /// Codes, presence and the like: gone with the process.
    pub(crate) kv: MemKv,
    /// Answers of outside services that may serve again.
    pub cache: Cache,
    /// What tests told mocks to answer.
    pub mock_answers: MockAnswers,
    pub cipher: IdCipher,
    /// What the parameters of calls are read by.
    pub param_settings: &'static ParamSettings,
    /// Secrets that are kept encrypted.
    pub seal: Seal,
    /// Long work its callers follow.
    pub jobs: Jobs,
    /// Who runs jobs is told of them here.
    pub queues: Queues,
    /// How often guests may call.
    pub guest_rate: GuestRate,
    /// Uploaded files.
    pub files: Arc<dyn Store>,
    /// Which of them came lately, when somebody wants to know.
    pub file_notes: Arc<Notes>,
    /// The next ApiLog and ApiLog1 ids: handed out at the start of a call, never reused.
    pub log_ids: LogIds,
    /// Those of the chain of the log.
    pub audit_keys: Keys,
    /// The time by which things are deleted.
    pub trusted: TrustedTime,
    /// Grows whenever a table of accounts changes: identities remembered before are asked for again.
    accounts: AtomicI64,
    /// Grows when what accounts may do has changed by something else than their own rows.
    grants: AtomicI64,
    /// Queries that were asked before.
    pub ready: BoundedCache<PreparedQuery>,
    messages: Mutex<Vec<String>>,
    show: OnceLock<fn(&str)>,
}

thread_local! {
    /// The last second that a thread asked for, in a zone, as text.
    static SECOND: RefCell<Option<(i64, Zone, Arc<str>)>> = const { RefCell::new(None) };
}

impl Services {
    pub fn new(
        registry: Registry,
        config: Config,
        zone: Zone,
        secret: &[u8],
        audit_keys: Keys,
    ) -> Result<Services> {
        let clock = Arc::new(LogicalClock::running());
        // In a regression test thousands of logins are not meant to take their time.
        let cost = if config.test_mode == 2 { Cost::TEST } else { Cost::STRONG };
        let t = &config.throttle;
        let failures = |failures, seconds| {
            let rule = Rule { failures, seconds, forget_seconds: seconds.saturating_mul(6) };
            MemFailures::new(rule, clock.clone(), KEYS_MAX)
        };
        let bounds = LoginBounds {
            per_account: t.login_per_account,
            per_network: t.login_per_address,
            seconds: t.login_window_sec,
            slow: t.login_slow,
        };
        let shared: Arc<dyn Clock> = clock.clone();
        let file_notes = Arc::<Notes>::default();
        let logins = LoginGuard::new(bounds, &shared, KEYS_MAX);
        let cipher = IdCipher::new(secret);
        let param_settings =
            ParamSettings::of_server(zone, clock.clone(), cipher.clone(), config.escape_input);
        let keys = KeyGuard::new(t.login_per_address, t.login_window_sec, &shared, KEYS_MAX);
        Ok(Services {
            hasher: Hasher::new(cost, ConcurrencyBounds::default())?,
            limiter: MemLimiter::new(clock.clone(), KEYS_MAX),
            logins,
            keys,
            devices: Devices::new(crate::id::token().as_bytes()),
            codes: failures(t.code_guesses, 300),
            mock_answers: MockAnswers::default(),
            kv: MemKv::new(clock.clone(), KV_BYTES),
            cache: Cache::new(clock.clone(), CACHED_MAX),
            guest_rate: GuestRate::new(&config, KEYS_MAX),
            files: store_noted(&config, file_notes.clone())?,
            file_notes,
            registry,
            config,
            zone,
            clock,
            cipher,
            param_settings,
            seal: Seal::new(secret),
            jobs: Jobs::default(),
            queues: Queues::default(),
            log_ids: LogIds::default(),
            audit_keys,
            trusted: TrustedTime::default(),
            accounts: AtomicI64::new(0),
            grants: AtomicI64::new(0),
            ready: BoundedCache::new(READY_MAX),
            messages: Mutex::new(Vec::new()),
            show: OnceLock::new(),
        })
    }

    /// Ids continue after the greatest one the database knows.
    pub fn continue_log_ids(&self, table: LogTable, last: i64) {
        self.log_ids.continue_after(table, last);
    }

    /// The id the next call will get.
    pub fn peek_log_id(&self, table: LogTable) -> i64 {
        self.log_ids.peek(table)
    }

    pub fn next_log_id(&self, table: LogTable) -> i64 {
        self.next_log_ids(table, 1)
    }

    /// The first of so many in a row.
    pub fn next_log_ids(&self, table: LogTable, count: usize) -> i64 {
        self.log_ids.take(table, count)
    }

    pub fn unix_ms(&self) -> i64 {
        self.clock.unix_ms()
    }

    /// The time by which a job judges what is old.
    pub fn age(&self) -> Age {
        self.trusted.age(&self.clock, self.zone)
    }

    /// The time by which sessions grow old: `testAdvance` skips hours, but a test goes on as who it is.
    pub fn session_ms(&self) -> i64 {
        self.clock.waited_ms()
    }

    pub fn now(&self) -> NaiveDateTime {
        self.zone.from_unix(self.clock.unix_ms().div_euclid(1000))
    }

    /// `YYYY-MM-DD HH:MM:SS`, local.
    pub fn now_text(&self) -> String {
        self.now_shared().as_ref().to_owned()
    }

    /// The text of `now_text`, to keep without copying it.
    pub fn now_shared(&self) -> Arc<str> {
        let unix = self.clock.unix();
        // Written anew once a second only; a call asks for it several times.
        SECOND.with_borrow_mut(|second| match second {
            Some((at, zone, text)) if (*at, *zone) == (unix, self.zone) => text.clone(),
            _ => {
                let text = Arc::<str>::from(crate::time::format(self.zone.from_unix(unix)));
                *second = Some((unix, self.zone, text.clone()));
                text
            }
        })
    }

    /// Now with milliseconds, for columns by which clients ask what changed since.
    pub fn now_ms_text(&self) -> String {
        let now = self.clock.unix_ms();
        let second = crate::time::format(self.zone.from_unix(now.div_euclid(1000)));
        format!("{second}.{:03}", now.rem_euclid(1000))
    }

    pub fn parse_date(&self, text: &str) -> Option<NaiveDateTime> {
        crate::time::parse_local(text, &self.zone)
    }

    /// Lends planning what it takes from outside itself.
    pub fn reading<T>(&self, work: impl FnOnce(&Reading<'_>) -> T) -> T {
        let dates = |text: &str| self.parse_date(text);
        let secret_id = |text: &str| self.cipher.decrypt(text);
        work(&Reading { tables: &self.registry.catalogue, dates: &dates, secret_id: &secret_id })
    }

    /// How an id is shown.
    pub fn show_id(&self, id: i64, secret: bool) -> serde_json::Value {
        match secret {
            true => self.cipher.encrypt(id).into(),
            false => id.into(),
        }
    }

    pub fn escape_input(&self) -> bool {
        self.config.escape_input
    }

    pub fn test_mode(&self) -> u8 {
        self.config.test_mode
    }

    pub fn mock_mode(&self) -> bool {
        self.config.mock.header().is_some()
    }

    pub fn query_timeout_ms(&self) -> u64 {
        u64::try_from(self.config.query_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    pub fn session_idle_ms(&self) -> i64 {
        i64::try_from(self.config.session_idle.as_millis()).unwrap_or(i64::MAX)
    }

    pub fn session_max_ms(&self) -> i64 {
        i64::try_from(self.config.session_max.as_millis()).unwrap_or(i64::MAX)
    }

    pub fn max_body(&self) -> usize {
        usize::try_from(self.config.max_body).unwrap_or(usize::MAX)
    }

    pub fn data_dir(&self) -> &std::path::Path {
        &self.config.data
    }

    /// Where files of a request lie until an action takes them.
    pub fn incoming_dir(&self) -> std::path::PathBuf {
        self.config.data.join("incoming")
    }

    pub fn url_path(&self) -> &str {
        &self.config.url_path
    }

    pub fn powered_by(&self) -> &str {
        &self.config.powered_by
    }

    /// The first six characters: what clients compare.
    pub fn server_rev(&self) -> &str {
        let rev = self.config.server_rev.as_str();
        rev.char_indices().nth(6).map_or(rev, |(at, _)| &rev[..at])
    }

    pub fn audit(&self) -> AuditLevel {
        self.config.audit
    }

    /// Everybody may try again: for a test that begins anew.
    pub fn forget_throttles(&self) {
        self.limiter.clear();
        self.codes.clear();
        self.logins.clear();
        self.keys.clear();
        self.guest_rate.clear();
    }
}

/// Where files lie.
pub fn store(config: &Config) -> Result<Arc<dyn Store>> {
    store_noted(config, Arc::default())
}

fn store_noted(config: &Config, notes: Arc<Notes>) -> Result<Arc<dyn Store>> {
    let store =
        store_at(&config.store, &config.data, ["P_STORE_KEY", "P_STORE_SECRET"].map(|k| config.text(k)))?;
    Ok(Arc::new(HeldStore::new(store, &config.data, notes)))
}

/// A folder or a bucket, with the id and the secret of its key.
pub fn store_at(place: &FileStore, data: &Path, [key, secret]: [&str; 2]) -> Result<Arc<dyn Store>> {
    Ok(match place {
        FileStore::Data => Arc::new(LocalStore::new(data)),
        FileStore::Folder(path) => Arc::new(LocalStore::new(path)),
        FileStore::Bucket(bucket) => {
            let credentials = Credentials { key: key.to_owned(), secret: secret.to_owned() };
            Arc::new(S3Store::new(bucket, credentials)?)
        }
    })
}

/// The key that seals the audit chain, and those that may have sealed what is before: `house` = the secret of this
/// server, when it is at hand or may be made.
pub fn audit_keys(config: &Config, house: Option<&[u8]>) -> Result<Keys, String> {
    let stored = stored_key(&config.data)?;
    let configured = |name: &str| Some(config.text(name).as_bytes()).filter(|secret| !secret.is_empty());
    let own = [configured("P_AUDIT_KEY"), house, configured("P_ENC_KEY"), stored.as_deref()];
    let mut secrets =
        own.into_iter().flatten().chain(config.list("P_AUDIT_OLD_KEYS").iter().map(String::as_bytes));
    match secrets.next() {
        Some(current) => Ok(Keys::of(current, secrets)),
        None => Err(format!(
            "there is no key for the audit chain: P_AUDIT_KEY is not set, and {} holds no secret.key",
            config.data.display()
        )),
    }
}

/// Keys (accounts, addresses, phones) a throttle remembers.
const KEYS_MAX: usize = 100_000;
/// Memory for values with a time to live.
const KV_BYTES: usize = 64 << 20;
const CACHED_MAX: usize = 50_000;
/// Shapes of queries kept: some kilobytes each.
const READY_MAX: usize = 512;
