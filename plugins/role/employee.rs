//! What this plugin adds to employees: the menu words of their roles, and the search for those who have a role.

use super::rules;
use crate::plugins::account::words_of;
use jindou::call::cond::Test;
use jindou::call::name_ref::NameRef;
use jindou::plugin::*;

const ROLE_PERMS: &str = "rolePerms";

/// `Employee.get`: the standard one and `rolePerms`, unless `res` asks for other fields alone.
pub fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (args, asked) = Asked::of(args);
    let answer = tx.standard("Employee", GET, &args)?;
    let Asked::Shown { perms_too } = asked else { return Ok(answer) };
    let Value::Object(mut row) = answer.into_value() else { return Ok(Value::Null.into()) };
    // Those to whom `perms` is hidden see nothing that is made of it.
    let perms = match perms_too {
        true => row.get("perms").cloned(),
        false => row.remove("perms"),
    };
    if let Some(perms) = perms {
        let words = menu_words(tx, perms.as_str().unwrap_or_default())?;
        row.insert(ROLE_PERMS.to_owned(), words.into());
    }
    Ok(Value::Object(row).into())
}

/// What `res` says of `rolePerms`.
enum Asked {
    Not,
    /// `perms_too`: `perms` was asked for as well, and is not only read to find the roles.
    Shown {
        perms_too: bool,
    },
}

impl Asked {
    /// And the parameters for the standard action, which does not know the field.
    fn of(args: &Args) -> (Args, Asked) {
        let Some(res) = args.verbatim("res") else { return (args.clone(), Asked::Shown { perms_too: true }) };
        let items: Vec<&str> = res.split(',').map(str::trim).collect();
        let has = |name: &str| items.contains(&name);
        if has("*") || has("t0.*") {
            let rest = without(args, &items, &[]);
            return (rest, Asked::Shown { perms_too: true });
        }
        if !has(ROLE_PERMS) {
            return (args.clone(), Asked::Not);
        }
        let perms_too = has("perms");
        (without(args, &items, if perms_too { &[] } else { &["perms"] }), Asked::Shown { perms_too })
    }
}

fn without(args: &Args, items: &[&str], more: &[&str]) -> Args {
    let rest = items.iter().filter(|item| **item != ROLE_PERMS).chain(more);
    let res = rest.copied().collect::<Vec<_>>().join(",");
    let mut args = args.clone();
    args.post.0.remove("res");
    args.get.set("res", res);
    args
}

/// The menu words of the roles that are named, in their order.
fn menu_words(tx: &mut Tx<'_>, perms: &str) -> Result<String> {
    let mut found = Vec::new();
    for word in words_of(perms) {
        if let Some(row) = tx.first("Role", &[("name", json!(word))], "perms")? {
            let perms = row.get("perms").and_then(Value::as_str).unwrap_or_default().trim();
            found.extend((!perms.is_empty()).then(|| perms.to_owned()));
        }
    }
    Ok(found.join(" "))
}

/// `Employee.query(role)`: only those who have the role.
pub fn having(tx: &mut Tx<'_>, role: &str) -> Result<Cond> {
    rules::valid_name(role, "role")?;
    // To be found by a field is to have it read.
    let caller = tx.caller();
    let def = tx.registry().object("Employee");
    if def.and_then(|def| def.rights_of(&caller)).is_none_or(|rights| rights.hidden.contains("perms")) {
        return Err(Error::forbidden("field `perms` is hidden, so `role` cannot be asked for"));
    }
    let ids = holders(tx, role)?.into_iter().map(Literal::Int).collect();
    Ok(Cond::Test(NameRef::plain("id"), Test::In { not: false, list: ids }))
}

/// The employees whose `perms` name a role.
pub fn holders(tx: &mut Tx<'_>, role: &str) -> Result<Vec<i64>> {
    // `_` in a pattern stands for any character, so the words are looked at as well.
    let like = Test::Like { not: false, pattern: format!("%{role}%") };
    let found = Find::by(Cond::Test(NameRef::plain("perms"), like)).res("id, perms").limit(-1);
    let rows = tx.find("Employee", found)?;
    let has = |row: &&Map<String, Value>| {
        words_of(row.get("perms").and_then(Value::as_str).unwrap_or_default()).any(|word| word == role)
    };
    Ok(rows.iter().filter(has).filter_map(|row| row.get("id").and_then(Value::as_i64)).collect())
}
