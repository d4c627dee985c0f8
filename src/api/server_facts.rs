//! Facts of the server that plugins ask for often, from a transaction and from staged work alike.

use super::Stage;
use crate::config::Config;
use crate::db::Tx;
use crate::registry::Registry;

impl<'a> Tx<'a> {
    /// Every configuration key, those of plugins included.
    pub fn config(&self) -> &'a Config {
        &self.env().config
    }

    /// The plugins in force, with their objects and tables.
    pub fn registry(&self) -> &'a Registry {
        &self.env().registry
    }

    /// Now, with milliseconds, in the server's zone, as the database stores it.
    pub fn now_with_ms(&self) -> String {
        self.env().now_ms_text()
    }

    /// Milliseconds since 1970 in UTC.
    pub fn unix_ms(&self) -> i64 {
        self.env().unix_ms()
    }
}

impl<'a> Stage<'a> {
    /// Every configuration key, those of plugins included.
    pub fn config(&self) -> &'a Config {
        &self.env().config
    }

    /// The plugins in force, with their objects and tables.
    pub fn registry(&self) -> &'a Registry {
        &self.env().registry
    }

    /// Milliseconds since 1970 in UTC.
    pub fn unix_ms(&self) -> i64 {
        self.env().unix_ms()
    }
}
