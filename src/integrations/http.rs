//! The HTTP client for outside services: short patience, no retries, JSON in and out.

use super::failed;
use crate::error::Result;
use serde_json::Value;
use std::cell::RefCell;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);

/// Bytes of an answer that is read as a text.
const ANSWER_MAX: u64 = 1 << 20;
/// Letters kept of an answer that is no JSON.
const ANSWER_SHOWN: usize = 500;

const TRACE_PARENT: &str = "traceparent";

thread_local! {
    static TRACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does work for a call; requests to outside services made meanwhile by this thread belong to the call's trace.
pub fn in_trace<T>(parent: Option<&str>, work: impl FnOnce() -> T) -> T {
    /// Also after a panic: the thread goes on to other calls.
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            TRACE.set(None);
        }
    }
    TRACE.set(parent.map(str::to_owned));
    let _leave = Leave;
    work()
}

fn trace_parent() -> Option<String> {
    TRACE.with_borrow(Clone::clone)
}

/// A client that speaks for one service.
pub struct Http {
    service: &'static str,
    agent: ureq::Agent,
}

impl Http {
    pub fn new(service: &'static str) -> Http {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(TOTAL))
            .max_redirects(0)
            .build();
        Http { service, agent: config.into() }
    }

    pub fn get(&self, url: &str, params: &[(&str, &str)]) -> Result<Value> {
        let mut request = self.agent.get(url);
        for (name, value) in params {
            request = request.query(*name, *value);
        }
        if let Some(parent) = trace_parent() {
            request = request.header(TRACE_PARENT, parent);
        }
        let answer = request.call().map_err(|error| failed(self.service, error))?;
        self.json(answer)
    }

    pub fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Value> {
        let mut request = self.agent.post(url);
        if let Some(parent) = trace_parent() {
            request = request.header(TRACE_PARENT, parent);
        }
        let sent = request.send_form(fields.iter().copied());
        self.json(sent.map_err(|error| failed(self.service, error))?)
    }

    /// JSON to a service that may answer with anything: what is no JSON is given as a text, its beginning at least.
    pub fn post_json(
        &self,
        url: &str,
        params: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Value> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in params {
            request = request.query(*name, *value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(parent) = trace_parent() {
            request = request.header(TRACE_PARENT, parent);
        }
        let mut answer = request.send(body).map_err(|error| failed(self.service, error))?;
        let text = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
        let text = text.map_err(|error| failed(self.service, error))?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| {
            let beginning: String = text.chars().take(ANSWER_SHOWN).collect();
            beginning.into()
        }))
    }

    fn json(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<Value> {
        answer.body_mut().read_json().map_err(|error| failed(self.service, error))
    }
}
