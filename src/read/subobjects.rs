//! Sub-objects of the rows just read: one query per sub-object and level, never one per row.

use super::cells::{self, ResultRows};
use super::query;
use super::routes::Statement;
use crate::auth::Role;
use crate::authorize;
use crate::authorize::Authorized;
use crate::call::cond::{self, Cond, Literal};
use crate::call::params::Params;
use crate::call::query::{self as request, QueryReq};
use crate::call::res::{self, Shape};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Link, QUERY, Rights, Shown};
use crate::plan::query::{Extra, Source};
use crate::plan::{Bindings, QueryPlan, SubPlan};
use crate::sql::{self, Sql};
use crate::value::Val;
use foldhash::HashMap;
use serde_json::{Map, Value};
use std::sync::{Arc, PoisonError, RwLock};

/// Children that one statement may fetch: more than this does not belong into one answer.
const CHILDREN_MAX: u64 = 100_000;
/// Children of children of children…
const LEVELS_MAX: u8 = 8;
/// Parents whose children one statement may fetch.
const PARENTS_MAX: usize = 500;

/// Cached queries of the sub-objects of a cached query. A plan depends on the role and on its rights on the child, which are
/// not those on the parent and may differ by permission, and its statement on the number of parents. The caller and the ids
/// of the parents are bound per call.
#[derive(Default)]
pub struct ChildPlans(RwLock<Vec<(Needs, Arc<Child>)>>);

type Needs = (Role, u32, usize);

/// How many are kept: for one parent, a full page, the last page, for each of a few roles.
const CHILD_PLANS_MAX: usize = 8;

impl ChildPlans {
    /// One for each sub-object of a plan.
    pub fn of(plan: &QueryPlan) -> Vec<ChildPlans> {
        plan.subs.iter().map(|_| ChildPlans::default()).collect()
    }

    fn find(&self, needs: Needs) -> Option<Arc<Child>> {
        // Nothing panics while it holds the lock; if it ever did, the list would still be whole.
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| *of == needs).map(|(_, child)| child.clone())
    }

    fn keep(&self, needs: Needs, child: Arc<Child>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < CHILD_PLANS_MAX {
            kept.push((needs, child));
        }
    }
}

/// The query of one sub-object.
struct Child {
    asked: ChildRequest,
    plan: QueryPlan,
    sql: Sql,
    /// The names it adds to its parent's row when it is merged into it.
    merged: Vec<Arc<str>>,
    subs: Vec<ChildPlans>,
}

/// `kept`: one for each sub-object of a plan that is kept, none at all otherwise.
pub fn attach(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    plan: &QueryPlan,
    kept: &[ChildPlans],
    finished: &mut ResultRows,
) -> Result<()> {
    if !plan.subs.is_empty() && tx.depth >= LEVELS_MAX {
        return Err(Error::param(format!("sub-objects nest too deep (> {LEVELS_MAX})")));
    }
    for (i, sub) in plan.subs.iter().enumerate() {
        let link = &authorized.def().links[sub.link];
        tx.depth += 1;
        let children = fetch(tx, (req, plan, sub, link), kept.get(i), &finished.rows);
        tx.depth -= 1;
        let mut children = children?;
        finished.merged.push(std::mem::take(&mut children.merged));
        let Some(at) = plan.outs.iter().position(|out| out.source == Source::Sub(i)) else { continue };
        for row in &mut finished.rows {
            row[at] = children.of(&bound(&row[sub.parent], plan.secret_ids, tx.env()));
        }
    }
    Ok(())
}

/// What is asked of one sub-object: declaration and request together.
struct ChildRequest {
    req: QueryReq,
    shape: Shape,
    per_parent: Option<u64>,
}

impl ChildRequest {
    fn new(link: &Link, rights: &Rights, outer: &QueryReq, sub: &SubPlan) -> Result<ChildRequest> {
        // Without an alias it is read for a computed field, which is no business of the caller's.
        let params = match outer.subs.get(&sub.alias) {
            Some(Value::Object(map)) if !sub.alias.is_empty() => map.clone(),
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
        } else if req.res.is_none() && declared.by_role && !declared.res.is_empty() {
            req.res = Some(rights.shown_of(res::parse(declared.res)?));
        }
        let per_parent = match (req.page.size, declared.latest, shape) {
            (Some(n), _, Shape::List) if n > 0 => Some(n.unsigned_abs()),
            (None, n, Shape::List) if n > 0 => Some(u64::from(n)),
            (_, _, Shape::List) => None,
            // Only the first row of each parent is shown.
            _ => Some(1),
        };
        Ok(ChildRequest { req, shape, per_parent })
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

struct Children {
    shape: Shape,
    by_parent: HashMap<String, Vec<Value>>,
    merged: Vec<Arc<str>>,
}

impl Children {
    /// In the shape that was asked for. Several rows may have the same parent.
    fn of(&self, parent: &Val) -> Value {
        let children = self.by_parent.get(&key_of(parent));
        match self.shape {
            Shape::List => Value::Array(children.cloned().unwrap_or_default()),
            Shape::One | Shape::Merge => {
                children.and_then(|list| list.first()).cloned().unwrap_or(Value::Null)
            }
        }
    }
}

fn fetch(
    tx: &mut Tx<'_>,
    (outer, plan, sub, link): (&QueryReq, &QueryPlan, &SubPlan, &Link),
    kept: Option<&ChildPlans>,
    rows: &[Vec<Value>],
) -> Result<Children> {
    let env = tx.env();
    let caller = tx.caller();
    let Some(def) = env.registry.object(link.sub.obj) else {
        return Err(Error::server(format!("sub-object names unknown object {}", link.sub.obj)));
    };
    let authorized = authorize::of_child(link, def, &caller, QUERY)?;
    let mut values: Vec<Val> = Vec::new();
    for row in rows {
        let value = bound(&row[sub.parent], plan.secret_ids, env);
        if !value.is_null() && !values.contains(&value) {
            values.push(value);
        }
    }
    let mut children = Children { shape: sub.shape, by_parent: HashMap::default(), merged: Vec::new() };
    // An empty list still plans once, so that a wrong request is refused whether or not there are rows.
    let chunks: Vec<&[Val]> =
        if values.is_empty() { vec![&[]] } else { values.chunks(PARENTS_MAX).collect() };
    for chunk in chunks {
        let given = Bindings { caller: caller.id, parents: chunk, ..Bindings::default() };
        let child =
            match kept.and_then(|kept| kept.find((caller.role(), authorized.rights().number, chunk.len()))) {
                Some(child) => child,
                None => made(tx, &authorized, (outer, sub, link), given, kept)?,
            };
        let Child { asked, plan, sql, merged, subs } = &*child;
        (children.shape, children.merged) = (asked.shape, merged.clone());
        if chunk.is_empty() {
            break;
        }
        let binds = sql.binds_of(&given);
        let statement = Statement { text: &sql.text, binds: &binds, routes: None };
        let mut finished = query::read(tx, &authorized, (&asked.req, plan, subs), &statement)?;
        if finished.more {
            return Err(too_many(link.sub.name));
        }
        cells::map_enums(plan, &mut finished.rows)?;
        let key = plan.link_out.unwrap_or_default();
        let secret = def.decl.secret_ids;
        let keys: Vec<String> =
            finished.rows.iter().map(|row| key_of(&bound(&row[key], secret, env))).collect();
        let grid = cells::visible(plan, finished);
        for (key, row) in keys.into_iter().zip(grid.rows) {
            let object = Value::Object(cells::object(&grid.header, row));
            children.by_parent.entry(key).or_default().push(object);
        }
    }
    Ok(children)
}

/// Plans the query of a sub-object; keeps it if nothing of this one call is left in it.
fn made(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    (outer, sub, link): (&QueryReq, &SubPlan, &Link),
    given: Bindings<'_>,
    kept: Option<&ChildPlans>,
) -> Result<Arc<Child>> {
    let asked = ChildRequest::new(link, authorized.rights(), outer, sub)?;
    let role = authorized.caller().role();
    let ceiling = match link.sub.by_role || outer.copying {
        true => None,
        false => Some(shown(authorized, link, role)?),
    };
    let mut cond: Cond = match link.sub.cond {
        "" => Cond::none(),
        text => cond::parse(text, "sub-object")?,
    };
    let of_caller = !link.sub.caller.is_empty();
    if of_caller {
        cond = cond.and(Cond::equals(link.sub.caller, Literal::Int(given.caller)));
    }
    let extra = Extra {
        link: Some((link.child.to_owned(), given.parents.to_vec())),
        link_out: true,
        per_parent: asked.per_parent,
        cond,
        ceiling,
        order: link.sub.order,
        unpaged: true,
        ..Extra::default()
    };
    let mut plan = query::plan(tx, authorized, &asked.req, &Params::default(), &extra)?;
    plan.select.limit = Some(CHILDREN_MAX + 1);
    plan.page.size = CHILDREN_MAX;
    let sql = sql::select(&plan.select, &sql::SQLITE);
    let shown = plan.outs.iter().filter(|out| asked.shape == Shape::Merge && !out.hidden);
    let merged = shown.map(|out| out.name.clone()).collect();
    let own = of_caller || authorized.has_hooks() || sql.binds_of(&given) != sql.binds;
    let subs = ChildPlans::of(&plan);
    let child = Arc::new(Child { asked, plan, sql, merged, subs });
    if let Some(kept) = kept.filter(|_| !own) {
        kept.keep((role, authorized.rights().number, given.parents.len()), child.clone());
    }
    Ok(child)
}

/// The fields of the child that the parent's declaration shows to a role: a ceiling, whatever the caller asks for.
fn shown(child: &Authorized<'_>, link: &Link, role: Role) -> Result<Arc<Shown>> {
    link.shown[role as usize].clone().ok_or_else(|| child.refused())
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
fn bound(value: &Value, secret: bool, env: &crate::services::Services) -> Val {
    match value {
        Value::Number(n) => n.as_i64().map(Val::Int).or(n.as_f64().map(Val::Real)).unwrap_or(Val::Null),
        Value::String(text) if secret => {
            env.cipher.decrypt(text).map_or_else(|| text.as_str().into(), Val::Int)
        }
        Value::String(text) => text.as_str().into(),
        _ => Val::Null,
    }
}
