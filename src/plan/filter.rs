//! Which rows a query reads: those of the caller's conditions and searches, among those that the rules leave open.

use super::expr::Expr;
use super::fields::{Prefer, Search};
use super::placeholder::Placeholder;
use super::query::Extra;
use super::scope::Scope;
use crate::auth::caller::Caller;
use crate::call::cond::Cond;
use crate::call::name_ref::NameRef;
use crate::call::query::{QueryReq, Suffix};
use crate::error::{Error, Result};
use crate::object::Own;
use crate::value::Val;

/// Every condition on the rows: the caller's, the rules', the link's.
pub fn filter(
    scope: &mut Scope<'_>,
    caller: &Caller,
    req: &QueryReq,
    extra: &Extra,
    narrow: &Cond,
) -> Result<Option<Expr>> {
    let mut filter = rules(scope, caller, narrow, extra.with_deleted)?;
    filter = Expr::and(filter, scope.ours(&extra.cond)?);
    if let Some(read_policy) = &extra.read_policy {
        filter = Expr::and(filter, read_policy.filter(scope)?);
    }
    if let Some(id) = extra.id {
        filter = Expr::and(filter, Some(Expr::main(scope.table()?.id()).meets(Placeholder::Id, id)));
    }
    if let Some((child, values)) = &extra.link {
        let of = Box::new(scope.declared(child)?.expr);
        filter = Expr::and(filter, Some(Expr::OfParents { of, parents: values.clone() }));
    }
    filter = Expr::and(filter, scope.cond(&req.cond, Prefer::Field)?);
    if filter.as_ref().is_some_and(Expr::aggregates) {
        return Err(Error::param("an aggregate cannot stand in cond, use gcond"));
    }
    filter = Expr::and(filter, search(scope, req)?);
    if let Some(around) = scope.around() {
        filter = Expr::and(filter, Some(around.filter(scope.table()?)));
    }
    Ok(filter)
}

/// The row rules: whose rows, which are deleted, what the object's own rule adds.
fn rules(scope: &mut Scope<'_>, caller: &Caller, narrow: &Cond, with_deleted: bool) -> Result<Option<Expr>> {
    let mut rule = None;
    if let (Some(flag), false) = (scope.def.decl.soft_delete, with_deleted) {
        rule = Expr::and(rule, Some(scope.declared(flag)?.expr.equals(Val::Int(0))));
    }
    rule = Expr::and(rule, own(scope, caller)?);
    Ok(Expr::and(rule, scope.ours(narrow)?))
}

fn own(scope: &mut Scope<'_>, caller: &Caller) -> Result<Option<Expr>> {
    Ok(match scope.rights.access.own {
        Own::All => None,
        Own::Field(field) => Some(scope.declared(field)?.expr.meets(Placeholder::Caller, caller.id)),
        Own::Via { link, table, key, field, when } => {
            let equals = Box::new(scope.declared(link)?.expr);
            let unknown = || Error::server(format!("own names unknown columns of `{table}`"));
            let found = scope.reading.tables.table(table).ok_or_else(unknown)?;
            let column = |name| found.column(name).map(|c| c.name.clone()).ok_or_else(unknown);
            let mut having = vec![(column(field)?, Expr::Placeholder(Placeholder::Caller, caller.id))];
            if let Some((field, value)) = when {
                having.push((column(field)?, Expr::Val(Val::Int(value))));
            }
            Some(Expr::Exists { table: found.name.clone(), key: column(key)?, equals, having })
        }
    })
}

fn search(scope: &mut Scope<'_>, req: &QueryReq) -> Result<Option<Expr>> {
    let mut filter = None;
    if let Some(search) = &req.qsearch {
        for word in &search.words {
            let mut any = Vec::new();
            for (field, suffix) in &search.fields {
                let how = match suffix {
                    Suffix::None => Search::Anywhere,
                    Suffix::Exact => Search::Exact,
                    Suffix::Prefix => Search::Prefix,
                };
                any.push(scope.search(field, word, how)?);
            }
            filter = Expr::and(filter, Some(Expr::Any(any)));
        }
    }
    for word in &req.quick {
        let mut any = Vec::new();
        for field in crate::object::names(scope.def.decl.quick) {
            if scope.lookup(field).is_some() {
                any.push(scope.search(&NameRef::plain(field), word, Search::Anywhere)?);
            }
        }
        if !any.is_empty() {
            filter = Expr::and(filter, Some(Expr::Any(any)));
        }
    }
    Ok(filter)
}
