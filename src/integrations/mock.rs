//! Mocks: what a service would have answered, or what a test told it to, and the row that remembers the call.

use super::{Service, failed, sealed};
use crate::error::Result;
use crate::services::Services;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a test wants the next calls of an operation to do.
#[derive(Debug, Clone)]
pub struct MockAnswer {
    pub fail: bool,
    pub result: Option<Value>,
    pub times: i64,
}

/// By service and operation.
#[derive(Default)]
pub struct MockAnswers(Mutex<HashMap<(String, String), MockAnswer>>);

impl MockAnswers {
    pub fn tell(&self, svc: &str, op: &str, told: MockAnswer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((svc.to_owned(), op.to_owned()), told);
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn next(&self, svc: &str, op: &str) -> Option<MockAnswer> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (svc.to_owned(), op.to_owned());
        let told = all.get_mut(&key)?;
        told.times -= 1;
        let now = told.clone();
        if told.times <= 0 {
            all.remove(&key);
        }
        Some(now)
    }
}

/// The mock's answer and the row of the log.
pub fn call(
    env: &Services,
    service: &dyn Service,
    op: &str,
    req: &Value,
) -> (Result<Value>, Map<String, Value>) {
    answer(env, service, op, req, env.mock_answers.next(service.name(), op))
}

/// Answers for a service whose answer was set beforehand.
pub(super) fn answer(
    env: &Services,
    service: &dyn Service,
    op: &str,
    req: &Value,
    told: Option<MockAnswer>,
) -> (Result<Value>, Map<String, Value>) {
    let answer = match told {
        Some(MockAnswer { fail: true, .. }) => Err(failed(service.name(), "told to fail")),
        Some(MockAnswer { result: Some(result), .. }) => Ok(result),
        _ => service.mock(op, req),
    };
    let shown = match &answer {
        Ok(answer) => answer.to_string(),
        Err(error) => error.to_string(),
    };
    let row = Map::from_iter([
        ("tm".to_owned(), json!(env.now_text())),
        ("svc".to_owned(), json!(service.name())),
        ("op".to_owned(), json!(op)),
        ("req".to_owned(), json!(sealed::shown(env, service, req).to_string())),
        ("res".to_owned(), json!(shown)),
        ("failFlag".to_owned(), json!(i64::from(answer.is_err()))),
    ]);
    (answer, row)
}
