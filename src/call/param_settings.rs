//! What a server reads typed parameters by: its time zone, its clock, the key of its disguised ids, and whether it escapes
//! what comes in.

use crate::call::lookup;
use crate::id::IdCipher;
use crate::time::{Clock, LogicalClock, Zone};
use std::sync::Arc;

/// The settings by which `Args` reads its parameters.
pub struct ParamSettings {
    zone: Zone,
    clock: Arc<LogicalClock>,
    cipher: IdCipher,
    escape: bool,
}

impl ParamSettings {
    /// The settings of a server. They are never freed: a server lives as long as its process, and each call's parameters
    /// point to them without counting.
    pub(crate) fn of_server(
        zone: Zone,
        clock: Arc<LogicalClock>,
        cipher: IdCipher,
        escape: bool,
    ) -> &'static ParamSettings {
        Box::leak(Box::new(ParamSettings { zone, clock, cipher, escape }))
    }

    pub(crate) fn zone(&self) -> Zone {
        self.zone
    }

    pub(crate) fn lookup<T>(&self, work: impl FnOnce(&lookup::Context<'_>) -> T) -> T {
        work(&lookup::Context {
            zone: &self.zone,
            now: &|| self.zone.from_unix(self.clock.unix()),
            decrypt_id: &|text: &str| self.cipher.decrypt(text),
            escape: self.escape,
        })
    }
}
