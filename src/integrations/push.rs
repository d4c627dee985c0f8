//! Push messages to phones, by JPush. A person's phones are known there by the alias `user_12`.

use super::{Http, Service, failed, text};
use crate::error::Result;
use crate::services::Services;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub static PUSH: Push = Push;

/// Sends `{to, title, text, id}`; `to` is an alias.
pub struct Push;

impl Service for Push {
    fn name(&self) -> &'static str {
        "push"
    }

    fn mode_key(&self) -> &'static str {
        "PUSH_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["PUSH_BASE", "PUSH_APPKEY", "PUSH_SECRET"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["text", "title"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let key = format!("{}:{}", env.config.text("PUSH_APPKEY"), env.config.text("PUSH_SECRET"));
        let authorization = format!("Basic {}", STANDARD.encode(key));
        let body = json!({
            // The service itself drops a second message with the same id.
            "cid": text(req, "id"),
            "platform": "all",
            "audience": {"alias": [text(req, "to")]},
            "notification": {
                "android": {"title": text(req, "title"), "alert": text(req, "text")},
                "ios": {"alert": {"title": text(req, "title"), "body": text(req, "text")}},
            },
        });
        let headers = [("authorization", authorization.as_str())];
        let answer =
            Http::new("push").post_json(env.config.text("PUSH_BASE"), &[], &headers, &body.to_string())?;
        if answer["msg_id"].is_null() { Err(failed("push", answer)) } else { Ok(answer) }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"msg_id": "1"}))
    }
}
