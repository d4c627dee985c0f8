//! `login`: by password, by code, by token. Guessing is limited (see `guard`); whether the
//! name or the password was wrong is not told, nor shown by the time it takes.

use super::entrance::{self, Entrance};
use super::kind::{Kind, fingerprint};
use super::{admin, captcha, code, guard, mfa, register, token};
use jindou::credentials::password::Verdict;
use jindou::plugin::*;

pub fn login(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    if let Some(token) = args.verbatim("token") {
        return token::login(stage, token);
    }
    let uname = match args.text("uname")? {
        Some(uname) => uname,
        None => args.text("phone")?.ok_or_else(|| Error::missing("uname"))?,
    };
    let otp = args.verbatim("otp").filter(|otp| !otp.is_empty());
    match (args.verbatim("pwd"), args.verbatim("code")) {
        (Some(pwd), _) => {
            let attempt = Attempt { args, uname, pwd, otp };
            match &*stage.caller().app_type {
                "admin" => admin::login(stage, attempt),
                _ => by_password(stage, attempt),
            }
        }
        (None, Some(code)) => by_code(stage, args, uname, code, otp),
        (None, None) => Err(one_of("pwd or code")),
    }
}

pub fn one_of(names: &str) -> Error {
    Error::param(format!("Bad Request - require param {names}"))
        .say(format!("缺少参数`{names}`"), format!("parameter `{names}` is missing"))
}

/// A login by name and password, with the code of the second factor if one was sent.
pub struct Attempt<'a> {
    pub args: &'a Args,
    pub uname: String,
    pub pwd: String,
    pub otp: Option<String>,
}

fn by_password(stage: &mut Stage<'_>, attempt: Attempt<'_>) -> Result<Prepared> {
    let Attempt { args, uname, pwd, otp } = attempt;
    let kind = Kind::of(stage.caller())?;
    let env = stage.env();
    captcha::check(stage, args, &uname)?;
    let account = stage.read(|tx| kind.find(tx, &uname))?;
    let guess = guard::guess(stage, args, Some(&uname), account.as_ref().map(|(id, _)| *id));
    env.logins.check(&guess)?;
    let stored = account.as_ref().map_or("", |(_, stored)| stored.as_str());
    let verdict = env.hasher.verify(stored, &pwd)?;
    env.logins.settle(&guess, verdict.is_right())?;
    captcha::settle(stage, &uname, verdict.is_right())?;
    let (Verdict::Right { upgrade }, Some((id, stored))) = (verdict, account) else {
        return Err(kind.wrong());
    };
    let upgraded = if upgrade { Some(env.hasher.hash(&pwd)?) } else { None };
    Ok(Prepared::write(move |tx| {
        // Between the look and now the password may have been changed.
        if kind.stored_password(tx, id)?.as_deref() != Some(stored.as_str()) {
            return Err(kind.wrong());
        }
        if let Some(new) = &upgraded {
            tx.update(kind.table, &[("id", json!(id))], [("pwd", json!(new))])?;
            tx.carry_sessions(kind.app_type, id, fingerprint(&stored), fingerprint(new))?;
        }
        entrance::enter(tx, kind, id, Entrance::with_otp(otp))
    }))
}

/// An unknown phone becomes an account, where the configuration lets it.
fn by_code(
    stage: &mut Stage<'_>,
    args: &Args,
    phone: String,
    sent: String,
    otp: Option<String>,
) -> Result<Prepared> {
    let kind = Kind::of(stage.caller())?;
    let device = guard::device_cookie(args, kind.app_type);
    Ok(Prepared::write(move |tx| {
        let account = kind.find(tx, &phone)?;
        if let Some((id, _)) = &account
            && otp.is_none()
            && mfa::is_on(tx, kind.app_type, *id)?
            && code::is_right(tx, device.as_deref(), &phone, &sent)?
        {
            // The code is not used up: it comes again with that of the second factor.
            return Err(Error::known(mfa::NEEDED));
        }
        code::check(tx, device.as_deref(), &phone, &sent)?;
        match account {
            Some((id, _)) => entrance::enter(tx, kind, id, Entrance::with_otp(otp)),
            None => {
                let id = register::by_phone(tx, kind, &phone)?;
                entrance::enter(tx, kind, id, Entrance { is_new: true, ..Entrance::default() })
            }
        }
    }))
}
