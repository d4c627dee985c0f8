//! A quick look that tells most texts from those that may hold a secret. It errs on one side only: what it calls
//! harmless, masking would leave as it is.

use super::NAMES;

/// No name of a secret stands in the text, in any case, and nothing that could be one in disguise.
///
/// ```
/// use jindou::redact::is_harmless;
/// assert!(is_harmless(r#"[0, {"id": 1, "status": "CR", "dscr": "two boxes"}]"#));
/// assert!(!is_harmless("a=1&Pwd=x") && !is_harmless("p%77d=x") && !is_harmless(r#"{"p\u0077d": 1}"#));
/// ```
pub fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.contains(&b'%') || (bytes.contains(&b'\\') && text.contains("\\u")) {
        return false;
    }
    // Full-width letters, of which all begin with this byte.
    if bytes.contains(&0xef) && text.contains(super::mask::is_wide) {
        return false;
    }
    let mut letters = 0;
    for (at, byte) in bytes.iter().enumerate() {
        letters = ((letters << 5) | place(*byte)) & MASK;
        if may_begin(letters) && named(bytes, at.wrapping_sub(2)) {
            return false;
        }
    }
    // A name of two letters may stand at the end.
    !(may_begin((letters << 5) & MASK) && named(bytes, bytes.len().wrapping_sub(2)))
}

fn may_begin(letters: usize) -> bool {
    BEGINNINGS[letters / 64] & (1 << (letters % 64)) != 0
}

fn named(bytes: &[u8], from: usize) -> bool {
    let Some(rest) = bytes.get(from..) else { return false };
    NAMES
        .iter()
        .map(|name| name.as_bytes())
        .any(|name| rest.get(..name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name)))
}

/// Five bits of a letter: enough to tell letters apart, the same for both cases.
const fn place(letter: u8) -> usize {
    (letter & 31) as usize
}

const MASK: usize = (1 << 15) - 1;

/// Whether some name may begin with these three letters: one bit for each three.
static BEGINNINGS: [u64; 512] = {
    let mut bits = [0; 512];
    let mut i = 0;
    while i < NAMES.len() {
        let name = NAMES[i].as_bytes();
        let two = place(name[0]) << 10 | place(name[1]) << 5;
        // A name of two letters is followed by anything.
        let (mut third, last) = match name.len() {
            2 => (0, 31),
            _ => (place(name[2]), place(name[2])),
        };
        while third <= last {
            let place = two | third;
            bits[place / 64] |= 1 << (place % 64);
            third += 1;
        }
        i += 1;
    }
    bits
};

#[cfg(test)]
mod tests {
    use super::super::{is_secret, mask_text};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_name_is_seen_in_either_case() {
        for name in NAMES {
            assert!(!is_harmless(&format!("a={{\"{}\": 1}}", name.to_uppercase())), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_harmless_is_not_masked(
            text in "(pwd|PWD|to|ken|id|card|xp|%70|\\\\u0070|[a-z=:&{}\"\\[\\], \n]|中){0,30}"
        ) {
            if is_harmless(&text) {
                prop_assert_eq!(mask_text(&text, &is_secret), text);
            }
        }
    }
}
