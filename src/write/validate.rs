//! The rules every write passes before its hooks: read-only fields, required fields, states.

use crate::api::Args;
use crate::auth::Role;
use crate::authorize::Authorized;
use crate::call::lookup::{self, Context as LookupContext};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{
    ADD, Own, Write, WriteFields, WriteKind, is_password, names, required_field, ruling_column,
};
use crate::plan::fields::word_column;
use serde_json::{Map, Value};

/// The fields of a body, without the parameters that say how to write, under their canonical names.
pub fn sent(authorized: &Authorized<'_>, kind: WriteKind, body: &Map<String, Value>) -> Result<WriteFields> {
    let def = authorized.def();
    let own_word =
        |key: &str| matches!(key, "useStrictReadonly" | "submode") && !def.fields.contains_key(key);
    WriteFields::resolve_body(def, kind, body, |key| !own_word(key))
}

/// Read-only fields are refused, or dropped where the declaration or the caller says so.
pub fn readonly(authorized: &Authorized<'_>, fields: &mut WriteFields, lenient: bool) -> Result<()> {
    let (rights, def) = (authorized.rights(), authorized.def());
    let adding = authorized.action() == ADD;
    let closed = |name: &str, value: &Value| {
        let name = ruling_column(def, name);
        let readonly = rights.readonly.contains(name) || (!adding && rights.readonly2.contains(name));
        (readonly && !(adding && rights.requires(name))) || (!adding && gives_away(authorized, name, value))
    };
    let mut refused = None;
    fields.retain(|name, value| {
        if !closed(name, value) {
            return true;
        }
        let stamped = adding && names(rights.access.stamped).any(|stamped| stamped == name);
        if !(lenient || rights.access.lenient || stamped) {
            refused.get_or_insert_with(|| name.to_owned());
        }
        tracing::debug!(field = %name, "read-only field dropped");
        false
    });
    match refused {
        None => Ok(()),
        Some(name) => {
            Err(Error::forbidden(format!("set readonly field {}.`{name}`", authorized.def().decl.table)))
        }
    }
}

/// A row of the caller's own stays theirs.
pub fn gives_away(authorized: &Authorized<'_>, name: &str, value: &Value) -> bool {
    let mine = authorized.caller().id;
    let same = value.as_i64() == Some(mine) || value.as_str() == Some(&mine.to_string());
    matches!(authorized.rights().access.own, Own::Field(field) if field == name) && !same
}

/// `useStrictReadonly=0`, in the URL or the body.
pub fn lenient(args: &Args) -> bool {
    let value = args.get.get("useStrictReadonly").or_else(|| args.post.get("useStrictReadonly"));
    value.is_some_and(|v| v.as_str() == Some("0") || v.as_i64() == Some(0))
}

/// What a new row must have: `name`, `amount/n`, or one of `phone|uname`.
pub fn required_on_add(tx: &Tx<'_>, authorized: &Authorized<'_>, fields: &WriteFields) -> Result<()> {
    let env = tx.env();
    let decrypt_id = |text: &str| env.cipher.decrypt(text);
    let lookup_env =
        LookupContext { zone: &env.zone, now: &|| env.now(), decrypt_id: &decrypt_id, escape: false };
    for entry in &authorized.rights().required {
        let mut given = false;
        for spec in entry.split('|') {
            let lookup = lookup::parse_spec(spec)?;
            given |= lookup.read(fields.get(lookup.name), &lookup_env)?.is_some();
        }
        if !given {
            let name = match entry.contains('|') {
                true => entry.replace('|', " or "),
                false => required_field(entry).to_owned(),
            };
            return Err(Error::param(format!(
                "Bad Request - param `{name}` is missing (by requiredFields check)"
            ))
            .say(format!("缺少参数`{name}`"), format!("parameter `{name}` is missing")));
        }
    }
    Ok(())
}

/// Required fields may not be emptied.
pub fn not_emptied(authorized: &Authorized<'_>, fields: &WriteFields) -> Result<()> {
    let rights = authorized.rights();
    for entry in rights.required.iter().chain(&rights.required2) {
        for spec in entry.split('|') {
            let name = required_field(spec);
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
/// a row has already is no step: of two who complete an order, one is told that they came second. Only
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

/// Word flags in one write; each is a walk through the words that are there.
const WORDS_MAX: usize = 200;

/// `flag_x=1` and `prop_x=0` become changes of whole words in `flags` and `props`.
pub fn word_flags(authorized: &Authorized<'_>, write: &mut Write) -> Result<()> {
    let changes = write.fields.take_words(authorized.def());
    if changes.len() > WORDS_MAX {
        return Err(Error::param(format!(
            "{} changes of flags and props, at most {WORDS_MAX}",
            changes.len()
        ))
        .say("flag_和prop_字段过多", "there are too many `flag_` and `prop_` fields"));
    }
    for (key, value) in changes {
        let Some((column, word)) = word_column(&key) else { continue };
        let on = match value {
            Value::String(s) if s == "1" => true,
            Value::String(s) if s == "0" => false,
            Value::Number(n) if n.as_i64() == Some(1) => true,
            Value::Number(n) if n.as_i64() == Some(0) => false,
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
/// Passwords are never shown on a page, so they are stored unescaped: a login compares them as they were typed.
pub fn escape(tx: &Tx<'_>, authorized: &Authorized<'_>, fields: &mut WriteFields) {
    if !tx.env().escape_input() {
        return;
    }
    for (_, value) in fields.iter_mut().filter(|(name, _)| !is_password(authorized.def(), name)) {
        crate::call::compat::escape_scalar(value);
    }
}
