//! The keyless obfuscation that the stock clients put on URLs and bodies: base64 in a rotated alphabet
//! behind two head characters. It hides text from a casual look and is no protection of any kind.
//!
//! The clients' own encoder differs from UTF-8 in two ways. It writes a character above U+FFFF as two
//! three-byte surrogates (CESU-8); [`decode`] turns them into proper UTF-8. It also turns CRLF into LF
//! before encoding; the length it states is the one after that, so nothing needs to be undone here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The rotation that clients write as `=` (the 65th character of their alphabet): none at all.
const UNROTATED: usize = 64;

/// Obfuscates with rotation `n` (0 to 64).
///
/// ```
/// use jindou::call::xparam;
/// assert_eq!(xparam::encode(b"ac=whoami", 1), "BLZXN-e3iwZX2q");
/// assert_eq!(xparam::decode("BLZXN-e3iwZX2q").as_deref(), Some(&b"ac=whoami"[..]));
/// assert_eq!(xparam::decode("BMZXN-e3iwZX2q"), None);
/// ```
pub fn encode(plain: &[u8], n: usize) -> String {
    let n = if n == UNROTATED { n } else { n % 64 };
    let head = ALPHABET.get(n).copied().unwrap_or(b'=');
    let check = ALPHABET[(n + n + plain.len()) % 64];
    let mut text = String::with_capacity(2 + plain.len().div_ceil(3) * 4);
    text.push(on_the_wire(head));
    text.push(on_the_wire(check));
    for letter in STANDARD_NO_PAD.encode(plain).bytes() {
        text.push(on_the_wire(ALPHABET[(index(letter).unwrap_or(0) + n) % 64]));
    }
    text
}

/// The plain bytes, or `None` when the text was not made by [`encode`].
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut letters = text.bytes().map(|letter| if letter == b'-' { b'+' } else { letter });
    let n = match letters.next()? {
        b'=' => UNROTATED,
        letter => index(letter)?,
    };
    // The check letter is taken from the rotated alphabet, at `n + length`.
    let check = index(letters.next()?)?;
    let length = (check + 2 * 64 - 2 * (n % 64)) % 64;
    let base64: Vec<u8> = letters
        .map(|letter| index(letter).map(|at| ALPHABET[(at + 64 - n % 64) % 64]))
        .collect::<Option<_>>()?;
    let plain = STANDARD_NO_PAD.decode(base64).ok()?;
    (plain.len() % 64 == length).then(|| join_surrogates(plain))
}

fn on_the_wire(letter: u8) -> char {
    if letter == b'+' { '-' } else { char::from(letter) }
}

fn index(letter: u8) -> Option<usize> {
    Some(match letter {
        b'A'..=b'Z' => usize::from(letter - b'A'),
        b'a'..=b'z' => usize::from(letter - b'a') + 26,
        b'0'..=b'9' => usize::from(letter - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// CESU-8 to UTF-8. Well-formed UTF-8 never holds the byte pairs looked for, so it passes unchanged.
fn join_surrogates(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.contains(&0xED) {
        return bytes;
    }
    let mut joined = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some((&first, tail)) = rest.split_first() {
        if let [0xED, a @ 0xA0..=0xAF, b @ 0x80..=0xBF, 0xED, c @ 0xB0..=0xBF, d @ 0x80..=0xBF, after @ ..] =
            rest
        {
            let half = |x: u8, y: u8| (u32::from(x & 0x0F) << 6) | u32::from(y & 0x3F);
            let point = 0x1_0000 + (half(*a, *b) << 10) + (half(*c, *d) & 0x3FF);
            if let Some(letter) = char::from_u32(point) {
                joined.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
                continue;
            }
        }
        joined.push(first);
        rest = tail;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_heads_state_rotation_and_length() {
        assert_eq!(encode(b"", 0), "AA");
        assert_eq!(encode(b"a", 0), format!("AB{}", "YQ"));
        assert_eq!(&encode(&[b'x'; 64], 2)[..2], "CE");
        assert_eq!(decode("AA").as_deref(), Some(&b""[..]));
    }

    #[test]
    fn agrees_with_the_clients_encoder() {
        let text = "ac=Ordr.query&_app=emp-adm&cond=名";
        assert_eq!(encode(text.as_bytes(), 37), "lt97xi4cuJBHeWC76XD3-E98mV076SBnaG-rZL9biT-ocKJtZ");
    }

    #[test]
    fn rotation_64_is_an_equals_sign_and_no_rotation() {
        let text = encode(b"ac=att&id=1", 64);
        assert!(text.starts_with("=L"), "{text}");
        assert_eq!(text[2..], STANDARD_NO_PAD.encode(b"ac=att&id=1"));
        assert_eq!(decode(&text).as_deref(), Some(&b"ac=att&id=1"[..]));
    }

    #[test]
    fn emoji_as_two_surrogates_become_one_character() {
        let cesu = [b'a', 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80, 0xE4, 0xB8, 0xAD];
        assert_eq!(decode(&encode(&cesu, 7)), Some("a😀中".as_bytes().to_vec()));
        // Half a pair is left as it came.
        assert_eq!(decode(&encode(&cesu[..4], 7)), Some(cesu[..4].to_vec()));
    }

    #[test]
    fn refuses_what_was_not_encoded() {
        for text in ["", "1", "B", "中文", "BLZXN+e4iwZX2", "BLZXN e4iwZX2q", "BLZXN-e3iwZX2q=", "@LZX"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn comes_back_for_every_rotation(plain in any::<String>(), n in 0usize..=64) {
            let text = encode(plain.as_bytes(), n);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/=".contains(&b)));
            prop_assert_eq!(decode(&text), Some(plain.into_bytes()));
        }

        #[test]
        fn never_panics(text in any::<String>(), coded in "[A-Za-z0-9/=-]{0,90}") {
            let _ = (decode(&text), decode(&coded));
        }
    }
}
