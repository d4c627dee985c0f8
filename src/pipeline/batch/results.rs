//! The answers of the calls of a batch, as they were rendered and as later calls refer to them.

use super::item::Item;
use crate::api::Answer;
use crate::pipeline::Body;
use serde_json::Value;

/// The answers of the items so far: as they were rendered, and as values if an item refers to one.
pub struct Results {
    bodies: Vec<u8>,
    /// What later items may refer to.
    pub payloads: Vec<Value>,
    referred: bool,
}

impl Results {
    pub fn of(items: &[Item]) -> Results {
        let referred = items.iter().any(Item::refers);
        Results { bodies: vec![b'['], payloads: Vec::with_capacity(items.len()), referred }
    }

    pub fn add(&mut self, body: Body) {
        let bytes = match body {
            // A payload that a handler encoded itself is written anew, in our own hand.
            Body::Bytes(bytes) if self.referred || bytes.starts_with(b"[0, ") => {
                let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                self.payloads.push(payload(&value));
                value.to_string().into_bytes()
            }
            Body::Bytes(bytes) => {
                self.payloads.push(Value::Null);
                bytes
            }
            Body::File(_) => {
                self.payloads.push(Value::Null);
                b"[0,null]".to_vec()
            }
        };
        if self.bodies.len() > 1 {
            self.bodies.push(b',');
        }
        self.bodies.extend_from_slice(bytes.trim_ascii());
    }

    pub fn into_answer(mut self) -> Answer {
        self.bodies.push(b']');
        Answer::Rows(self.bodies)
    }
}

/// The payload later items may refer to: null for a call that failed.
fn payload(result: &Value) -> Value {
    match result.get(0).and_then(Value::as_i64) {
        Some(0) => result.get(1).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}
