//! Codes sent to phones: making, sending, checking. A code belongs to the session that asked for it, to one
//! phone, and to five minutes; five wrong guesses drop it.

use jindou::facility::secret::{hash_token, same};
use jindou::plugin::*;

const SESSION_VAR: &str = "code";
const LIFE_MS: i64 = 300_000;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;
/// Opens every phone in test mode, and nothing elsewhere.
const TEST_CODE: &str = "080909";

pub fn gen_code(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let phone = args.need_text(env, "phone")?;
    check_phone(&phone)?;
    let kind = args.text(env, "type")?.unwrap_or_else(|| "d6".to_owned());
    let code = jindou::id::code(&kind)?;
    let shown = tx.caller().test_mode() && args.flag(env, "debug")?;
    throttle(tx, &phone, shown)?;
    let remembered = json!({"phone": phone, "hash": hashed(&phone, &code), "tm": env.unix_ms()});
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

/// Messages cost money and patience: limited per phone, session and address. Who tests (`debug=1`) need not
/// wait between two.
fn throttle(tx: &mut Tx<'_>, phone: &str, testing: bool) -> Result<()> {
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
    let (key, day) = (format!("code {phone}"), format!("code day {phone}"));
    let address = format!("code from {}", tx.caller().addr);
    let all = [
        Limit { key: &key, n: 1, seconds: gap },
        Limit { key: &day, n: rule.codes_per_phone_day, seconds: DAY },
        Limit { key: &address, n: rule.codes_per_address_hour, seconds: HOUR },
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

/// Checks a code and uses it up. What is wrong is said in the protocol's words.
pub fn check(tx: &mut Tx<'_>, phone: &str, sent: &str) -> Result<()> {
    if tx.caller().test_mode() && sent == TEST_CODE {
        return Ok(());
    }
    let Some(held) = tx.session_var(SESSION_VAR) else {
        return Err(Error::forbidden("gencode required").say("请先发送验证码!", "ask for a code first"));
    };
    let asked = held["phone"].as_str().unwrap_or_default();
    if asked != phone {
        return Err(Error::param(format!("bad phone number. expect for phone '{asked}'")));
    }
    let env = tx.env();
    let made = held["tm"].as_i64().unwrap_or_default();
    if env.unix_ms() - made > LIFE_MS {
        return Err(Error::forbidden("code expired (max valid 5min)")
            .say("验证码已过期(有效期5分钟)", "the code has expired, it is good for 5 minutes"));
    }
    // Guesses are counted for this very code: a new one starts anew, and new ones are limited themselves.
    let key = format!("code {phone} {made}");
    let dropped = |_| {
        Error::forbidden("too many wrong guesses")
            .say("验证码错误次数过多，请重新获取", "too many wrong guesses, ask for a new code")
    };
    tx.may_guess(&key).map_err(dropped)?;
    let right = same(&hashed(phone, sent), held["hash"].as_str().unwrap_or_default());
    if !right {
        tx.guessed_wrong(&key).map_err(dropped)?;
        return Err(Error::param("bad code").say("验证码错误", "wrong code"));
    }
    tx.guessed_right(&key).map_err(dropped)?;
    // Two calls at once see the same session; only one of them may use the code.
    tx.limit(&format!("{key} used"), 1, HOUR)
        .map_err(|_| Error::forbidden("code used already").say("请先发送验证码!", "ask for a code first"))?;
    tx.set_session_var(SESSION_VAR, Value::Null);
    Ok(())
}

/// Whether `check` would take the code, which stays unused. A wrong one is for `check` to count.
pub fn is_right(tx: &mut Tx<'_>, phone: &str, sent: &str) -> Result<bool> {
    if tx.caller().test_mode() && sent == TEST_CODE {
        return Ok(true);
    }
    let Some(held) = tx.session_var(SESSION_VAR) else { return Ok(false) };
    let made = held["tm"].as_i64().unwrap_or_default();
    let open = tx.may_guess(&format!("code {phone} {made}")).is_ok();
    let fresh = tx.env().unix_ms() - made <= LIFE_MS;
    let fits = same(&hashed(phone, sent), held["hash"].as_str().unwrap_or_default());
    Ok(open && fresh && held["phone"].as_str() == Some(phone) && fits)
}

fn hashed(phone: &str, code: &str) -> String {
    hash_token(&format!("{phone}:{code}"))
}

/// `User.bindPhone(phone, code)`
pub fn bind_phone(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let phone = args.need_text(tx.env(), "phone")?;
    check_phone(&phone)?;
    let sent = args.verbatim("code").ok_or_else(|| Error::missing("code"))?;
    check(tx, &phone, &sent)?;
    let id = tx.caller().id;
    if tx.first("User", &[("phone", json!(phone))], "id")?.is_some_and(|row| row["id"] != json!(id)) {
        return Err(Error::param("phone belongs to another account")
            .say("手机号已存在", "this phone has an account already"));
    }
    let (mut get, mut post) = (Params::default(), Params::default());
    get.set("id", id);
    post.set("phone", phone);
    tx.call_as_system("User.set", get, post).map(Answer::Json)
}
