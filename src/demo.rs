//! `serve --demo`: what a plugin's demo data is made with. Every call goes the way of all calls, rights and log
//! included; the clock is turned back first, so that the data has a past.

use crate::auth::{Caller, Role};
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::{call_as, send_as};
use crate::server::Server;
use crate::time::{Clock, SystemClock};
use chrono::{Datelike, Timelike};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Makes demo data where there is none; it is called at every start of the demo.
pub type DemoHook = fn(&mut Demo<'_>) -> Result<()>;

/// A login that was made up for the demo, shown once.
pub struct DemoLogin {
    pub who: &'static str,
    pub uname: String,
    pub pwd: String,
}

/// Moments are told as ages: seconds before the start of the demo.
pub struct Demo<'a> {
    server: &'a Arc<Server>,
    runtime: &'a Runtime,
    started_ms: i64,
    pub logins: Vec<DemoLogin>,
}

const DAY: i64 = 86_400;

impl<'a> Demo<'a> {
    pub fn new(server: &'a Arc<Server>, runtime: &'a Runtime) -> Demo<'a> {
        Demo { server, runtime, started_ms: SystemClock.unix_ms(), logins: Vec::new() }
    }

    /// A call on somebody's behalf; lists and numbers of fields are written as `json!`.
    pub fn call(&self, role: Role, id: i64, action: &str, get: Value, post: Value) -> Result<Value> {
        let call = call_as(self.server, caller(role, id), action, params(get), params(post));
        answer(action, &self.runtime.block_on(call)?)
    }

    /// A new row; gives its id.
    pub fn add(&self, role: Role, id: i64, object: &str, fields: Value) -> Result<i64> {
        let action = format!("{object}.add");
        let made = self.call(role, id, &action, json!({}), fields)?;
        let made = made.as_i64().or_else(|| made["id"].as_i64());
        made.ok_or_else(|| Error::server(format!("demo data: {action} gave no id")))
    }

    /// A file sent by somebody, with a thumbnail if it is a picture; gives its id.
    pub fn upload(&self, role: Role, id: i64, category: &str, name: &str, bytes: &[u8]) -> Result<i64> {
        let get = json!({"category": category, "genThumb": 1, "fmt": "raw", "f": name});
        let body = Some(("application/octet-stream", bytes.to_vec()));
        let call = send_as(self.server, caller(role, id), "upload", params(get), body);
        let files = answer("upload", &self.runtime.block_on(call)?)?;
        files[0]["id"].as_i64().ok_or_else(|| Error::server("demo data: upload gave no id"))
    }

    /// Whether an object has no rows yet.
    pub fn is_empty(&self, object: &str) -> Result<bool> {
        Ok(self.first_ids(object, "id>0", 1)?.is_empty())
    }

    /// Rows of an object for which a condition holds, oldest first.
    pub fn ids(&self, object: &str, cond: &str) -> Result<Vec<i64>> {
        self.first_ids(object, cond, -1)
    }

    /// A page of them; -1 = all.
    fn first_ids(&self, object: &str, cond: &str, page: i64) -> Result<Vec<i64>> {
        let get = json!({"res": "id", "cond": cond, "pagesz": page, "orderby": "id"});
        let found = self.call(Role::Admin, 1, &format!("{object}.query"), get, json!({}))?;
        let rows = found["d"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(rows.iter().filter_map(|row| row[0].as_i64()).collect())
    }

    /// Until further notice it is so many seconds before the start of the demo.
    pub fn ago(&self, seconds: i64) {
        self.server.env.clock.set_ms(self.started_ms - seconds * 1000);
    }

    /// What o'clock the demo was started at, in seconds since midnight.
    pub fn second_of_day(&self) -> i64 {
        i64::from(self.started().num_seconds_from_midnight())
    }

    /// The day of the week so many days before the start, Monday = 0.
    pub fn weekday(&self, days_ago: i64) -> i64 {
        (i64::from(self.started().weekday().num_days_from_monday()) - days_ago).rem_euclid(7)
    }

    /// The age of a time of a day; what would lie ahead is a minute old.
    pub fn age(&self, days_ago: i64, hour: i64, minute: i64) -> i64 {
        (days_ago * DAY + self.second_of_day() - hour * 3600 - minute * 60).max(60)
    }

    fn started(&self) -> chrono::NaiveDateTime {
        self.server.env.zone.from_unix(self.started_ms.div_euclid(1000))
    }

    /// A password that nobody knows yet, easy to type.
    pub fn password() -> Result<String> {
        Ok(crate::id::CodeKind::clear(10).draw().to_lowercase())
    }

    pub fn show(&mut self, who: &'static str, uname: &str, pwd: &str) {
        self.logins.push(DemoLogin { who, uname: uname.to_owned(), pwd: pwd.to_owned() });
    }
}

fn params(value: Value) -> Params {
    if let Value::Object(map) = value { Params(map) } else { Params::default() }
}

fn caller(role: Role, id: i64) -> Caller {
    Caller { addr: "demo".into(), ..Caller::of_role(role, id) }
}

fn answer(action: &str, text: &str) -> Result<Value> {
    match serde_json::from_str::<Value>(text).unwrap_or_default() {
        Value::Array(mut answer) if answer.first().and_then(Value::as_i64) == Some(0) && answer.len() > 1 => {
            Ok(answer.swap_remove(1))
        }
        _ => Err(Error::server(format!("demo data: {action} answered {text}"))),
    }
}

impl Drop for Demo<'_> {
    /// Back to the present.
    fn drop(&mut self) {
        self.server.env.clock.set_ms(SystemClock.unix_ms());
    }
}
