//! A quick look that tells most texts from those that may hold a secret. It errs on one side only: what it calls
//! harmless, masking would leave as it is.

use super::NAMES;

/// No name of a secret stands in the text, in any case, and nothing that could be one in disguise.
///
/// ```
/// use jindou::facility::secret::is_harmless;
/// assert!(is_harmless(r#"[0, {"id": 1, "status": "CR", "dscr": "two boxes"}]"#));
/// assert!(!is_harmless("a=1&Pwd=x") && !is_harmless("p%77d=x") && !is_harmless(r#"{"p\u0077d": 1}"#));
/// ```
pub fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.contains(&b'%') || text.contains("\\u") {
        return false;
    }
    !bytes.windows(2).enumerate().any(|(at, pair)| begins(pair[0], pair[1]) && named(&bytes[at..]))
}

fn named(rest: &[u8]) -> bool {
    NAMES.iter().map(|name| name.as_bytes()).any(|name| {
        // The second letter tells most of them apart.
        (rest[1] ^ name[1]) & 31 == 0
            && rest.get(..name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name))
    })
}

/// Whether some name may begin with these two letters: one bit for each pair.
fn begins(first: u8, second: u8) -> bool {
    let place = place(first, second);
    BEGINNINGS[place / 64] & (1 << (place % 64)) != 0
}

/// Five bits of each letter: enough to tell letters apart, the same for both cases.
const fn place(first: u8, second: u8) -> usize {
    ((first & 31) as usize) << 5 | (second & 31) as usize
}

const BEGINNINGS: [u64; 16] = {
    let mut bits = [0; 16];
    let mut i = 0;
    while i < NAMES.len() {
        let name = NAMES[i].as_bytes();
        let place = place(name[0], name[1]);
        bits[place / 64] |= 1 << (place % 64);
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
