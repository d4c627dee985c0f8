//! Codes of authenticator apps (TOTP, RFC 6238): six digits, 30 seconds, SHA-1, which every such app knows. It
//! keeps nothing: that a code is taken once is up to the caller, by the step it belongs to.

use crate::error::{Error, Result};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::QrCode;
use qrcode::render::svg::Color;
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a key: the length of SHA-1, as the RFC wants.
pub const KEY: usize = 20;
/// Steps before and after the present one whose codes are taken too: clocks differ.
const SKEW: u16 = 1;

pub fn new_key() -> [u8; KEY] {
    rand::random()
}

fn totp(key: &[u8]) -> Result<Totp> {
    let key: [u8; KEY] = key.try_into().map_err(|_| Error::server("a key of another length"))?;
    let built = Builder::new().with_secret(Secret::new_stack(key)).with_skew(SKEW).build();
    built.map_err(|error| Error::server(error.to_string()))
}

/// The step that a code belongs to, if it is one of about now.
pub fn step_of(key: &[u8], code: &str, unix: i64) -> Result<Option<i64>> {
    // The library takes spaces and the like as well.
    if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(None);
    }
    let step = totp(key)?.check(code, u64::try_from(unix).unwrap_or_default());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// The code of a moment, as the app shows it.
pub fn code_at(key: &[u8], unix: i64) -> Result<String> {
    Ok(totp(key)?.generate(u64::try_from(unix).unwrap_or_default()).to_string())
}

/// The key as people type it.
pub fn base32(key: &[u8]) -> Result<String> {
    Ok(totp(key)?.secret().to_base32())
}

pub fn from_base32(text: &str) -> Result<Vec<u8>> {
    let secret = Secret::try_from_base32(text).map_err(|_| Error::param("not a key in base32"))?;
    Ok(secret.as_ref().to_vec())
}

/// The address by which an app takes the key, shown as an account of an issuer.
pub fn address(key: &[u8], issuer: &str, account: &str) -> Result<String> {
    let word = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (issuer, account) = (word(issuer), word(account));
    Ok(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", base32(key)?))
}

/// A picture (SVG) of a text for the camera of a phone.
pub fn picture(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(|error| Error::server(error.to_string()))?;
    let mut svg = code.render();
    Ok(svg.min_dimensions(200, 200).dark_color(Color("#000")).light_color(Color("#fff")).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // Appendix B of RFC 6238, the last six digits.
        let key = b"12345678901234567890";
        for (unix, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code_at(key, unix).unwrap(), code);
            assert_eq!(step_of(key, code, unix).unwrap(), Some(unix / 30));
            assert_eq!(step_of(key, code, unix + 30).unwrap(), Some(unix / 30));
            assert_eq!(step_of(key, code, unix + 60).unwrap(), None);
        }
        for wrong in ["", "28708", "287 082", "0287082", "２８７０８２", "28708a"] {
            assert_eq!(step_of(key, wrong, 59).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_carries_the_key_and_a_picture_the_address() {
        let key = new_key();
        assert_ne!(key, new_key());
        let address = address(&key, "Jin dou", "wáng@x").unwrap();
        let secret = base32(&key).unwrap();
        assert_eq!(
            address,
            format!("otpauth://totp/Jin%20dou:w%C3%A1ng%40x?secret={secret}&issuer=Jin%20dou")
        );
        assert_eq!(from_base32(&secret).unwrap(), key);
        assert!(picture(&address).unwrap().contains("<svg"));
    }
}
