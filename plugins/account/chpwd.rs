//! `chpwd`: another password, proven by the old one, by a code sent to the phone, or by being quite new.

use super::kind::{Kind, USER_KIND, text_of};
use super::login::{guess_key, one_of};
use super::{code, token};
use jindou::exec::passwords::Hashes;
use jindou::plugin::*;
use jindou::time::parse_local;

/// An account this young may set its first password without an old one.
const YOUNG_SEC: i64 = 3600;

pub fn chpwd(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let kind = Kind::of(stage.caller())?;
    let env = stage.env();
    let pwd = args.verbatim("pwd").ok_or_else(|| Error::missing("pwd"))?;
    let phone = args.text(env, "phone")?;
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
            by_old(stage, kind, id, &old)?;
            Proof::Old(id)
        }
        _ => Proof::Code { phone: forgotten, me, sent: sent.unwrap_or_default() },
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
    Code { phone: Option<String>, me: Option<i64>, sent: String },
}

impl Proof {
    /// The account it proves.
    fn account(self, tx: &mut Tx<'_>, kind: &Kind) -> Result<i64> {
        let (phone, me, sent) = match self {
            Proof::Old(id) => return Ok(id),
            Proof::Code { phone, me, sent } => (phone, me, sent),
        };
        let phone = match (phone, me) {
            (Some(phone), _) => phone,
            (None, Some(me)) => {
                let row = tx.first(kind.table, &[("id", json!(me))], "phone")?.unwrap_or_default();
                text_of(&row, "phone")
            }
            (None, None) => String::new(),
        };
        // The code first: who has none learns nothing about phones.
        code::check(tx, &phone, &sent)?;
        let found = tx.first(kind.table, &[("phone", json!(phone))], "id")?;
        let id = found.and_then(|row| row["id"].as_i64());
        id.ok_or_else(|| Error::auth_fail("bad user").say("手机号未注册", "this phone is not registered"))
    }
}

fn by_old(stage: &Stage<'_>, kind: &'static Kind, id: i64, old: &str) -> Result<()> {
    let env = stage.env();
    let refused = || Error::auth_fail("bad password").say("密码验证失败", "the old password is wrong");
    if old == "_none" {
        return if young(stage, kind, id)? { Ok(()) } else { Err(refused()) };
    }
    let key = guess_key(kind, Some(id), "");
    env.logins.check(&key, &stage.caller().addr)?;
    let stored = stage.read(|tx| kind.stored_password(tx, id))?.unwrap_or_default();
    let right = env.hasher.verify(&stored, old)?.is_right();
    env.logins.settle(&key, &stage.caller().addr, right)?;
    if right { Ok(()) } else { Err(refused()) }
}

/// Registered within the last hour.
fn young(stage: &Stage<'_>, kind: &Kind, id: i64) -> Result<bool> {
    if kind.table != USER_KIND.table {
        return Ok(false);
    }
    let env = stage.env();
    let row = stage.read(|tx| tx.first("User", &[("id", json!(id))], "createTm"))?.unwrap_or_default();
    let made = parse_local(&text_of(&row, "createTm"), &env.zone);
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
        tx.log_in(id, identity);
        return Ok(Value::Object(token::give(tx, kind.app_type, id, identity.version)?).into());
    }
    Ok(Value::Object(token::make(tx, kind.app_type, id, identity.version)?).into())
}
