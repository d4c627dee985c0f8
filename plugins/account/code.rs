//! Codes sent to phones: making, sending, checking. A code belongs to the session that asked for it, to one
//! phone, and to five minutes; five wrong guesses drop it, and guesses at a phone are counted over a day.

use super::guard;
use super::kind::Kind;
use jindou::credentials::proof::Proof;
use jindou::plugin::*;
use jindou::redact::{hash_token, same};
use jindou::throttle::attempt_limit::AttemptLimit;

const SESSION_VAR: &str = "code";
const LIFE_MS: i64 = 300_000;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;
/// What all networks together get for a phone in a day, in days of one network.
const NETWORKS: u32 = 3;
/// Opens every phone in test mode, and nothing elsewhere.
const TEST_CODE: &str = "080909";

pub fn gen_code(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let phone = args.need_text("phone")?;
    check_phone(&phone)?;
    env.sms_is_on()?;
    let kind = args.text("type")?.unwrap_or_else(|| "d6".to_owned());
    let mut proof = Proof::wished(&kind, env.config.throttle.code_guesses)?;
    let shown = tx.caller().test_mode() && args.flag("debug")?;
    let cookie = guard::device_cookie(args, &tx.caller().app_type);
    let device = device(tx, cookie.as_deref(), &phone)?;
    throttle(tx, &phone, device.as_deref(), shown)?;
    // Guessed at so often that such a code would be too weak today: the owner of the phone gets a longer one.
    if of_day(proof.withstands().into()).blocked(&tx.kv(), &day_key(&phone, device.as_deref()))? {
        proof = proof.longer();
    }
    let code = proof.draw();
    let remembered = json!({"phone": phone, "hash": hashed(&phone, &code), "tm": env.unix_ms(),
        "withstands": proof.withstands()});
    tx.set_session_var(SESSION_VAR, remembered);
    let answer = if shown { json!({"code": code}) } else { Value::Null };
    tx.after_commit(move |env| env.send_sms(&phone, &format!("验证码{code}，请在5分钟内使用。")));
    Ok(answer.into())
}

pub fn check_phone(phone: &str) -> Result<()> {
    match phone.len() == 11 && phone.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(()),
        false => {
            Err(Error::param("bad phone number").say("手机号不合法", "param `phone`: 11 digits are expected"))
        }
    }
}

/// By what the codes of a phone, and the guesses at them, are counted over a day: strangers together, a device
/// that the phone's account knows by itself.
fn counted(what: &str, phone: &str, device: Option<&str>) -> Key {
    match device {
        Some(device) => Key::of(&format!("{what} on device"), device),
        None => Key::of(what, phone),
    }
}

/// The device, if the account of the phone was logged in from it before.
fn device(tx: &mut Tx<'_>, cookie: Option<&str>, phone: &str) -> Result<Option<String>> {
    let (Some(cookie), Ok(kind)) = (cookie, Kind::of(&tx.caller())) else { return Ok(None) };
    let account = kind.find(tx, phone)?.map(|(id, _)| id);
    Ok(guard::known(tx.env(), Some(cookie), kind.app_type, account).map(str::to_owned))
}

/// Messages cost money and patience: limited per phone, session and network. Who tests (`debug=1`) need not
/// wait between two.
fn throttle(tx: &mut Tx<'_>, phone: &str, device: Option<&str>, testing: bool) -> Result<()> {
    let env = tx.env();
    let rule = &env.config.throttle;
    let gap = rule.code_gap_sec;
    let often = |left: u32| {
        move |error: Error| {
            error.say(
                format!("{gap}秒内只能生成一次验证码，还需{left}秒"),
                format!("one code in {gap} seconds; try again in {left} seconds"),
            )
        }
    };
    let asked = tx.session_var(SESSION_VAR).and_then(|held| held["tm"].as_i64());
    let left = asked.map_or(0, |asked| asked + i64::from(gap) * 1000 - env.unix_ms());
    if left > 0 && !testing {
        let left = u32::try_from((left + 999) / 1000).unwrap_or(gap);
        return Err(often(left)(Error::forbidden(format!("too often, {left} seconds left"))));
    }
    let caller = tx.caller();
    let (key, all) = (counted("code", phone, device), counted("codes of a day", phone, device));
    // What one network asks for leaves something to the owner of the phone.
    let day = all.clone().from_network_of(&caller);
    let network = Key::network("codes", &caller);
    let all = [
        Limit { key: &key, n: 1, seconds: gap },
        Limit { key: &day, n: rule.codes_per_phone_day, seconds: DAY },
        Limit { key: &all, n: rule.codes_per_phone_day.saturating_mul(NETWORKS), seconds: DAY },
        Limit { key: &network, n: rule.codes_per_address_hour, seconds: HOUR },
    ];
    let limits = if testing { &all[1..] } else { &all[..] };
    tx.limit_all(limits).map_err(|wait| {
        let left = wait.seconds;
        let error = Error::from(wait);
        match left <= gap {
            true => often(left)(error),
            false => error.say(
                format!("获取验证码次数过多，请{left}秒后再试"),
                format!("too many codes; try again in {left} seconds"),
            ),
        }
    })
}

/// A code that was sent and may be guessed at.
struct Held {
    hash: String,
    /// By what guesses at this very code are counted.
    this: Key,
    /// By what those at all codes of the day are counted, and how many are too many.
    day: (AttemptLimit, Key),
}

impl Held {
    /// The code that the session asked for; refuses with the protocol's words when there is none to try.
    fn find(tx: &mut Tx<'_>, cookie: Option<&str>, phone: &str) -> Result<Held> {
        let Some(held) = tx.session_var(SESSION_VAR) else {
            return Err(Error::forbidden("gencode required").say("请先发送验证码!", "ask for a code first"));
        };
        let asked = held["phone"].as_str().unwrap_or_default();
        if asked != phone {
            return Err(Error::param(format!("bad phone number. expect for phone '{asked}'")));
        }
        let made = held["tm"].as_i64().unwrap_or_default();
        if tx.unix_ms() - made > LIFE_MS {
            return Err(Error::forbidden("code expired (max valid 5min)")
                .say("验证码已过期(有效期5分钟)", "the code has expired, it is good for 5 minutes"));
        }
        let device = device(tx, cookie, phone)?;
        let day =
            (of_day(held["withstands"].as_i64().unwrap_or_default()), day_key(phone, device.as_deref()));
        let this = Key::of("code", format!("{phone} {made}"));
        tx.may_guess(&this).map_err(dropped)?;
        if day.0.blocked(&tx.kv(), &day.1)? {
            return Err(dropped(()));
        }
        Ok(Held { hash: held["hash"].as_str().unwrap_or_default().to_owned(), this, day })
    }

    fn is(&self, phone: &str, sent: &str) -> bool {
        same(&hashed(phone, sent), &self.hash)
    }
}

/// Wrong guesses at the codes of one phone over a day: as many as such a code withstands. A new code brings no
/// new ones; past them codes are longer.
fn of_day(withstands: i64) -> AttemptLimit {
    AttemptLimit { wrong: withstands, seconds: DAY.into() }
}

fn day_key(phone: &str, device: Option<&str>) -> Key {
    counted("guesses of a day", phone, device)
}

fn dropped<T>(_: T) -> Error {
    Error::forbidden("too many wrong guesses")
        .say("验证码错误次数过多，请重新获取", "too many wrong guesses, ask for a new code")
}

/// Checks a code and uses it up.
pub fn check(tx: &mut Tx<'_>, cookie: Option<&str>, phone: &str, sent: &str) -> Result<()> {
    if tx.caller().test_mode() && sent == TEST_CODE {
        return Ok(());
    }
    let held = Held::find(tx, cookie, phone)?;
    let (of_day, day) = &held.day;
    if !held.is(phone, sent) {
        of_day.failed(&tx.kv(), day)?;
        tx.guessed_wrong(&held.this).map_err(dropped)?;
        return Err(Error::param("bad code").say("验证码错误", "wrong code"));
    }
    tx.guessed_right(&held.this).map_err(dropped)?;
    // Two calls at once see the same session; only one of them may use the code.
    tx.limit(&Key::of("used", held.this.as_str()), 1, HOUR)
        .map_err(|_| Error::forbidden("code used already").say("请先发送验证码!", "ask for a code first"))?;
    tx.set_session_var(SESSION_VAR, Value::Null);
    Ok(())
}

/// Whether `check` would take the code, which stays unused. A wrong one is for `check` to count.
pub fn is_right(tx: &mut Tx<'_>, cookie: Option<&str>, phone: &str, sent: &str) -> Result<bool> {
    if tx.caller().test_mode() && sent == TEST_CODE {
        return Ok(true);
    }
    Ok(Held::find(tx, cookie, phone).is_ok_and(|held| held.is(phone, sent)))
}

fn hashed(phone: &str, code: &str) -> String {
    hash_token(&format!("{phone}:{code}"))
}

/// `User.bindPhone(phone, code)`, `Employee.bindPhone(phone, code)`
pub fn bind_phone(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let kind = Kind::of(&tx.caller())?;
    let phone = args.need_text("phone")?;
    check_phone(&phone)?;
    let sent = args.verbatim("code").ok_or_else(|| Error::missing("code"))?;
    let cookie = guard::device_cookie(args, kind.app_type);
    check(tx, cookie.as_deref(), &phone, &sent)?;
    let id = tx.caller().id;
    if tx.first(kind.table, &[("phone", json!(phone))], "id")?.is_some_and(|row| row["id"] != json!(id)) {
        return Err(Error::param("phone belongs to another account")
            .say("手机号已存在", "this phone has an account already"));
    }
    let (mut get, mut post) = (Params::default(), Params::default());
    get.set("id", id);
    post.set("phone", phone);
    tx.call_as_system(&format!("{}.set", kind.table), get, post).map(Answer::Json)
}
