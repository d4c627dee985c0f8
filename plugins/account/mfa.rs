//! The second factor of staff and of the super administrator: codes of an authenticator app, and recovery codes for
//! the day its phone is lost. Asked for by every login that proves an account anew (`entrance`), not by a login
//! token, which was given after it.
//!
//! A code is taken once. Three wrong ones in a row block codes for a while, longer each time; a recovery code, which
//! nobody guesses, goes on working, so that whoever knows the password alone cannot lock its owner out.

use super::kind::Kind;
use super::{admin, rules, sessions};
use jindou::credentials::otp;
use jindou::credentials::proof::Proof;
use jindou::id::CodeKind;
use jindou::plugin::*;
use jindou::redact;

/// The login needs `otp` as well.
pub const NEEDED: Fault = (1101, "需要动态验证码", "a code of the authenticator app is needed");

/// Wrong codes in a row that block. A code is one in a million and three of them are right at a time, so a guesser
/// has less than one chance in a hundred thousand before the first block.
const WRONG_MAX: i64 = 3;
/// How long the first block lasts; each further wrong code doubles it.
const BLOCK_SEC: u32 = 15 * 60;
const DOUBLINGS: i64 = 4;
/// An enrolment that was begun is confirmed within this time, or begun anew.
const BEGUN_MS: i64 = 15 * 60_000;
const RECOVERY_CODES: usize = 10;
/// Twelve letters and digits out of 32: 60 bits.
const RECOVERY: Proof = Proof::new(CodeKind::clear(12), u32::MAX);
const COLUMNS: &str = "id, secret, recoverySecret, active, step, wrong, blockedMs, createMs";

/// A row of Mfa.
struct Factor {
    id: i64,
    /// The account, as the place its secrets are sealed for.
    place: String,
    sealed: String,
    recovery: Vec<String>,
    active: bool,
    step: i64,
    wrong: i64,
    blocked_ms: i64,
    created_ms: i64,
}

impl Factor {
    fn find(tx: &mut Tx<'_>, app_type: &str, uid: i64) -> Result<Option<Factor>> {
        let Some(row) = tx.first("Mfa", &account(app_type, uid), COLUMNS)? else { return Ok(None) };
        let int = |name: &str| row.get(name).and_then(Value::as_i64).unwrap_or_default();
        Ok(Some(Factor {
            id: int("id"),
            place: place(app_type, uid),
            sealed: row.text("secret").to_owned(),
            recovery: row.text("recoverySecret").split_whitespace().map(str::to_owned).collect(),
            active: int("active") == 1,
            step: int("step"),
            wrong: int("wrong"),
            blocked_ms: int("blockedMs"),
            created_ms: int("createMs"),
        }))
    }

    fn save(&self, tx: &mut Tx<'_>, fields: Value) -> Result<()> {
        let Value::Object(fields) = fields else { return Err(Error::server("fields are an object")) };
        tx.update("Mfa", &[("id", json!(self.id))], fields).map(|_| ())
    }

    /// Takes a code of the app or a recovery code. A wrong one is counted although its call fails.
    fn take(&self, tx: &mut Tx<'_>, sent: &str) -> Result<()> {
        let env = tx.env();
        let hash = env.seal.hash(&self.place, &plain(sent));
        if self.recovery.iter().any(|held| redact::same(held, &hash)) {
            let left: Vec<&str> =
                self.recovery.iter().map(String::as_str).filter(|held| **held != hash).collect();
            tracing::info!(account = self.place, left = left.len(), "a recovery code was used");
            return self.save(tx, json!({"recoverySecret": left.join(" "), "wrong": 0, "blockedMs": 0}));
        }
        let now = env.unix_ms();
        if self.blocked_ms > now {
            return Err(blocked((self.blocked_ms - now + 59_999) / 60_000));
        }
        // Calls that come together see the same row, and what they leave in it is written after all of them have
        // been judged. So guesses at one state of the row are counted in memory, at once.
        let state = format!("{} {} {} {}", self.place, self.step, self.wrong, self.recovery.len());
        let allowed = u32::try_from(WRONG_MAX - self.wrong).unwrap_or_default().max(1);
        let counted = tx.limit(&Key::of(&state, self.blocked_ms), allowed, BLOCK_SEC);
        counted.map_err(|_| blocked(i64::from(BLOCK_SEC) / 60))?;
        let key = env.seal.open(&self.place, &self.sealed)?;
        if let Some(step) = otp::step_of(&key, sent, now / 1000)?.filter(|step| *step > self.step) {
            return self.save(tx, json!({"step": step, "wrong": 0, "blockedMs": 0}));
        }
        let id = self.id;
        tx.even_if_refused(move |tx| count_wrong(tx, id));
        Err(Error::auth_fail("bad otp")
            .say("动态验证码错误或已使用", "the code is wrong or was used already"))
    }
}

fn blocked(minutes: i64) -> Error {
    Error::forbidden("too many wrong codes").say(
        format!("动态验证码错误次数过多，请{minutes}分钟后再试，或使用恢复码"),
        format!("too many wrong codes; try again in {minutes} minutes or use a recovery code"),
    )
}

fn count_wrong(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let by = [("id", json!(id))];
    let Some(row) = tx.first("Mfa", &by, "wrong")? else { return Ok(()) };
    let wrong = row.int("wrong") + 1;
    let mut fields = Map::from_iter([("wrong".to_owned(), json!(wrong))]);
    if wrong >= WRONG_MAX {
        let until = tx.unix_ms() + ((i64::from(BLOCK_SEC) * 1000) << (wrong - WRONG_MAX).min(DOUBLINGS));
        fields.insert("blockedMs".to_owned(), json!(until));
    }
    tx.update("Mfa", &by, fields).map(|_| ())
}

fn account(app_type: &str, uid: i64) -> [(&'static str, Value); 2] {
    [("appType", json!(app_type)), ("uid", json!(uid))]
}

fn place(app_type: &str, uid: i64) -> String {
    format!("mfa {app_type} {uid}")
}

/// As it was given out: people type dashes, spaces and small letters.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Lets a login through: the account has no second factor, or this is its code.
pub fn pass(tx: &mut Tx<'_>, app_type: &str, uid: i64, sent: Option<&str>) -> Result<()> {
    match Factor::find(tx, app_type, uid)?.filter(|factor| factor.active) {
        None => Ok(()),
        Some(factor) => factor.take(tx, sent.ok_or_else(|| Error::known(NEEDED))?),
    }
}

pub fn is_on(tx: &mut Tx<'_>, app_type: &str, uid: i64) -> Result<bool> {
    Ok(Factor::find(tx, app_type, uid)?.is_some_and(|factor| factor.active))
}

fn is_required(env: &Services, app_type: &str) -> bool {
    env.config.mfa.iter().any(|name| name == app_type)
}

/// What is left of an account's rights: where a second factor is required and there is none, only getting one.
pub fn narrowed(tx: &mut Tx<'_>, app_type: &str, uid: i64, bits: Mask) -> Result<Mask> {
    match is_required(tx.env(), app_type) && !is_on(tx, app_type, uid)? {
        true => Ok(ENROL),
        false => Ok(bits),
    }
}

/// What a login and whoami say of somebody who has to enrol first.
pub fn must_enrol(id: i64) -> Map<String, Value> {
    Map::from_iter([("id".to_owned(), json!(id)), ("_mfa".to_owned(), json!("enrol"))])
}

pub fn remove(tx: &mut Tx<'_>, app_type: &str, uid: i64) -> Result<bool> {
    let removed = tx.delete("Mfa", &account(app_type, uid))? > 0;
    if removed {
        tx.accounts_changed();
    }
    Ok(removed)
}

/// `mfaStatus`
pub fn status(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    let factor = Factor::find(tx, &caller.app_type, caller.id)?.filter(|factor| factor.active);
    Ok(json!({
        "active": i32::from(factor.is_some()),
        "required": i32::from(is_required(tx.env(), &caller.app_type)),
        "codesLeft": factor.map_or(0, |factor| factor.recovery.len()),
    })
    .into())
}

/// `mfaBegin(pwd)`: whoever finds an open session must not be able to lock its owner out.
pub fn begin(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let caller = stage.caller();
    let (app_type, uid) = (caller.app_type.to_string(), caller.id);
    let pwd = args.verbatim("pwd").ok_or_else(|| Error::missing("pwd"))?;
    match &*app_type {
        "admin" => admin::prove(stage, args, None, &pwd)?,
        _ => Kind::of(stage.caller())?.prove(stage, args, uid, &pwd)?,
    }
    Ok(Prepared::write(move |tx| {
        let account_name = account_name(tx, &app_type, uid)?;
        if is_on(tx, &app_type, uid)? {
            return Err(Error::forbidden("a second factor is on already")
                .say("已启用两步验证，请先停用", "there is a second factor already; end it first"));
        }
        let env = tx.env();
        let key = otp::new_key();
        tx.delete("Mfa", &account(&app_type, uid))?;
        let row = json!({"appType": app_type, "uid": uid, "secret": env.seal.close(&place(&app_type, uid), &key)?,
            "active": 0, "step": 0, "wrong": 0, "blockedMs": 0, "createMs": env.unix_ms()});
        if let Value::Object(row) = row {
            tx.insert("Mfa", row)?;
        }
        let address = otp::address(&key, ISSUER, &account_name)?;
        let picture = otp::picture(&address)?;
        Ok(json!({"secret": otp::base32(&key)?, "otpauth": address, "otpSvg": picture}).into())
    }))
}

/// The name of the product in the list of an authenticator app.
const ISSUER: &str = "Jindou";

fn account_name(tx: &mut Tx<'_>, app_type: &str, uid: i64) -> Result<String> {
    if app_type == "admin" {
        return Ok(admin::name(tx.env()).to_owned());
    }
    let table = Kind::of(&tx.caller())?.table;
    let row = tx.first(table, &[("id", json!(uid))], "uname, phone")?.unwrap_or_default();
    let names = [row.text("uname").to_owned(), row.text("phone").to_owned()];
    Ok(names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| format!("{app_type} {uid}")))
}

/// `mfaConfirm(otp)`: the app shows the codes of this key, so from now on logins ask for them.
pub fn confirm(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let sent = sent(args)?;
    let caller = tx.caller();
    let begun = Factor::find(tx, &caller.app_type, caller.id)?;
    let now = tx.unix_ms();
    let Some(factor) = begun.filter(|factor| !factor.active && now < factor.created_ms + BEGUN_MS) else {
        return Err(
            Error::forbidden("mfaBegin comes first").say("请先获取密钥", "ask for a key first (mfaBegin)")
        );
    };
    factor.take(tx, &sent)?;
    let codes = renew(tx, &factor)?;
    factor.save(tx, json!({"active": 1}))?;
    // What was let in by one factor has to come again with two.
    sessions::end_all_but_this(tx)?;
    tx.accounts_changed();
    Ok(json!({"recovery": codes}).into())
}

/// `mfaRecovery(otp)`: other recovery codes.
pub fn recovery(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let factor = proven(tx, args)?;
    Ok(json!({"recovery": renew(tx, &factor)?}).into())
}

/// `mfaEnd(otp)`
pub fn end(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    proven(tx, args)?;
    let caller = tx.caller();
    remove(tx, &caller.app_type, caller.id)?;
    Ok(Answer::ok())
}

/// `mfaReset(type, id)`: the phone and the recovery codes of somebody are lost.
pub fn reset(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let app_type = args.text("type")?.unwrap_or_else(|| "emp".to_owned());
    let id = if app_type == "admin" { admin::ID } else { args.need_id("id")? };
    let caller = tx.caller();
    if !matches!(app_type.as_str(), "emp" | "admin") || (app_type == "admin" && !caller.has(ADMIN)) {
        return Err(Error::param("bad param `type`: the accounts are those of `emp`")
            .say("参数`type`不正确", "bad parameter `type`"));
    }
    // In a session of one's own that would be a way around the factor.
    if tx.has_session() && *caller.app_type == *app_type && caller.id == id {
        return Err(Error::forbidden("mfaReset is for others; see mfaEnd")
            .say("不能重置自己的两步验证", "one's own second factor is ended by mfaEnd"));
    }
    if app_type == "emp" {
        let row = tx.first("Employee", &[("id", json!(id))], "perms")?.unwrap_or_default();
        rules::may_take_over(tx, row.text("perms"))?;
    }
    if !remove(tx, &app_type, id)? {
        return Err(Error::param(format!("{app_type} {id} has no second factor"))
            .say("该帐号未启用两步验证", "this account has no second factor"));
    }
    tracing::warn!(app_type, id, by = %caller.app_type, by_id = caller.id, "a second factor was reset");
    Ok(Answer::ok())
}

fn sent(args: &Args) -> Result<String> {
    args.verbatim("otp").ok_or_else(|| Error::missing("otp"))
}

/// The caller's factor, proven by a code of it.
fn proven(tx: &mut Tx<'_>, args: &Args) -> Result<Factor> {
    let sent = sent(args)?;
    let caller = tx.caller();
    let factor = Factor::find(tx, &caller.app_type, caller.id)?.filter(|factor| factor.active);
    let factor = factor.ok_or_else(|| {
        Error::forbidden("there is no second factor").say("未启用两步验证", "there is no second factor")
    })?;
    factor.take(tx, &sent)?;
    Ok(factor)
}

/// New recovery codes, shown this once; only hashes are kept.
fn renew(tx: &mut Tx<'_>, factor: &Factor) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| RECOVERY.draw()).collect();
    let seal = &tx.env().seal;
    let hashes: Vec<String> = codes.iter().map(|code| seal.hash(&factor.place, code)).collect();
    factor.save(tx, json!({"recoverySecret": hashes.join(" ")}))?;
    Ok(codes.iter().map(|code| format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..])).collect())
}
