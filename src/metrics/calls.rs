//! Calls by action and code. Only actions that are declared have a name here, and only codes of the core; all others
//! share one, so that no caller can make the list grow.

use super::histogram::{BOUNDS, Histogram};
use super::text::Text;
use crate::call::name::Action;
use crate::error::catalogue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Codes told apart at most; the last one is all others.
const CODES: usize = 16;
const OTHER: &str = "other";

pub struct Calls {
    /// Object (empty for functions) → action → place in `slots`. The last place is for unknown ones.
    places: HashMap<Box<str>, HashMap<Box<str>, usize, Quick>, Quick>,
    names: Vec<String>,
    slots: Vec<Slot>,
    codes: Vec<i32>,
}

/// All calls since the start.
pub struct Totals {
    pub calls: u64,
    /// Those that ended with another code than 0.
    pub failed: u64,
    /// How many took how long, as [`BOUNDS`] has it; the last bucket is for longer ones.
    pub times: [u64; BOUNDS.len() + 1],
}

type Quick = foldhash::fast::FixedState;

#[derive(Default)]
struct Slot {
    codes: [AtomicU64; CODES],
    time: Histogram,
}

impl Calls {
    pub fn new<'n>(actions: impl Iterator<Item = (&'n str, &'n str)>) -> Calls {
        let mut calls = Calls {
            places: HashMap::default(),
            names: Vec::new(),
            slots: Vec::new(),
            codes: catalogue().map(|(code, ..)| code.0).take(CODES - 1).collect(),
        };
        for (object, name) in actions {
            let shown = if object.is_empty() { name.to_owned() } else { format!("{object}.{name}") };
            calls.declare(object, name, shown);
        }
        calls.declare("", "batch", "batch".to_owned());
        calls.names.push(OTHER.to_owned());
        calls.slots = calls.names.iter().map(|_| Slot::default()).collect();
        calls
    }

    fn declare(&mut self, object: &str, action: &str, name: String) {
        let place = self.names.len();
        let actions = self.places.entry(object.into()).or_default();
        // An object may declare a standard action as its own.
        if !actions.contains_key(action) {
            actions.insert(action.into(), place);
            self.names.push(name);
        }
    }

    pub fn ended(&self, action: &Action, code: i32, time: Duration) {
        let actions = self.places.get(action.object.as_deref().unwrap_or_default());
        // A batch is named after its calls.
        let name = if action.object.is_none() && action.name.starts_with("batch:") {
            "batch"
        } else {
            &*action.name
        };
        let place = actions.and_then(|actions| actions.get(name)).copied();
        let Some(slot) = self.slots.get(place.unwrap_or(self.slots.len() - 1)) else { return };
        let at = self.codes.iter().position(|known| *known == code).unwrap_or(self.codes.len());
        slot.codes[at].fetch_add(1, Relaxed);
        slot.time.took(time);
    }

    pub fn totals(&self) -> Totals {
        let mut all = Totals { calls: 0, failed: 0, times: [0; BOUNDS.len() + 1] };
        for slot in &self.slots {
            for (at, count) in slot.codes.iter().enumerate() {
                let count = count.load(Relaxed);
                all.calls += count;
                if self.codes.get(at) != Some(&0) {
                    all.failed += count;
                }
            }
            for (sum, count) in all.times.iter_mut().zip(slot.time.read().0) {
                *sum += count;
            }
        }
        all
    }

    pub fn write(&self, out: &mut Text) {
        out.family("jindou_calls_total", "counter", "calls by action and code");
        for (name, slot) in self.names.iter().zip(&self.slots) {
            for (at, count) in slot.codes.iter().enumerate() {
                let count = count.load(Relaxed);
                if count > 0 {
                    let code = self.codes.get(at).map_or(OTHER.to_owned(), ToString::to_string);
                    out.value("jindou_calls_total", &[("action", name), ("code", &code)], count as f64);
                }
            }
        }
        out.family("jindou_call_seconds", "histogram", "time from a call's first byte to its answer");
        for (name, slot) in self.names.iter().zip(&self.slots) {
            out.histogram("jindou_call_seconds", &[("action", name)], &slot.time);
        }
    }
}
