//! The rows of a channel: those that a client missed, and new ones, as the ordinary query of a caller shows them.

use super::right;
use crate::call::cond::{Compare, Cond};
use crate::call::order::parse_order;
use crate::call::query::{PageReq, QueryReq};
use crate::call::res;
use crate::db::{Conn, Tx};
use crate::design::{Column, Table};
use crate::error::{Error, Result};
use crate::plan::query::Extra;
use crate::plan::{Expr, Select};
use crate::plugin::LiveChannel;
use crate::read::{cells, query};
use crate::services::Services;
use crate::sql;
use crate::value::Val;
use serde_json::{Map, Value};

/// A row with its offset.
pub type Shown = (i64, Map<String, Value>);

/// The rows of a channel that meet a condition, as the caller of the transaction sees them, by offset.
pub fn shown(
    tx: &mut Tx<'_>,
    channel: &LiveChannel,
    key: i64,
    cond: Cond,
    most: usize,
) -> Result<Vec<Shown>> {
    let caller = tx.caller();
    let right = right::authorized(tx, channel, &caller)?;
    let req = QueryReq {
        res: if channel.res.is_empty() { None } else { Some(res::parse(channel.res)?) },
        order: Some(parse_order("id")?),
        page: PageReq { size: i64::try_from(most).ok(), ..PageReq::default() },
        ..QueryReq::default()
    };
    let extra = Extra { cond: Cond::int(channel.key, key).and(cond), ..Extra::default() };
    let grid = query::grid(tx, &right, &req, &Default::default(), &extra)?;
    let id = grid.column("id").ok_or_else(|| {
        Error::server(format!("channel {}: its rows are shown without their ids", channel.name))
    })?;
    let header = grid.header.clone();
    let rows = grid.rows.into_iter();
    Ok(rows.filter_map(|row| Some((row.get(id)?.as_i64()?, cells::object(&header, row)))).collect())
}

/// The offset of the last row of a channel; 0 when it has none.
pub fn top(env: &Services, conn: &Conn, channel: &LiveChannel, key: i64) -> Result<i64> {
    Ok(ids(env, conn, channel, (key, 0), (true, 1))?.first().copied().unwrap_or_default())
}

/// The offsets of a channel after one, `most` of them.
pub fn after(
    env: &Services,
    conn: &Conn,
    channel: &LiveChannel,
    place: (i64, i64),
    most: usize,
) -> Result<Vec<i64>> {
    ids(env, conn, channel, place, (false, most as u64))
}

fn ids(
    env: &Services,
    conn: &Conn,
    channel: &LiveChannel,
    (key, offset): (i64, i64),
    (descends, most): (bool, u64),
) -> Result<Vec<i64>> {
    let (table, column) = table_of(env, channel)?;
    let id = Expr::main(table.id());
    let later = Expr::Compare(Box::new(id.clone()), Compare::Gt, Box::new(Expr::Val(Val::Int(offset))));
    let mut select = Select::from(table.name.clone());
    select.columns = vec![id.clone()];
    select.filter = Some(Expr::All(vec![Expr::main(&column.name).equals(Val::Int(key)), later]));
    select.order = vec![(id, descends)];
    select.limit = Some(most);
    let rows = conn.rows(&sql::select(&select, &sql::SQLITE))?;
    Ok(rows.iter().filter_map(|row| row.first().and_then(Val::as_i64)).collect())
}

fn table_of<'s>(env: &'s Services, channel: &LiveChannel) -> Result<(&'s Table, &'s Column)> {
    let table = env.registry.object(channel.object).and_then(|def| def.table.as_deref());
    let found = table.and_then(|table| Some((table, table.column(channel.key)?)));
    found.ok_or_else(|| Error::server("a channel of no table"))
}

/// The keys of rows: which channels new rows belong to.
pub fn keys(env: &Services, conn: &Conn, channel: &LiveChannel, ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    let (table, column) = table_of(env, channel)?;
    let mut select = Select::from(table.name.clone());
    select.columns = vec![Expr::main(&column.name), Expr::main(table.id())];
    let list = ids.iter().map(|id| Val::Int(*id)).collect();
    select.filter = Some(Expr::In { not: false, of: Box::new(Expr::main(table.id())), list });
    select.order = vec![(Expr::main(table.id()), false)];
    let rows = conn.rows(&sql::select(&select, &sql::SQLITE))?;
    let pair = |row: &Vec<Val>| Some((row.first()?.as_i64()?, row.get(1)?.as_i64()?));
    Ok(rows.iter().filter_map(pair).collect())
}
