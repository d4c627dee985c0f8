//! Children written through their parent: added with it, patched or replaced by its changes. A child of
//! another parent is out of reach unless the declaration lets it be taken over.

use super::add::{self, How};
use super::{del, set};
use crate::api::Args;
use crate::authorize;
use crate::authorize::Authorized;
use crate::call::cond::{Cond, Literal};
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ADD, DEL, Link, ObjectDef, QUERY, SET, WriteFields, WriteKind};
use crate::plan::query::Extra;
use crate::services::Services;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildMode {
    /// The parent is new: every child is.
    Add,
    /// With an id: changed, or removed by `_delete`; without: added; not mentioned: left alone.
    Patch,
    /// Like patch, but children that are not mentioned go.
    Put,
}

/// `submode=put|patch`.
pub fn put_mode(args: &Args, otherwise: bool) -> Result<bool> {
    match args.text("submode")?.as_deref() {
        None => Ok(otherwise),
        Some("put") => Ok(true),
        Some("patch") => Ok(false),
        Some(other) => Err(Error::param(format!("param `submode` is put or patch, not `{other}`"))),
    }
}

/// The children of one sub-object, as sent.
pub type Kids<'a> = (&'a Link, Vec<Map<String, Value>>);

/// Takes the lists of children out of the fields.
pub fn take<'a>(authorized: &Authorized<'a>, fields: &mut WriteFields) -> Result<Vec<Kids<'a>>> {
    let mut out = Vec::new();
    for link in &authorized.def().links {
        let name = link.sub.name;
        if !link.sub.writable || authorized.def().table.as_ref().is_some_and(|t| t.column(name).is_some()) {
            continue;
        }
        let Some(value) = fields.remove(name) else { continue };
        let bad = || {
            Error::param(format!("bad subobj {name}"))
                .say(format!("子对象必须为数组: {name}"), format!("sub-object `{name}` must be a list"))
        };
        let list = match value {
            Value::Null => continue,
            Value::String(text) if text.is_empty() => continue,
            // Form bodies carry lists as JSON texts.
            Value::String(text) => serde_json::from_str(&text).map_err(|_| bad())?,
            other => other,
        };
        let Value::Array(list) = list else { return Err(bad()) };
        let objects: Option<Vec<Map<String, Value>>> = list
            .into_iter()
            .map(|item| if let Value::Object(map) = item { Some(map) } else { None })
            .collect();
        out.push((link, objects.ok_or_else(bad)?));
    }
    Ok(out)
}

/// The row the children belong to: its fields as they are being written, and as they were.
#[derive(Clone, Copy)]
pub struct Parent<'a> {
    pub id: i64,
    pub fields: &'a WriteFields,
    pub old: &'a Map<String, Value>,
}

impl Parent<'_> {
    fn key(self, link: &Link) -> Value {
        match link.parent {
            "id" => self.id.into(),
            field => self.fields.get(field).or_else(|| self.old.get(field)).cloned().unwrap_or(Value::Null),
        }
    }
}

/// One child as sent, its names resolved.
struct Child {
    id: Option<i64>,
    doomed: bool,
    fields: WriteFields,
}

impl Child {
    fn of(def: &ObjectDef, env: &Services, mode: ChildMode, mut sent: Map<String, Value>) -> Result<Child> {
        let id = match mode {
            ChildMode::Add => None,
            ChildMode::Patch | ChildMode::Put => {
                WriteFields::peek(&sent, "id").and_then(|id| env.cipher.shown(id))
            }
        };
        let doomed = sent.remove("_delete").is_some_and(|sent| !says_no(&sent));
        if doomed {
            return Ok(Child { id, doomed, fields: WriteFields::default() });
        }
        let kind = if id.is_some() { WriteKind::Set } else { WriteKind::Add };
        let mut fields = WriteFields::resolve(def, kind, sent)?;
        fields.remove("id");
        Ok(Child { id, doomed, fields })
    }
}

/// A no in the words of any client: forms send texts.
fn says_no(sent: &Value) -> bool {
    match sent {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => matches!(text.trim(), "" | "0" | "false"),
        other => other.as_i64() == Some(0),
    }
}

pub fn write(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    link: &Link,
    list: Vec<Map<String, Value>>,
    parent: Parent<'_>,
    mode: ChildMode,
) -> Result<()> {
    let env = tx.env();
    let caller = authorized.caller();
    let Some(child) = env.registry.object(link.sub.obj) else {
        return Err(Error::server(format!("sub-object names unknown object {}", link.sub.obj)));
    };
    let list = list.into_iter().map(|sent| Child::of(child, env, mode, sent)).collect::<Result<Vec<_>>>()?;
    let key = parent.key(link);
    let right = |action: u16| authorize::of_child(link, child, caller, action);
    let mine = relation(link, &key);
    if mode == ChildMode::Put {
        let kept: Vec<i64> = list.iter().filter_map(|item| item.id).collect();
        for id in ids(tx, &right(QUERY)?, mine.clone())? {
            if !kept.contains(&id) {
                del::row(tx, &right(DEL)?, id, Cond::none())?;
            }
        }
    }
    for Child { id, doomed, mut fields } in list {
        let scope = if link.sub.takes_over { Cond::none() } else { mine.clone() };
        match (id, doomed) {
            (Some(id), true) => del::row(tx, &right(DEL)?, id, scope)?,
            (Some(id), false) => {
                // A child stays with its parent unless it may be taken over, and then it comes to this one.
                fields.remove(link.child);
                if link.sub.takes_over {
                    fields.set(link.child, key.clone());
                }
                let how = How { lenient: true, ..How::default() };
                set::row(tx, &right(SET)?, id, scope, fields, &how)?;
            }
            (None, true) => {}
            (None, false) => {
                fields.set(link.child, key.clone());
                add::row(tx, &right(ADD)?, fields, &How::default())?;
            }
        }
    }
    Ok(())
}

fn relation(link: &Link, key: &Value) -> Cond {
    let literal = match key {
        Value::Number(n) => n.as_i64().map_or_else(|| Literal::Text(n.to_string()), Literal::Int),
        Value::String(text) => Literal::Text(text.clone()),
        _ => Literal::Text(String::new()),
    };
    Cond::equals(link.child, literal)
}

/// The ids of the rows a condition selects, under the row rules.
pub fn ids(tx: &mut Tx<'_>, authorized: &Authorized<'_>, cond: Cond) -> Result<Vec<i64>> {
    let extra = Extra { cond, unpaged: true, ids_only: true, ..Extra::default() };
    let plan = crate::read::query::plan(tx, authorized, &QueryReq::default(), &Default::default(), &extra)?;
    let rows = tx.select(&plan.select)?;
    Ok(rows.iter().filter_map(|row| row.first().and_then(|val| val.as_i64())).collect())
}
