//! A configuration key as data: its name, default, kind and meaning. Plugins declare theirs with the same type.

#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The environment variable. In the file the same name, or without `P_`, in any case.
    pub name: &'static str,
    /// As one would write it; also what an empty value stands for.
    pub default: &'static str,
    pub kind: KeyKind,
    /// Never shown, neither in lists nor in messages.
    pub secret: bool,
    /// Read again when the running server is told to (SIGHUP); all others need a restart.
    pub live: bool,
    pub en: &'static str,
    pub zh: &'static str,
}

impl Key {
    pub const fn new(
        name: &'static str,
        default: &'static str,
        kind: KeyKind,
        en: &'static str,
        zh: &'static str,
    ) -> Key {
        Key { name, default, kind, secret: false, live: false, en, zh }
    }

    pub const fn secret(mut self) -> Key {
        self.secret = true;
        self
    }

    pub const fn live(mut self) -> Key {
        self.live = true;
        self
    }
}

/// What a key's value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Text,
    Int {
        min: i64,
        max: i64,
    },
    Bool,
    OneOf(&'static [&'static str]),
    /// Names with commas or spaces between them; `none` is the empty list.
    List,
    /// A list of which each item is one of these.
    ListOf(&'static [&'static str]),
    /// Address and port.
    Listen,
    Path,
    /// The address of a database: a file, or an URL.
    Database,
    /// Where files are kept: a folder, or the address of a bucket.
    Files,
    /// `user:password`.
    Credential,
    /// Bytes, with K, M or G behind.
    Size {
        min: u64,
        max: u64,
    },
    /// A span of time; a bare number is milliseconds.
    Millis {
        min: u64,
        max: u64,
    },
    /// A span of time; a bare number is seconds.
    Seconds {
        min: u64,
        max: u64,
    },
    /// Addresses and networks.
    Nets,
    /// As `Nets`, or 0 for none and 1 for loopback and private networks.
    Proxies,
    /// Web origins, written in full.
    Origins,
    /// A place on the site, beginning with `/`.
    UrlPath,
    Zone,
    LogFilter,
    JsonObject,
    /// A JSON array of objects, or tables in the file.
    JsonList,
}

impl KeyKind {
    /// Ends the sentence "expected …".
    pub fn expects(self) -> String {
        match self {
            KeyKind::Text => "a text".into(),
            KeyKind::Int { min, max: i64::MAX } => format!("a whole number of at least {min}"),
            KeyKind::Int { min, max } => format!("a whole number from {min} to {max}"),
            KeyKind::Bool => "0 or 1".into(),
            KeyKind::OneOf(names) => format!("one of {}", names.join(", ")),
            KeyKind::List => "names with commas between them, or none".into(),
            KeyKind::ListOf(names) => format!("a list of {}, or none", names.join(", ")),
            KeyKind::Listen => "address:port such as 127.0.0.1:8080 or [::1]:8080".into(),
            KeyKind::Path => "a path".into(),
            KeyKind::Database => "the path of a file, or postgres://… or mysql://…".into(),
            KeyKind::Files => {
                "a folder, or s3://bucket/prefix?endpoint=https://host&region=name (credentials have keys of their own)"
                    .into()
            }
            KeyKind::Credential => "user:password".into(),
            KeyKind::Size { min, max } => {
                format!("a size such as 20M, from {} to {}", super::units::bytes(min), super::units::bytes(max))
            }
            KeyKind::Millis { min, max } => {
                let (min, max) = (super::units::span(min), super::units::span(max));
                format!("milliseconds, or a time such as 10s, from {min} to {max}")
            }
            KeyKind::Seconds { min, max } => {
                let (min, max) = (super::units::span(min * 1000), super::units::span(max * 1000));
                format!("seconds, or a time such as 30m, 12h, 7d, from {min} to {max}")
            }
            KeyKind::Nets => "addresses or networks such as 10.0.0.0/8, with commas between them".into(),
            KeyKind::Proxies => {
                "0, 1 (loopback and private networks), or the proxies' addresses or networks such as 10.0.0.0/8"
                    .into()
            }
            KeyKind::Origins => "origins such as https://app.example.test, with commas between them".into(),
            KeyKind::UrlPath => "a path beginning with /, without spaces and semicolons".into(),
            KeyKind::Zone => "a time zone such as Asia/Shanghai or +08:00".into(),
            KeyKind::LogFilter => "a filter such as info or jindou=debug,warn".into(),
            KeyKind::JsonObject => "a table, or a JSON object in one line".into(),
            KeyKind::JsonList => "tables, or a JSON array of objects in one line".into(),
        }
    }
}
