//! `name2id=refField,idField,Obj,nameField[,a];…`: a name in a line becomes the id of the row it names. Only
//! declared objects, only fields they offer for it (`lookup`), only rows that the caller may query.

use super::super::add::{self, How};
use crate::auth::mask::{ADMIN, MGR};
use crate::authorize::of_role;
use crate::call::cond::{Cond, Literal};
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ADD, QUERY, WriteFields, WriteKind, names};
use crate::plan::query::Extra;
use crate::read::query;
use serde_json::{Map, Value};
use std::collections::HashMap;

#[derive(Default)]
pub struct Names(Vec<Reference>);

struct Reference {
    from: String,
    into: String,
    obj: String,
    by: String,
    /// A row that is not there is made.
    create: bool,
    known: HashMap<String, i64>,
}

impl Names {
    pub fn parse(tx: &Tx<'_>, spec: &str) -> Result<Names> {
        spec.split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .map(|one| reference(tx, one))
            .collect::<Result<_>>()
            .map(Names)
    }

    /// What was made may have been undone.
    pub fn forget(&mut self) {
        self.0.iter_mut().filter(|reference| reference.create).for_each(|reference| reference.known.clear());
    }

    /// Puts ids in the place of names.
    pub fn replace(&mut self, tx: &mut Tx<'_>, fields: &mut Map<String, Value>) -> Result<()> {
        for reference in &mut self.0 {
            let name = match fields.remove(&reference.from) {
                Some(Value::String(name)) => name.trim().to_owned(),
                Some(Value::Number(n)) => n.to_string(),
                _ => continue,
            };
            if name.is_empty() {
                continue;
            }
            let id = match reference.known.get(&name) {
                Some(id) => *id,
                None => {
                    let id = reference.find(tx, &name)?;
                    reference.known.insert(name, id);
                    id
                }
            };
            fields.insert(reference.into.clone(), Value::from(id));
        }
        Ok(())
    }
}

fn reference(tx: &Tx<'_>, text: &str) -> Result<Reference> {
    let bad = |why: String| {
        Error::param(format!("bad name2id `{text}`: {why}"))
            .say(format!("参数`name2id`不正确: {text}"), format!("bad `name2id`: {text}"))
    };
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (from, into, obj, by, create) = match parts.as_slice() {
        [from, into, obj, by] => (from, into, obj, by, false),
        [from, into, obj, by, "a"] => (from, into, obj, by, true),
        _ => return Err(bad("refField,idField,Object,nameField[,a] is expected".into())),
    };
    let offered =
        tx.env().registry.object(obj).is_some_and(|def| names(def.decl.lookup).any(|field| field == *by));
    if !offered {
        return Err(bad(format!("`{obj}.{by}` is not offered for it")));
    }
    if create && !tx.caller().has(MGR | ADMIN) {
        return Err(Error::forbidden("require auth to manager"));
    }
    Ok(Reference {
        from: (*from).to_owned(),
        into: (*into).to_owned(),
        obj: (*obj).to_owned(),
        by: (*by).to_owned(),
        create,
        known: HashMap::new(),
    })
}

impl Reference {
    fn find(&self, tx: &mut Tx<'_>, name: &str) -> Result<i64> {
        let caller = tx.caller();
        let env = tx.env();
        let def = env
            .registry
            .object(&self.obj)
            .ok_or_else(|| Error::server(format!("object {} is gone", self.obj)))?;
        let right = of_role(def, &caller, QUERY)?;
        let cond = Cond::equals(&self.by, Literal::Text(name.to_owned()));
        let extra = Extra { unpaged: true, ids_only: true, ..Extra::default() };
        let mut plan =
            query::plan(tx, &right, &QueryReq { cond, ..QueryReq::default() }, &Default::default(), &extra)?;
        plan.select.limit = Some(2);
        let ids: Vec<i64> = tx.select(&plan.select)?.iter().filter_map(|row| row.first()?.as_i64()).collect();
        match ids.as_slice() {
            [id] => Ok(*id),
            [] if self.create => {
                let fields = Map::from_iter([(self.by.clone(), Value::from(name))]);
                let fields = WriteFields::resolve(def, WriteKind::Add, fields)?;
                let made = add::row(tx, &of_role(def, &caller, ADD)?, fields, &How::default())?;
                made.ok_or_else(|| Error::server("a referred row was not made"))
            }
            [] => Err(Error::param(format!("no `{}` has {}=`{name}`", self.obj, self.by))
                .say(format!("找不到被引用的数据: {name}"), format!("there is no `{name}` to refer to"))),
            _ => Err(Error::param(format!("several `{}` have {}=`{name}`", self.obj, self.by))
                .say(format!("被引用的数据不唯一: {name}"), format!("several records are called `{name}`"))),
        }
    }
}
