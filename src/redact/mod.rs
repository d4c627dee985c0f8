//! Handling of texts that must not leak: comparing them, keeping only their hash, masking them in records.
//! It makes no secrets (`id` does) and keeps none.

mod beside;
mod columns;
mod mask;
mod prefilter;

pub use beside::Beside;
pub use mask::{mask, mask_text, names_secret};
pub use prefilter::is_harmless;

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

/// What stands in a record where a secret was.
pub const MASKED: &str = "?";

/// Parameter, field and header names that are secret wherever they appear. Plugins add theirs.
const NAMES: &[&str] = &[
    "pwd",
    "oldpwd",
    "joinPwd",
    "akey",
    "invite",
    "newpwd",
    "password",
    "passwd",
    "code",
    "token",
    "_token",
    "sign",
    "authcode",
    "idcard",
    "secret",
    "otp",
    "otpauth",
    "otpsvg",
    "recovery",
    "jwt",
    // Obfuscated parameters: a record of the raw address would carry whatever is inside.
    "xp",
    "authorization",
    "cookie",
    "set-cookie",
    "x-daca-simple",
];

/// The names every record masks, whatever their case.
pub fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// A column whose name alone tells that nobody is shown its values, in whatever table. Others are secret by the class
/// that their table declares.
pub fn is_secret_column(column: &str) -> bool {
    let named = |name: &str| column.eq_ignore_ascii_case(name);
    let ends = |end: &str| column.ends_with(end);
    named("pwd")
        || named("password")
        || named("secret")
        || ["Pwd", "Password", "Secret", "SecretKey"].iter().any(|end| ends(end))
}

/// Whether a heading that people wrote over a column speaks of a password, in whatever words around it.
///
/// ```
/// use jindou::redact::speaks_of_a_password;
/// assert!(speaks_of_a_password("登录密码") && speaks_of_a_password("Initial Password *"));
/// assert!(!speaks_of_a_password("登录名"));
/// ```
pub fn speaks_of_a_password(heading: &str) -> bool {
    let heading = heading.to_lowercase();
    ["密码", "口令", "密钥", "pwd", "password", "passwd"].iter().any(|word| heading.contains(word))
}

/// Are they equal? Takes as long for a near miss as for a far one; only a different length shows.
pub fn same(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Equality of secrets whose length is secret too (credentials of the configuration): compares hashes.
pub fn same_hidden(a: &str, b: &str) -> bool {
    same_bytes(&Sha256::digest(a), &Sha256::digest(b))
}

/// What is stored of a session id or login token: sha256 in hex. Enough for texts of 128 random bits,
/// never for passwords.
///
/// ```
/// use jindou::redact::hash_token;
/// assert_eq!(hash_token("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn hash_token(token: &str) -> String {
    crate::id::hex(&Sha256::digest(token))
}

/// At most so many characters, the last three being dots when something was left out. Mask first, cut
/// after: a cut may take the name and leave the secret.
///
/// ```
/// use jindou::redact::cut;
/// assert_eq!(cut("订单已完成", 5), "订单已完成");
/// assert_eq!(cut("订单已完成了", 5), "订单...");
/// ```
pub fn cut<'t>(text: impl Into<Cow<'t, str>>, most: usize) -> String {
    let mut text = text.into().into_owned();
    cut_from(&mut text, 0, most);
    text
}

/// Cuts the part of a text that begins at `from` to a length.
pub fn cut_from(text: &mut String, from: usize, most: usize) {
    if place_of(&text[from..], most).is_some() {
        let dots = if most < 3 { "" } else { "..." };
        let end = place_of(&text[from..], most - dots.len()).map_or(text.len(), |end| from + end);
        text.truncate(end);
        text.push_str(dots);
    }
}

/// Where the n-th character begins, counted from 0; None when there are not so many.
pub fn place_of(text: &str, n: usize) -> Option<usize> {
    match text.as_bytes().get(..n)?.is_ascii() {
        true => (text.len() > n).then_some(n),
        false => text.char_indices().nth(n).map(|(at, _)| at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_secret_in_any_case_and_no_others_are() {
        for name in ["pwd", "PWD", "oldpwd", "_token", "authCode", "idCard", "Authorization", "xp"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["", "pwd2", "phone", "uname", "tokens", "status"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn comparing_is_equality(a in ".{0,8}", b in ".{0,8}") {
            for (x, y) in [(&a, &b), (&a, &a)] {
                prop_assert_eq!(same(x, y), x == y);
                prop_assert_eq!(same_hidden(x, y), x == y);
                prop_assert_eq!(hash_token(x) == hash_token(y), x == y);
            }
        }

        #[test]
        fn a_cut_never_exceeds_and_never_splits(text in "\\PC{0,40}", most in 0usize..50) {
            let short = cut(&text, most);
            prop_assert!(short.chars().count() <= most.max(text.chars().count().min(most)));
            if text.chars().count() <= most {
                prop_assert_eq!(short, text);
            } else if most >= 3 {
                prop_assert_eq!(short.chars().count(), most);
                let kept = short.strip_suffix("...").unwrap();
                prop_assert!(text.starts_with(kept));
            } else {
                prop_assert_eq!(short.chars().count(), most);
            }
        }
    }
}
