//! The small types that configuration values become: choices with names, where bare texts would need a look
//! at the manual.

use super::bucket::Bucket;
use std::path::PathBuf;

/// Where the tables live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres(String),
    MySql(String),
}

impl Database {
    pub(super) fn parse(text: &str) -> Database {
        match text.split_once("://") {
            Some(("mysql", _)) => Database::MySql(text.into()),
            Some(_) => Database::Postgres(text.into()),
            None => Database::Sqlite(text.into()),
        }
    }
}

/// When an answered change is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Also after a power cut.
    Full,
    /// After a crash of the program; a power cut may take the last ones.
    Normal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditLevel {
    Off,
    Normal,
    /// No answer before its record is on disk.
    Strict,
}

impl AuditLevel {
    pub fn on(self) -> bool {
        self != AuditLevel::Off
    }

    pub fn strict(self) -> bool {
        self == AuditLevel::Strict
    }
}

/// Where uploaded files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStore {
    /// In the data folder.
    Data,
    /// In a folder of its own, which several servers may share.
    Folder(PathBuf),
    /// With an object store that speaks S3.
    Bucket(Bucket),
}

impl FileStore {
    /// None when it is an address, and a wrong one.
    pub fn parse(text: &str) -> Option<FileStore> {
        match text.split_once("://") {
            None if text.is_empty() => Some(FileStore::Data),
            None => Some(FileStore::Folder(text.into())),
            Some(("s3", rest)) => Bucket::parse(rest).map(FileStore::Bucket),
            Some(_) => None,
        }
    }
}

/// Which outside services are simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mock {
    Nothing,
    Everything,
    Only(Vec<String>),
}

impl Mock {
    pub(super) fn of(names: &[String]) -> Mock {
        match names {
            [] => Mock::Nothing,
            [one] if one == "0" => Mock::Nothing,
            [one] if one == "1" => Mock::Everything,
            names => Mock::Only(names.to_vec()),
        }
    }

    pub fn covers(&self, service: &str) -> bool {
        match self {
            Mock::Nothing => false,
            Mock::Everything => true,
            Mock::Only(names) => names.iter().any(|name| name == service),
        }
    }

    /// As the header X-Daca-Mock-Mode says it; None when nothing is simulated.
    pub fn header(&self) -> Option<String> {
        match self {
            Mock::Nothing => None,
            Mock::Everything => Some("1".into()),
            Mock::Only(names) => Some(names.join(",")),
        }
    }
}

/// A name and a password that came from the configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub user: String,
    pub password: String,
}

impl Credential {
    pub(super) fn parse(text: &str) -> Option<Credential> {
        let (user, password) = text.split_once(':')?;
        Some(Credential { user: user.into(), password: password.into() })
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:****", self.user)
    }
}

/// How often one may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    pub login_per_account: u32,
    pub login_per_address: u32,
    pub login_window_sec: u32,
    pub login_slow: std::time::Duration,
    pub code_guesses: u32,
    pub code_gap_sec: u32,
    pub codes_per_phone_day: u32,
    pub codes_per_address_hour: u32,
}
