//! Codes that people type in: its letters and its length, and so how many guesses it withstands.

use super::random::from;
use crate::error::{Error, Result};

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Without the four that people confuse.
const CLEAR: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

const LONGEST: usize = 32;
/// All allowed guesses together find a code once in so many times at most.
const FLOOR: u128 = 100_000;

/// ```
/// use jindou::id::CodeKind;
/// assert_eq!(CodeKind::parse("d6")?, CodeKind::digits(6));
/// assert_eq!(CodeKind::digits(6).guesses(), 10);
/// assert_eq!(CodeKind::parse("w4")?.guesses(), 4);
/// assert_eq!(CodeKind::parse("d1")?.guesses(), 0);
/// assert!(CodeKind::parse("d0").is_err());
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeKind {
    alphabet: &'static [u8],
    length: usize,
}

impl CodeKind {
    pub const fn digits(length: usize) -> CodeKind {
        CodeKind { alphabet: DIGITS, length }
    }

    pub const fn letters(length: usize) -> CodeKind {
        CodeKind { alphabet: LETTERS, length }
    }

    /// Letters and digits.
    pub const fn mixed(length: usize) -> CodeKind {
        CodeKind { alphabet: ALNUM, length }
    }

    /// Letters and digits without 0, O, 1 and I.
    pub const fn clear(length: usize) -> CodeKind {
        CodeKind { alphabet: CLEAR, length }
    }

    /// A letter for the alphabet (`d` digits, `w` letters, `x` letters and digits without 0O1I, any other
    /// letters and digits) and the length.
    pub fn parse(kind: &str) -> Result<CodeKind> {
        let bad =
            || Error::param(format!("bad param `type`=`{kind}`: a letter and a length of 1 to {LONGEST}"));
        let letter = kind.chars().next().filter(char::is_ascii_alphabetic).ok_or_else(bad)?;
        let length: usize = kind[1..].parse().map_err(|_| bad())?;
        if !(1..=LONGEST).contains(&length) {
            return Err(bad());
        }
        Ok(match letter {
            'd' => CodeKind::digits(length),
            'w' => CodeKind::letters(length),
            'x' => CodeKind::clear(length),
            _ => CodeKind::mixed(length),
        })
    }

    pub const fn longer(self, by: usize) -> CodeKind {
        CodeKind { length: self.length + by, ..self }
    }

    /// So many guesses may be allowed.
    pub const fn guesses(&self) -> u32 {
        let (mut codes, mut left) = (1u128, self.length);
        while left > 0 {
            codes = codes.saturating_mul(self.alphabet.len() as u128);
            left -= 1;
        }
        let most = codes / FLOOR;
        if most > u32::MAX as u128 { u32::MAX } else { most as u32 }
    }

    /// What proves something is drawn by `credentials::proof`, which counts the guesses.
    pub(crate) fn draw(&self) -> String {
        from(self.alphabet, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_names_the_alphabet() {
        for (kind, alphabet) in
            [("d20", DIGITS), ("w20", LETTERS), ("x20", CLEAR), ("a20", ALNUM), ("Z20", ALNUM)]
        {
            let code = CodeKind::parse(kind).unwrap().draw();
            assert!(code.len() == 20 && code.bytes().all(|b| alphabet.contains(&b)), "{kind}: {code}");
        }
        assert!(!CLEAR.iter().any(|b| b"0O1I".contains(b)));
    }

    #[test]
    fn a_bad_kind_is_named() {
        for kind in ["", "d", "d0", "d-1", "d33", "6", "中6", "dd", "d6.5", "d99999999999999999999"] {
            let error = CodeKind::parse(kind).unwrap_err();
            assert!(error.detail.unwrap().starts_with(&format!("bad param `type`=`{kind}`")), "{kind}");
        }
    }

    #[test]
    fn no_number_of_guesses_is_above_the_floor() {
        for letter in ["d", "w", "x", "a"] {
            for length in 1..=LONGEST {
                let kind = CodeKind::parse(&format!("{letter}{length}")).unwrap();
                let chance = f64::from(kind.guesses()) / (kind.alphabet.len() as f64).powi(length as i32);
                assert!(chance <= 1e-5, "{letter}{length}: {chance}");
            }
        }
    }
}
