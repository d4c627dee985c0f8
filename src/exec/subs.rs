//! Sub-objects of the rows just read: one query per sub-object and level, never one per row.

use super::query;
use super::row::{self, Finished};
use crate::auth::Authorized;
use crate::auth::authorize::{self, by_declaration};
use crate::call::cond::{self, Cond, Literal};
use crate::call::order::parse_order;
use crate::call::params::Params;
use crate::call::query::{self as request, QueryReq};
use crate::call::res::{self, Shape};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Link, QUERY};
use crate::plan::query::{Extra, Source};
use crate::plan::{QueryPlan, SubPlan};
use crate::value::Val;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Children that one statement may fetch: more than this does not belong into one answer.
const CHILDREN_MAX: u64 = 100_000;
/// Children of children of children…
const LEVELS_MAX: u8 = 8;
/// Parents whose children one statement may fetch.
const PARENTS_MAX: usize = 500;

pub fn attach(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    plan: &QueryPlan,
    finished: &mut Finished,
) -> Result<()> {
    if !plan.subs.is_empty() && tx.depth >= LEVELS_MAX {
        return Err(Error::param(format!("sub-objects nest too deep (> {LEVELS_MAX})")));
    }
    for (i, sub) in plan.subs.iter().enumerate() {
        let asked = Asked::new(authorized, req, sub)?;
        tx.depth += 1;
        let children = fetch(tx, plan, sub, &asked, &finished.rows);
        tx.depth -= 1;
        let children = children?;
        finished.merged.push(if asked.shape == Shape::Merge { children.names.clone() } else { Vec::new() });
        let Some(at) = plan.outs.iter().position(|out| out.source == Source::Sub(i)) else { continue };
        for row in &mut finished.rows {
            let mine = children.of(&bound(&row[sub.parent], plan.secret_ids, tx.env()));
            row[at] = shaped(asked.shape, mine);
        }
    }
    Ok(())
}

fn shaped(shape: Shape, children: Option<&Vec<Value>>) -> Value {
    match shape {
        Shape::List => Value::Array(children.cloned().unwrap_or_default()),
        Shape::One | Shape::Merge => children.and_then(|list| list.first()).cloned().unwrap_or(Value::Null),
    }
}

/// What is asked of one sub-object: declaration and request together.
struct Asked<'a> {
    link: &'a Link,
    req: QueryReq,
    shape: Shape,
    per_parent: Option<u64>,
}

impl<'a> Asked<'a> {
    fn new(authorized: &Authorized<'a>, outer: &QueryReq, sub: &SubPlan) -> Result<Asked<'a>> {
        let link = &authorized.def().links[sub.link];
        let params = match outer.subs.get(&sub.alias) {
            Some(Value::Object(map)) => map.clone(),
            _ => Map::new(),
        };
        let shape = match params.get("wantOne").and_then(number) {
            Some(0) => Shape::List,
            Some(1) => Shape::One,
            Some(2) => Shape::Merge,
            Some(n) => return Err(Error::param(format!("bad wantOne `{n}` for sub-object `{}`", sub.alias))),
            None => sub.shape,
        };
        let mut req = request::parse(&Params(params), &Params::default())?;
        let declared = link.sub;
        if let Some(res) = &sub.res {
            req.res = Some(res::parse(res)?);
        } else if req.res.is_none() && !declared.res.is_empty() {
            req.res = Some(res::parse(declared.res)?);
        }
        if req.order.is_none() && !declared.order.is_empty() {
            req.order = Some(parse_order(declared.order)?);
        }
        let per_parent = match (req.page.size, declared.latest, shape) {
            (Some(n), _, Shape::List) if n > 0 => Some(n.unsigned_abs()),
            (None, n, Shape::List) if n > 0 => Some(u64::from(n)),
            (_, _, Shape::List) => None,
            // Only the first row of each parent is shown.
            _ => Some(1),
        };
        Ok(Asked { link, req, shape, per_parent })
    }
}

fn too_many(name: &str) -> Error {
    Error::param(format!(
        "sub-object `{name}` has more than {CHILDREN_MAX} rows; give param_{name}.pagesz or a smaller page"
    ))
    .say(
        format!("子对象`{name}`数据过多，请减少查询条数"),
        format!("too many rows of `{name}`, please ask for fewer"),
    )
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|s| s.trim().parse().ok()))
}

#[derive(Default)]
struct Children {
    by_parent: HashMap<String, Vec<Value>>,
    names: Vec<Arc<str>>,
}

impl Children {
    fn of(&self, parent: &Val) -> Option<&Vec<Value>> {
        self.by_parent.get(&key_of(parent))
    }
}

fn fetch(
    tx: &mut Tx<'_>,
    plan: &QueryPlan,
    sub: &SubPlan,
    asked: &Asked<'_>,
    rows: &[Vec<Value>],
) -> Result<Children> {
    let env = tx.env();
    let caller = tx.caller();
    let Some(child) = env.registry.object(asked.link.sub.obj) else {
        return Err(Error::server(format!("sub-object names unknown object {}", asked.link.sub.obj)));
    };
    let authorized = match asked.link.sub.by_role {
        false => by_declaration(child, &caller, QUERY)?,
        true => authorize::of_role(child, &caller, QUERY)?,
    };
    let mut values: Vec<Val> = Vec::new();
    let secret = plan.secret_ids;
    for row in rows {
        let value = bound(&row[sub.parent], secret, env);
        if !value.is_null() && !values.contains(&value) {
            values.push(value);
        }
    }
    let mut children = Children::default();
    let mut fixed: Cond = match asked.link.sub.cond {
        "" => Cond::none(),
        text => cond::parse(text, "sub-object")?,
    };
    if !asked.link.sub.caller.is_empty() {
        fixed = fixed.and(Cond::equals(asked.link.sub.caller, Literal::Int(caller.id)));
    }
    // An empty list still plans once, so that a wrong request is refused whether or not there are rows.
    let chunks: Vec<&[Val]> =
        if values.is_empty() { vec![&[]] } else { values.chunks(PARENTS_MAX).collect() };
    for chunk in chunks {
        let extra = Extra {
            link: Some((asked.link.child.to_owned(), chunk.to_vec())),
            link_out: true,
            per_parent: asked.per_parent,
            cond: fixed.clone(),
            unpaged: true,
            ..Extra::default()
        };
        let mut inner = query::plan(tx, &authorized, &asked.req, &Params::default(), &extra)?;
        children.names = inner.outs.iter().filter(|out| !out.hidden).map(|out| out.name.clone()).collect();
        if chunk.is_empty() {
            break;
        }
        let key = inner.link_out.unwrap_or_default();
        inner.select.limit = Some(CHILDREN_MAX + 1);
        inner.page.size = CHILDREN_MAX;
        let mut finished = query::rows(tx, &authorized, &asked.req, &inner)?;
        if finished.more {
            return Err(too_many(asked.link.sub.name));
        }
        row::map_enums(&inner, &mut finished.rows)?;
        let secret = child.decl.secret_ids;
        let keys: Vec<String> =
            finished.rows.iter().map(|row| key_of(&bound(&row[key], secret, env))).collect();
        let grid = row::visible(&inner, finished);
        for (key, row) in keys.into_iter().zip(grid.rows) {
            let object = Value::Object(row::object(&grid.header, row));
            children.by_parent.entry(key).or_default().push(object);
        }
    }
    Ok(children)
}

/// One text per value, whatever type the two sides of a link have.
fn key_of(value: &Val) -> String {
    match value {
        Val::Null => String::new(),
        Val::Int(n) => n.to_string(),
        Val::Real(x) => x.to_string(),
        Val::Text(text) => text.to_string(),
    }
}

/// The parent's side of the link as the database holds it.
fn bound(value: &Value, secret: bool, env: &crate::env::Env) -> Val {
    match value {
        Value::Number(n) => n.as_i64().map(Val::Int).or(n.as_f64().map(Val::Real)).unwrap_or(Val::Null),
        Value::String(text) if secret => {
            env.cipher.decrypt(text).map_or_else(|| text.as_str().into(), Val::Int)
        }
        Value::String(text) => text.as_str().into(),
        _ => Val::Null,
    }
}
