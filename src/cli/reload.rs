//! SIGHUP: the configuration is read again, and what may change in a running server changes. A configuration with a
//! fault changes nothing.

use super::Failure;
use super::build::{self, log_settings};
use crate::config::{Config, Renewed, Sources};
use crate::plugin::Plugin;
use crate::server::Server;
use std::path::PathBuf;
use std::sync::Arc;

pub struct Reloader {
    pub plugins: &'static [&'static Plugin],
    pub file: Option<PathBuf>,
    /// Settings that win over all others.
    pub overrides: Vec<(String, String)>,
    pub server: Arc<Server>,
    /// In force now.
    pub config: Config,
}

impl Reloader {
    pub fn reload(&mut self) {
        self.reopen();
        match self.renewed() {
            Ok(renewed) => self.apply(renewed),
            Err(faults) => {
                for fault in faults {
                    tracing::error!(fault, "the configuration stays as it is");
                }
            }
        }
    }

    /// Opens the file of the log anew.
    pub fn reopen(&self) {
        crate::log::reopen(log_settings(&self.config).target);
    }

    fn renewed(&self) -> Result<Renewed, Vec<String>> {
        let mut sources = Sources::of_process(self.file.as_deref())?;
        sources.overrides.extend(self.overrides.iter().cloned());
        let config = build::config(self.plugins, sources)
            .map_err(|Failure(text)| text.lines().map(str::to_owned).collect::<Vec<_>>())?;
        self.config.renewed(&config)
    }

    fn apply(&mut self, renewed: Renewed) {
        let Renewed { config, changed, waiting } = renewed;
        self.config = config;
        let log = log_settings(&self.config);
        let faults = crate::log::set_filter(&log.filter).err().into_iter();
        crate::log::reopen(log.target);
        for fault in faults.chain(self.server.reload.tell(&self.config)) {
            tracing::error!(fault, "a part of the new configuration could not be used");
        }
        tracing::info!(changed = changed.join(" "), "the configuration was read again");
        if !waiting.is_empty() {
            tracing::warn!(keys = waiting.join(" "), "these have changed and need a restart");
        }
    }
}
