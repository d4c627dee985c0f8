//! Codes that prove something: who holds a phone, who has seen a watch, who was invited. The server owns their
//! strength: a code and the guesses that it allows are declared together, and a pair that lets a guesser in
//! more often than once in 100 000 times does not compile or is refused.

use crate::error::{Error, Result};
use crate::id::CodeKind;

/// ```
/// use jindou::credentials::proof::Proof;
/// use jindou::id::CodeKind;
/// /// Shown on a watch.
/// const BIND: Proof = Proof::new(CodeKind::clear(6), 1000);
/// assert_eq!(BIND.draw().len(), 6);
/// ```
///
/// A weak one does not compile:
/// ```compile_fail
/// use jindou::credentials::proof::Proof;
/// use jindou::id::CodeKind;
/// const PIN: Proof = Proof::new(CodeKind::digits(4), 5);
/// # PIN.draw();
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    kind: CodeKind,
    guesses: u32,
}

/// Fewer guesses than this do not forgive a slip of the finger.
const FORGIVING: u32 = 3;

impl Proof {
    /// `guesses` are all that whoever counts them allows, in the life of a code and at all codes it may hit.
    pub const fn new(kind: CodeKind, guesses: u32) -> Proof {
        assert!(guesses <= kind.guesses(), "the code is too weak for so many guesses");
        Proof { kind, guesses }
    }

    /// As a caller wishes it to look; of the guesses that are wished for, as many as it withstands.
    pub fn wished(kind: &str, guesses: u32) -> Result<Proof> {
        let parsed = CodeKind::parse(kind)?;
        let most = parsed.guesses().min(guesses);
        if most < guesses.min(FORGIVING) {
            return Err(Error::param(format!("bad param `type`=`{kind}`: the code is too easy to guess"))
                .say(
                    format!("验证码类型`{kind}`过于简单，请使用更长的验证码"),
                    format!("param `type`: a code like `{kind}` is too easy to guess, ask for a longer one"),
                ));
        }
        Ok(Proof { kind: parsed, guesses: most })
    }

    pub fn draw(&self) -> String {
        self.kind.draw()
    }

    /// So many guesses at several codes of one thing are not too many.
    pub const fn withstands(&self) -> u32 {
        self.kind.guesses()
    }

    /// A stronger one, for a thing that was guessed at too often.
    pub fn longer(&self) -> Proof {
        Proof { kind: self.kind.longer(2), ..*self }
    }

    pub const fn guesses(&self) -> u32 {
        self.guesses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_one_withstands_more() {
        let proof = Proof::wished("d6", 5).unwrap();
        assert_eq!((proof.withstands(), proof.longer().withstands()), (10, 1000));
        assert_eq!((proof.longer().guesses(), proof.longer().draw().len()), (5, 8));
    }

    #[test]
    fn a_weak_wish_is_refused_and_a_fair_one_has_fewer_guesses() {
        for weak in ["d1", "d2", "d3", "d4", "d5", "w1", "w2", "w3", "x1", "x2", "x3", "a1", "a2", "a3"] {
            let error = Proof::wished(weak, 5).unwrap_err();
            assert!(error.text.en.contains("`type`") && error.text.en.contains(weak), "{weak}");
        }
        for (kind, guesses) in [("d6", 5), ("w4", 4), ("w5", 5), ("x4", 5), ("x5", 5), ("a4", 5), ("d32", 5)]
        {
            assert_eq!(Proof::wished(kind, 5).unwrap().guesses(), guesses, "{kind}");
        }
        assert_eq!(Proof::wished("d6", 100).unwrap().guesses(), 10, "whatever the configuration says");
        assert_eq!(Proof::wished("d5", 1).unwrap().guesses(), 1);
        assert!(Proof::wished("d4", 1).is_err());
    }
}
