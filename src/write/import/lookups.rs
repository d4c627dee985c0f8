//! Rows that texts may mean: found among those that the caller may query, and told apart for people.

use crate::authorize::Authorized;
use crate::call::cond::{Cond, Literal, Test};
use crate::call::name_ref::NameRef;
use crate::call::query::QueryReq;
use crate::call::res::ResItem;
use crate::db::Tx;
use crate::error::Result;
use crate::object::names;
use crate::plan::query::Extra;
use crate::read::query;
use crate::registry::label_field;
use crate::value::Val;
use std::collections::{BTreeMap, BTreeSet};

/// Texts that one statement looks for.
pub const TEXTS: usize = 200;
/// Rows of one text that are offered to choose from.
pub const CANDIDATES: usize = 10;

/// Rows whose field has one of these values: their ids, and the value as a text.
pub fn rows_of(
    tx: &mut Tx<'_>,
    right: &Authorized<'_>,
    field: &str,
    list: Vec<Literal>,
) -> Result<Vec<(i64, String)>> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let most = list.len() * (CANDIDATES + 1);
    let many = list.len() > 1;
    let cond = Cond::Test(NameRef::plain(field), Test::In { not: false, list: list.clone() });
    let rows = selected(tx, right, cond, &[field], most)?;
    if rows.len() < most || !many {
        return Ok(rows.into_iter().filter_map(|row| pair(&row)).collect());
    }
    // One text has so many rows that others might not have been reached.
    let mut out = Vec::new();
    for one in list {
        out.extend(rows_of(tx, right, field, vec![one])?);
    }
    Ok(out)
}

fn pair(row: &[Val]) -> Option<(i64, String)> {
    let id = row.first()?.as_i64()?;
    Some((id, shown(row.get(1)?)?))
}

fn shown(value: &Val) -> Option<String> {
    match value {
        Val::Int(n) => Some(n.to_string()),
        Val::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The id and some fields of rows that the caller may query.
fn selected(
    tx: &mut Tx<'_>,
    right: &Authorized<'_>,
    cond: Cond,
    fields: &[&str],
    most: usize,
) -> Result<Vec<Vec<Val>>> {
    let item = |(at, name): (usize, &&str)| ResItem::Field {
        name: NameRef { name: (*name).to_owned(), of_main: true },
        alias: Some(format!("x{at}")),
        map: None,
    };
    let res = std::iter::once(&"id").chain(fields).enumerate().map(item).collect();
    let req = QueryReq { cond, res: Some(res), ..QueryReq::default() };
    let extra = Extra { unpaged: true, ..Extra::default() };
    let mut plan = query::plan(tx, right, &req, &Default::default(), &extra)?;
    plan.select.limit = Some(most as u64);
    tx.select(&plan.select)
}

/// What tells rows apart for people.
pub fn described(
    tx: &mut Tx<'_>,
    right: &Authorized<'_>,
    ids: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, String>> {
    let def = right.def();
    let open = |name: &&str| {
        let column = def.table.as_ref().and_then(|table| table.column(name));
        let told = column.is_some_and(|column| column.class.is_none());
        told && !right.rights().hidden.contains(*name)
    };
    let mut fields: Vec<&str> =
        label_field(def, right.rights()).into_iter().chain(names(def.decl.lookup)).collect();
    fields.retain(|name| open(name));
    let mut seen = BTreeSet::new();
    fields.retain(|name| seen.insert(*name));
    let mut out = BTreeMap::new();
    let all: Vec<i64> = ids.iter().copied().collect();
    for part in all.chunks(TEXTS) {
        let list = part.iter().copied().map(Literal::Int).collect();
        let cond = Cond::Test(NameRef::plain("id"), Test::In { not: false, list });
        for row in selected(tx, right, cond, &fields, part.len())? {
            let Some(id) = row.first().and_then(Val::as_i64) else { continue };
            let mut texts: Vec<String> = Vec::new();
            for text in row.iter().skip(1).filter_map(shown) {
                if !text.is_empty() && !texts.contains(&text) {
                    texts.push(text);
                }
            }
            out.insert(id, format!("#{id} {}", texts.join(" ")).trim_end().to_owned());
        }
    }
    Ok(out)
}
