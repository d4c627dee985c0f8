//! Tests of plugins: a server in the process of the test, and the examples of a plugin's page run on it.
//!
//! ```no_run
//! use jindou::plugin::*;
//! use jindou::testing::TestServer;
//! # static PLUGINS: &[&Plugin] = &[];
//! # const PAGE: &str = "";
//! let server = TestServer::start("target/test".as_ref(), PLUGINS, &[]).unwrap();
//! let user = server.ok(Role::Admin, 1, "User.add", json!({"uname": "ada", "pwd": "Engine-1843"})).unwrap();
//! let people = [("guest", Role::Guest, 0), ("user", Role::User, user.as_i64().unwrap())];
//! assert_eq!(server.differences(PAGE, &people), [""; 0]);
//! ```

#![warn(missing_docs)]

mod page;

pub use page::{Example, differences, examples};

use crate::auth::{Caller, Role};
use crate::call::params::Params;
use crate::cli::{self, Failure};
use crate::error::{Error, Result};
use crate::pipeline;
use crate::plugin::Plugin;
use crate::server::Server;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

/// A server in test mode, with the plugins and the database of a test. Calls go through the whole pipeline, rights, rules and
/// log included, but through no socket.
pub struct TestServer {
    server: Arc<Server>,
    runtime: Runtime,
}

impl TestServer {
    /// Starts over a database in `folder`, which is made if it is not there. `settings` are configuration keys, and win over the
    /// usual ones of a test; the environment and `jindou.toml` are not read.
    pub fn start(
        folder: &Path,
        plugins: &'static [&'static Plugin],
        settings: &[(&str, &str)],
    ) -> std::result::Result<TestServer, Failure> {
        let path = |name: &str| folder.join(name).display().to_string();
        let (db, data) = (path("test.db"), path("data"));
        let usual = [("P_TEST_MODE", "1"), ("P_DB", &db), ("P_DATA", &data), ("P_GUEST_RATE", "0")];
        let set = |name: &str| settings.iter().any(|(other, _)| *other == name);
        let mut all: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !set(name)).collect();
        all.extend_from_slice(settings);
        let server = cli::open(cli::build_from(plugins, &all)?)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(TestServer { server, runtime })
    }

    /// The whole answer to a call: `[0, payload]`, or `[code, message, detail]`. `target` is `Object.action?name=value`, `body` an
    /// object, or null for none.
    pub fn call(&self, role: Role, id: i64, target: &str, body: Value) -> Result<Value> {
        let (action, query) = target.split_once('?').unwrap_or((target, ""));
        let post = match body {
            Value::Null => Params::default(),
            Value::Object(fields) => Params(fields),
            other => return Err(Error::server(format!("a body of a test is an object, not {other}"))),
        };
        let get = Params::parse_query(query)?;
        let call = pipeline::call_as(&self.server, Caller::of_role(role, id), action, get, post);
        let text = self.runtime.block_on(call)?;
        serde_json::from_str(&text).map_err(|e| Error::server(format!("{target} answered {text}: {e}")))
    }

    /// The payload of a call that must succeed.
    pub fn ok(&self, role: Role, id: i64, target: &str, body: Value) -> Result<Value> {
        let mut answer = self.call(role, id, target, body)?;
        match answer[0] == 0 {
            true => Ok(answer[1].take()),
            false => Err(Error::server(format!("{target} answered {answer}"))),
        }
    }

    /// From now on it is so many days later.
    pub fn skip_days(&self, days: i64) {
        self.server.env.clock.skip_ms(days.saturating_mul(86_400_000));
    }

    /// Runs the examples of a page (`PLUGIN.design`) as these people: the names that the page uses, each with role and id. Gives
    /// one text for each answer that is not the one shown.
    pub fn differences(&self, page: &str, people: &[(&str, Role, i64)]) -> Vec<String> {
        differences(page, |who, target, body| {
            let (_, role, id) = people
                .iter()
                .find(|(name, ..)| *name == who)
                .ok_or_else(|| format!("the test has nobody called `{who}`"))?;
            self.call(*role, *id, target, body).map_err(|error| error.to_string())
        })
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.server.close(true);
    }
}
