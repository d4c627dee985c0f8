//! Secrets in requests to services: sealed in the outbox, opened when they are sent, and not shown in the rows of mocks.

use super::Service;
use crate::error::Result;
use crate::redact::MASKED;
use crate::services::Services;
use serde_json::{Value, json};

/// What stands in place of a sealed field: `{"sealed": "…"}`.
const SEALED: &str = "sealed";

/// The request as it is kept until it is sent.
pub fn close(env: &Services, service: &dyn Service, req: &Value) -> Result<Value> {
    let mut kept = req.clone();
    for name in service.secrets() {
        if let Some(field) = kept.get_mut(name).filter(|field| !field.is_null()) {
            let text = env.seal.close(&place(service, name), field.to_string().as_bytes())?;
            *field = json!({SEALED: text});
        }
    }
    Ok(kept)
}

/// The request as it was. A field that was never sealed stays as it is.
pub fn open(env: &Services, service: &dyn Service, mut kept: Value) -> Result<Value> {
    for name in service.secrets() {
        let Some(field) = kept.get_mut(name) else { continue };
        let Some(text) = field.get(SEALED).and_then(Value::as_str) else { continue };
        let opened = env.seal.open(&place(service, name), text)?;
        *field = serde_json::from_slice(&opened).unwrap_or_default();
    }
    Ok(kept)
}

/// The request as the rows of a mock show it.
pub fn shown(env: &Services, service: &dyn Service, req: &Value) -> Value {
    let mut shown = req.clone();
    if env.test_mode() == 0 {
        for name in service.secrets() {
            if let Some(field) = shown.get_mut(name) {
                *field = json!(MASKED);
            }
        }
    }
    shown
}

fn place(service: &dyn Service, name: &str) -> String {
    format!("outbox {} {name}", service.name())
}
