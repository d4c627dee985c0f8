//! How a watch gets in: signed with a key of its own, which was put into it at manufacture and is made from
//! one secret of the server, so that one watch that gives its key away does not open the others. Later calls
//! come with its cookie or with its imei and authcode.

use super::{codes, presence, session, watch};
use hmac::{Hmac, KeyInit, Mac};
use jindou::credentials::proof::Proof;
use jindou::id::CodeKind;
use jindou::kv::Kv;
use jindou::plugin::*;
use jindou::redact;
use jindou::throttle::attempt_limit::AttemptLimit;
use sha2::Sha256;
use std::time::Duration;

/// The clock of a watch may differ by so many seconds.
const DRIFT: i64 = 300;
/// Codes of five characters were given out before; they withstand what `OF_ALL` lets pass.
const AUTHCODE: Proof = Proof::new(CodeKind::mixed(8), 500);
/// Wrong codes for a watch from one network.
const OF_NETWORK: AttemptLimit = AttemptLimit { wrong: 10, seconds: 600 };
/// Wrong codes for a watch from everywhere. After these it is let in from where it came in before.
const OF_ALL: AttemptLimit = AttemptLimit { wrong: 500, seconds: 86_400 };
const PLACE_LIFE: Duration = Duration::from_secs(30 * 86_400);
const NOT_ACTIVATED: i64 = 3;
/// Most have 15 digits; other networks count in hexadecimal.
const IMEI_MAX: usize = 20;

pub fn identify(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let found = tx.first("Watch", &[("id", json!(id))], "id")?;
    Ok(found.map(|_| Identity::new(mask::WATCH, 0)))
}

/// A call without a cookie: `imei` and `authcode` in its parameters.
pub fn by_params(tx: &mut Tx<'_>, args: &Args) -> Result<Option<i64>> {
    let (Some(imei), Some(sent)) = (args.text("imei")?, args.text("authcode")?) else {
        return Ok(None);
    };
    let all = Key::of("authcode", &imei);
    let network = all.clone().from_network_of(&tx.caller());
    let known = format!("known place: {}", network.as_str());
    let kv = tx.kv();
    let was_here = kv.get(&known)?.is_some();
    if OF_NETWORK.blocked(&kv, &network)? || !was_here && OF_ALL.blocked(&kv, &all)? {
        return Ok(None);
    }
    // What does not exist cannot be guessed, and leaves no trace.
    let Some(found) = watch::by_imei(tx, &imei)? else { return Ok(None) };
    let code = found.text("authcode");
    if code.is_empty() || !redact::same_hidden(code, &sent) {
        OF_NETWORK.failed(&kv, &network)?;
        OF_ALL.failed(&kv, &all)?;
        return Ok(None);
    }
    OF_NETWORK.succeeded(&kv, &network)?;
    if !was_here {
        kv.set(&known, "1", Some(PLACE_LIFE))?;
    }
    Ok(Some(found.int("id")))
}

pub fn login(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let imei = args.need_text("imei")?;
    if imei.len() > IMEI_MAX || !imei.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::param(format!("param `imei` has letters and digits, at most {IMEI_MAX}")));
    }
    signed(tx, args, &imei)?;
    let mut fields = Map::new();
    for name in ["imsi", "mac", "heartbeat", "softwareV", "bluetoothV", "customerId"] {
        if let Some(value) = args.get(&format!("{name}/s"))? {
            fields.insert(name.to_owned(), value);
        }
    }
    fields.insert("lastTm".into(), json!(tx.now()));
    fields.insert("serverIp".into(), json!(&*tx.caller().addr));
    let before = watch::by_imei(tx, &imei)?;
    if before.as_ref().is_none_or(|row| row.text("authcode").is_empty()) {
        fields.insert("authcode".into(), json!(AUTHCODE.draw()));
    }
    let id = match before {
        Some(row) => {
            tx.set("Watch", row.int("id"), Value::Object(fields))?;
            row.int("id")
        }
        None => {
            fields.insert("imei".into(), json!(imei));
            fields.insert("status".into(), json!(NOT_ACTIVATED));
            fields.insert("createTm".into(), json!(tx.now()));
            tx.add("Watch", Value::Object(fields))?
        }
    };
    let token = session::enter(tx, "watch", id)?;
    let found = watch::by_imei(tx, &imei)?.unwrap_or_default();
    presence::seen(tx, &found)?;
    Ok(json!({"id": id, "status": found["status"], "authcode": found["authcode"], "_token": token,
        "tm": tx.now()})
    .into())
}

/// Refuses whoever does not hold the watch's key. Without a key at all the server must be told to be open.
fn signed(tx: &mut Tx<'_>, args: &Args, imei: &str) -> Result<()> {
    let env = tx.env();
    let root = env.config.text("WATCH_DEVICE_KEY");
    if root.is_empty() {
        return match env.config.flag("WATCH_OPEN_LOGIN") || env.test_mode() > 0 {
            true => Ok(()),
            false => Err(Error::forbidden("WATCH_DEVICE_KEY is not set")
                .say("服务器未配置手表密钥", "the server has no key for watches")),
        };
    }
    let (ts, nonce) = (args.need_text("ts")?, args.need_text("nonce")?);
    let sign = args.need_text("sign")?;
    let refused = || Error::auth_fail("bad sign, ts or nonce");
    let sent: i64 = ts.parse().map_err(|_| refused())?;
    let now = env.unix_ms() / 1000;
    if (now - sent).abs() > DRIFT || nonce.is_empty() || nonce.len() > 64 {
        return Err(refused());
    }
    let wanted = hmac_hex(&hmac_hex(root, imei)?, &format!("{imei}|{ts}|{nonce}"))?;
    if !redact::same_hidden(&wanted, &sign.to_ascii_lowercase()) {
        return Err(refused());
    }
    // A captured login is of no use a second time.
    let life = Some(Duration::from_secs(DRIFT.unsigned_abs() * 2 + 1));
    match tx.kv().set_nx(&format!("watchNonce:{imei}:{nonce}"), "1", life)? {
        true => Ok(()),
        false => Err(refused()),
    }
}

pub fn hmac_hex(key: &str, text: &str) -> Result<String> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.map_err(|error| Error::server(error.to_string()))?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The watch that calls; it is online now.
pub fn reporting(tx: &mut Tx<'_>) -> Result<Row> {
    let me = tx.caller().id;
    let found = tx.first("Watch", &[("id", json!(me))], watch::COLUMNS)?;
    let found = found.ok_or_else(|| Error::known(codes::WATCH_UNKNOWN))?;
    presence::seen(tx, &found)?;
    Ok(found)
}

/// The circle of a watch that writes to it.
pub fn circle_of(watch: &Row) -> Result<i64> {
    match watch.int("circleId") {
        0 => Err(Error::known(codes::WATCH_NOT_IN)),
        circle => Ok(circle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_in_hex() {
        let wanted = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(hmac_hex("key", "The quick brown fox jumps over the lazy dog").unwrap(), wanted);
    }
}
