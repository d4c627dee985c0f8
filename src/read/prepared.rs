//! A cache of parsed, planned and lowered queries. Per call only the open values are bound: caller, id, page key. The key of the
//! cache holds everything that a plan depends on: the rights (those of an object and a role, and nothing else), and every
//! parameter of the request.

use super::json_rows::{JsonRows, RowMap};
use super::routes::{Routes, Statement};
use super::subobjects::ChildPlans;
use super::{query, row_version};
use crate::api::Args;
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::call::params::{Params, text_of};
use crate::call::query::{self as request, QueryReq};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::GET;
use crate::plan::query::Extra;
use crate::plan::{Bindings, Placeholder, QueryPlan};
use crate::render::Format;
use crate::services::Services;
use crate::sql::{self, Sql};
use crate::value::Val;
use serde_json::Value;
use std::sync::Arc;

pub struct PreparedQuery {
    pub req: QueryReq,
    pub format: Format,
    pub plan: QueryPlan,
    pub sql: Sql,
    /// What serves its sub-objects.
    pub subs: Vec<ChildPlans>,
    /// When nothing is made of the rows but JSON.
    pub json_rows: Option<JsonRows>,
    /// When nothing is made of a whole row but an object.
    pub row_map: Option<RowMap>,
    /// Each row is shown with its version.
    pub versions: bool,
    /// The ways to its page, where there are several.
    pub routes: Option<Routes>,
}

/// A query and the values of this call.
pub struct BoundQuery {
    pub ready: Arc<PreparedQuery>,
    pub binds: Vec<Val>,
    probe_binds: Vec<Val>,
}

impl BoundQuery {
    fn of(ready: Arc<PreparedQuery>, given: &Bindings<'_>) -> BoundQuery {
        let probe_binds = ready.routes.as_ref().map(|routes| routes.probe_binds(given)).unwrap_or_default();
        BoundQuery { binds: ready.sql.binds_of(given), probe_binds, ready }
    }

    pub fn statement(&self) -> Statement<'_> {
        let routes = self.ready.routes.as_ref().map(|routes| (routes, self.probe_binds.as_slice()));
        Statement { text: &self.ready.sql.text, binds: &self.binds, routes }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
pub enum ReadTarget<'a> {
    /// Those that also meet a condition of our own code.
    Rows(&'a Args, &'a Cond),
    Row(&'a Args, i64),
    /// Every column of a row, for code of ours, whether or not it is marked as deleted.
    WholeRow(i64, &'a Cond),
}

impl ReadTarget<'_> {
    /// The one row that is wanted, 0 if it is not one.
    fn id(self) -> i64 {
        match self {
            ReadTarget::Rows(..) => 0,
            ReadTarget::Row(_, id) | ReadTarget::WholeRow(id, _) => id,
        }
    }
}

/// The words of a `query` or `get`, understood without a connection.
#[derive(Clone)]
pub enum AskedQuery {
    /// The same words came before; these are the values of this call.
    Cached(Arc<PreparedQuery>, Bindings<'static>),
    Parsed(Box<Parsed>),
}

#[derive(Clone)]
pub struct Parsed {
    /// Under which the query is kept once it is made.
    key: Option<Key>,
    req: QueryReq,
}

/// All that a query depends on, and the values that stand open in it.
type Key = (String, Bindings<'static>);

impl AskedQuery {
    fn parsed(key: Option<Key>, req: QueryReq) -> AskedQuery {
        AskedQuery::Parsed(Box::new(Parsed { key, req }))
    }

    /// Looks the key up; what is not there is parsed.
    fn find(
        env: &Services,
        key: Option<Key>,
        parse: impl FnOnce() -> Result<QueryReq>,
    ) -> Result<AskedQuery> {
        let Some((key, given)) = key else { return Ok(AskedQuery::parsed(None, parse()?)) };
        Ok(match env.ready.find(&key) {
            Some(ready) => AskedQuery::Cached(ready, given),
            None => AskedQuery::parsed(Some((key, given)), parse()?),
        })
    }
}

/// Words that say nothing about the rows.
const ASIDE: &[&str] = &["ac", "_ac", "_app", "_ver", "_lang", "_debug", "_"];

/// Understands a `query` or `get`: what is wrong with its words is told before anything waits for a connection.
pub fn ask(env: &Services, authorized: &Authorized<'_>, args: &Args) -> Result<AskedQuery> {
    let kind = if authorized.action() == GET { ONE } else { MANY };
    AskedQuery::find(env, key(authorized, kind, Some(args)), || request::parse(&args.get, &args.post))
}

/// Understands a query for rows that also meet a condition of our own code, on which it then depends.
pub fn ask_where(
    env: &Services,
    authorized: &Authorized<'_>,
    args: &Args,
    cond: &Cond,
) -> Result<AskedQuery> {
    match cond.is_none() {
        true => ask(env, authorized, args),
        false => Ok(AskedQuery::parsed(None, request::parse(&args.get, &args.post)?)),
    }
}

/// Every column of a row, for code of ours.
pub fn whole_row(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64, cond: &Cond) -> Result<BoundQuery> {
    let key = if cond.is_none() { key(authorized, WHOLE, None) } else { None };
    // The caller's own condition, under their rights.
    let asked =
        AskedQuery::find(tx.env(), key, || Ok(QueryReq { cond: cond.clone(), ..QueryReq::default() }))?;
    made(tx, authorized, ReadTarget::WholeRow(id, cond), asked)
}

/// Plans and lowers the query, unless it is ready.
pub fn made(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    want: ReadTarget<'_>,
    asked: AskedQuery,
) -> Result<BoundQuery> {
    let Parsed { key, req } = match asked {
        AskedQuery::Cached(ready, given) => {
            return Ok(BoundQuery::of(ready, &Bindings { id: want.id(), ..given }));
        }
        AskedQuery::Parsed(parsed) => *parsed,
    };
    let made = fresh(tx, authorized, want, req)?;
    if let Some((key, given)) = key
        && serves_all(&made.ready, Bindings { id: want.id(), ..given })
    {
        tx.env().ready.keep(key, made.ready.clone());
    }
    Ok(made)
}

fn fresh(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    want: ReadTarget<'_>,
    mut req: QueryReq,
) -> Result<BoundQuery> {
    let params = match want {
        ReadTarget::Rows(args, _) | ReadTarget::Row(args, _) => query::hook_params(authorized, args),
        ReadTarget::WholeRow(..) => Params::default(),
    };
    let mut format = Format::Table;
    let extra = match want {
        ReadTarget::Rows(_, cond) => {
            format = Format::parse(req.fmt.as_deref().unwrap_or_default(), req.tree_fields.as_deref())?;
            if let Format::File(_) = format {
                return Err(Error::param("a file cannot be the answer of a call inside another"));
            }
            Extra { one: format.wants_one(), cond: cond.clone(), ..Extra::default() }
        }
        ReadTarget::Row(_, id) => {
            let declared = authorized.def().decl.get_res;
            if req.res.is_none() && !declared.is_empty() {
                req.res = Some(authorized.rights().shown_of(crate::call::res::parse(declared)?));
            }
            Extra { id: Some(id), one: true, ..Extra::default() }
        }
        ReadTarget::WholeRow(id, _) => {
            Extra { id: Some(id), one: true, with_deleted: true, whole_row: true, ..Extra::default() }
        }
    };
    let plan = query::plan(tx, authorized, &req, &params, &extra)?;
    let sql = sql::select(&plan.select, &sql::SQLITE);
    let versions = match want {
        ReadTarget::Rows(args, _) | ReadTarget::Row(args, _) => row_version::wanted(args),
        ReadTarget::WholeRow(..) => false,
    };
    let (json_rows, row_map) = match want {
        _ if versions => (None, None),
        ReadTarget::Rows(..) => (JsonRows::of(&plan, &format), None),
        ReadTarget::Row(..) => (JsonRows::of_one(&plan), None),
        ReadTarget::WholeRow(..) => (None, RowMap::of(&plan)),
    };
    let (binds, subs) = (sql.binds.clone(), ChildPlans::of(&plan));
    let routes = plan.access_paths.as_ref().map(Routes::of);
    let probe_binds = routes.as_ref().map(Routes::own_binds).unwrap_or_default();
    let ready = PreparedQuery { req, format, plan, sql, subs, json_rows, row_map, versions, routes };
    Ok(BoundQuery { ready: Arc::new(ready), binds, probe_binds })
}

/// The first letter of a key.
const MANY: char = 'q';
const ONE: char = 'g';
const WHOLE: char = 'w';

/// None when it cannot be told what the query depends on.
fn key(authorized: &Authorized<'_>, kind: char, args: Option<&Args>) -> Option<Key> {
    // What an object's own code says may depend on anything.
    if authorized.has_hooks() {
        return None;
    }
    let filters = &authorized.def().filters;
    if !filters.is_empty()
        && let Some(args) = args
    {
        // So may what a parameter stands for.
        let sent = |param: &&str| args.get.get(param).is_some() || args.post.get(param).is_some();
        if filters.iter().map(|(param, _)| param).any(sent) {
            return None;
        }
    }
    let mut given = Bindings { caller: authorized.caller().id, ..Bindings::default() };
    let mut key = String::with_capacity(96);
    let rights = authorized.rights().number;
    key.push(kind);
    key.extend((0..u32::BITS / 4).map(|digit| char::from(b'a' + (rights >> (4 * digit) & 15) as u8)));
    let Some(args) = args else { return Some((key, given)) };
    let one = kind == ONE;
    words(&mut key, &args.get, one, &mut given)?;
    if !args.post.is_empty() {
        key.push('\u{1}');
        words(&mut key, &args.post, one, &mut given)?;
    }
    Some((key, given))
}

/// Appends each name with its value to the key, but for open values. Input that contains the separator bytes could forge
/// a key, so such a request is not cached.
fn words(key: &mut String, params: &Params, one: bool, given: &mut Bindings<'_>) -> Option<()> {
    for (name, value) in params.iter() {
        if ASIDE.contains(&name.as_str()) || (one && name == "id") {
            continue;
        }
        let text = match value {
            Value::Array(_) | Value::Object(_) | Value::Null => return None,
            scalar => text_of(scalar)?,
        };
        if [name.as_str(), &*text].iter().any(|part| part.bytes().any(|b| b < 3)) {
            return None;
        }
        key.push('\u{2}');
        key.push_str(name);
        match text.parse::<i64>() {
            // Given twice under two names, one of them counts: then it is no longer clear which.
            Ok(after) if after != 0 && is_page_key(name) && given.after == 0 => given.after = after,
            _ => {
                key.push('\u{0}');
                key.push_str(&text);
            }
        }
    }
    Some(())
}

fn is_page_key(name: &str) -> bool {
    name == "pagekey"
}

/// Whether the plan serves every call with this key: it holds nothing of this one but open values.
fn serves_all(ready: &PreparedQuery, given: Bindings<'_>) -> bool {
    let paged = ready.sql.placeholders.iter().any(|(_, open)| *open == Placeholder::After);
    // Totals and statistics are statements of their own, made from the plan.
    let whole = !ready.plan.page.total && ready.plan.stat.is_none();
    whole && paged == (given.after != 0) && ready.sql.binds_of(&given) == ready.sql.binds
}
