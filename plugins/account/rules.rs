//! What holds for every write of an account, whoever makes it.

use super::kind::{EMP_KIND, Kind, USER_KIND, bits_of, text_of};
use super::{mfa, password};
use jindou::plugin::*;

pub fn user(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        write.stamp("createTm", tx.now());
    }
    account(tx, write, &USER_KIND, false)
}

pub fn employee(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        write.stamp("perms", "emp");
    }
    let disabled = write
        .get("perms")
        .is_some_and(|perms| bits_of(&tx.env().registry, perms.as_str().unwrap_or_default()) == 0);
    account(tx, write, &EMP_KIND, disabled)
}

/// A manager sets what logs others in. For the manager's own account it takes the proof that everybody gives, so
/// that a session somebody left open is not an account lost.
pub fn of_others(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    permitted(tx, write)?;
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

/// Nobody gives a permission that they do not have.
fn permitted(tx: &mut Tx<'_>, write: &Write) -> Result<()> {
    let registry = &tx.env().registry;
    let Some(perms) = write.get("perms").filter(|_| !write.deleting()) else { return Ok(()) };
    let before = bits_of(registry, &text_of(&write.old, "perms"));
    match bits_of(registry, perms.as_str().unwrap_or_default()) & !(before | tx.caller().bits) {
        0 => Ok(()),
        more => {
            Err(Error::forbidden(format!("field `perms`: {} is not the caller's to give", mask::names(more)))
                .say(
                    "不能授予自己没有的权限`perms`",
                    "`perms`: you cannot give a permission that you do not have",
                ))
        }
    }
}

fn account(tx: &mut Tx<'_>, write: &mut Write, kind: &'static Kind, disabled: bool) -> Result<()> {
    if write.text("uname").is_some_and(|uname| uname.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(Error::param("bad param `uname`: it begins with a digit")
            .say("用户名不能以数字开头", "`uname` may not begin with a digit"));
    }
    let pwd = write.text("pwd").filter(|pwd| !pwd.is_empty()).map(str::to_owned);
    if let Some(pwd) = &pwd {
        let now = |name: &str| write.text(name).map_or_else(|| text_of(&write.old, name), str::to_owned);
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

/// The sessions of the account end; who changed his own password stays, under a new session.
fn end(tx: &mut Tx<'_>, kind: &Kind, id: i64, gone: bool) -> Result<()> {
    tx.end_sessions(kind.app_type, id)?;
    let caller = tx.caller();
    if caller.has(kind.bit) && caller.id == id && tx.has_session() {
        match gone {
            true => tx.log_out(),
            false => {
                let identity = kind.identity(tx, id)?;
                tx.log_in(id, identity);
            }
        }
    }
    Ok(())
}
