//! Messages to a program of the operator's own: one address, from the configuration alone, with a signature over time and body.

use super::{Http, Service};
use crate::error::{Error, Result};
use crate::id::hex;
use crate::services::Services;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

pub static WEBHOOK: Webhook = Webhook;

/// Sends the request as it is.
pub struct Webhook;

impl Service for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn mode_key(&self) -> &'static str {
        "WEBHOOK_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["WEBHOOK_URL", "WEBHOOK_SECRET"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["text", "title", "data"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let (body, time) = (req.to_string(), env.unix_ms().div_euclid(1000).to_string());
        let signature = format!("sha256={}", sign(env.config.text("WEBHOOK_SECRET"), &time, &body)?);
        let headers = [("x-jindou-timestamp", time.as_str()), ("x-jindou-signature", signature.as_str())];
        Http::new("webhook").post_json(env.config.text("WEBHOOK_URL"), &[], &headers, &body)
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!("ok"))
    }
}

/// HMAC-SHA256 of `<time>.<body>`, in hex.
fn sign(secret: &str, time: &str, body: &str) -> Result<String> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = mac.map_err(|_| Error::server("WEBHOOK_SECRET makes no key"))?;
    mac.update(format!("{time}.{body}").as_bytes());
    Ok(hex(&mac.finalize().into_bytes()))
}
