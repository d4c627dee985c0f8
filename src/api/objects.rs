//! Objects for rules and actions of plugins: found by condition, written with hooks and ObjLog like any other write, but without
//! a check of the caller's rights: the plugin is responsible for them. Also the standard action that an action of the same name
//! goes on to.

use super::tables::By;
use super::{Answer, Args};
use crate::authorize::Authorized;
use crate::authorize::{by_declaration, of_own_action, of_role};
use crate::call::cond::Cond;
use crate::call::order::parse_order;
use crate::call::query::{PageReq, QueryReq};
use crate::call::res;
use crate::db::Tx;
use crate::dispatch::authorized;
use crate::error::{Error, Result};
use crate::object::{ADD, DEL, GET, Me, ObjectDef, QUERY, SET, WriteFields, WriteKind};
use crate::plan::query::Extra;
use crate::read::{cells, query};
use crate::write::add::{self, How};
use crate::write::{change_log, children, del, set};
use serde_json::{Map, Value};

/// Which rows, which of their fields, in which order.
#[derive(Debug, Clone, Default)]
pub struct Find {
    cond: Cond,
    res: &'static str,
    order: &'static str,
    limit: i64,
}

impl Find {
    /// All rows that meet a condition.
    pub fn by(cond: Cond) -> Find {
        Find { cond, limit: -1, ..Find::default() }
    }

    /// Only these fields: `"id, name"`. Virtual columns and sub-objects count as fields.
    pub fn res(mut self, res: &'static str) -> Find {
        self.res = res;
        self
    }

    /// In this order: `"id desc"`.
    pub fn order(mut self, order: &'static str) -> Find {
        self.order = order;
        self
    }

    /// So many rows at most.
    pub fn limit(mut self, rows: i64) -> Find {
        self.limit = rows;
        self
    }
}

impl<'a> Tx<'a> {
    /// Rows of an object, virtual columns and sub-objects included.
    pub fn find(&mut self, object: &str, find: Find) -> Result<Vec<Map<String, Value>>> {
        let def = self.declared(object)?;
        let caller = self.caller();
        let right = by_declaration(def, &caller, QUERY)?;
        let req = QueryReq {
            res: if find.res.is_empty() { None } else { Some(res::parse(find.res)?) },
            order: if find.order.is_empty() { None } else { Some(parse_order(find.order)?) },
            page: PageReq { size: Some(find.limit), ..PageReq::default() },
            ..QueryReq::default()
        };
        let extra = Extra { cond: find.cond, unpaged: find.limit < 0, ..Extra::default() };
        let grid = query::grid(self, &right, &req, &Default::default(), &extra)?;
        let header = grid.header.clone();
        Ok(grid.rows.into_iter().map(|cells| cells::object(&header, cells)).collect())
    }

    /// The first row.
    pub fn find_one(&mut self, object: &str, find: Find) -> Result<Option<Map<String, Value>>> {
        Ok(self.find(object, find.limit(1))?.into_iter().next())
    }

    /// How many rows there are.
    pub fn count_of(&mut self, object: &str, cond: Cond) -> Result<i64> {
        let rows = self.find_one(object, Find::by(cond).res("count(*) cnt"))?;
        Ok(rows.and_then(|row| row.get("cnt").and_then(Value::as_i64)).unwrap_or_default())
    }

    /// A new row with its children. An `id` among the fields is taken as it is.
    pub fn add(&mut self, object: &str, fields: Value) -> Result<i64> {
        let def = self.declared(object)?;
        let caller = self.caller();
        let right = by_declaration(def, &caller, ADD)?;
        let fields = object_of(fields)?;
        let how = How { id: fields.get("id").and_then(Value::as_i64), ..How::default() };
        let fields = WriteFields::resolve(def, WriteKind::Add, fields)?;
        let id = add::row(self, &right, fields, &how)?;
        id.ok_or_else(|| Error::server(format!("{object} was not added")))
    }

    /// Changes a row; null and `""` empty a field.
    pub fn set(&mut self, object: &str, id: i64, fields: Value) -> Result<()> {
        let def = self.declared(object)?;
        let caller = self.caller();
        let right = by_declaration(def, &caller, SET)?;
        let mut fields = object_of(fields)?;
        fields.values_mut().filter(|value| value.is_null()).for_each(|value| *value = "".into());
        let fields = WriteFields::resolve(def, WriteKind::Set, fields)?;
        set::row(self, &right, id, Cond::none(), fields, &How::default())
    }

    /// Removes a row.
    pub fn del(&mut self, object: &str, id: i64) -> Result<()> {
        let def = self.declared(object)?;
        let caller = self.caller();
        del::row(self, &by_declaration(def, &caller, DEL)?, id, Cond::none())
    }

    /// Removes every row that meets the condition; gives their number.
    pub fn del_all(&mut self, object: &str, cond: Cond) -> Result<usize> {
        let rows = self.find(object, Find::by(cond).res("id"))?;
        for row in &rows {
            self.del(object, row.get("id").and_then(Value::as_i64).unwrap_or_default())?;
        }
        Ok(rows.len())
    }

    /// Removes rows that go along with another one, without rules of their own. Each is in the log, so that it can come
    /// back with the other; a crowd is not.
    pub fn del_along(&mut self, object: &str, by: By<'_>) -> Result<usize> {
        let def = self.declared(object)?;
        let caller = self.caller();
        let right = by_declaration(def, &caller, DEL)?;
        let table = add::table(&right)?;
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let most = change_log::rows_max(self.env());
        let rows = self.list(def.decl.table, by, &names.join(","), most as u64 + 1)?;
        if rows.len() > most {
            let count = self.delete(def.decl.table, by)?;
            let mut crowd = change_log::Changes::none();
            crowd.pair(change_log::UNRECORDED, &count.into(), &Value::Null);
            add::log(self, &right, "随同删除", None, crowd);
            return Ok(count);
        }
        for row in &rows {
            let id = row.get(table.id().as_str()).and_then(Value::as_i64);
            add::log(self, &right, "随同删除", id, change_log::Changes::gone(&right, row));
        }
        self.delete(def.decl.table, by)
    }

    /// The standard action of an object, under the caller's own rights: what an action of the author's own with
    /// the same name goes on to.
    pub fn standard(&mut self, object: &str, action: u16, args: &Args) -> Result<Answer> {
        let def = self.declared(object)?;
        let caller = self.caller();
        authorized(self, &of_own_action(def, &caller, action)?, args)
    }

    /// The standard query, under the caller's own rights, among the rows that meet a condition.
    pub fn standard_query(&mut self, object: &str, args: &Args, only: Cond) -> Result<Answer> {
        let def = self.declared(object)?;
        let caller = self.caller();
        query::action_where(self, &of_own_action(def, &caller, QUERY)?, args, only)
    }

    /// Whether the declared rights let the caller read this row, whatever actions of its own the object has.
    pub fn may_read(&mut self, object: &str, id: i64) -> Result<bool> {
        let def = self.declared(object)?;
        let caller = self.caller();
        let only_mine = |right: &Authorized<'_>| matches!(right.rights().access.me, Me::Always | Me::Only);
        let right = match (of_role(def, &caller, QUERY), of_role(def, &caller, GET)) {
            (Ok(right), _) => right,
            (_, Ok(right)) if id == caller.id || !only_mine(&right) => right,
            _ => return Ok(false),
        };
        Ok(!children::ids(self, &right, Cond::int("id", id))?.is_empty())
    }

    /// Tells the plugins that listen; what one of them refuses does not happen.
    pub fn tell(&mut self, event: &str, about: &Value) -> Result<()> {
        for plugin in self.env().registry.plugins.clone() {
            for (_, hear) in plugin.listens.iter().filter(|(name, _)| *name == event) {
                hear(self, about)?;
            }
        }
        Ok(())
    }

    fn declared(&self, object: &str) -> Result<&'a ObjectDef> {
        let found = self.env().registry.object(object);
        found.ok_or_else(|| Error::server(format!("no object `{object}` in any plugin")))
    }
}

fn object_of(fields: Value) -> Result<Map<String, Value>> {
    match fields {
        Value::Object(map) => Ok(map),
        other => Err(Error::server(format!("fields of a row are an object, not {other}"))),
    }
}
