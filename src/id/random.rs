//! Tokens and codes from the operating system seeded generator (`rand::rng()` is cryptographically strong).

use crate::error::{Error, Result};
use rand::Rng;

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Without the four that people confuse.
const CLEAR: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const LONGEST_CODE: usize = 32;

/// 142 random bits as 24 letters and digits: sessions, login tokens, file keys.
pub fn token() -> String {
    from(BASE62, 24)
}

/// 128 random bits as 32 hex digits.
pub fn hex_token() -> String {
    from(b"0123456789abcdef", 32)
}

/// A code to type in: a letter for the kind (`d` digits, `w` letters, `x` letters and digits without 0O1I,
/// any other letters and digits) and the length.
///
/// ```
/// use jindou::id::code;
/// assert!(code("d6")?.parse::<u32>().is_ok());
/// assert_eq!(code("w4")?.len(), 4);
/// assert!(code("d0").is_err());
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn code(kind: &str) -> Result<String> {
    let bad =
        || Error::param(format!("bad param `type`=`{kind}`: a letter and a length of 1 to {LONGEST_CODE}"));
    let letter = kind.chars().next().filter(char::is_ascii_alphabetic).ok_or_else(bad)?;
    let length: usize = kind[1..].parse().map_err(|_| bad())?;
    if !(1..=LONGEST_CODE).contains(&length) {
        return Err(bad());
    }
    let alphabet = match letter {
        'd' => DIGITS,
        'w' => LETTERS,
        'x' => CLEAR,
        _ => ALNUM,
    };
    Ok(from(alphabet, length))
}

/// Draws letters with equal chances: bytes past the last whole multiple of the alphabet are thrown away.
fn from(alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut rng = rand::rng();
    let mut text = String::with_capacity(length);
    let mut bytes = [0u8; 32];
    while text.len() < length {
        rng.fill_bytes(&mut bytes);
        let drawn = bytes.iter().map(|b| usize::from(*b)).filter(|b| *b < fair);
        text.extend(drawn.take(length - text.len()).map(|b| char::from(alphabet[b % alphabet.len()])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn tokens_are_long_and_never_repeat() {
        let tokens: HashSet<String> = (0..1000).flat_map(|_| [token(), hex_token()]).collect();
        assert_eq!(tokens.len(), 2000);
        assert!(token().len() == 24 && token().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(hex_token().len() == 32 && hex_token().bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn the_kind_names_the_alphabet() {
        for (kind, alphabet) in
            [("d20", DIGITS), ("w20", LETTERS), ("x20", CLEAR), ("a20", ALNUM), ("Z20", ALNUM)]
        {
            let code = code(kind).unwrap();
            assert!(code.len() == 20 && code.bytes().all(|b| alphabet.contains(&b)), "{kind}: {code}");
        }
        assert!(!CLEAR.iter().any(|b| b"0O1I".contains(b)));
    }

    #[test]
    fn a_bad_kind_is_named() {
        for kind in ["", "d", "d0", "d-1", "d33", "6", "中6", "dd", "d6.5", "d99999999999999999999"] {
            let error = code(kind).unwrap_err();
            assert!(error.detail.unwrap().starts_with(&format!("bad param `type`=`{kind}`")), "{kind}");
        }
    }

    #[test]
    fn every_letter_has_the_same_chance() {
        // With plain `% 10` the digits 0 to 5 would come 4% more often than the others.
        let mut counts: HashMap<char, u32> = HashMap::new();
        from(DIGITS, 1_000_000).chars().for_each(|digit| *counts.entry(digit).or_default() += 1);
        assert!(counts.values().all(|count| (98_500..101_500).contains(count)), "{counts:?}");
    }
}
