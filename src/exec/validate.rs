//! The rules every write passes before its hooks: read-only fields, required fields, states.

use super::Args;
use crate::auth::{Authorized, Role};
use crate::call::lookup::{self, Env as LookupEnv, From};
use crate::call::params::{self, Params};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ADD, Own, Write, names};
use serde_json::{Map, Value};

/// Read-only fields are refused, or dropped where the declaration or the caller says so.
pub fn readonly(authorized: &Authorized<'_>, fields: &mut Map<String, Value>, lenient: bool) -> Result<()> {
    let rights = authorized.rights();
    let adding = authorized.action() == ADD;
    let required = |name: &str| adding && rights.required.iter().any(|r| r.split('/').next() == Some(name));
    let closed: Vec<String> = fields
        .keys()
        .filter(|key| {
            let name = key.strip_prefix("t0.").unwrap_or(key);
            let readonly = rights.readonly.contains(name) || (!adding && rights.readonly2.contains(name));
            (readonly && !required(name)) || (!adding && gives_away(authorized, name, &fields[*key]))
        })
        .cloned()
        .collect();
    for key in closed {
        let stamped = adding && names(rights.access.stamped).any(|name| name == key);
        if !(lenient || rights.access.lenient || stamped) {
            return Err(Error::forbidden(format!(
                "set readonly field {}.`{key}`",
                authorized.def().decl.table
            )));
        }
        tracing::debug!(field = %key, "read-only field dropped");
        fields.remove(&key);
    }
    Ok(())
}

/// A row that is the caller's own stays his.
fn gives_away(authorized: &Authorized<'_>, name: &str, value: &Value) -> bool {
    let mine = authorized.caller().id;
    let same = value.as_i64() == Some(mine) || value.as_str() == Some(&mine.to_string());
    matches!(authorized.rights().access.own, Own::Field(field) if field == name) && !same
}

/// `useStrictReadonly=0`, in the URL or the body.
pub fn lenient(args: &Args) -> bool {
    let value = args.get.get("useStrictReadonly").or_else(|| args.post.get("useStrictReadonly"));
    value.is_some_and(|v| v.as_str() == Some("0") || v.as_i64() == Some(0))
}

/// Parameters that a body may hold beside the fields: they say how to write, not what.
pub fn drop_own_words(authorized: &Authorized<'_>, fields: &mut Map<String, Value>) {
    for word in ["useStrictReadonly", "submode"] {
        if !authorized.def().fields.contains_key(word) {
            params::take(fields, word);
        }
    }
}

/// What a new row must have: `name`, `amount/n`, or one of `phone|uname`.
pub fn required_on_add(
    tx: &Tx<'_>,
    authorized: &Authorized<'_>,
    fields: &mut Map<String, Value>,
) -> Result<()> {
    // Lent to the lookup and taken back: an import comes by here for every row.
    let post = Params(std::mem::take(fields));
    let checked = required_in(tx, authorized, &post);
    *fields = post.0;
    checked
}

fn required_in(tx: &Tx<'_>, authorized: &Authorized<'_>, post: &Params) -> Result<()> {
    let env = tx.env();
    let decrypt_id = |text: &str| env.cipher.decrypt(text);
    let lookup_env =
        LookupEnv { zone: &env.zone, now: &|| env.now(), decrypt_id: &decrypt_id, escape: false };
    for entry in &authorized.rights().required {
        let one_of: Vec<&str> = entry.split('|').collect();
        let missing = match one_of.as_slice() {
            [only] => {
                let got = lookup::value(only, &Params::default(), post, From::Post, &lookup_env)?;
                got.is_none().then(|| only.split('/').next().unwrap_or(only).to_owned())
            }
            several => {
                let mut any = false;
                for spec in several {
                    any |= lookup::value(spec, &Params::default(), post, From::Post, &lookup_env)?.is_some();
                }
                (!any).then(|| several.join(" or "))
            }
        };
        if let Some(name) = missing {
            return Err(Error::param(format!(
                "Bad Request - param `{name}` is missing (by requiredFields check)"
            ))
            .say(format!("缺少参数`{name}`"), format!("parameter `{name}` is missing")));
        }
    }
    Ok(())
}

/// Required fields may not be emptied.
pub fn not_emptied(authorized: &Authorized<'_>, fields: &Map<String, Value>) -> Result<()> {
    let rights = authorized.rights();
    for entry in rights.required.iter().chain(&rights.required2) {
        for spec in entry.split('|') {
            let name = spec.split('/').next().unwrap_or(spec);
            let emptied =
                fields.get(name).and_then(Value::as_str).is_some_and(|s| matches!(s, "" | "null" | "empty"));
            // One of several may be emptied as long as it is not the only one required.
            if emptied && !entry.contains('|') {
                let table = authorized.def().decl.table;
                return Err(Error::param(format!("{table}.set: cannot set field `{name}` to null."))
                    .say(format!("字段`{name}`不允许置空"), format!("field `{name}` may not be empty")));
            }
        }
    }
    Ok(())
}

/// New rows belong to their maker and begin at the beginning.
pub fn stamp(authorized: &Authorized<'_>, write: &mut Write) {
    if let Own::Field(field) = authorized.rights().access.own {
        write.set(field, authorized.caller().id);
    }
    if let Some(states) = authorized.def().decl.states
        && !states.start.is_empty()
    {
        // Only the administrator may put a row into the middle of its life.
        match authorized.caller().role() {
            Role::Admin => write.stamp(states.field, states.start),
            _ => write.set(states.field, states.start),
        }
    }
}

/// A state that is sent must be reached by a step that exists and that the caller may take. To send the state
/// a row has already is no step: of two who complete an order, one is told that he came second. Only
/// who sends whole rows (`lenient`: an import, an old client) means nothing by it.
pub fn step(authorized: &Authorized<'_>, write: &mut Write, lenient: bool) -> Result<()> {
    let Some(states) = authorized.def().decl.states else { return Ok(()) };
    let Some(to) = write.get(states.field).filter(|to| !to.is_null()) else { return Ok(()) };
    let from = write.old_text(states.field);
    let to = to.as_str().unwrap_or_default();
    if from == to && (lenient || authorized.rights().access.lenient || from == states.start) {
        write.fields.remove(states.field);
        return Ok(());
    }
    if states.allows(from, to, authorized.caller().bits) {
        return Ok(());
    }
    // The row's state is told only to callers who may read it.
    if !authorized.reads() || authorized.rights().hidden.contains(states.field) {
        return Err(Error::forbidden(format!("no step to {to} of `{}` is open here", states.field))
            .say(format!("不允许变为状态`{to}`"), format!("the state cannot become `{to}` here")));
    }
    Err(Error::forbidden(format!("step {from} -> {to} of `{}` is not allowed", states.field))
        .say(format!("不允许从状态`{from}`变为`{to}`"), format!("the state `{from}` cannot become `{to}`")))
}

/// `flag_x=1` and `prop_x=0` become changes of whole words in `flags` and `props`.
pub fn word_flags(authorized: &Authorized<'_>, write: &mut Write) -> Result<()> {
    let def = authorized.def();
    let keys: Vec<String> =
        write.fields.keys().filter(|k| k.starts_with("flag_") || k.starts_with("prop_")).cloned().collect();
    for key in keys {
        let Some((column, word)) = crate::plan::fields::word_column(&key) else { continue };
        if def.fields.contains_key(key.as_str()) || !def.fields.contains_key(column) {
            continue;
        }
        let on = match write.fields.remove(&key) {
            Some(Value::String(s)) if s == "1" => true,
            Some(Value::String(s)) if s == "0" => false,
            Some(Value::Number(n)) if n.as_i64() == Some(1) => true,
            Some(Value::Number(n)) if n.as_i64() == Some(0) => false,
            _ => return Err(Error::param(format!("`{key}` takes 0 or 1"))),
        };
        let now = write.text(column).unwrap_or_else(|| write.old_text(column)).to_owned();
        let mut words: Vec<&str> = now.split_whitespace().filter(|w| *w != word).collect();
        if on {
            words.push(word);
        }
        // An emptied list is null, as a list that never was.
        write.set(column, words.join(" "));
    }
    Ok(())
}

/// Old clients put texts into pages as they are; `P_ESCAPE_INPUT` keeps them safe.
/// Passwords are nobody's page: a login compares them as they were typed.
pub fn escape(tx: &Tx<'_>, authorized: &Authorized<'_>, fields: &mut Map<String, Value>) {
    if !tx.env().escape_input() {
        return;
    }
    let secret =
        |name: &str| crate::object::names(authorized.def().decl.passwords).any(|password| password == name);
    for (_, value) in fields.iter_mut().filter(|(name, _)| !secret(name)) {
        crate::call::compat::escape_scalar(value);
    }
}
