//! `chpwd`: another password, proven by the old one, by a code sent to the phone, or by being quite new.

use super::kind::{Kind, USER_KIND, bad_password};
use super::login::one_of;
use super::{code, guard, token};
use jindou::plugin::*;
use jindou::time::parse_local;
use jindou::write::passwords::Hashes;

/// An account this young that has no password may set its first one, and needs no code.
const YOUNG_SEC: i64 = 3600;

pub fn chpwd(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let kind = Kind::of(stage.caller())?;
    let env = stage.env();
    let pwd = args.verbatim("pwd").ok_or_else(|| Error::missing("pwd"))?;
    let phone = args.text("phone")?;
    let (old, sent) = (args.verbatim("oldpwd"), args.verbatim("code"));
    if old.is_none() && sent.is_none() {
        return Err(one_of("oldpwd or code"));
    }
    // Only a code proves an account to somebody who is not logged in.
    let me = stage.caller().has(kind.bit).then_some(stage.caller().id);
    let forgotten = phone.filter(|_| sent.is_some() && kind.bit == USER);
    if me.is_none() && forgotten.is_none() {
        return Err(Error::no_auth(format!("require auth to {}", mask::names(kind.bit))));
    }
    let proven = match (&sent, old, me) {
        (None, Some(old), Some(id)) => {
            by_old(stage, args, kind, id, &old)?;
            Proof::Old(id)
        }
        _ => {
            let device = guard::device_cookie(args, kind.app_type);
            Proof::Code { phone: forgotten, me, sent: sent.unwrap_or_default(), device }
        }
    };
    let hashes = Hashes::from([(pwd.clone(), env.hasher.hash(&pwd)?)]);
    Ok(Prepared::write(move |tx| {
        let id = proven.account(tx, kind)?;
        tx.know_hashes(hashes);
        change(tx, kind, id, pwd, me == Some(id))
    }))
}

enum Proof {
    Old(i64),
    Code { phone: Option<String>, me: Option<i64>, sent: String, device: Option<String> },
}

impl Proof {
    /// The account it proves.
    fn account(self, tx: &mut Tx<'_>, kind: &Kind) -> Result<i64> {
        let (phone, me, sent, device) = match self {
            Proof::Old(id) => return Ok(id),
            Proof::Code { phone, me, sent, device } => (phone, me, sent, device),
        };
        let phone = match (phone, me) {
            (Some(phone), _) => phone,
            (None, Some(me)) => {
                let row = tx.first(kind.table, &[("id", json!(me))], "phone")?.unwrap_or_default();
                row.text("phone").to_owned()
            }
            (None, None) => String::new(),
        };
        // The code first: who has none learns nothing about phones.
        code::check(tx, device.as_deref(), &phone, &sent)?;
        let found = tx.first(kind.table, &[("phone", json!(phone))], "id")?;
        let id = found.and_then(|row| row["id"].as_i64());
        id.ok_or_else(|| Error::auth_fail("bad user").say("手机号未注册", "this phone is not registered"))
    }
}

fn by_old(stage: &Stage<'_>, args: &Args, kind: &'static Kind, id: i64, old: &str) -> Result<()> {
    if old != "_none" {
        return kind.prove(stage, args, id, old);
    }
    match stage.read(|tx| kind.stored_password(tx, id))?.is_none_or(|stored| stored.is_empty())
        && young(stage, kind, id)?
    {
        true => Ok(()),
        false => Err(bad_password()),
    }
}

/// Registered within the last hour.
fn young(stage: &Stage<'_>, kind: &Kind, id: i64) -> Result<bool> {
    if kind.table != USER_KIND.table {
        return Ok(false);
    }
    let env = stage.env();
    let row = stage.read(|tx| tx.first("User", &[("id", json!(id))], "createTm"))?.unwrap_or_default();
    let made = parse_local(row.text("createTm"), &env.zone);
    Ok(made.is_some_and(|made| env.unix_ms() / 1000 - env.zone.to_unix(made) < YOUNG_SEC))
}

/// All sessions end; who is logged in gets a new one, and everybody a new token.
fn change(tx: &mut Tx<'_>, kind: &Kind, id: i64, pwd: String, mine: bool) -> Result<Answer> {
    let (mut get, mut post) = (Params::default(), Params::default());
    get.set("id", id);
    post.set("pwd", pwd);
    tx.call_as_system(&format!("{}.set", kind.table), get, post)?;
    let identity = kind.identity(tx, id)?;
    if mine {
        tx.log_in(id, &identity);
        return Ok(Value::Object(token::give(tx, kind.app_type, id, identity.version)?).into());
    }
    Ok(Value::Object(token::make(tx, kind.app_type, id, identity.version)?).into())
}
