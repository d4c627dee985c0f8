//! One call's view of the database: a connection inside a transaction, the caller, and the work for when the transaction
//! is over. Business code gets `&mut Tx` and nothing else.

mod attempt;

use super::conn::Conn;
use super::insert_batching::Before;
use super::row::{More, Row};
use super::statement_cache::StatementCache;
use super::writer_conn::{Statements, WriterConn};
use crate::auth::Caller;
use crate::design::Ident;
use crate::error::{Error, Result};
use crate::plan::Expr;
use crate::plan::Select;
use crate::plan::write::{Delete, Filter, Insert, Update};
use crate::services::Services;
use crate::sql::{self, Sql};
use crate::value::{Val, ValRef};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

pub struct Tx<'a> {
    conn: &'a Conn,
    hand: Hand<'a>,
    env: &'a Services,
    caller: Arc<Caller>,
    pub(crate) state: CallState,
    pub(crate) depth: u8,
    /// The call is a standard action and nothing else: what it reads last is the last that is read.
    pub(crate) lone: bool,
}

/// What runs the statements that change rows.
enum Hand<'a> {
    Own(StatementCache<'a>),
    Lane(&'a dyn Statements),
}

/// What a call gathers on its way.
#[derive(Default)]
pub struct CallState {
    pub log_id: i64,
    pub log1_id: Option<i64>,
    pub objlog: Vec<ObjEntry>,
    pub effects: Vec<Effect>,
    /// What is written although the call is refused and all it did undone.
    pub aftermath: Vec<Aftermath>,
    /// Hashes made before the lane was entered: password → what is stored.
    pub hashes: std::collections::HashMap<String, String>,
    /// The caller's session as this call leaves it.
    pub session: crate::session::Draft,
    /// Messages of developers' interest, shown in test mode.
    pub debug: Vec<Value>,
    pub debug_level: u8,
    /// Rows an import made, for its one line of ObjLog.
    pub added: Vec<i64>,
    /// Rows that were found to be there.
    pub known: crate::api::ExistenceCache,
    pub accounts_touched: bool,
    /// By something else than a row of an account.
    pub grants_touched: bool,
    /// What was asked of the memory that calls share.
    pub journal: crate::api::Journal,
    /// Answers name ids of new rows although all may be undone yet: a transaction of several calls.
    pub tells_ids: bool,
    /// Those ids.
    pub new_ids: Vec<(Ident, i64)>,
    pub headers: Headers,
    /// Ids of uploaded files that changed and deleted rows held.
    pub released_files: Vec<i64>,
    /// What the cache of sessions must forget once this is committed.
    pub forget_sessions: Vec<String>,
    pub forget_accounts: Vec<(String, i64)>,
    /// Jobs that may run once this is committed.
    pub jobs_due: Vec<crate::jobs::Rung>,
}

impl CallState {
    /// The statements that the call runs are kept, whatever it shows.
    pub fn trace_statements(&mut self) {
        self.debug_level = STATEMENTS;
    }

    /// The texts that were kept.
    pub fn traced(&self) -> impl Iterator<Item = &str> {
        self.debug.iter().filter_map(Value::as_str)
    }
}

/// One change of one object, for ObjLog.
#[derive(Debug, Clone)]
pub struct ObjEntry {
    pub obj: &'static str,
    pub obj_id: Option<i64>,
    pub what: &'static str,
    /// `{field: [old, new]}`, or nothing.
    pub changes: String,
}

/// Something that happens only if the transaction does.
pub type Effect = Box<dyn FnOnce(&Services) + Send>;

/// Headers that an action adds to the answer.
pub type Headers = Vec<(&'static str, String)>;

/// Work that outlives the failure of its call.
pub type Aftermath = Box<dyn FnOnce(&mut Tx<'_>) -> Result<()> + Send>;

/// The debug level that shows statements.
const STATEMENTS: u8 = 9;
/// Beside the lane few statements change anything.
const STATEMENTS_KEPT: usize = 4;
/// Calls inside calls at most.
const DEPTH_MAX: u8 = 8;

impl<'a> Tx<'a> {
    pub fn new(conn: &'a Conn, env: &'a Services, caller: Arc<Caller>, state: CallState) -> Tx<'a> {
        let hand = Hand::Own(StatementCache::of(STATEMENTS_KEPT));
        Tx { conn, hand, env, caller, state, depth: 0, lone: false }
    }

    /// On the lane.
    pub fn at(lane: &'a WriterConn<'_>, env: &'a Services, caller: Arc<Caller>, state: CallState) -> Tx<'a> {
        Tx { hand: Hand::Lane(lane), ..Tx::new(lane, env, caller, state) }
    }

    pub fn env(&self) -> &'a Services {
        self.env
    }

    pub fn caller(&self) -> Arc<Caller> {
        self.caller.clone()
    }

    /// The id of this call's ApiLog row.
    pub fn log_id(&self) -> i64 {
        self.state.log_id
    }

    /// Now, in the server's zone, as the database stores it.
    pub fn now(&self) -> String {
        self.env.now_text()
    }

    /// The moment so many days from now (before now, if negative), as the database stores it.
    pub fn in_days(&self, days: i64) -> String {
        let now = self.env.now();
        let then = chrono::TimeDelta::try_days(days).and_then(|span| now.checked_add_signed(span));
        crate::time::format(then.unwrap_or(now))
    }

    /// Runs once the transaction has been committed; never if it is not.
    pub fn after_commit(&mut self, effect: impl FnOnce(&Services) + Send + 'static) {
        self.state.effects.push(Box::new(effect));
    }

    /// A header of the answer; a call inside a batch has none of its own.
    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.state.headers.push((name, value.into()));
    }

    pub(crate) fn take_headers(&mut self) -> Headers {
        std::mem::take(&mut self.state.headers)
    }

    /// Work that is written if the call fails, after its changes were undone: a refusal that must be counted.
    pub fn even_if_refused(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) {
        self.state.aftermath.push(Box::new(work));
    }

    /// Becomes another caller for the rest of the call (after a login).
    pub fn set_caller(&mut self, caller: Caller) {
        self.caller = Arc::new(caller);
    }

    /// Runs `work` as another caller and comes back.
    pub fn as_caller<T>(&mut self, caller: Caller, work: impl FnOnce(&mut Tx<'a>) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH_MAX {
            return Err(Error::server("calls inside calls nest too deep"));
        }
        let mine = std::mem::replace(&mut self.caller, Arc::new(caller));
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        self.caller = mine;
        result
    }

    pub(crate) fn conn(&self) -> &'a Conn {
        self.conn
    }

    /// Runs a statement; at the highest debug level the answer will show it, with how it went.
    fn noted<'t, T>(
        &mut self,
        text: impl FnOnce() -> Cow<'t, str>,
        binds: &[Val],
        run: impl FnOnce(&mut Self) -> Result<T>,
        told: impl FnOnce(&T) -> String,
    ) -> Result<T> {
        if self.state.debug_level < STATEMENTS {
            return run(self);
        }
        let begun = std::time::Instant::now();
        let result = run(self);
        let told = result.as_ref().map_or_else(|_| "failed".to_owned(), told);
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        let entry = format!("{} -- {told}, t={ms:.1}ms, {binds:?}", text());
        self.state.debug.push(Value::String(entry));
        result
    }

    /// A statement that was made before, with the values of this call; its rows are lent.
    pub(crate) fn each_row(
        &mut self,
        text: &str,
        binds: &[Val],
        mut each: impl FnMut(&Row<'_>) -> Result<More>,
    ) -> Result<()> {
        self.write_waiting(Before::Statement(text))?;
        let mut count = 0;
        let run = |tx: &mut Tx<'a>| {
            tx.conn.each_row(text, binds, |row| {
                count += 1;
                each(row)
            })?;
            Ok(count)
        };
        self.noted(|| text.into(), binds, run, |count| format!("cnt={count}")).map(|_: i64| ())
    }

    /// Runs a statement that counts its rows as it sorts them; gives their number.
    pub(crate) fn each_row_tallied(
        &mut self,
        text: &str,
        binds: &[Val],
        each: impl FnMut(&Row<'_>) -> Result<More>,
    ) -> Result<i64> {
        let before = self.conn.sorted_rows.calls();
        self.each_row(text, binds, each)?;
        Ok(self.conn.sorted_rows.calls().wrapping_sub(before) as i64)
    }

    pub(crate) fn select(&mut self, plan: &Select) -> Result<Vec<Vec<Val>>> {
        self.rows(&sql::select(plan, &sql::SQLITE))
    }

    fn rows(&mut self, sql: &Sql) -> Result<Vec<Vec<Val>>> {
        self.write_waiting(Before::Statement(&sql.text))?;
        let told = |rows: &Vec<Vec<Val>>| format!("cnt={}", rows.len());
        self.noted(|| (&sql.text).into(), &sql.binds, |tx| tx.conn.rows(sql), told)
    }

    /// Rows as they come, for results that must not be held in memory.
    pub(crate) fn select_each(
        &mut self,
        plan: &Select,
        mut each: impl FnMut(&mut Tx<'a>, Vec<Val>) -> Result<()>,
    ) -> Result<()> {
        let sql = sql::select(plan, &sql::SQLITE);
        self.write_waiting(Before::Statement(&sql.text))?;
        let mut count = 0;
        let run = |tx: &mut Tx<'a>| {
            let conn = tx.conn;
            conn.each(&sql, |row| {
                count += 1;
                each(tx, row)
            })?;
            Ok(count)
        };
        self.noted(|| (&sql.text).into(), &sql.binds, run, |count| format!("cnt={count}")).map(|_: i64| ())
    }

    pub(crate) fn count(&mut self, plan: &Select) -> Result<i64> {
        let rows = self.rows(&sql::count(plan, &sql::SQLITE))?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Val::as_i64).unwrap_or_default())
    }

    /// How many rows a plan would give without its page, counted up to one beyond `most`.
    pub(crate) fn count_to(&mut self, plan: &Select, most: u64) -> Result<i64> {
        let rows = self.rows(&sql::count_to(plan, most, &sql::SQLITE))?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Val::as_i64).unwrap_or_default())
    }

    /// Adds a row; gives its id. On the lane it may be written later, together with others (see `waiting`).
    pub(crate) fn run_insert(&mut self, row: Insert) -> Result<i64> {
        self.touch(row.table.as_str());
        let shown = (self.state.debug_level >= STATEMENTS).then(|| sql::insert(&row, &sql::SQLITE));
        let told = self.state.tells_ids.then(|| row.table.clone());
        let run = |tx: &mut Tx<'a>| match &mut tx.hand {
            Hand::Own(hand) => hand.insert(tx.conn, &row).map(|_| tx.conn.last_id()),
            Hand::Lane(writer) => writer.insert(row),
        };
        let id = match shown {
            Some(sql) => {
                self.noted(|| (&sql.text).into(), &sql.binds, run, |id: &i64| format!("new id={id}"))
            }
            None => run(self),
        }?;
        self.state.new_ids.extend(told.map(|table| (table, id)));
        Ok(id)
    }

    /// Writes the rows that wait (see `waiting`).
    pub(super) fn write_waiting(&mut self, before: Before<'_>) -> Result<()> {
        match &self.hand {
            Hand::Own(_) => Ok(()),
            Hand::Lane(writer) => writer.write_waiting(before),
        }
    }

    /// Batches new rows during `work`, also where each insert would have to report its own fault: here a fault of one fails all.
    pub(crate) fn gathering<T>(&mut self, work: impl FnOnce(&mut Tx<'a>) -> Result<T>) -> Result<T> {
        let Hand::Lane(writer) = self.hand else { return work(self) };
        let before = writer.let_wait(true);
        let done = work(self);
        writer.let_wait(before);
        done.and_then(|done| writer.write_waiting(Before::All).map(|()| done))
    }

    fn run(&mut self, sql: &Sql) -> Result<usize> {
        self.write_waiting(Before::Statement(&sql.text))?;
        let mut values = sql.binds.iter().map(ValRef::from);
        let run = |tx: &mut Tx<'a>| match &mut tx.hand {
            Hand::Own(hand) => hand.run(tx.conn, &sql.text, values),
            Hand::Lane(writer) => writer.run(&sql.text, &mut values),
        };
        self.noted(|| (&sql.text).into(), &sql.binds, run, |changed| format!("cnt={changed}"))
    }

    /// Runs a changing statement of our own; gives the number of rows it changed.
    pub(crate) fn change(&mut self, text: &'static str, binds: Vec<Val>) -> Result<usize> {
        self.run(&Sql::fixed(text, binds))
    }

    pub(crate) fn run_update(&mut self, plan: &Update) -> Result<usize> {
        if plan.columns.is_empty() {
            return Ok(0);
        }
        let changed = |column: &str| plan.columns.iter().any(|(name, _)| name.as_str() == column);
        self.release_files(plan.table.as_str(), changed, plan.filter.as_ref())?;
        let sql = sql::update(plan, &sql::SQLITE);
        self.touch(plan.table.as_str());
        self.run(&sql)
    }

    pub(crate) fn run_delete(&mut self, plan: &Delete) -> Result<usize> {
        self.release_files(plan.table.as_str(), |_| true, plan.filter.as_ref())?;
        let sql = sql::delete(plan, &sql::SQLITE);
        self.state.known.forget();
        self.touch(plan.table.as_str());
        let deleted = self.run(&sql)?;
        if plan.filter.is_none() {
            // SQLite empties a table without a word about its rows.
            self.conn.record_all_of(plan.table.as_str());
        }
        Ok(deleted)
    }

    /// Remembers the files that the rows of a change hold before it.
    fn release_files(
        &mut self,
        table: &str,
        changed: impl Fn(&str) -> bool,
        filter: Option<&Filter>,
    ) -> Result<()> {
        let registry = &self.env.registry;
        let owners = registry.file_owners().filter(|owner| owner.table == table && changed(owner.column));
        let Some(table) = registry.catalogue.table(table) else { return Ok(()) };
        for column in owners.filter_map(|owner| table.column(owner.column)) {
            let mut select = Select::from(table.name.clone());
            select.columns = vec![Expr::main(&column.name)];
            select.filter = match filter {
                Some(Filter::Id(id)) => Some(Expr::main(table.id()).equals(Val::Int(*id))),
                Some(Filter::Where(rows)) => {
                    select.joins = rows.joins.clone();
                    rows.filter.clone()
                }
                None => None,
            };
            let held = self.select(&select)?;
            let ids = held.iter().filter_map(|row| row.first().and_then(Val::as_i64));
            self.state.released_files.extend(ids);
        }
        Ok(())
    }

    /// A change of accounts may change what their sessions may do, from the next call on.
    fn touch(&mut self, table: &str) {
        let registry = &self.env.registry;
        if registry.logins().any(|login| login.table == table) || registry.keeps_roles(table) {
            self.state.accounts_touched = true;
        }
    }
}
