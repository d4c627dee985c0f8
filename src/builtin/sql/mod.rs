//! `execSql` and `dbinst`: the query page of the administrator. What a statement may touch is decided by the
//! door (`db::console`); here it gets its place and its answer a shape.

mod show;

use self::show::{ShowCommand, known};
use crate::api::{Answer, Args, Prepared, Stage};
use crate::call::params::Params;
use crate::db::{Console, Tx};
use crate::error::{Error, Result};
use crate::render::{self, Format, Grid};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How the answer shall look.
struct Wish {
    fmt: Fmt,
    id: bool,
    known: Option<ShowCommand>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fmt {
    /// Rows as objects, or the number of changed rows.
    Plain,
    Array,
    Table,
    One,
}

pub fn exec_sql(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let started = Instant::now();
    let env = stage.env();
    let typed = text(&args.get, &args.post)?;
    if let Some(name) = args.text("dbinst")? {
        return Err(Error::param(format!("unknown database `{name}` (dbinst)")));
    }
    let fmt = match args.text("fmt")?.as_deref() {
        None if args.flag("wantArray")? => Fmt::Array,
        None => Fmt::Plain,
        Some("array") => Fmt::Array,
        Some("table") => Fmt::Table,
        Some("one") => Fmt::One,
        Some(other) => return Err(Error::param(format!("unknown fmt `{other}`: array, table or one"))),
    };
    let known = known(&typed);
    let sql = known.as_ref().map_or(typed, |known| known.sql.clone());
    let wish = Wish { fmt, id: args.flag("wantId")?, known };
    if stage.read(|tx| tx.console_reads(&sql))? {
        let (answer, took, headers) = stage.read(|tx| {
            let (answer, took) = run(tx, &sql, false, &wish)?;
            Ok((answer, took, tx.take_headers()))
        })?;
        headers.into_iter().for_each(|(name, value)| stage.header(name, value));
        stage.header("x-execsql-time", millis(took));
        stage.header("x-exec-time", millis(started.elapsed()));
        return Ok(Prepared::Done(answer));
    }
    if !env.config.exec_sql_writes {
        return Err(Error::forbidden("only reading statements are allowed (P_EXECSQL=read)")
            .say("只允许执行查询语句", "only reading statements are allowed"));
    }
    Ok(Prepared::write(move |tx| {
        let (answer, took) = run(tx, &sql, true, &wish)?;
        tx.header("x-execsql-time", millis(took));
        tx.header("x-exec-time", millis(started.elapsed()));
        Ok(answer)
    }))
}

/// Connections beside the server's own database. There are none: the protocol knows the question.
pub fn instances(_tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    Ok(json!([]).into())
}

/// As it was sent: SQL is full of `<` and `>`.
fn text(get: &Params, post: &Params) -> Result<String> {
    let sent = get.text("sql").or_else(|| post.text("sql"));
    let text = sent.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    text.ok_or_else(|| Error::missing("sql"))
}

fn run(tx: &mut Tx<'_>, sql: &str, writes: bool, wish: &Wish) -> Result<(Answer, Duration)> {
    let started = Instant::now();
    let found = tx.console(sql, writes)?;
    let took = started.elapsed();
    if found.cut {
        tx.header("x-execsql-cut", found.rows.len().to_string());
    }
    if let Some(known) = wish.known.as_ref().filter(|known| known.must_exist && found.rows.is_empty()) {
        return Err(Error::db(format!("no such table: {}", known.about)));
    }
    Ok((shaped(found, wish)?.into(), took))
}

fn shaped(found: Console, wish: &Wish) -> Result<Value> {
    if found.header.is_empty() {
        let number = if wish.id { json!(found.last_id) } else { json!(found.changed) };
        return Ok(match wish.fmt {
            Fmt::Table => json!({"h": ["affectedRows"], "d": [[found.changed]]}),
            _ => number,
        });
    }
    Ok(match wish.fmt {
        Fmt::Plain => render::shape(Grid::new(found.header, found.rows), &Format::Array)?,
        Fmt::Array => json!(found.rows),
        Fmt::One => match found.rows.into_iter().next() {
            None => Value::Bool(false),
            Some(mut row) if row.len() == 1 => row.remove(0),
            Some(row) => Value::Array(row),
        },
        Fmt::Table => {
            let cut = found.cut.then_some(found.rows.len());
            let mut out = json!({"h": found.header, "d": found.rows});
            // How many were shown of more.
            if let Some(rows) = cut {
                out["cut"] = rows.into();
            }
            if let Some(hint) = wish.known.as_ref().and_then(|known| known.hint) {
                out["hint"] = hint.into();
                out["db"] = "main".into();
            }
            out
        }
    })
}

fn millis(took: Duration) -> String {
    format!("{:.1}ms", took.as_secs_f64() * 1000.0)
}
