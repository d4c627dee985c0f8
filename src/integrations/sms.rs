//! Text messages: what a plugin sends through, and the simulation that is used until a plugin brings a
//! service. It knows nothing of codes and phones' owners.

use crate::services::Services;

/// Sends text messages. It is called after the commit, on the thread that commits for everybody: hand the
/// message over and return; what is slow or may fail belongs on a thread of the service's own.
pub trait SmsService: Send + Sync {
    fn send(&self, env: &Services, phone: &str, text: &str);
}

/// Keeps the message where test aids find it. It stands in no log: who reads one could log in as anybody.
pub struct MockSms;

impl SmsService for MockSms {
    fn send(&self, env: &Services, phone: &str, text: &str) {
        env.mock_message(format!("{text} ({phone})"));
    }
}
