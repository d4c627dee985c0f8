//! `dup`: copies rows with their children, under new ids and marked names.

use super::add::{self, How};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::{Cond, Literal};
use crate::call::query::QueryReq;
use crate::call::res::{ResItem, Shape};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ADD, GET, WriteFields, WriteKind};
use crate::plan::query::Extra;
use crate::read::query;
use serde_json::{Map, Value};

pub fn action(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<Answer> {
    let text = args.need_text("id")?;
    let mut made = Vec::new();
    for part in text.split(',') {
        let env = tx.env();
        let id = part.trim().parse::<i64>().ok().or_else(|| env.cipher.decrypt(part.trim()));
        let id = id.ok_or_else(|| Error::param(format!("Bad Request - id param `id`=`{part}`.")))?;
        let fields = original(tx, authorized, id)?;
        let right = authorized.also(ADD)?;
        // Read-only fields cannot be chosen for a copy either: they are left to the rules that make them.
        let how = How { lenient: true, ..How::default() };
        if let Some(new) =
            add::row(tx, &right, WriteFields::resolve(right.def(), WriteKind::Add, fields)?, &how)?
        {
            made.push(tx.env().show_id(new, authorized.def().decl.secret_ids));
        }
    }
    Ok(Answer::Json(Value::Array(made)))
}

fn original(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64) -> Result<Map<String, Value>> {
    let def = authorized.def();
    let right = authorized.also(GET)?;
    let mut res = vec![ResItem::MainStar];
    // What the caller does not see is not copied.
    for link in def.links.iter().filter(|link| !right.rights().hidden.contains(link.sub.name)) {
        if link.sub.writable && link.sub.shape == Shape::List && link.parent == "id" && !link.sub.not_copied {
            let name = link.sub.name.to_owned();
            res.push(ResItem::Sub { shape: None, name, alias: None, res: Some("t0.*".to_owned()) });
        }
    }
    let req = QueryReq { res: Some(res), copying: true, ..QueryReq::default() };
    let extra = Extra { cond: Cond::equals("id", Literal::Int(id)), one: true, ..Extra::default() };
    let grid = query::grid(tx, &right, &req, &Default::default(), &extra)?;
    let header = grid.header.clone();
    let Some(row) = grid.rows.into_iter().next() else {
        return Err(Error::param(format!("not found `{}.id`=`{id}`", def.decl.table)));
    };
    let mut fields = crate::read::cells::object(&header, row);
    fields.remove("id");
    for name in ["code", "name"] {
        if let Some(Value::String(text)) = fields.get(name).filter(|v| v.as_str() != Some("")) {
            let marked = format!("{text}-{}", rand::random_range(1000..10_000));
            fields.insert(name.to_owned(), Value::String(marked));
        }
    }
    Ok(fields)
}
