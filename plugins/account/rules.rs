//! Rules for every write of an account.

use super::kind::{EMP_KIND, Kind, USER_KIND, bits_of, is_known, words_of};
use super::{mfa, password, standing};
use jindou::plugin::*;

pub fn begin_user(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("createTm", tx.now());
    Ok(())
}

pub fn user(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    account(tx, write, &USER_KIND, false)
}

pub fn begin_employee(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("perms", "emp");
    Ok(())
}

pub fn employee(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let disabled = write
        .get("perms")
        .is_some_and(|perms| bits_of(tx.registry(), perms.as_str().unwrap_or_default()) == 0);
    account(tx, write, &EMP_KIND, disabled)
}

/// A manager sets what logs others in. For the manager's own account it takes the proof that everybody gives, so
/// that a session somebody left open is not an account lost.
pub fn of_others(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    permitted(tx, write)?;
    let renamed = |field| write.changed(field).is_some();
    if !write.adding() && (write.get("pwd").is_some() || renamed("phone") || renamed("uname")) {
        may_take_over(tx, write.old.text("perms"))?;
    }
    if write.adding() || write.deleting() || write.id != Some(tx.caller().id) {
        return Ok(());
    }
    if write.get("pwd").is_some() {
        return Err(Error::forbidden("field `pwd` of one's own account is changed by chpwd").say(
            "请通过修改密码功能修改自己的密码`pwd`（需验证原密码）",
            "`pwd`: your own password is changed by chpwd, which asks for the old one",
        ));
    }
    match write.changed("phone") {
        None => Ok(()),
        Some(_) => Err(Error::forbidden("field `phone` of one's own account is changed by bindPhone").say(
            "请通过绑定手机功能修改自己的手机号`phone`（需验证码）",
            "`phone`: your own phone is changed by bindPhone, with a code sent to the new one",
        )),
    }
}

/// Whoever changes what logs somebody in can log in as them: so nobody does it to an account that has a permission
/// they lack. To take such a permission away, or the whole account, is another matter: it gives them nothing.
pub fn may_take_over(tx: &mut Tx<'_>, perms: &str) -> Result<()> {
    let caller = tx.caller();
    if caller.has(ADMIN) {
        return Ok(());
    }
    let standing = standing::of_perms(tx, perms)?;
    let more = match standing.bits & !caller.bits {
        0 => standing::beyond(tx, &standing),
        more => Some(mask::names(more)),
    };
    match more {
        None => Ok(()),
        Some(more) => Err(Error::forbidden(format!(
            "the account has a permission that the caller lacks: {more}"
        ))
        .say(
            "该员工拥有您没有的权限，不能修改其登录方式（密码、手机号、用户名、两步验证）",
            "this account has a permission that you lack: you cannot change its password, phone, name or second factor",
        )),
    }
}

/// Nobody gives a permission that they do not have, nor a word that may be one when a plugin is added.
fn permitted(tx: &mut Tx<'_>, write: &Write) -> Result<()> {
    let registry = tx.registry();
    let Some(perms) = write.get("perms").filter(|_| !write.deleting()) else { return Ok(()) };
    let (new, old) = (perms.as_str().unwrap_or_default(), write.old.text("perms").to_owned());
    let mut unknown: Vec<&str> = words_of(new)
        .filter(|word| words_of(&old).all(|had| had != *word) && !is_known(registry, word))
        .collect();
    if let Some(source) = registry.roles().filter(|_| !unknown.is_empty()) {
        let roles = (source.find)(tx, &unknown)?;
        unknown.retain(|word| roles.iter().all(|role| role.name != *word));
    }
    if let Some(word) = unknown.first() {
        return Err(Error::param(format!("bad param `perms`: there is no permission `{word}`")).say(
            format!("权限`{word}`不存在（`perms`）"),
            format!("`perms`: there is no permission `{word}`"),
        ));
    }
    if new == old {
        return Ok(());
    }
    let given = standing::of_perms(tx, new)?;
    let more = match given.bits & !(bits_of(registry, &old) | tx.caller().bits) {
        0 => standing::beyond(tx, &given),
        more => Some(mask::names(more)),
    };
    match more {
        None => Ok(()),
        Some(more) => Err(Error::forbidden(format!("field `perms`: {more} is not the caller's to give"))
            .say(
                "不能授予自己没有的权限`perms`",
                "`perms`: you cannot give a permission that you do not have",
            )),
    }
}

fn account(tx: &mut Tx<'_>, write: &mut Write, kind: &'static Kind, disabled: bool) -> Result<()> {
    if write.text("uname").is_some_and(|uname| uname.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(Error::param("bad param `uname`: it begins with a digit")
            .say("用户名不能以数字开头", "`uname` may not begin with a digit"));
    }
    let pwd = write.text("pwd").filter(|pwd| !pwd.is_empty()).map(str::to_owned);
    if let Some(pwd) = &pwd {
        let now =
            |name: &str| write.text(name).map_or_else(|| write.old.text(name).to_owned(), str::to_owned);
        let names = [now("uname"), now("phone")];
        let own: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        password::check(tx, pwd, &own)?;
    }
    let emptied = write.get("pwd").is_some_and(|pwd| pwd.as_str() == Some(""));
    if !write.adding() && (write.deleting() || disabled || pwd.is_some() || emptied) {
        let (deleted, gone) = (write.deleting(), write.deleting() || disabled);
        write.after(move |tx, id| {
            if deleted {
                mfa::remove(tx, kind.app_type, id)?;
            }
            end(tx, kind, id, gone)
        });
    }
    Ok(())
}

/// The sessions of the account end; the caller who changed their own password stays, under a new session.
fn end(tx: &mut Tx<'_>, kind: &Kind, id: i64, gone: bool) -> Result<()> {
    tx.end_sessions(kind.app_type, id)?;
    let caller = tx.caller();
    if caller.has(kind.bit) && caller.id == id && tx.has_session() {
        match gone {
            true => tx.log_out(),
            false => {
                let identity = kind.identity(tx, id)?;
                tx.log_in(id, &identity);
            }
        }
    }
    Ok(())
}
