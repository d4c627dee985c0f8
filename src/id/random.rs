//! Tokens from the operating system seeded generator (`rand::rng()` is cryptographically strong).

use rand::Rng;

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 142 random bits as 24 letters and digits: sessions, login tokens, file keys.
pub fn token() -> String {
    from(BASE62, 24)
}

/// 128 random bits as 32 hex digits.
pub fn hex_token() -> String {
    from(b"0123456789abcdef", 32)
}

/// Digits that tell things apart, such as the names of guests. They prove nothing: for that see
/// `credentials::proof`.
pub fn digits(length: usize) -> String {
    from(b"0123456789", length)
}

/// Draws letters with equal chances: bytes past the last whole multiple of the alphabet are thrown away.
pub(super) fn from(alphabet: &[u8], length: usize) -> String {
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
    fn every_letter_has_the_same_chance() {
        // With plain `% 10` the digits 0 to 5 would come 4% more often than the others.
        let mut counts: HashMap<char, u32> = HashMap::new();
        from(b"0123456789", 1_000_000).chars().for_each(|digit| *counts.entry(digit).or_default() += 1);
        assert!(counts.values().all(|count| (98_500..101_500).contains(count)), "{counts:?}");
    }
}
