//! Configuration: `P_…` variables of the environment, or the same keys in `jindou.toml`.
//! Every key is a row of [`KEYS`] or of a plugin's list; nothing else is ever read.

mod auth_key;
mod bucket;
mod choice;
mod file;
mod keep;
mod key;
mod keys;
mod load;
mod reload;
mod secret_key;
mod source;
mod table;
mod typed;
mod units;
mod value;

#[cfg(test)]
mod tests;

pub use auth_key::{AuthApp, AuthKey, AuthType};
pub use bucket::Bucket;
pub use choice::{AuditLevel, Credential, Database, Durability, FileStore, Mock, Throttle};
pub use keep::{Keep, times_of_day};
pub use key::{Key, KeyKind};
pub use keys::KEYS;
pub use reload::Reload;
pub use secret_key::{secret_key, stored_key};
pub use source::{DEFAULT_FILE, Origin, Sources};
pub use table::KeyRow;
pub use typed::Config;
pub use value::Value;

use load::Setting;

impl Config {
    /// The framework's keys and those of plugins, from the given sources. Fails with one line per fault.
    pub fn load(sources: &Sources, plugin_keys: &[&'static [Key]]) -> Result<Config, Vec<String>> {
        let keys: Vec<&'static Key> = KEYS.iter().chain(plugin_keys.iter().copied().flatten()).collect();
        let (entries, warnings) = load::load(&keys, sources)?;
        Config::typed(Entries(entries), warnings)
    }

    /// A configuration of nothing but these values: for tests and for embedding.
    ///
    /// ```
    /// use jindou::config::Config;
    /// let config = Config::of(&[("P_TEST_MODE", "1"), ("P_SESSION_IDLE", "90")]).unwrap();
    /// assert_eq!(config.session_idle.as_secs(), 90);
    /// assert!(Config::of(&[("P_TEST_MODE", "7")]).unwrap_err()[0].starts_with("P_TEST_MODE: bad value `7`"));
    /// ```
    pub fn of(values: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        Config::of_with(values, &[])
    }

    /// As [`Config::of`], with the keys of plugins.
    pub fn of_with(values: &[(&str, &str)], plugin_keys: &[&'static [Key]]) -> Result<Config, Vec<String>> {
        let overrides = values.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        Config::load(&Sources { overrides, ..Sources::default() }, plugin_keys)
    }

    /// The value of any key; None when nobody declared it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// The value of a text key; empty when nobody declared it.
    pub fn text(&self, name: &str) -> &str {
        self.entries.text(name)
    }

    /// The value of a number, a size in bytes or a span in milliseconds.
    pub fn int(&self, name: &str) -> i64 {
        self.entries.int(name)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.entries.flag(name)
    }

    pub fn list(&self, name: &str) -> &[String] {
        self.entries.list(name)
    }

    pub fn nets(&self, name: &str) -> Vec<ipnet::IpNet> {
        self.entries.nets(name)
    }

    /// Whether somebody set the key, to whatever value.
    pub fn is_set(&self, name: &str) -> bool {
        self.entries.0.iter().any(|entry| entry.key.name == name && entry.origin != Origin::Default)
    }

    /// This configuration with the values of another for all keys that may change while the server runs, and the names of
    /// the keys that differ: those that do so now, and those that need a restart.
    pub fn renewed(&self, other: &Config) -> Result<Renewed, Vec<String>> {
        let (mut changed, mut waiting) = (Vec::new(), Vec::new());
        let entries = self.entries.0.iter().map(|old| {
            let new = other.entries.0.iter().find(|new| new.key.name == old.key.name);
            let Some(new) = new.filter(|new| new.value != old.value) else { return old.clone() };
            let (list, entry) = if old.key.live { (&mut changed, new) } else { (&mut waiting, old) };
            list.push(old.key.name);
            entry.clone()
        });
        let config = Config::typed(Entries(entries.collect()), Vec::new())?;
        Ok(Renewed { config, changed, waiting })
    }

    /// Every key with its value (secrets masked), default, source and meaning.
    pub fn table(&self) -> Vec<KeyRow> {
        table::rows(&self.entries.0)
    }
}

/// See [`Config::renewed`].
pub struct Renewed {
    pub config: Config,
    pub changed: Vec<&'static str>,
    pub waiting: Vec<&'static str>,
}

/// The checked values behind a [`Config`]. A name that nobody declared reads as nothing, which the tests of the
/// asking plugin notice.
#[derive(Clone)]
struct Entries(Vec<Setting>);

impl Entries {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|entry| entry.key.name == name).map(|entry| &entry.value)
    }

    fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    fn int(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }

    fn list(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
}

/// Why a secret is none, if so: too short, or known from every manual.
fn weak(secret: &str) -> Option<&'static str> {
    const SAMPLES: &[&str] = &[
        "password",
        "12345678",
        "123456789",
        "1234567890",
        "changeme",
        "admin123",
        "administrator",
        "example!",
    ];
    SAMPLES
        .contains(&secret.to_ascii_lowercase().as_str())
        .then_some("a sample from a manual, choose another")
}

/// A secret that a patient stranger could guess. It is the operator's to decide, so it is only said.
fn short(secret: &str) -> bool {
    secret.chars().count() < 8
}
