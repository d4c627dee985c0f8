//! What holds for every write of a role, and which of the words in `perms` are roles.

use super::employee::holders;
use jindou::plugin::*;

/// Only what can be told apart from the next word of a list.
pub fn valid_name(name: &str, param: &str) -> Result<()> {
    let valid = |c: char| c.is_alphanumeric() || c == '_' || c == '&';
    match !name.is_empty() && name.chars().all(valid) {
        true => Ok(()),
        false => Err(Error::param(format!("bad param `{param}`: a role has letters, digits, `_` and `&`"))
            .say("角色名包含非法字符", "the name of a role has letters, digits, `_` and `&` only")),
    }
}

/// The roles among the words of an account.
pub fn of_words(tx: &mut Tx<'_>, words: &[&str]) -> Result<Vec<GivenRole>> {
    let mut roles = Vec::new();
    for word in words {
        if let Some(row) = tx.first("Role", &[("name", json!(word))], "base, matrix")? {
            let matrix = row.get("matrix").and_then(Value::as_str).filter(|text| !text.is_empty());
            roles.push(GivenRole {
                name: (*word).to_owned(),
                base: base_of(row.get("base").and_then(Value::as_str).unwrap_or_default()),
                matrix: matrix.map(str::to_owned),
            });
        }
    }
    Ok(roles)
}

/// Whatever is not a manager's is an employee's.
pub fn base_of(text: &str) -> Role {
    if text == "mgr" { Role::Mgr } else { Role::Emp }
}

pub fn every(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let old = write.old_text("name").to_owned();
    let renamed = write.get("name").is_some() && now(write, "name") != old;
    if !write.adding() && (write.deleting() || renamed) {
        unused(tx, &old)?;
    }
    if write.deleting() {
        return Ok(());
    }
    if write.get("name").is_some() {
        let name = now(write, "name");
        valid_name(&name, "name")?;
        if tx.registry().is_permission(&name) {
            return Err(Error::param(format!("bad param `name`: `{name}` is a permission")).say(
                format!("`{name}`是系统权限，不能用作角色名`name`"),
                format!("`name`: `{name}` is a permission, not a role"),
            ));
        }
        if name != old && tx.first("Role", &[("name", json!(name))], "id")?.is_some() {
            return Err(Error::param(format!("bad param `name`: there is a role `{name}`"))
                .say(format!("角色`{name}`已存在"), format!("there is a role `{name}` already")));
        }
        // What a word that is gone had stood for is not theirs to say who may give only what they have.
        if name != old && tx.caller().narrowing.is_some() {
            unused(tx, &name)?;
        }
    }
    with_matrix(tx, write)
}

/// The matrix fits its base and gives nothing that its writer lacks.
fn with_matrix(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if let Some(base) = write.text("base").filter(|base| !matches!(*base, "emp" | "mgr")) {
        return Err(Error::param(format!("bad param `base`: `{base}` is neither emp nor mgr"))
            .say("基础权限`base`为emp或mgr", "`base` is emp or mgr"));
    }
    if write.adding() {
        write.stamp("base", "emp");
    }
    if write.get("base").is_none() && write.get("matrix").is_none() {
        return Ok(());
    }
    let (base, sent) = (now(write, "base"), now(write, "matrix"));
    let base = base_of(&base);
    let env = tx.env();
    let narrowing = match sent.is_empty() {
        true => None,
        false => {
            let matrix = parsed(&sent)?;
            env.registry.check_matrix(base, &matrix)?;
            let text = matrix.text();
            let narrowing = env.registry.narrowing(base, base.bits(), &[&text]);
            write.set("matrix", text);
            Some(narrowing)
        }
    };
    let caller = tx.caller();
    let widens = narrowing.is_some() || !write.old_text("matrix").is_empty();
    if caller.narrowing.is_none() || !widens {
        return Ok(());
    }
    let other = Caller { narrowing, ..Caller::of_role(base, 0) };
    match env.registry.beyond(&caller, &other) {
        None => Ok(()),
        Some(more) => Err(Error::forbidden(format!("field `matrix`: {more} is not the caller's to give"))
            .say(
                format!("不能授予自己没有的权限`matrix`: {more}"),
                format!("`matrix`: you cannot give a right that you do not have: {more}"),
            )),
    }
}

pub fn parsed(text: &str) -> Result<Matrix> {
    Matrix::parse(text).map_err(|place| {
        Error::param(format!("bad param `matrix`: it is wrong at {place}"))
            .say(format!("权限矩阵`matrix`格式不正确: {place}"), format!("`matrix` is wrong at {place}"))
    })
}

/// A field as it will be.
fn now(write: &Write, field: &str) -> String {
    match write.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
        None => write.old_text(field).to_owned(),
    }
}

/// A role that is held is not removed: those who have it could do nothing any more.
fn unused(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    match holders(tx, name)?.len() {
        0 => Ok(()),
        count => Err(Error::forbidden(format!("{count} employees have the role `{name}`")).say(
            format!("有{count}名员工拥有角色`{name}`，不能删除或改名"),
            format!("the role `{name}` cannot be removed or renamed: {count} employees have it"),
        )),
    }
}
