//! The framework's own settings with their types, and the rules that join several keys.

use super::auth_key::AuthKey;
use super::choice::{AuditLevel, Credential, Database, Durability, FileStore, Mock, Throttle};
use super::value::Value;
use super::{Entries, short, weak};
use crate::time::Zone;
use ipnet::IpNet;
use serde_json::{Map, Value as Json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Everything configured. Fields are the framework's keys; plugins read theirs by name.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub db: Database,
    pub data: PathBuf,
    /// Empty = all.
    pub plugins: Vec<String>,
    pub zone: Zone,
    pub url_path: String,
    pub powered_by: String,
    pub server_rev: String,
    pub init_client: Map<String, Json>,
    pub log: String,

    /// 0 = off, 1 = test mode, 2 = regression test.
    pub test_mode: u8,
    pub mock: Mock,
    pub debug: u8,
    pub escape_input: bool,
    pub exec_sql_writes: bool,
    pub auto_upgrade: bool,

    pub durability: Durability,
    /// 0 = by the number of processors.
    pub readers: usize,
    /// Mebibytes of pages that each connection keeps.
    pub cache_mb: u32,
    /// 0 = by the number of processors.
    pub workers: usize,
    pub store: FileStore,
    pub query_timeout: Duration,
    /// For tests of this program: writes are run twice.
    pub test_twice: bool,
    /// How long a write may wait for the lane.
    pub write_wait: Duration,
    pub max_body: u64,
    pub body_memory: u64,

    pub audit: AuditLevel,
    /// 0 = for ever.
    pub audit_keep_days: u32,

    pub admin: Option<Credential>,
    pub auth_keys: Vec<AuthKey>,
    pub cors_origins: Vec<String>,
    pub trust_proxy: Vec<IpNet>,
    /// Empty = everybody.
    pub ip_allow: Vec<IpNet>,
    pub ip_deny: Vec<IpNet>,
    pub session_idle: Duration,
    pub session_max: Duration,
    pub token_life: Duration,
    pub token_rotate: bool,
    /// Login types that must have a second factor.
    pub mfa: Vec<String>,
    pub manual_reg: bool,
    pub auto_reg: Vec<String>,
    pub one_login: Vec<String>,
    pub throttle: Throttle,

    /// Lines for the log at start: unknown keys and doubtful combinations.
    pub warnings: Vec<String>,
    pub(super) entries: Entries,
}

impl Config {
    pub(super) fn typed(entries: Entries, mut warnings: Vec<String>) -> Result<Config, Vec<String>> {
        let e = &entries;
        let test_mode: u8 = e.number("P_TEST_MODE");
        let mut faults = Vec::new();
        let auth_keys = AuthKey::read_all(&e.json("P_AUTH_KEYS"), test_mode > 0).unwrap_or_else(|list| {
            faults.extend(list);
            Vec::new()
        });
        let config = Config {
            listen: e.listen("P_LISTEN"),
            db: Database::parse(e.text("P_DB")),
            data: PathBuf::from(e.text("P_DATA")),
            plugins: e.list("P_PLUGINS").to_vec(),
            zone: e.zone("P_TZ"),
            url_path: e.text("P_URL_PATH").to_owned(),
            powered_by: e.text("P_POWERED_BY").to_owned(),
            server_rev: e.text("P_SERVER_REV").to_owned(),
            init_client: e.json("P_INIT_CLIENT").as_object().cloned().unwrap_or_default(),
            log: e.text("P_LOG").to_owned(),
            test_mode,
            mock: Mock::of(e.list("P_MOCK_MODE")),
            debug: e.number("P_DEBUG"),
            escape_input: e.flag("P_ESCAPE_INPUT"),
            exec_sql_writes: e.text("P_EXECSQL") == "write",
            auto_upgrade: e.flag("P_AUTO_UPGRADE"),
            durability: if e.text("P_SYNC") == "normal" { Durability::Normal } else { Durability::Full },
            readers: e.number("P_READERS"),
            cache_mb: e.number("P_CACHE_MB"),
            workers: e.number("P_WORKERS"),
            store: FileStore::parse(e.text("P_STORE")).unwrap_or(FileStore::Data),
            query_timeout: e.span("P_QUERY_TIMEOUT_MS"),
            test_twice: e.flag("P_TEST_TWICE"),
            write_wait: e.span("P_WRITE_WAIT_MS"),
            max_body: e.int("P_MAX_BODY").unsigned_abs(),
            body_memory: e.int("P_BODY_MEMORY").unsigned_abs(),
            audit: match e.text("P_AUDIT") {
                "off" => AuditLevel::Off,
                "strict" => AuditLevel::Strict,
                _ => AuditLevel::Normal,
            },
            audit_keep_days: e.number("P_AUDIT_KEEP_DAYS"),
            admin: Credential::parse(e.text("P_ADMIN_CRED")),
            auth_keys,
            cors_origins: e.list("P_CORS_ORIGINS").to_vec(),
            trust_proxy: e.nets("P_TRUST_PROXY"),
            ip_allow: e.nets("P_IP_ALLOW"),
            ip_deny: e.nets("P_IP_DENY"),
            session_idle: e.span("P_SESSION_IDLE"),
            session_max: e.span("P_SESSION_MAX"),
            token_life: e.span("P_TOKEN_LIFE"),
            token_rotate: e.flag("P_TOKEN_ROTATE"),
            mfa: e.list("P_MFA").to_vec(),
            manual_reg: e.flag("P_REG"),
            auto_reg: e.list("P_AUTO_REG").to_vec(),
            one_login: e.list("P_ONE_LOGIN").to_vec(),
            throttle: e.throttle(),
            warnings: Vec::new(),
            entries: entries.clone(),
        };
        faults.extend(config.joint_faults());
        warnings.extend(config.joint_warnings());
        if faults.is_empty() { Ok(Config { warnings, ..config }) } else { Err(faults) }
    }

    fn joint_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.test_mode > 0 && !self.listen.ip().is_loopback() && !self.entries.flag("P_ALLOW_REMOTE_TEST")
        {
            faults.push(format!(
                "P_TEST_MODE={}: test mode opens doors to everybody and P_LISTEN={} is not loopback; \
                 set P_ALLOW_REMOTE_TEST=1 if that is meant",
                self.test_mode, self.listen
            ));
        }
        let secret = self.admin.as_ref().map(|admin| admin.password.as_str()).filter(|_| self.test_mode == 0);
        if let Some(why) = secret.and_then(weak) {
            faults.push(format!("P_ADMIN_CRED: the password is {why}"));
        }
        if secret.is_some_and(short) {
            faults.push("P_ADMIN_CRED: the password is shorter than 8 letters".into());
        }
        let admin = self.admin.as_ref().filter(|_| self.test_mode == 0);
        if admin.is_some_and(|admin| admin.password.eq_ignore_ascii_case(&admin.user)) {
            faults.push("P_ADMIN_CRED: the password is the name".into());
        }
        let key = Some(self.entries.text("P_ENC_KEY")).filter(|key| !key.is_empty() && self.test_mode == 0);
        if let Some(why) = key.and_then(weak) {
            faults.push(format!("P_ENC_KEY: the secret is {why}"));
        }
        let audit_key = self.entries.text("P_AUDIT_KEY");
        if !audit_key.is_empty() && audit_key.chars().count() < 16 {
            faults.push("P_AUDIT_KEY: the secret is shorter than 16 letters".into());
        }
        if audit_key.contains([' ', ',', '\t', '\n']) {
            faults.push(
                "P_AUDIT_KEY: a blank or a comma in it could not be told in P_AUDIT_OLD_KEYS later".into(),
            );
        }
        if matches!(self.store, FileStore::Bucket(_)) {
            let missing = ["P_STORE_KEY", "P_STORE_SECRET"].into_iter();
            let missing = missing.filter(|key| self.entries.text(key).is_empty());
            faults.extend(missing.map(|key| format!("{key} is missing: P_STORE=s3://… needs it")));
        }
        match (self.entries.text("P_TLS_CERT").is_empty(), self.entries.text("P_TLS_KEY").is_empty()) {
            (false, true) => faults.push("P_TLS_KEY is missing: P_TLS_CERT needs it".into()),
            (true, false) => faults.push("P_TLS_CERT is missing: P_TLS_KEY needs it".into()),
            _ => {}
        }
        let (at, keep) = (self.entries.text("P_BACKUP_AT"), self.entries.text("P_BACKUP_KEEP"));
        if super::times_of_day(at).is_none() {
            faults.push(format!("P_BACKUP_AT={at}: expected times of day such as 02:30 or 02:30,14:30"));
        }
        if super::Keep::parse(keep).is_none() {
            faults.push(format!(
                "P_BACKUP_KEEP={keep}: expected 7d,4w,6m (days, weeks, months), a number of backups, or 0"
            ));
        }
        let backup_key = self.entries.text("P_BACKUP_KEY");
        if !backup_key.is_empty() && backup_key.chars().count() < 16 {
            faults.push("P_BACKUP_KEY: the passphrase is shorter than 16 letters".into());
        }
        if self.session_idle > self.session_max {
            faults.push("P_SESSION_IDLE: it is longer than P_SESSION_MAX".into());
        }
        faults
    }

    fn joint_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.audit == AuditLevel::Off {
            warnings.push("P_AUDIT=off: calls leave no record".into());
        }
        if self.entries.flag("P_ALLOW_REMOTE_TEST") && self.test_mode > 0 && !self.listen.ip().is_loopback() {
            warnings.push(format!("test mode on {}: everybody who reaches it may do anything", self.listen));
        }
        warnings
    }
}

/// Shows what `jindou config` shows: no secrets.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.table().iter().map(|row| (row.key, &row.value))).finish()
    }
}

impl Entries {
    fn listen(&self, name: &str) -> SocketAddr {
        match self.get(name) {
            Some(Value::Listen(address)) => *address,
            _ => SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        }
    }

    pub(super) fn nets(&self, name: &str) -> Vec<IpNet> {
        match self.get(name) {
            Some(Value::Nets(nets)) => nets.clone(),
            _ => Vec::new(),
        }
    }

    fn zone(&self, name: &str) -> Zone {
        match self.get(name) {
            Some(Value::Zone(zone)) => *zone,
            _ => Zone::default(),
        }
    }

    fn json(&self, name: &str) -> Json {
        match self.get(name) {
            Some(Value::Json(value)) => value.clone(),
            _ => Json::Null,
        }
    }

    /// Of a type that the key's range fits into.
    fn number<T: TryFrom<i64> + Default>(&self, name: &str) -> T {
        T::try_from(self.int(name)).unwrap_or_default()
    }

    fn span(&self, name: &str) -> Duration {
        Duration::from_millis(self.int(name).unsigned_abs())
    }

    fn throttle(&self) -> Throttle {
        let seconds = |name| u32::try_from(self.int(name) / 1000).unwrap_or(u32::MAX);
        Throttle {
            login_per_account: self.number("P_LOGIN_TRIES"),
            login_per_address: self.number("P_LOGIN_TRIES_ADDR"),
            login_window_sec: seconds("P_LOGIN_WINDOW"),
            login_slow: self.span("P_LOGIN_SLOW"),
            code_guesses: self.number("P_CODE_TRIES"),
            code_gap_sec: seconds("P_CODE_GAP"),
            codes_per_phone_day: self.number("P_CODE_DAY"),
            codes_per_address_hour: self.number("P_CODE_ADDR_HOUR"),
        }
    }
}
