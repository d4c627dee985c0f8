//! Prepares the items of a transaction without the database: the call that each becomes, and the beginning
//! of its row in the log. The thread that received them makes it while the writer's wakes and works on the first ones;
//! what is not there when the writer's wants it, that makes by itself.

use super::item::{Common, Item};
use super::results::Results;
use crate::dispatch::{Understood, understand};
use crate::error::Result;
use crate::pipeline::identify::CallContext;
use crate::pipeline::parse::Parsed;
use crate::pipeline::record::{self, CallRow, Ids};
use crate::server::Server;
use crate::services::LogTable;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The items of a transaction.
pub struct Items {
    items: Vec<Item>,
    /// Of the batch's row.
    log_id: i64,
    /// Of the first item's row; the others' follow.
    first: i64,
    begun: Vec<OnceLock<PrebuiltItem>>,
    /// The item that the writer's thread came to.
    reached: AtomicUsize,
}

/// What all of them come with.
pub struct BatchContext<'a> {
    pub server: &'a Arc<Server>,
    pub context: &'a CallContext,
    pub common: Common<'a>,
}

/// An item that has not run yet.
pub struct PrebuiltItem {
    pub call: Result<Parsed>,
    /// The words of its query, if it has any and was begun before the transaction.
    pub words: Option<Result<Understood>>,
    pub row: CallRow,
}

impl Items {
    pub fn new(server: &Server, log_id: i64, items: Vec<Item>) -> Items {
        let first = server.env.next_log_ids(LogTable::Item, items.len());
        let begun = items.iter().map(|_| OnceLock::new()).collect();
        Items { items, log_id, first, begun, reached: AtomicUsize::new(0) }
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn ids(&self, at: usize) -> Ids {
        Ids { call: self.log_id, item: Some(self.first + at as i64) }
    }

    /// None so far.
    pub fn results(&self) -> Results {
        Results::of(&self.items)
    }

    /// Begins those with words of the language of queries, before the lane is asked for: their parsing is no work of the lane's.
    /// What refers to results has to wait for them.
    pub fn understand(&self, scene: &BatchContext<'_>) {
        for at in (0..self.len()).filter(|at| self.items[*at].has_words() && !self.items[*at].refers()) {
            let _ = self.begun[at].set(self.begin(scene, at, &[], true));
        }
    }

    /// Begins the others that the writer's thread has not come to.
    pub fn begin_ahead(&self, scene: &BatchContext<'_>) {
        if self.items.iter().any(Item::refers) {
            return;
        }
        let mut at = 0;
        while at < self.len() {
            if self.begun[at].get().is_none() {
                let _ = self.begun[at].set(self.begin(scene, at, &[], false));
            }
            at = (at + 1).max(self.reached.load(Ordering::Relaxed) + 1);
        }
    }

    /// On the writer's thread: the item that is to run now, made in `room` if it was not begun ahead.
    pub fn take<'i>(
        &'i self,
        scene: &BatchContext<'_>,
        at: usize,
        results: &[Value],
        room: &'i mut Option<PrebuiltItem>,
    ) -> &'i PrebuiltItem {
        self.reached.store(at, Ordering::Relaxed);
        match self.begun[at].get() {
            Some(begun) => begun,
            None => room.insert(self.begin(scene, at, results, false)),
        }
    }

    fn begin(
        &self,
        BatchContext { server, context, common }: &BatchContext<'_>,
        at: usize,
        results: &[Value],
        understood: bool,
    ) -> PrebuiltItem {
        let call = self.items[at].call(common, results, at);
        let row = match &call {
            Ok(call) => record::begin(server, call, context, self.ids(at)),
            Err(_) => record::begin(server, &common.call(), context, self.ids(at)),
        };
        let call_of = || call.as_ref().ok().filter(|_| understood);
        let words =
            call_of().and_then(|call| understand(&server.env, &context.caller, &call.action, &call.args));
        PrebuiltItem { call, words, row }
    }
}
