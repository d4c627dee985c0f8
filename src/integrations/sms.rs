//! Text messages: what a plugin sends codes through, with the simulation that is used until a plugin brings a service; and the
//! gateway for messages to people, by the HTTP interface of Submail. It knows nothing of codes and phones' owners.

use super::{Http, Service, failed, text};
use crate::error::Result;
use crate::services::Services;
use serde_json::{Value, json};

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

pub static SMS: Gateway = Gateway;

/// Sends `{to, text}`.
pub struct Gateway;

impl Service for Gateway {
    fn name(&self) -> &'static str {
        "sms"
    }

    fn mode_key(&self) -> &'static str {
        "SMS_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["SMS_BASE", "SMS_APPID", "SMS_APPKEY"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["to", "text"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let content = format!("{}{}", env.config.text("SMS_SIGN"), text(req, "text"));
        let answer = Http::new("sms").post_form(
            env.config.text("SMS_BASE"),
            &[
                ("appid", env.config.text("SMS_APPID")),
                ("signature", env.config.text("SMS_APPKEY")),
                ("to", text(req, "to")),
                ("content", &content),
                ("tag", text(req, "id")),
            ],
        )?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer),
            _ => Err(failed("sms", answer)),
        }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"status": "success"}))
    }
}
