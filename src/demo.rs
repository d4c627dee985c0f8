//! `serve --demo`: what a plugin's demo data is made with. Every call goes the way of all calls, rights and log
//! included; the clock is turned back first, so that the data has a past.

use crate::auth::{Caller, Role};
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::call_as;
use crate::server::Server;
use crate::time::{Clock, SystemClock};
use serde_json::Value;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Makes demo data; it is called at every start of the demo and adds what is missing.
pub type DemoHook = fn(&mut Demo<'_>) -> Result<()>;

/// A login that was made up for the demo, shown once.
pub struct DemoLogin {
    pub who: &'static str,
    pub uname: String,
    pub pwd: String,
}

pub struct Demo<'a> {
    server: &'a Arc<Server>,
    runtime: &'a Runtime,
    pub logins: Vec<DemoLogin>,
}

impl<'a> Demo<'a> {
    pub fn new(server: &'a Arc<Server>, runtime: &'a Runtime) -> Demo<'a> {
        Demo { server, runtime, logins: Vec::new() }
    }

    /// A call on somebody's behalf; lists and numbers of fields are written as `json!`.
    pub fn call(&self, role: Role, id: i64, action: &str, get: Value, post: Value) -> Result<Value> {
        let params = |value| if let Value::Object(map) = value { Params(map) } else { Params::default() };
        let caller = Caller { addr: "demo".into(), ..Caller::of_role(role, id) };
        let text = self.runtime.block_on(call_as(self.server, caller, action, params(get), params(post)))?;
        match serde_json::from_str::<Value>(&text).unwrap_or_default() {
            Value::Array(mut answer)
                if answer.first().and_then(Value::as_i64) == Some(0) && answer.len() > 1 =>
            {
                Ok(answer.swap_remove(1))
            }
            _ => Err(Error::server(format!("demo data: {action} answered {text}"))),
        }
    }

    /// Until further notice it is so many days ago.
    pub fn turn_back(&self, days: f64) {
        let back = (days * 86_400_000.0) as i64;
        self.server.env.clock.set_ms(SystemClock.unix_ms() - back);
    }

    /// A password that nobody knows yet, easy to type.
    pub fn password() -> Result<String> {
        Ok(crate::id::CodeKind::clear(10).draw().to_lowercase())
    }

    pub fn show(&mut self, who: &'static str, uname: &str, pwd: &str) {
        self.logins.push(DemoLogin { who, uname: uname.to_owned(), pwd: pwd.to_owned() });
    }
}

impl Drop for Demo<'_> {
    /// Back to the present.
    fn drop(&mut self) {
        self.turn_back(0.0);
    }
}
