//! A whole server in this process, on a port of its own, over a database of its own, and clients that speak
//! real HTTP to it.

#![allow(dead_code, reason = "not every helper is in use by every set of tests")]

use crate::log_secrets::Proofs;
use crate::plugins;
use jindou::auth::{Caller, Role};
use jindou::cli;
use jindou::config::Config;
use jindou::http::assets::{ASSETS, Asset};
use jindou::http::{HttpServer, serve};
use jindou::pipeline;
use jindou::plugin::Plugin;
use jindou::server::Server;
use jindou::session::{CookieChange, persist};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

pub struct TestApp {
    pub server: Arc<Server>,
    pub address: SocketAddr,
    pub dir: tempfile::TempDir,
    /// Passwords, codes, tokens and session keys that clients of this server used.
    proofs: Proofs,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl TestApp {
    /// The product in test mode, every plugin on.
    pub fn new() -> TestApp {
        TestApp::with(&[("P_TEST_MODE", "2")])
    }

    /// The product as strangers meet it.
    pub fn production() -> TestApp {
        TestApp::with(&[])
    }

    /// The same with text messages, which are only simulated.
    pub fn with_sms() -> TestApp {
        TestApp::with(&[("P_MOCK_MODE", "sms")])
    }

    /// The public regression surface, alone.
    pub fn rtest() -> TestApp {
        TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest")])
    }

    pub fn with(settings: &[(&str, &str)]) -> TestApp {
        TestApp::in_dir(tempfile::tempdir().unwrap(), settings)
    }

    /// Other plugins than the product's, in test mode.
    pub fn with_plugins(plugins: &'static [&'static Plugin], settings: &[(&str, &str)]) -> TestApp {
        let mut all = vec![("P_TEST_MODE", "2")];
        all.extend_from_slice(settings);
        TestApp::start(tempfile::tempdir().unwrap(), plugins, &all, ASSETS)
    }

    /// Other plugins than the product's, with nothing set.
    pub fn bare(plugins: &'static [&'static Plugin], settings: &[(&str, &str)]) -> TestApp {
        TestApp::start(tempfile::tempdir().unwrap(), plugins, settings, ASSETS)
    }

    /// Over what an earlier app left in its folder.
    pub fn in_dir(dir: tempfile::TempDir, settings: &[(&str, &str)]) -> TestApp {
        TestApp::start(dir, plugins::ALL, settings, ASSETS)
    }

    /// With plugins of the test's own.
    pub fn of_plugins(list: &'static [&'static Plugin], settings: &[(&str, &str)]) -> TestApp {
        TestApp::bare(list, settings)
    }

    /// Over what an earlier app left in its folder, with plugins of the test's own, in test mode.
    pub fn again(dir: tempfile::TempDir, plugins: &'static [&'static Plugin]) -> TestApp {
        TestApp::start(dir, plugins, &[("P_TEST_MODE", "2")], ASSETS)
    }

    /// With front ends of the test's own.
    pub fn of_assets(settings: &[(&str, &str)], assets: &'static [Asset]) -> TestApp {
        TestApp::start(tempfile::tempdir().unwrap(), plugins::ALL, settings, assets)
    }

    fn start(
        dir: tempfile::TempDir,
        plugins: &'static [&'static Plugin],
        settings: &[(&str, &str)],
        assets: &'static [Asset],
    ) -> TestApp {
        let db = dir.path().join("test.db").display().to_string();
        let data = dir.path().join("data").display().to_string();
        let mut all = vec![
            ("P_DB", db.as_str()),
            ("P_DATA", data.as_str()),
            ("P_TZ", "Asia/Shanghai"),
            ("P_ADMIN_CRED", "admin:only-for-tests"),
            // All clients of a test have one address.
            ("P_GUEST_RATE", "0"),
            // Tests of logins fail as often as they like.
            ("P_CAPTCHA_AFTER", "0"),
        ];
        all.retain(|(name, _)| !settings.iter().any(|(other, _)| other == name));
        all.extend_from_slice(settings);
        // The whole suite can be run with each write run twice; the outcome must be the same.
        let twice = std::env::var("P_TEST_TWICE").unwrap_or_default();
        if !twice.is_empty() && settings.iter().any(|(name, _)| *name == "P_TEST_MODE") {
            all.push(("P_TEST_TWICE", &twice));
        }
        let built = cli::build_from(plugins, &all).unwrap_or_else(|failure| panic!("{}", failure.0));
        let server = cli::open(built).unwrap_or_else(|failure| panic!("{}", failure.0));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let http_server = HttpServer { listener, server: server.clone(), assets };
        runtime.spawn(async move {
            let until = async {
                let _ = stopped.await;
            };
            serve(http_server, until).await.unwrap();
        });
        TestApp { server, address, dir, proofs: Proofs::default(), stop: Some(stop), runtime: Some(runtime) }
    }

    /// Stops the server and starts another one over the same data.
    pub fn restart(mut self, settings: &[(&str, &str)]) -> TestApp {
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        self.let_go();
        TestApp::in_dir(dir, settings)
    }

    /// Tells the server to stop, and does not wait for its end.
    pub fn tell_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// The threads that serve it.
    pub fn runtime(&self) -> &tokio::runtime::Runtime {
        self.runtime.as_ref().unwrap()
    }

    /// Stops the server. A thread that has just answered lets go of it, and so of its database, a moment later.
    pub fn let_go(self) {
        let server = Arc::downgrade(&self.server);
        drop(self);
        let stopped = std::time::Instant::now();
        while server.strong_count() > 0 && stopped.elapsed().as_secs() < 5 {
            std::thread::yield_now();
        }
    }

    pub fn config(&self) -> &Config {
        &self.server.env.config
    }

    /// A client without a login.
    pub fn anon(&self) -> Client<'_> {
        Client { app: self, name: "user", cookies: RefCell::default(), address: None }
    }

    /// A client of an app (`_app`) without a login.
    pub fn client(&self, name: &'static str) -> Client<'_> {
        Client { name, ..self.anon() }
    }

    /// A client logged in as an account that exists.
    pub fn login(&self, role: Role, id: i64) -> Client<'_> {
        let name = match role {
            Role::Guest | Role::User => "user",
            Role::Emp | Role::Mgr => "emp",
            Role::Admin => "admin",
            Role::Watch => "watch",
        };
        let client = self.client(name);
        let key = self.write(move |tx| {
            let login = tx.env().registry.login(name).expect("an app type with logins");
            let identity = (login.identify)(tx, id)?.expect("an account that may log in");
            tx.set_caller(Caller { app_type: name.into(), ..Caller::default() });
            tx.log_in(id, &identity);
            let (cookie, _) = persist(tx)?;
            Ok(cookie)
        });
        let Some(CookieChange::Set(key)) = key else { panic!("a login without a cookie") };
        client.cookies.borrow_mut().insert(format!("{name}id"), key);
        client
    }

    /// Rows made or looked at by the test itself, past all rights.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut jindou::db::Tx<'_>) -> jindou::error::Result<T> + Send + 'static,
    ) -> T {
        self.server.write_as_system(work).unwrap()
    }

    /// The one cell that a statement of the test's own gives, past all rules, after every write so far.
    pub fn cell(&self, sql: &str) -> Value {
        self.write(|_| Ok(()));
        let conn = rusqlite::Connection::open(self.server.db.path()).unwrap();
        let cell = conn.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0));
        match cell {
            Ok(rusqlite::types::Value::Integer(n)) => json!(n),
            Ok(rusqlite::types::Value::Real(x)) => json!(x),
            Ok(rusqlite::types::Value::Text(text)) => json!(text),
            Ok(_) | Err(rusqlite::Error::QueryReturnedNoRows) => Value::Null,
            Err(error) => panic!("{error}: {sql}"),
        }
    }

    /// An answer to a caller of the test's own making, through the same pipeline but no socket.
    pub fn call_as(&self, role: Role, id: i64, action: &str, get: Value, post: Value) -> Value {
        let params = |value: Value| match value {
            Value::Object(map) => jindou::call::params::Params(map),
            _ => Default::default(),
        };
        self.call_with(Caller::of_role(role, id), action, params(get), params(post))
    }

    /// The same to a caller with more than a role.
    pub fn call_by(&self, caller: Caller, action: &str, get: jindou::call::params::Params) -> Value {
        self.call_with(caller, action, get, Default::default())
    }

    fn call_with(
        &self,
        caller: Caller,
        action: &str,
        get: jindou::call::params::Params,
        post: jindou::call::params::Params,
    ) -> Value {
        let runtime = self.runtime.as_ref().unwrap();
        let call = pipeline::call_as(&self.server, caller, action, get, post);
        serde_json::from_str(&runtime.block_on(call).unwrap()).unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.tell_to_stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
        // A test that failed already says why.
        if !std::thread::panicking() {
            let shown = self.proofs.found_in(&self.dir.path().join("test.db"));
            assert!(shown.is_empty(), "proofs of accounts stand in a log:\n{}", shown.join("\n"));
        }
    }
}

pub struct Client<'a> {
    app: &'a TestApp,
    name: &'static str,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The address that a trusted proxy tells.
    address: Option<String>,
}

/// What came back, as it was sent.
pub struct Got {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Client<'_> {
    /// The same client as it comes from an address, where `P_TRUST_PROXY` trusts this machine.
    pub fn at(self, address: impl Into<String>) -> Self {
        Client { address: Some(address.into()), ..self }
    }

    /// A call; `target` is `Object.action?name=value…`. With a body it is a POST of JSON.
    pub fn call(&self, target: &str, body: Value) -> Value {
        let got = match body {
            Value::Null => self.send("GET", target, &[], None),
            body => self.send(
                "POST",
                target,
                &[("content-type", "application/json")],
                Some(body.to_string().into()),
            ),
        };
        got.json()
    }

    /// The payload of a call that must succeed.
    #[track_caller]
    pub fn ok(&self, target: &str, body: Value) -> Value {
        let answer = self.call(target, body);
        assert_eq!(answer[0], json!(0), "{target}: {answer}");
        answer[1].clone()
    }

    /// The code of a call that must fail, with its message.
    #[track_caller]
    pub fn fails(&self, target: &str, body: Value) -> (i64, String) {
        let answer = self.call(target, body);
        let code = answer[0].as_i64().unwrap();
        assert_ne!(code, 0, "{target} should fail: {answer}");
        (code, answer[1].as_str().unwrap_or_default().to_owned())
    }

    /// A form body.
    pub fn form(&self, target: &str, body: &str) -> Value {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", target, &headers, Some(body.as_bytes().to_vec())).json()
    }

    /// A request as it is.
    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Got {
        let glue = if target.contains('?') { '&' } else { '?' };
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/api/{target}") };
        let target = match target.contains("_app=") || !target.starts_with("/api") || target.contains("xp=") {
            true => target,
            false => format!("{target}{glue}_app={}", self.name),
        };
        self.exactly(method, &target, headers, body)
    }

    /// A request to a path, with nothing added but the cookies.
    pub fn exactly(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Got {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let url = format!("http://{}{}", self.app.address, encode(path));
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        let sent = body.clone().unwrap_or_default();
        let response = match body {
            Some(body) => agent.run(request.body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut response = response.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.borrow_mut().remove(name),
                value => {
                    self.app.proofs.of_cookie(value);
                    self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned())
                }
            };
        }
        let headers = response.headers().iter();
        let headers = headers
            .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
        if sent.len() < 1 << 20 && bytes.len() < 1 << 20 {
            self.app.proofs.of_call(path, &sent, &bytes);
        }
        Got { status, headers, bytes }
    }

    /// The header by which it is known.
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.borrow();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Its `_app`.
    pub fn app_name(&self) -> &'static str {
        self.name
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }
}

/// What a browser would escape in an address typed by hand.
fn encode(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b' ' => out.push_str("%20"),
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                out.push_str(&format!("%{byte:02X}"))
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}
