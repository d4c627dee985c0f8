//! Text messages: sent by the service that a plugin brings, or simulated, shown and remembered.

use super::Services;
use crate::error::Result;
use crate::integrations;
use crate::integrations::sms::{MockSms, SmsService};

/// Simulated messages kept for the test aids.
const MESSAGES_MAX: usize = 100;

impl Services {
    /// The service that text messages go through: the one a plugin brings, or the simulation in mock and test mode.
    fn sms(&self) -> Option<&'static dyn SmsService> {
        if self.config.mock.covers("sms") {
            return Some(&MockSms);
        }
        let service = self.registry.plugins.iter().find_map(|plugin| plugin.sms);
        service.or_else(|| (self.test_mode() > 0).then_some(&MockSms as &dyn SmsService))
    }

    /// Refuses where no text message can be sent: ask before something relies on one.
    pub fn sms_is_on(&self) -> Result<()> {
        self.sms().map(|_| ()).ok_or_else(|| integrations::off("sms"))
    }

    /// Sends a text message.
    pub fn send_sms(&self, phone: &str, text: &str) {
        match self.sms() {
            Some(service) => service.send(self, phone, text),
            None => tracing::error!("a text message was not sent: service sms is off"),
        }
    }

    /// Simulated messages are shown as well, by the demo on its terminal.
    pub fn show_messages(&self, show: fn(&str)) {
        // A second time it is shown already.
        let _ = self.show.set(show);
    }

    /// Remembers a simulated message where the test aids find it.
    pub fn mock_message(&self, text: String) {
        if let Some(show) = self.show.get() {
            show(&text);
        }
        if let Ok(mut messages) = self.messages.lock() {
            messages.push(text);
            let extra = messages.len().saturating_sub(MESSAGES_MAX);
            messages.drain(..extra);
        }
    }

    /// The last simulated messages, newest first.
    pub fn mock_messages(&self) -> Vec<String> {
        let messages = self.messages.lock().map(|messages| messages.clone()).unwrap_or_default();
        messages.into_iter().rev().collect()
    }
}
