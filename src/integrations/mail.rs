//! Mail, by the HTTP interface of Submail.

use super::{Http, Service, failed, text};
use crate::error::Result;
use crate::services::Services;
use serde_json::{Value, json};

pub static MAIL: Mail = Mail;

/// Sends `{to, subject, text}`.
pub struct Mail;

impl Service for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn mode_key(&self) -> &'static str {
        "MAIL_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["SUBMAIL_BASE", "SUBMAIL_APPID", "SUBMAIL_APPKEY", "MAIL_FROM"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["text"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let answer = Http::new("mail").post_form(
            env.config.text("SUBMAIL_BASE"),
            &[
                ("appid", env.config.text("SUBMAIL_APPID")),
                ("signature", env.config.text("SUBMAIL_APPKEY")),
                ("from", env.config.text("MAIL_FROM")),
                ("to", text(req, "to")),
                ("subject", text(req, "subject")),
                ("text", text(req, "text")),
            ],
        )?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer),
            _ => Err(failed("mail", answer)),
        }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"status": "success"}))
    }
}

/// One address and nothing that a mail program would read as more than that.
pub fn is_address(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b",;:<>()[]\"\\".contains(&b));
    let parts = text.split_once('@');
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}
