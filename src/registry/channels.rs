//! The channels of the plugins in force, found by name and checked at start.

use super::Registry;
use crate::plugin::LiveChannel;

impl Registry {
    /// Every channel, in the order of declaration.
    pub fn channels(&self) -> impl Iterator<Item = &'static LiveChannel> {
        self.plugins.iter().flat_map(|plugin| plugin.channels)
    }

    pub(super) fn check_channels(&self, faults: &mut Vec<String>) {
        let names: Vec<&str> = self.channels().map(|channel| channel.name).collect();
        for (at, channel) in self.channels().enumerate() {
            if names[..at].contains(&channel.name) {
                faults.push(format!("channel {} is declared twice", channel.name));
            }
            match self.object(channel.object) {
                Some(def) => faults.extend(channel.fault(def)),
                None => {
                    faults.push(format!("channel {}: unknown object {}", channel.name, channel.object));
                }
            }
        }
    }
}
