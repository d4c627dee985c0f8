//! New accounts: by the first login with a code, or by `reg` where the operator lets people register.

use super::entrance::{self, Entrance};
use super::kind::{EMP_KIND, Kind, USER_KIND};
use super::login::one_of;
use super::{code, guard};
use jindou::plugin::*;
use jindou::write::passwords::Hashes;

/// An account for a phone whose code was right. It has no password, so no password opens it.
pub fn by_phone(tx: &mut Tx<'_>, kind: &Kind, phone: &str) -> Result<i64> {
    if !tx.config().auto_reg.iter().any(|name| name == kind.app_type) {
        return Err(Error::auth_fail("bad user").say("手机号未注册", "this phone is not registered"));
    }
    code::check_phone(phone)?;
    let title = if kind.table == EMP_KIND.table { "员工" } else { "用户" };
    let mut fields = Params::default();
    fields.set("phone", phone);
    fields.set("name", format!("{title}{}****{}", &phone[..3], &phone[7..]));
    add(tx, kind, fields)
}

fn add(tx: &mut Tx<'_>, kind: &Kind, fields: Params) -> Result<i64> {
    let id = tx.call_as_system(&format!("{}.add", kind.table), Params::default(), fields)?;
    id.as_i64().ok_or_else(|| Error::server("an account without an id"))
}

pub fn reg(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    if !env.config.manual_reg {
        return Err(Error::forbidden("registration is off (P_REG)")
            .say("系统未开放用户注册。", "registration is not open"));
    }
    if &*stage.caller().app_type != USER_KIND.app_type {
        return Err(Error::param(format!("Unknown type `{}`", stage.caller().app_type)));
    }
    let (uname, phone) = (args.text("uname")?, args.text("phone")?);
    if uname.is_none() && phone.is_none() {
        return Err(one_of("uname or phone"));
    }
    // A phone is somebody's: without its code anybody could take it.
    let sent = match &phone {
        Some(phone) => {
            code::check_phone(phone)?;
            args.verbatim("code").ok_or_else(|| Error::missing("code"))?
        }
        None => String::new(),
    };
    let pwd = args.verbatim("pwd").ok_or_else(|| Error::missing("pwd"))?;
    let name = args.text("name")?;
    let key = Key::network("reg", stage.caller());
    let device = guard::device_cookie(args, USER_KIND.app_type);
    stage.limit(&key, env.config.throttle.codes_per_address_hour, 3600)?;
    let hashes = Hashes::from([(pwd.clone(), env.hasher.hash(&pwd)?)]);
    Ok(Prepared::write(move |tx| {
        if let Some(phone) = &phone {
            code::check(tx, device.as_deref(), phone, &sent)?;
        }
        free(tx, "uname", &uname, "用户名已存在", "this name is taken")?;
        free(tx, "phone", &phone, "手机号已存在", "this phone has an account already")?;
        tx.know_hashes(hashes);
        let mut fields = Params::default();
        let given = [("uname", uname), ("phone", phone), ("name", name), ("pwd", Some(pwd))];
        given
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .for_each(|(field, value)| fields.set(field, value));
        let id = add(tx, &USER_KIND, fields)?;
        entrance::enter(tx, &USER_KIND, id, Entrance::default())
    }))
}

fn free(
    tx: &mut Tx<'_>,
    column: &str,
    value: &Option<String>,
    zh: &'static str,
    en: &'static str,
) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    match tx.first("User", &[(column, json!(value))], "id")? {
        None => Ok(()),
        Some(_) => Err(Error::param(format!("duplicate `{column}`")).say(zh, en)),
    }
}
