//! The plan of a query: one statement for the rows, perhaps one for the total and one for statistics, and
//! what is to be made of the rows.

use super::access_paths::{AccessPaths, access_paths};
use super::expr::{Expr, TimeUnit};
use super::fields::Prefer;
use super::filter::filter;
use super::near::{Around, DIST};
use super::order::order;
use super::page::{Page, Paging, UNLIMITED, page, wants_whole};
use super::placeholder::Placeholder;
use super::read_policy::ReadPolicy;
use super::scope::{Reading, Scope};
use super::select::Select;
use super::select_list::SelectList;
pub use super::select_list::{Out, Source, SubPlan};
use crate::authorize::Authorized;
use crate::call::cond::{Compare, Cond};
use crate::call::order::{OrderTerm, parse_order};
use crate::call::query::QueryReq;
use crate::call::res::{self, ResItem};
use crate::design::Kind;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, Rights, Shown};
use crate::value::Val;
use std::sync::Arc;

pub struct QueryPlan {
    pub select: Select,
    pub outs: Vec<Out>,
    pub subs: Vec<SubPlan>,
    pub page: Page,
    /// The output that names the next page in keyset mode.
    pub key_out: Option<usize>,
    pub stat: Option<(Select, Vec<Out>)>,
    /// Rows stand for groups, not for rows of the table.
    pub grouped: bool,
    /// The rest of the request that concerns finished rows: pivot, totals row.
    pub pivot: Vec<String>,
    pub pivot_cnt: usize,
    pub pivot_sum: Option<String>,
    pub sum_fields: Vec<String>,
    pub secret_ids: bool,
    /// The output that holds the child side of a link.
    pub link_out: Option<usize>,
    /// By which indexes the page can be read, where there is a choice.
    pub access_paths: Option<AccessPaths>,
}

impl QueryPlan {
    /// Whether nothing is made of the rows once they are read: what is shown are columns of the statement, as they are.
    /// Every field is named, so that a new one does not compile before it is judged here.
    pub fn is_plain(&self) -> bool {
        let QueryPlan {
            select: _,
            outs,
            subs,
            page: Page { paging: _, size: _, total, total_max: _ },
            key_out: _,
            stat,
            grouped: _,
            pivot,
            pivot_cnt: _,
            pivot_sum: _,
            sum_fields,
            secret_ids,
            link_out: _,
            access_paths: _,
        } = self;
        let made = *total || *secret_ids || stat.is_some();
        !made
            && subs.is_empty()
            && pivot.is_empty()
            && sum_fields.is_empty()
            && outs.iter().all(Out::is_as_read)
    }
}

/// What a query is asked in addition to its request, by code of ours.
#[derive(Default, Clone)]
pub struct Extra {
    /// Only these rows: a link's child side among parent values.
    pub link: Option<(String, Vec<Val>)>,
    /// Add the child side of the link as a hidden column with this name, and group by it if grouping.
    pub link_out: bool,
    /// At most so many rows per parent.
    pub per_parent: Option<u64>,
    /// Only the row of this id.
    pub id: Option<i64>,
    /// What is seen of rows that tell of rows of other objects.
    pub read_policy: Option<Arc<ReadPolicy>>,
    /// A further condition, trusted: hidden fields resolve in it.
    pub cond: Cond,
    /// The most that is shown, where that is less than the rights allow.
    pub ceiling: Option<Arc<Shown>>,
    /// The order of a declaration, when the request has none.
    pub order: &'static str,
    /// No page at all.
    pub unpaged: bool,
    /// One row is wanted, no page and no look-ahead.
    pub one: bool,
    /// Rows marked as deleted count too.
    pub with_deleted: bool,
    /// Every column of the table, hidden ones included, for code of ours.
    pub whole_row: bool,
    /// Nothing but the ids.
    pub ids_only: bool,
    /// The rows go into a file as they come: no cap on the page, no look-ahead.
    pub file: bool,
}

pub fn query(
    granted: &Authorized<'_>,
    req: &QueryReq,
    extra: &Extra,
    narrow: &Cond,
    reading: &Reading<'_>,
) -> Result<QueryPlan> {
    let (def, rights, caller) = (granted.def(), granted.rights(), granted.caller());
    let mut scope = Scope::new(def, rights, reading);
    scope.limit_to(extra.ceiling.as_deref());
    if let Some(read_policy) = &extra.read_policy {
        scope.field_policy(&read_policy.fields);
    }
    let table = scope.table()?;
    if let Some(field) = &req.time_field {
        scope.set_time_field(field)?;
    }
    scope.roll_weeks = rolls_weeks(req);
    if let Some(nearby) = &req.nearby {
        scope.search_around(nearby)?;
    }

    let mut items = SelectList::default();
    let mut groups = Vec::new();
    for term in &req.gres {
        let typed = scope.field(&term.field)?;
        let shown = term.alias.as_deref().unwrap_or(&term.field.name);
        groups.push(typed.expr.clone());
        match req.gres_hidden {
            true => scope.name_output(shown.into(), typed),
            false => items.column(&mut scope, shown, typed, term.map.as_deref()),
        }
    }
    if extra.whole_row {
        items.whole_row(table);
    } else if extra.ids_only {
        items.helper(&mut scope, table.id().as_str())?;
    } else {
        let res = wanted(req, def, rights, extra)?;
        if groups.is_empty() && !req.distinct {
            items.id_of_subs(&mut scope, &res)?;
        }
        items.add(&mut scope, &res)?;
        if let Some(distance) = scope.around().filter(|_| Around::shown(req)).map(Around::distance) {
            items.column(&mut scope, DIST, distance, None);
        }
    }
    let grouped = items.aggregates || !groups.is_empty();
    let plain = !grouped && !req.distinct;
    let link_key = match (&extra.link, extra.link_out) {
        (Some((child, _)), true) => {
            let at = items.helper(&mut scope, child)?;
            if let Source::Column(i) = items.outs[at].source {
                match (grouped, req.distinct && extra.per_parent.is_some()) {
                    (true, _) => groups.push(items.columns[i].clone()),
                    // Equal rows are one before they are counted per parent.
                    (false, true) => groups.clone_from(&items.columns),
                    (false, false) => {}
                }
            }
            Some(at)
        }
        _ => None,
    };

    let filter = filter(&mut scope, caller, req, extra, narrow)?;
    let having = match groups.is_empty() {
        false => scope.cond(&req.gcond, Prefer::Alias)?,
        // Without groups gcond has no meaning and is ignored, as it always was.
        true => None,
    };
    let ordered = match &req.order {
        Some(terms) => order(&mut scope, terms, plain)?,
        None => {
            let terms = order_terms(req, def, rights, extra, grouped)?;
            scope.declaring(|scope| order(scope, &terms, plain))?
        }
    };
    let max = if extra.file { UNLIMITED } else { u64::from(def.decl.page_max) };
    // A row that shows several times cannot name the next page.
    let repeated = scope.repeats();
    let by_id = ordered.by_id.filter(|_| plain && repeated.is_none());
    let page = page(&req.page, max, by_id, wants_whole(req), reading.secret_id)?;
    let key_out = match page.paging {
        Paging::Key { .. } => Some(items.helper(&mut scope, table.id().as_str())?),
        Paging::Number { .. } => None,
    };

    let mut select = Select::from(table.name.clone());
    select.distinct = req.distinct && extra.per_parent.is_none();
    select.filter = filter;
    select.having = having;
    select.order = ordered.terms;
    select.order.extend(repeated.filter(|_| plain).map(|id| (id, false)));
    if grouped && !select.order.is_empty() {
        // Groups with equal sort values keep their places across pages.
        for group in &groups {
            if !select.order.iter().any(|(expr, _)| expr == group) {
                select.order.push((group.clone(), false));
            }
        }
    }
    select.group = groups;
    if let (Some(n), Some(at)) = (extra.per_parent, link_key)
        && let Source::Column(i) = items.outs[at].source
    {
        select.first_of_each = Some((items.columns[i].clone(), n));
    }
    // Statistics are over all pages, so they are planned before the page narrows the rows.
    let stat = stat(req, &mut scope, &select)?;
    paginate(&mut select, &page, extra, table.id());
    hide(&mut items.outs, req, &scope);
    select.columns = items.columns;
    select.joins = scope.into_joins();
    let sorted = select.order.first().is_some_and(|(by, _)| *by != Expr::main(table.id()));
    let dear = select.columns.iter().any(Expr::is_correlated)
        && !select.order.iter().any(|(by, _)| by.is_correlated());
    if plain && sorted && dear && select.limit.is_some() {
        select.page_first = Some(table.id().clone());
    }
    let access_paths = if plain && extra.link.is_none() && !extra.whole_row {
        access_paths(&mut select, table)
    } else {
        None
    };
    Ok(QueryPlan {
        select,
        outs: items.outs,
        subs: items.subs,
        page,
        key_out,
        stat,
        grouped,
        pivot: req.pivot.clone(),
        pivot_cnt: req.pivot_cnt,
        pivot_sum: req.pivot_sum.clone(),
        sum_fields: req.sum_fields.clone(),
        secret_ids: def.decl.secret_ids,
        link_out: link_key,
        access_paths,
    })
}

/// Grouping by year and then week: the days before the first Monday go to the year before.
fn rolls_weeks(req: &QueryReq) -> bool {
    let named = |name: &str| req.gres.iter().any(|term| term.field.name == name);
    req.gres.first().is_some_and(|term| term.field.name == "y") && named("w")
}

fn wanted(req: &QueryReq, def: &ObjectDef, rights: &Rights, extra: &Extra) -> Result<Vec<ResItem>> {
    if let Some(res) = &req.res {
        return Ok(res.clone());
    }
    if extra.ceiling.as_ref().is_some_and(|shown| !shown.whole || req.gres.is_empty()) {
        return Ok(vec![ResItem::Star]);
    }
    if !req.gres.is_empty() {
        return Ok(Vec::new());
    }
    match [rights.access.default_res, def.decl.default_res].into_iter().find(|res| !res.is_empty()) {
        Some(declared) => Ok(rights.shown_of(res::parse(declared)?)),
        None => Ok(vec![ResItem::Star]),
    }
}

/// The order of a request that names none.
fn order_terms(
    req: &QueryReq,
    def: &ObjectDef,
    rights: &Rights,
    extra: &Extra,
    grouped: bool,
) -> Result<Vec<OrderTerm>> {
    if !extra.order.is_empty() {
        return Ok(unhidden(rights, parse_order(extra.order)?));
    }
    if req.nearby.is_some() && !grouped && !req.distinct {
        return Ok(Around::order());
    }
    let declared =
        [rights.access.default_sort, def.decl.default_sort].into_iter().find(|sort| !sort.is_empty());
    match declared {
        Some(sort) if !grouped && !req.distinct => Ok(unhidden(rights, parse_order(sort)?)),
        _ => Ok(Vec::new()),
    }
}

/// A declared order without what roles hide: it would tell which row has more of it.
fn unhidden(rights: &Rights, mut terms: Vec<OrderTerm>) -> Vec<OrderTerm> {
    if rights.is_narrowed {
        terms.retain(|term| !rights.hidden.contains(term.field.name.as_str()));
    }
    terms
}

fn paginate(select: &mut Select, page: &Page, extra: &Extra, id: &crate::design::Ident) {
    if extra.unpaged || select.first_of_each.is_some() {
        return;
    }
    if extra.one {
        select.limit = Some(1);
        return;
    }
    // One row more than asked tells whether there is a next page; a file has none.
    select.limit = match extra.file {
        true => (page.size < UNLIMITED).then_some(page.size),
        false => Some(page.size + 1),
    };
    match page.paging {
        Paging::Key { after: Some(after), desc } => {
            let op = if desc { Compare::Lt } else { Compare::Gt };
            let after = Expr::Placeholder(Placeholder::After, after);
            let rest = Expr::Compare(Box::new(Expr::main(id)), op, Box::new(after));
            select.filter = Expr::and(select.filter.take(), Some(rest));
        }
        Paging::Key { after: None, .. } => {}
        Paging::Number { page: number } => {
            // No table is longer, and no database counts further.
            select.offset = (number - 1).saturating_mul(page.size).min(UNLIMITED * UNLIMITED / 4);
        }
    }
}

/// `statRes`: aggregates over all pages.
fn stat(req: &QueryReq, scope: &mut Scope<'_>, rows: &Select) -> Result<Option<(Select, Vec<Out>)>> {
    let Some(res) = &req.stat_res else { return Ok(None) };
    let mut items = SelectList::default();
    items.add(scope, res)?;
    if !items.aggregates || !items.subs.is_empty() {
        return Err(Error::param("param statRes takes aggregates only"));
    }
    let mut select = Select::from(rows.table.clone());
    select.filter = rows.filter.clone();
    select.joins = scope.joins().to_vec();
    select.columns = items.columns;
    Ok(Some((select, items.outs)))
}

/// `hiddenFields`: a list hides outputs, `0` shows those that were read for the sake of others, if the caller may
/// see them.
fn hide(outs: &mut [Out], req: &QueryReq, scope: &Scope<'_>) {
    for out in outs {
        if req.show_helpers && matches!(out.source, Source::Column(_)) && scope.sees(&out.name) {
            out.hidden = false;
        }
        if req.hidden.iter().any(|name| **name == *out.name) {
            out.hidden = true;
        }
    }
}

impl TimeUnit {
    /// The name a caller uses for it.
    pub fn name(self) -> &'static str {
        TimeUnit::NAMES.iter().find(|(_, unit)| *unit == self).map_or("", |(name, _)| name)
    }
}

/// Whether a kind is shown as a number of fixed scale.
pub fn scale(kind: Option<Kind>) -> Option<u8> {
    match kind {
        Some(Kind::Decimal { scale }) => Some(scale),
        _ => None,
    }
}
