//! `uniKey`: an add that finds an existing row by some of its fields and then changes it, leaves it, or is
//! refused. Rows are matched by equality; nothing in a value is read as an operator.

use super::add::How;
use super::set;
use crate::api::Args;
use crate::authorize::Authorized;
use crate::call::cond::{Cond, Literal};
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, QUERY, SET, WriteFields};
use crate::plan::query::Extra;
use crate::read::target_row;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniKey {
    pub fields: Vec<String>,
    /// `!`: only existing rows are changed, none is added.
    pub update_only: bool,
    pub mode: UpsertMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsertMode {
    Set,
    Ignore,
    Error,
}

impl UniKey {
    pub fn parse(args: &Args, def: &ObjectDef) -> Result<Option<UniKey>> {
        let Some(text) = args.find("uniKey/s", crate::call::lookup::From::Get)? else { return Ok(None) };
        let text = text.as_str().unwrap_or_default().trim();
        let (list, update_only) = match text.strip_suffix('!') {
            Some(list) => (list, true),
            None => (text, false),
        };
        let fields: Vec<String> = list
            .split(',')
            .map(str::trim)
            .filter(|f| !f.is_empty())
            .map(|f| named(def, f))
            .collect::<Result<_>>()?;
        let mode = args.find("uniKeyMode/s", crate::call::lookup::From::Get)?;
        let mode = match mode.as_ref().and_then(Value::as_str) {
            None | Some("set") => UpsertMode::Set,
            Some("ignore") => UpsertMode::Ignore,
            Some("error") => UpsertMode::Error,
            Some(other) => {
                return Err(Error::param(format!(
                    "param `uniKeyMode` is set, ignore or error, not `{other}`"
                )));
            }
        };
        Ok((!fields.is_empty()).then_some(UniKey { fields, update_only, mode }))
    }

    fn shown(&self, fields: &WriteFields) -> String {
        let pairs = self.fields.iter().map(|f| format!("{f}={}", plain(fields.get(f))));
        pairs.collect::<Vec<_>>().join(", ")
    }

    fn values(&self, fields: &WriteFields) -> String {
        self.fields.iter().map(|f| plain(fields.get(f))).collect::<Vec<_>>().join(",")
    }
}

/// The canonical name of a field of the key.
fn named(def: &ObjectDef, name: &str) -> Result<String> {
    let canonical = WriteFields::canonical(def, name);
    match def.fields.contains_key(canonical) {
        true => Ok(canonical.to_owned()),
        false => Err(Error::db(format!("unknown field `{name}` of `{}` in uniKey", def.name()))
            .say(format!("未知字段`{name}`"), format!("unknown field `{name}`"))),
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The id that settles the add; None = go on and insert.
pub fn resolve(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    key: &UniKey,
    fields: &mut WriteFields,
    how: &How,
) -> Result<Option<i64>> {
    let found = find(tx, authorized, key, fields)?;
    match (found, key.update_only, key.mode) {
        (None, false, _) => Ok(None),
        (None, true, UpsertMode::Ignore) => Ok(Some(-1)),
        (None, true, _) => Err(Error::param("uniKey does NOT match record").say(
            format!("找不到匹配项: {}={}", key.fields.join(","), key.values(fields)),
            format!("no record matches {}={}", key.fields.join(","), key.values(fields)),
        )),
        (Some(id), false, UpsertMode::Ignore) => Ok(Some(id)),
        (Some(id), false, UpsertMode::Error) => {
            Err(Error::param(format!("duplicate record (id={id}): {}", key.shown(fields))).say(
                format!("已存在重复记录: {}={}", key.fields.join(","), key.values(fields)),
                format!("a record with {} exists already", key.shown(fields)),
            ))
        }
        (Some(id), ..) => {
            for field in &key.fields {
                fields.remove(field);
            }
            fields.remove("id");
            if !fields.is_empty() {
                let right = target_row::over(authorized.also(SET)?, id)?;
                let how = How { lenient: true, uni_key: None, ..how.clone() };
                set::row(tx, &right, id, Cond::none(), std::mem::take(fields), &how)?;
            }
            Ok(Some(id))
        }
    }
}

fn find(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    key: &UniKey,
    fields: &WriteFields,
) -> Result<Option<i64>> {
    let mut cond = Cond::none();
    for field in &key.fields {
        let literal = match fields.get(field) {
            Some(Value::String(text)) if !text.is_empty() => Literal::Text(text.clone()),
            Some(Value::Number(n)) => {
                n.as_i64().map_or_else(|| Literal::Real(n.as_f64().unwrap_or_default()), Literal::Int)
            }
            Some(Value::Bool(b)) => Literal::Int(i64::from(*b)),
            _ => {
                return Err(Error::param(format!("param `{field}` of uniKey is missing"))
                    .say(format!("字段`{field}`要求必填"), format!("field `{field}` is required")));
            }
        };
        cond = cond.and(Cond::equals(field, literal));
    }
    // To learn whether a row exists is to read: it takes the caller's own right to query. The fields are the
    // caller's words: hidden ones do not resolve.
    let right = authorized.also(QUERY)?;
    let req = QueryReq { cond, ..QueryReq::default() };
    let extra = Extra { one: true, ids_only: true, ..Extra::default() };
    let plan = crate::read::query::plan(tx, &right, &req, &Default::default(), &extra)?;
    let rows = tx.select(&plan.select)?;
    Ok(rows.first().and_then(|row| row.first()).and_then(|val| val.as_i64()))
}
