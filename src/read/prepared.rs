//! Queries made ready: request, plan and statement. A request that comes again with the same words finds them
//! made; only the values that a plan leaves open are put in. What a plan depends on is all in its key: the
//! rights (which are those of an object, a role and nothing else), and every word of the request.

use super::json_rows::{Direct, Whole};
use super::subobjects::Kept;
use super::{query, row_version};
use crate::api::Args;
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::call::params::{Params, text_of};
use crate::call::query::{self as request, QueryReq};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::plan::query::Extra;
use crate::plan::{Given, Open, QueryPlan};
use crate::render::Format;
use crate::sql::{self, Sql};
use crate::value::Val;
use serde_json::Value;
use std::sync::Arc;

pub struct Ready {
    pub req: QueryReq,
    pub format: Format,
    pub plan: QueryPlan,
    pub sql: Sql,
    /// What serves its sub-objects.
    pub subs: Vec<Kept>,
    /// When nothing is made of the rows but JSON.
    pub direct: Option<Direct>,
    /// When nothing is made of a whole row but an object.
    pub whole: Option<Whole>,
    /// Each row is shown with its version.
    pub versions: bool,
}

/// A query and the values of this call.
pub struct Made {
    pub ready: Arc<Ready>,
    pub binds: Vec<Val>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub enum Want<'a> {
    /// Those that also meet a condition of our own code.
    Rows(&'a Args, &'a Cond),
    Row(&'a Args, i64),
    /// Every column of a row, for code of ours, whether or not it is marked as deleted.
    Whole(i64, &'a Cond),
}

/// Words that say nothing about the rows.
const ASIDE: &[&str] = &["ac", "_ac", "_app", "_ver", "_lang", "_debug", "_"];

/// Finds or makes the query.
pub fn made(tx: &mut Tx<'_>, authorized: &Authorized<'_>, want: Want<'_>) -> Result<Made> {
    let Some((key, given)) = key(authorized, want) else { return fresh(tx, authorized, want) };
    if let Some(ready) = tx.env().ready.find(&key) {
        let binds = ready.sql.binds_of(&given);
        return Ok(Made { ready, binds });
    }
    let made = fresh(tx, authorized, want)?;
    if serves_all(&made.ready, given) {
        tx.env().ready.keep(key, made.ready.clone());
    }
    Ok(made)
}

fn fresh(tx: &mut Tx<'_>, authorized: &Authorized<'_>, want: Want<'_>) -> Result<Made> {
    let (mut req, params) = match want {
        Want::Rows(args, _) | Want::Row(args, _) => {
            (request::parse(&args.get, &args.post)?, query::hook_params(authorized, args))
        }
        // The caller's own condition, under his rights.
        Want::Whole(_, cond) => (QueryReq { cond: cond.clone(), ..QueryReq::default() }, Params::default()),
    };
    let mut format = Format::Table;
    let extra = match want {
        Want::Rows(_, cond) => {
            format = Format::parse(req.fmt.as_deref().unwrap_or_default(), req.tree_fields.as_deref())?;
            if let Format::File(_) = format {
                return Err(Error::param("a file cannot be the answer of a call inside another"));
            }
            Extra { one: format.wants_one(), cond: cond.clone(), ..Extra::default() }
        }
        Want::Row(_, id) => {
            let declared = authorized.def().decl.get_res;
            if req.res.is_none() && !declared.is_empty() {
                req.res = Some(crate::call::res::parse(declared)?);
            }
            Extra { id: Some(id), one: true, ..Extra::default() }
        }
        Want::Whole(id, _) => {
            Extra { id: Some(id), one: true, with_deleted: true, whole_row: true, ..Extra::default() }
        }
    };
    let plan = query::plan(tx, authorized, &req, &params, &extra)?;
    let sql = sql::select(&plan.select, &sql::SQLITE);
    let versions = match want {
        Want::Rows(args, _) | Want::Row(args, _) => row_version::wanted(args),
        Want::Whole(..) => false,
    };
    let (direct, whole) = match want {
        _ if versions => (None, None),
        Want::Rows(..) => (Direct::of(&plan, &format), None),
        Want::Row(..) => (Direct::of_one(&plan), None),
        Want::Whole(..) => (None, Whole::of(&plan)),
    };
    let (binds, subs) = (sql.binds.clone(), Kept::of(&plan));
    Ok(Made { ready: Arc::new(Ready { req, format, plan, sql, subs, direct, whole, versions }), binds })
}

/// All that the query depends on, and the values that stand open in it. None when that cannot be told.
fn key(authorized: &Authorized<'_>, want: Want<'_>) -> Option<(String, Given<'static>)> {
    // What an object's own code says may depend on anything.
    if authorized.has_hooks() {
        return None;
    }
    let mut given = Given { caller: authorized.caller().id, ..Given::default() };
    let mut key = String::with_capacity(96);
    let rights = authorized.rights().number;
    let (kind, args) = match want {
        // So may one of our own code.
        Want::Rows(_, cond) if !cond.is_none() => return None,
        Want::Rows(args, _) => ('q', Some(args)),
        Want::Row(args, id) => {
            given.id = id;
            ('g', Some(args))
        }
        Want::Whole(_, cond) if !cond.is_none() => return None,
        Want::Whole(id, _) => {
            given.id = id;
            ('w', None)
        }
    };
    key.push(kind);
    key.extend((0..u32::BITS / 4).map(|digit| char::from(b'a' + (rights >> (4 * digit) & 15) as u8)));
    let Some(args) = args else { return Some((key, given)) };
    let one = kind == 'g';
    words(&mut key, &args.get, one, &mut given)?;
    if !args.post.is_empty() {
        key.push('\u{1}');
        words(&mut key, &args.post, one, &mut given)?;
    }
    Some((key, given))
}

/// Each name and its value but those that stand open. No text holds the signs between them unless someone
/// means harm; then its names would be others too, so it is not kept.
fn words(key: &mut String, params: &Params, one: bool, given: &mut Given<'_>) -> Option<()> {
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

/// Whether nothing of this one call is left in the plan but what stands open.
fn serves_all(ready: &Ready, given: Given<'_>) -> bool {
    let paged = ready.sql.opens.iter().any(|(_, open)| *open == Open::After);
    // Totals and statistics are statements of their own, made from the plan.
    let whole = !ready.plan.page.total && ready.plan.stat.is_none();
    whole && paged == (given.after != 0) && ready.sql.binds_of(&given) == ready.sql.binds
}
