//! Services outside this server (maps, mail, push): a trait each, with the real thing and a mock behind one
//! name. Which of them answers is configuration. `ask` waits for the answer and belongs into a staged action;
//! `send_later` goes through the outbox, with the transaction that wants it.

mod guarded;
mod http;
mod later;
pub mod mail;
mod mock;
pub mod push;
pub mod robots;
mod sealed;
pub mod sms;
pub mod subscriptions;
pub mod webhook;
pub mod wechat;

pub use http::{Http, in_trace};
pub use later::{WORKER, take_over};
pub use mock::{MockAnswer, MockAnswers};

use crate::api::Stage;
use crate::error::{Code, Error, Result};
use crate::services::Services;
use serde_json::{Map, Value};

/// The texts of the tables of this folder.
pub const DESIGN: &str = include_str!("DESIGN.md");

pub trait Service: Sync {
    /// `map`; its switch is the configuration key `MAP_MODE`.
    fn name(&self) -> &'static str;

    /// The switch of this service.
    fn mode_key(&self) -> &'static str;

    /// Configuration keys the real service cannot do without.
    fn needs(&self) -> &'static [&'static str];

    /// Fields of a request that are nobody else's business: the text of a mail with a PIN, where people are. They are sealed while they wait to be
    /// sent, and the rows that remember calls of a mock show them in test mode only.
    fn secrets(&self) -> &'static [&'static str] {
        &[]
    }

    fn real(&self, env: &Services, op: &str, req: &Value) -> Result<Value>;

    fn mock(&self, op: &str, req: &Value) -> Result<Value>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceMode {
    Real,
    Mock,
    Off,
}

/// Who answers for a service: what its switch says; else its mock in mock and test mode; else the real one if
/// it is configured.
pub fn mode(env: &Services, service: &dyn Service) -> ServiceMode {
    match env.config.text(service.mode_key()) {
        "real" => ServiceMode::Real,
        "mock" => ServiceMode::Mock,
        "off" => ServiceMode::Off,
        _ if env.config.mock.covers(service.name()) || env.test_mode() > 0 => ServiceMode::Mock,
        _ if missing(env, service).is_none() => ServiceMode::Real,
        _ => ServiceMode::Off,
    }
}

fn missing(env: &Services, service: &dyn Service) -> Option<&'static str> {
    service.needs().iter().copied().find(|key| env.config.text(key).is_empty())
}

/// What keeps the chosen services from working, one line each.
pub fn faults(env: &Services) -> Vec<String> {
    let real = env.registry.services().filter(|service| mode(env, *service) == ServiceMode::Real);
    real.filter_map(|service| {
        missing(env, service).map(|key| {
            format!("{key} is missing: {}=real needs it (or choose mock or off)", service.mode_key())
        })
    })
    .collect()
}

impl Stage<'_> {
    /// Asks a service and waits for its answer.
    pub fn ask(&self, service: &dyn Service, op: &str, req: Value) -> Result<Value> {
        let env = self.env();
        match mode(env, service) {
            ServiceMode::Off => Err(off(service.name())),
            ServiceMode::Real => service.real(env, op, &req),
            ServiceMode::Mock => {
                let (answer, row) = mock::call(env, service, op, &req);
                self.write_aside(move |tx| tx.insert("MockLog", row).map(|_| ()))?;
                answer
            }
        }
    }
}

/// Every service that messages to people go through.
pub const MESSENGERS: &[&dyn Service] = &[
    &sms::SMS,
    &mail::MAIL,
    &push::PUSH,
    &wechat::WECHAT,
    &robots::WECOM,
    &robots::DINGTALK,
    &robots::FEISHU,
    &webhook::WEBHOOK,
];

/// Asks a service from a thread that has no stage. The second is the row of a mock's log, which the caller writes.
pub(crate) fn ask_outside(
    env: &Services,
    service: &dyn Service,
    op: &str,
    req: &Value,
) -> (Result<Value>, Option<Map<String, Value>>) {
    match mode(env, service) {
        ServiceMode::Off => (Err(off(service.name())), None),
        ServiceMode::Real => (service.real(env, op, req), None),
        ServiceMode::Mock => {
            let (answer, row) = mock::call(env, service, op, req);
            (answer, Some(row))
        }
    }
}

/// The text of a request's field.
fn text<'r>(req: &'r Value, name: &str) -> &'r str {
    req[name].as_str().unwrap_or_default()
}

/// A service that the configuration says nothing of.
pub fn off(name: &str) -> Error {
    Error::new(Code::SERVER, format!("service {name} is off"))
        .say(format!("服务{name}未启用"), format!("service {name} is off"))
}

/// A service did not do what it was asked.
pub fn failed(service: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Code::EXT, format!("service {service} failed")).because(why.to_string())
}
