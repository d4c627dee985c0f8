//! `fn`: the typed lookups and the data functions of the protocol, callable from outside.

use jindou::call::lookup::From;
use jindou::plugin::*;

pub fn call(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let f = args.need_text("f")?;
    match f.as_str() {
        "param" | "mparam" => lookup(args, f == "mparam").map(Answer::Json),
        "queryAll" | "queryOne" | "execOne" if !tx.caller().test_mode() => {
            Err(Error::forbidden("require auth to testmode"))
        }
        "queryAll" => {
            let found = tx.console(&sql(args)?, false)?;
            let assoc = args.flag("assoc")?;
            Ok(Value::Array(found.rows.into_iter().map(|row| shaped(&found.header, row, assoc)).collect())
                .into())
        }
        "queryOne" => {
            let found = tx.console(&sql(args)?, false)?;
            let assoc = args.flag("assoc")?;
            let Some(row) = found.rows.into_iter().next() else { return Ok(Value::Bool(false).into()) };
            Ok(match (assoc, row.as_slice()) {
                (false, [only]) => only.clone().into(),
                _ => shaped(&found.header, row, assoc).into(),
            })
        }
        "execOne" => {
            let done = tx.console(&sql(args)?, true)?;
            let wants_id = args.flag("getNewId")?;
            Ok(if wants_id { json!(done.last_id) } else { json!(done.changed) }.into())
        }
        other => Err(Error::param(format!("unknown function f=`{other}`"))),
    }
}

/// As it was sent: SQL is full of `<` and `>`.
fn sql(args: &Args) -> Result<String> {
    let text = args.get.text("sql").or_else(|| args.post.text("sql"));
    text.map(|text| text.into_owned()).filter(|text| !text.is_empty()).ok_or_else(|| Error::missing("sql"))
}

fn shaped(header: &[String], row: Vec<Value>, assoc: bool) -> Value {
    match assoc {
        true => Value::Object(header.iter().cloned().zip(row).collect()),
        false => Value::Array(row),
    }
}

fn lookup(args: &Args, mandatory: bool) -> Result<Value> {
    let name = args.need_text("name")?;
    let from = match args.text("coll")?.as_deref() {
        Some("G") => From::Get,
        Some("P") => From::Post,
        _ => From::Any,
    };
    match args.find(&name, from)? {
        Some(value) => Ok(value),
        None if mandatory => Err(Error::missing(name.split('/').next().unwrap_or(&name))),
        None => Ok(args.get.get("defVal").or_else(|| args.post.get("defVal")).cloned().unwrap_or_default()),
    }
}

pub fn hello(_tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    Ok(json!({"id": 100, "name": "hello"}).into())
}
