//! Live queries: a snapshot and the frames that follow it are, at every pause, what the same query answers then; each caller is
//! told of no more than he may see, and of nothing once his rights have ended.

mod random;
mod story;

use crate::app::TestApp;
use crate::login;
use jindou::auth::{Caller, Role};
use jindou::call::name::Action;
use jindou::call::params::Params;
use jindou::db::{Budget, CallState, Tx};
use jindou::error::{Error, Result};
use jindou::live::query::{Holder, LiveQueries, LiveQuery, LiveRequest};
use jindou::pipeline;
use jindou::plugin::Args;
use jindou::server::Server;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A caller without a connection, who keeps what he is sent.
pub struct Listener {
    pub server: Arc<Server>,
    pub role: Role,
    pub id: i64,
    pub frames: Mutex<Vec<Value>>,
}

impl Holder for Listener {
    fn caller(&self) -> Result<Arc<Caller>> {
        let mut caller = Caller::of_role(self.role, self.id);
        if let Some(login) = self.server.env.registry.login(&caller.app_type) {
            let found = self.server.db.read(Budget::Time(Duration::from_secs(5)), |conn| {
                let mut tx = Tx::new(conn, &self.server.env, Arc::default(), CallState::default());
                (login.identify)(&mut tx, self.id)
            })?;
            let identity = found.flatten().ok_or_else(|| Error::no_auth("the login has ended"))?;
            (caller.bits, caller.narrowing) = (identity.bits, identity.narrowing);
        }
        Ok(Arc::new(caller))
    }

    fn send(&self, frame: Vec<u8>) {
        self.frames.lock().unwrap().push(serde_json::from_slice(&frame).unwrap());
    }
}

/// One subscription with the result as a client has it.
pub struct Followed {
    pub listener: Arc<Listener>,
    pub ac: String,
    pub get: Value,
    pub grid: Map<String, Value>,
    pub offset: i64,
    pub _query: LiveQuery,
}

pub fn params(value: &Value) -> Params {
    Params(value.as_object().cloned().unwrap_or_default())
}

pub fn follow(
    app: &TestApp,
    engine: &Arc<LiveQueries>,
    role: Role,
    id: i64,
    ac: &str,
    get: Value,
) -> Result<Followed> {
    let listener = Arc::new(Listener { server: app.server.clone(), role, id, frames: Mutex::default() });
    let asked = LiveRequest {
        name: Action::parse(ac),
        args: Args::new(&app.server.env, params(&get), Params::default()),
    };
    let _entered = app.runtime().enter();
    let answer = |data: &Value, offset| json!({"offset": offset, "data": data}).to_string().into_bytes();
    let query = engine.subscribe(listener.clone(), 7, asked, answer)?;
    let mut followed =
        Followed { listener, ac: ac.to_owned(), get, grid: Map::new(), offset: 0, _query: query };
    followed.take();
    Ok(followed)
}

impl Followed {
    /// Applies what came, as a client does. Gives the frames.
    pub fn take(&mut self) -> Vec<Value> {
        let frames = std::mem::take(&mut *self.listener.frames.lock().unwrap());
        for frame in &frames {
            if let Some(offset) = frame["offset"].as_i64() {
                assert!(offset >= self.offset, "{frame} after {}", self.offset);
                self.offset = offset;
            }
            if let Some(data) = frame["data"].as_object() {
                self.grid = data.clone();
                continue;
            }
            let at =
                self.grid["h"].as_array().unwrap().iter().position(|name| name == "id").unwrap_or_default();
            let list = |name: &str| frame[name].as_array().cloned().unwrap_or_default();
            let (set, del) = (list("set"), list("del"));
            let rows = self.grid["d"].as_array_mut().unwrap();
            let gone: Vec<&Value> = del.iter().chain(set.iter().map(|row| &row[at])).collect();
            rows.retain(|row| !gone.contains(&&row[at]));
            for (row, place) in set.iter().zip(list("at")) {
                rows.insert(place.as_u64().unwrap() as usize, row.clone());
            }
            for name in ["nextkey", "total", "totalMore", "stat"] {
                match &frame[name] {
                    Value::Null if frame.get(name).is_some() => drop(self.grid.remove(name)),
                    Value::Null => {}
                    value => drop(self.grid.insert(name.to_owned(), value.clone())),
                }
            }
        }
        frames
    }

    /// What the ordinary query answers now, with the id of each row where the subscription has it.
    pub fn fresh(&self, app: &TestApp) -> Value {
        let mut get = self.get.clone();
        let shows_id = self.grid["h"].as_array().is_some_and(|names| names.iter().any(|name| name == "id"));
        if let (Some(res), true) = (get["res"].as_str().map(str::to_owned), shows_id)
            && !res.split(',').any(|name| name.trim() == "id")
        {
            get["res"] = json!(format!("{res}, id"));
        }
        let caller = (*self.listener.caller().unwrap()).clone();
        let call = pipeline::call_as(&app.server, caller, &self.ac, params(&get), Params::default());
        let mut answer: Value = serde_json::from_str(&app.runtime().block_on(call).unwrap()).unwrap();
        assert_eq!(answer[0], 0, "{answer}");
        answer[1].take()
    }

    /// Waits until the result is that of the ordinary query; it must come to that soon.
    #[track_caller]
    pub fn agrees(&mut self, app: &TestApp) {
        let begun = Instant::now();
        loop {
            self.take();
            let fresh = self.fresh(app);
            let mine = Value::Object(self.grid.clone());
            if mine == fresh {
                return;
            }
            let (ac, get, role) = (&self.ac, &self.get, self.listener.role);
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{ac} {get} as {role:?}:\n{mine}\nis not\n{fresh}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the next frame.
    #[track_caller]
    pub fn next(&mut self) -> Value {
        let begun = Instant::now();
        loop {
            let first = self.listener.frames.lock().unwrap().first().cloned();
            if let Some(first) = first {
                let rest = self.listener.frames.lock().unwrap().split_off(1);
                self.take();
                *self.listener.frames.lock().unwrap() = rest;
                return first;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "no frame came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

pub fn user(app: &TestApp, name: &str) -> i64 {
    let (name, phone) =
        (name.to_owned(), format!("1380000{:04}", name.len() * 7 + name.as_bytes()[0] as usize));
    app.write(move |tx| tx.insert("User", [("name", json!(name)), ("phone", json!(phone))]))
}

/// The first employee, with these permissions.
pub fn staff(app: &TestApp, perms: &str) {
    assert_eq!(login::employee(app, "staff", perms), 1);
}

pub fn order(app: &TestApp, user: i64, amount: f64) -> i64 {
    app.write(move |tx| {
        tx.insert("Ordr", [("userId", json!(user)), ("status", json!("CR")), ("amount", json!(amount))])
    })
}

pub fn change(app: &TestApp, table: &'static str, id: i64, fields: Value) {
    app.write(move |tx| tx.update(table, &[("id", json!(id))], params(&fields).0));
}

pub fn delete(app: &TestApp, table: &'static str, id: i64) {
    app.write(move |tx| tx.delete(table, &[("id", json!(id))]));
}
