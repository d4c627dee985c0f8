//! What the engine of live queries looks at: the change feed, where it finds the subscriptions that a commit concerns, and the
//! rights of those to which nothing happens.

use super::Holder;
use super::engine::{LiveQueries, same_rights};
use super::index::SubNumber;
use super::matches::TableRow;
use crate::auth::Caller;
use crate::db::{ChangeKind, Conn, FeedEvent, Follow};
use crate::design::Table;
use crate::error::Result;
use crate::plan::{Expr, Select};
use crate::server::Server;
use crate::sql;
use crate::value::Val;
use foldhash::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Changed rows of a table that are looked at one by one.
const ROWS_AT_ONCE: usize = 1000;
/// Commits that are looked at together.
const COMMITS_AT_ONCE: usize = 256;
/// Rights of subscriptions to which nothing happens are asked so often, if any rights have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A session also ends with time.
const LOOK_ANYHOW: Duration = Duration::from_secs(30);

/// The last look at the rights of all.
pub struct LastLook {
    at: Instant,
    /// The states of accounts and sessions then.
    rights: (i64, u64),
}

impl LastLook {
    pub fn at_start() -> LastLook {
        LastLook { at: Instant::now(), rights: (0, 0) }
    }
}

impl LiveQueries {
    /// Finds the subscriptions that commits concern.
    pub(super) fn look_at(&self, server: &Server, told: &[FeedEvent]) -> Result<()> {
        let mut state = self.lock();
        // A snapshot that is taken from here on has all that was told.
        state.seen += 1;
        let mut rows: HashMap<Arc<str>, HashSet<i64>> = HashMap::default();
        for told in told {
            let commit = match told {
                FeedEvent::Commit(commit) if !commit.unknown => commit,
                FeedEvent::End => continue,
                _ => {
                    state.touch_all();
                    return Ok(());
                }
            };
            for change in &commit.changes {
                match change.kind {
                    ChangeKind::Many => {
                        let all = state.index.of_table(&change.table);
                        all.into_iter().for_each(|number| state.touch(number));
                    }
                    _ => {
                        rows.entry(change.table.clone()).or_default().insert(change.id);
                    }
                }
            }
        }
        state.run_apart_again(|table| rows.contains_key(table));
        let accounts = changed_accounts(server, &rows);
        for (table, ids) in rows.iter() {
            let mut concerned: Vec<SubNumber> = match ids.len() > ROWS_AT_ONCE {
                true => state.index.of_table(table).into_iter().collect(),
                false => state.index.of_any(table).collect(),
            };
            ids.iter().for_each(|id| concerned.extend(state.index.showing(table, *id)));
            concerned.into_iter().for_each(|number| state.touch(number));
        }
        rows.retain(|table, ids| ids.len() <= ROWS_AT_ONCE && state.index.looks_at_rows(table));
        drop(state);
        for (table, ids) in &rows {
            let Some(table) = server.env.registry.catalogue.table(table) else { continue };
            let values = self.read(server, |conn| values(conn, table, ids))?;
            let mut state = self.lock();
            for values in &values {
                state.touch_matching(TableRow { table, values });
            }
        }
        if !accounts.is_empty() {
            self.look_at_rights(|caller| {
                accounts.iter().any(|(app, ids)| **app == *caller.app_type && ids.contains(&caller.id))
            });
        }
        Ok(())
    }

    /// Sessions end and rights change also where nothing changes that a subscription shows.
    pub(super) fn look_now_and_then(&self, server: &Server) {
        let rights = (server.env.accounts_version(), server.sessions.ended());
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            let past = looked.at.elapsed();
            if past < LOOK_EVERY || (past < LOOK_ANYHOW && looked.rights == rights) {
                return;
            }
            *looked = LastLook { at: Instant::now(), rights };
        }
        self.look_at_rights(|_| true);
    }

    /// Some subscriptions whose rights have ended are told so.
    fn look_at_rights(&self, whose: impl Fn(&Caller) -> bool) {
        let subs: Vec<(SubNumber, Arc<dyn Holder>, Arc<Caller>)> = {
            let state = self.lock();
            let meant = state.subs.iter().filter(|(_, sub)| whose(&sub.caller));
            meant.map(|(n, sub)| (*n, sub.holder.clone(), sub.caller.clone())).collect()
        };
        for (number, holder, caller) in subs {
            if let Err(error) = same_rights(&*holder, &caller) {
                self.end(number, &error);
            }
        }
    }
}

/// The accounts among changed rows, by their kinds.
fn changed_accounts(
    server: &Server,
    rows: &HashMap<Arc<str>, HashSet<i64>>,
) -> Vec<(&'static str, HashSet<i64>)> {
    let logins = server.env.registry.logins();
    logins.filter_map(|login| Some((login.app_type, rows.get(login.table)?.clone()))).collect()
}

/// The rows of these ids with all their columns, in the order of the table's columns. Those that are gone are not among them.
fn values(conn: &Conn, table: &Table, ids: &HashSet<i64>) -> Result<Vec<Vec<Val>>> {
    let mut select = Select::from(table.name.clone());
    select.columns = table.columns.iter().map(|column| Expr::main(&column.name)).collect();
    let list = ids.iter().map(|id| Val::Int(*id)).collect();
    select.filter = Some(Expr::In { not: false, of: Box::new(Expr::main(table.id())), list });
    conn.rows(&sql::select(&select, &sql::SQLITE))
}

/// Goes on as long as the engine and the database do.
pub(super) async fn follow_feed(engine: Weak<LiveQueries>, mut follow: Follow) {
    loop {
        let Some(idle) = engine.upgrade().map(|engine| engine.idle_for()) else { return };
        let wait = idle.unwrap_or(LOOK_EVERY).min(LOOK_EVERY);
        let mut told = Vec::new();
        match engine.upgrade() {
            None => return,
            Some(engine) => tokio::select! {
                first = follow.next() => told.push(first),
                () = engine.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            },
        }
        while told.len() < COMMITS_AT_ONCE
            && let Some(next) = follow.try_next()
        {
            told.push(next);
        }
        if told.contains(&FeedEvent::End) {
            return;
        }
        let Some(engine) = engine.upgrade() else { return };
        for number in engine.lock().take_long() {
            let engine = engine.clone();
            tokio::task::spawn_blocking(move || engine.round_apart(number));
        }
        let round = tokio::task::spawn_blocking(move || engine.round(&told));
        if let Err(error) = round.await {
            tracing::error!(%error, "a round of live queries failed");
        }
    }
}
