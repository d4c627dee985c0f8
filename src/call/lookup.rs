//! Typed lookups: a parameter by `name/type` from the URL, the body, or both. What a type accepts is in
//! `scalar` and `list`; conditions are only collected here and understood elsewhere.

mod list;
mod scalar;

use crate::call::compat;
use crate::call::params::{Params, text_of};
use crate::error::{Code, Error, Result};
use crate::time::Zone;
use serde_json::Value;
use std::borrow::Cow;

/// Where to look. `Any` is the URL first and then the body: the URL wins, also with `""`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    #[default]
    Any,
    Get,
    Post,
}

/// What a lookup needs to know besides the parameters.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub zone: &'a Zone,
    /// Looked at only by dates that count from now.
    pub now: &'a dyn Fn() -> chrono::NaiveDateTime,
    /// Opens a pseudo-uuid.
    pub decrypt_id: &'a dyn Fn(&str) -> Option<i64>,
    /// Turns `<` and `>` of texts into entities (`P_ESCAPE_INPUT`).
    pub escape: bool,
}

/// `name/type`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup<'a> {
    pub name: &'a str,
    pub kind: ParamKind<'a>,
    pub from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamKind<'a> {
    /// No type: as it came, so values of a JSON body keep theirs.
    Any,
    /// `/s`: any scalar, as text.
    Text,
    Id,
    Int,
    Num,
    Bool,
    /// `/dt`: unix seconds of the local midnight.
    Date,
    /// `/tm`: unix seconds.
    Time,
    /// `/i+`
    Ints,
    Json,
    /// `/tbl`: an hd table, as rows with names.
    Table,
    /// `/i:n?:s`: rows by `,`, columns by `:`.
    Rows(list::Columns<'a>),
    /// `/cond`, or the name `cond`: the raw condition, those of URL and body in one list.
    Cond,
}

/// The meaning of a spec. A name `id` or one ending in `Id` is an id unless a type is written.
///
/// ```
/// use jindou::call::lookup::{parse_spec, ParamKind};
/// assert_eq!(parse_spec("cnt/i")?.kind, ParamKind::Int);
/// assert_eq!(parse_spec("orderId")?.kind, ParamKind::Id);
/// assert_eq!(parse_spec("orderId/s")?.kind, ParamKind::Text);
/// assert!(parse_spec("cnt/int").is_err());
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn parse_spec(spec: &str) -> Result<Lookup<'_>> {
    let (name, kind) = spec.split_once('/').unwrap_or((spec, ""));
    let kind = match kind {
        "" if name == "cond" => ParamKind::Cond,
        "" if name == "id" || name.ends_with("Id") => ParamKind::Id,
        "" => ParamKind::Any,
        "s" => ParamKind::Text,
        "id" => ParamKind::Id,
        "i" => ParamKind::Int,
        "n" => ParamKind::Num,
        "b" => ParamKind::Bool,
        "dt" => ParamKind::Date,
        "tm" => ParamKind::Time,
        "i+" => ParamKind::Ints,
        "js" => ParamKind::Json,
        "tbl" => ParamKind::Table,
        "cond" => ParamKind::Cond,
        rows => match list::Columns::parse(rows) {
            Some(columns) => ParamKind::Rows(columns),
            None => {
                let detail = format!("unknown type `{kind}` for param `{name}`");
                return Err(Error::new(Code::SERVER, detail));
            }
        },
    };
    Ok(Lookup { name, kind, from: From::Any })
}

/// A parameter that may be missing: absent, null and `""` all give `None`.
///
/// ```
/// use jindou::call::{lookup::{self, Context, From}, params::Params};
/// use jindou::time::Zone;
/// use serde_json::json;
/// let zone = Zone::parse("+08:00")?;
/// let now = || chrono::DateTime::UNIX_EPOCH.naive_utc();
/// let env = Context { zone: &zone, now: &now, decrypt_id: &|_| None, escape: false };
/// let get = Params::parse_query("cnt=1.7&tm=2026-10-20&items=1:2.5:a,2::b&q=")?;
/// let post = Params::parse_query("q=x&cnt=9")?;
/// let value = |spec| lookup::value(spec, &get, &post, From::Any, &env);
/// assert_eq!(value("cnt/i")?, Some(json!(1)));
/// assert_eq!(value("tm/tm")?, Some(json!(1_792_425_600)));
/// assert_eq!(value("items/i:n?:s")?, Some(json!([[1, 2.5, "a"], [2, null, "b"]])));
/// assert_eq!(value("q")?, None);
/// let error = value("items/i").unwrap_err();
/// assert_eq!(error.detail.as_deref(), Some("Bad Request - integer param `items`=`1:2.5:a,2::b`."));
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn value(
    spec: &str,
    get: &Params,
    post: &Params,
    from: From,
    env: &Context<'_>,
) -> Result<Option<Value>> {
    Lookup { from, ..parse_spec(spec)? }.value(get, post, env)
}

/// A parameter that must be given.
pub fn required(spec: &str, get: &Params, post: &Params, from: From, env: &Context<'_>) -> Result<Value> {
    let lookup = Lookup { from, ..parse_spec(spec)? };
    lookup.value(get, post, env)?.ok_or_else(|| Error::missing(lookup.name))
}

/// One of several must be given: the first that is, in its place, and `None` for all the others.
pub fn one_of(
    specs: &[&str],
    get: &Params,
    post: &Params,
    from: From,
    env: &Context<'_>,
) -> Result<Vec<Option<Value>>> {
    let mut found = vec![None; specs.len()];
    let mut names = Vec::with_capacity(specs.len());
    for (slot, spec) in found.iter_mut().zip(specs) {
        let lookup = Lookup { from, ..parse_spec(spec)? };
        *slot = lookup.value(get, post, env)?;
        if slot.is_some() {
            return Ok(found);
        }
        names.push(lookup.name);
    }
    let names = names.join(" or ");
    Err(Error::param(format!("Bad Request - require param {names}"))
        .say(format!("缺少参数`{names}`"), format!("parameter `{names}` is missing")))
}

impl Lookup<'_> {
    pub fn value(&self, get: &Params, post: &Params, env: &Context<'_>) -> Result<Option<Value>> {
        if self.kind == ParamKind::Cond {
            return Ok(self.conditions(get, post));
        }
        self.read(self.raw(get, post), env)
    }

    /// Converts a value that has been found already.
    pub fn read(&self, raw: Option<&Value>, env: &Context<'_>) -> Result<Option<Value>> {
        match raw.filter(|value| !is_blank(value)) {
            Some(raw) => self.convert(raw, env).map(Some),
            None => Ok(None),
        }
    }

    fn raw<'v>(&self, get: &'v Params, post: &'v Params) -> Option<&'v Value> {
        let find = |params: &'v Params| params.get(self.name).filter(|value| !value.is_null());
        match self.from {
            From::Any => find(get).or_else(|| find(post)),
            From::Get => find(get),
            From::Post => find(post),
        }
    }

    /// Both maps count; two conditions become a list, which means that both must hold.
    fn conditions(&self, get: &Params, post: &Params) -> Option<Value> {
        let sources = match self.from {
            From::Any => vec![get, post],
            From::Get => vec![get],
            From::Post => vec![post],
        };
        let given = |params: &Params| params.get(self.name).filter(|value| !is_blank(value)).cloned();
        let mut parts: Vec<Value> = sources.into_iter().filter_map(given).collect();
        if parts.len() > 1 { Some(Value::Array(parts)) } else { parts.pop() }
    }

    fn convert(&self, raw: &Value, env: &Context<'_>) -> Result<Value> {
        let what = match &self.kind {
            ParamKind::Any | ParamKind::Cond => return Ok(text(raw.clone(), env)),
            ParamKind::Text => match text_of(raw) {
                Some(scalar) => return Ok(text(Value::String(scalar.into_owned()), env)),
                None => "string param",
            },
            ParamKind::Ints => return list::ints(raw, self.name),
            ParamKind::Rows(columns) => return columns.rows(raw, self.name, env),
            ParamKind::Id => match scalar::id(raw, env) {
                Some(id) => return Ok(id.into()),
                None => "id param",
            },
            ParamKind::Int => match scalar::int(raw) {
                Some(int) => return Ok(int.into()),
                None => "integer param",
            },
            ParamKind::Num => match scalar::num(raw) {
                Some(number) => return Ok(number),
                None => "numeric param",
            },
            ParamKind::Bool => match scalar::flag(raw) {
                Some(flag) => return Ok(flag.into()),
                // The protocol shows no value here.
                None => return Err(bad("bool param", self.name, "")),
            },
            ParamKind::Date => match scalar::date(raw, env) {
                Some(seconds) => return Ok(seconds.into()),
                None => "invalid datetime param",
            },
            ParamKind::Time => match scalar::time(raw, env) {
                Some(seconds) => return Ok(seconds.into()),
                None => "invalid datetime param",
            },
            ParamKind::Json => match scalar::json(raw) {
                Some(value) => return Ok(value),
                None => "invalid json param",
            },
            ParamKind::Table => match scalar::json(raw).and_then(list::table) {
                Some(rows) => return Ok(rows),
                None => "invalid table param",
            },
        };
        Err(bad(what, self.name, &shown(raw)))
    }
}

/// A whole number as typed integers are read everywhere: cut toward zero, exponents allowed.
pub fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| scalar::int(&Value::from(text)))
}

fn bad(what: &str, name: &str, shown: &str) -> Error {
    Error::param(format!("Bad Request - {what} `{name}`=`{shown}`."))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn text(mut value: Value, env: &Context<'_>) -> Value {
    if env.escape {
        compat::escape_scalar(&mut value);
    }
    value
}

/// A value for a message: its beginning is enough.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = text_of(value).unwrap_or_else(|| Cow::Owned(value.to_string()));
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests;
