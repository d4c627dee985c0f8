//! The HTTP client for outside services: short patience, no retries, JSON in and out.

use super::failed;
use crate::error::Result;
use serde_json::Value;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);

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
        let answer = request.call().map_err(|error| failed(self.service, error))?;
        self.json(answer)
    }

    pub fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Value> {
        let sent = self.agent.post(url).send_form(fields.iter().copied());
        self.json(sent.map_err(|error| failed(self.service, error))?)
    }

    fn json(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<Value> {
        answer.body_mut().read_json().map_err(|error| failed(self.service, error))
    }
}
