//! Who may follow a channel: whoever may query its rows by the declared rights of their object.

use crate::auth::Caller;
use crate::authorize::{Authorized, authorize, of_role};
use crate::call::name::Action as Name;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, Own, QUERY};
use crate::plugin::LiveChannel;
use serde_json::{Value, json};

/// What a right to a channel rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The number of the rights: callers who have the same are shown the same.
    pub rights: u32,
    /// The row of the rule's table that lets the caller in, such as a membership.
    pub basis: Option<i64>,
}

/// The table whose rows let callers in, for rules that have one.
pub fn tables_of_rules(def: &ObjectDef) -> impl Iterator<Item = &'static str> {
    let rights = crate::auth::Role::ALL.into_iter().flat_map(|role| def.all_rights(role));
    rights.filter_map(|rights| match rights.access.own {
        Own::Via { table, .. } => Some(table),
        Own::All | Own::Field(_) => None,
    })
}

/// The right to query rows of the object, whatever action of its own stands in the place of `query`.
pub fn authorized<'a>(tx: &Tx<'a>, channel: &LiveChannel, caller: &'a Caller) -> Result<Authorized<'a>> {
    let registry = &tx.env().registry;
    authorize(registry, caller, &Name::parse(&format!("{}.query", channel.object)))?;
    let def = registry.object(channel.object).ok_or_else(|| Error::server("a channel of no object"))?;
    let right = of_role(def, caller, QUERY)?;
    match right.owner() {
        None => Ok(right),
        Some(_) => Err(Error::forbidden("each look at private data is recorded: use `query`").say(
            "私密数据的每次查看都会记录，不可订阅",
            "private data cannot be followed, each look is recorded",
        )),
    }
}

/// The right to one channel of an object.
pub fn judge(tx: &mut Tx<'_>, channel: &LiveChannel, key: i64) -> Result<Standing> {
    let caller = tx.caller();
    let right = authorized(tx, channel, &caller)?;
    let rights = right.rights();
    let basis = match rights.access.own {
        // The start sees to it that rules depend on the key alone; what roles leave may have others.
        _ if rights.access.narrow.is_some() => return Err(right.refused()),
        Own::All => None,
        Own::Field(field) if field == channel.key && key == caller.id => None,
        Own::Via { link, table, key: column, field, when } if link == channel.key => {
            let mut by = vec![(column, json!(key)), (field, json!(caller.id))];
            by.extend(when.map(|(column, value)| (column, json!(value))));
            let row = tx.first(table, &by, "id")?.ok_or_else(|| right.refused())?;
            row.get("id").and_then(Value::as_i64)
        }
        Own::Field(_) | Own::Via { .. } => return Err(right.refused()),
    };
    Ok(Standing { rights: rights.number, basis })
}
