//! Passwords at rest: argon2id over the md5 hex digest of the password. Not the rules of a good password
//! (`weak`), not the limits on guessing (`failures`).
//!
//! Why over md5: clients may send the password itself or its md5 hex. Both become the same 32 hex digits
//! before anything else happens, so both open the same row. What follows from accepting the md5 form:
//!
//! - The md5 of a password *is* a password here. A stored argon2 string is not: sent as a password it is
//!   digested like any other text, and never equals the digest it was made from.
//! - A bare md5 row of an old database would hand its reader the login, because the stored text is the md5
//!   form. So an old row opens with the plain password only. [`Passwords::hash`] of an old row's text turns
//!   it into a full row without knowing the password: an import does that for all rows, and from then on
//!   both forms work again.
//! - Whoever took a *copy of the old table* before the import still holds the md5 forms. Only a new password
//!   ends that; nothing computed on our side can.

use crate::error::{Error, Result};
use crate::redact;
use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What one hash costs: memory, passes over it, lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// OWASP's recommendation: 19 MiB, 2 passes, 1 lane. About 20 ms.
    pub const STRONG: Cost = Cost { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// For tests: as cheap as argon2 gets.
    pub const TEST: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    /// The most a stored row may ask of us, whoever wrote it.
    const MOST: Cost = Cost { memory_kib: 256 * 1024, passes: 16, lanes: 16 };

    fn within(self, other: Cost) -> bool {
        self.memory_kib <= other.memory_kib && self.passes <= other.passes && self.lanes <= other.lanes
    }
}

impl Default for Cost {
    fn default() -> Cost {
        Cost::STRONG
    }
}

/// What came of comparing. `upgrade`: store a new hash of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right { upgrade: bool },
    Wrong,
}

impl Verdict {
    pub fn is_right(self) -> bool {
        matches!(self, Verdict::Right { .. })
    }
}

/// Makes and checks stored passwords. Slow by intention: call it through a [`crate::throttle::concurrency_limit::ConcurrencyLimit`].
///
/// ```
/// use jindou::credentials::password::{Cost, Passwords, Verdict};
/// let passwords = Passwords::new(Cost::TEST)?;
/// let stored = passwords.hash("correct horse")?;
/// assert_eq!(passwords.verify(&stored, "correct horse"), Verdict::Right { upgrade: false });
/// assert_eq!(passwords.verify(&stored, "wrong horse"), Verdict::Wrong);
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub struct Passwords {
    cost: Cost,
    /// The row of nobody: compared with when there is no row, so that both cases take the same time.
    decoy: Row,
}

impl Passwords {
    pub fn new(cost: Cost) -> Result<Passwords> {
        if !cost.within(Cost::MOST) {
            return Err(Error::server(format!("password cost {cost:?} is more than {:?}", Cost::MOST)));
        }
        let decoy = Row::read(&nobody(cost)).ok_or_else(|| Error::server("bad argon2 parameters"))?;
        Ok(Passwords { cost, decoy })
    }

    /// The row to store for a password, given plain or as md5 hex.
    pub fn hash(&self, given: &str) -> Result<String> {
        make(self.cost, &digest(given))
    }

    /// Compares what was given with a stored row: argon2, old md5, or empty for an account without a
    /// password, which nothing opens. Every way costs one argon2 run.
    pub fn verify(&self, stored: &str, given: &str) -> Verdict {
        let digest = digest(given);
        if let Some(row) = Row::read(stored) {
            let right = row.equals(&digest) & !given.is_empty();
            return if right {
                Verdict::Right { upgrade: row.is_older_than(self.cost) }
            } else {
                Verdict::Wrong
            };
        }
        let _same_time = self.decoy.equals(&digest);
        let right = is_md5(stored) && !is_md5(given) && !given.is_empty();
        if right & redact::same(&stored.to_ascii_lowercase(), &digest) {
            Verdict::Right { upgrade: true }
        } else {
            Verdict::Wrong
        }
    }
}

/// Is it the md5 form of a password, or a row of an old database?
pub fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The md5 form of a password, whichever form it came in.
pub fn digest(given: &str) -> String {
    if is_md5(given) { given.to_ascii_lowercase() } else { format!("{:x}", md5::compute(given)) }
}

/// A stored argon2 row, taken apart.
struct Row {
    engine: Argon2<'static>,
    algorithm: Algorithm,
    version: Version,
    cost: Cost,
    salt: Salt,
    output: Vec<u8>,
}

impl Row {
    fn read(stored: &str) -> Option<Row> {
        let hash = PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = Version::try_from(hash.version?).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let cost = Cost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
        if !cost.within(Cost::MOST) {
            return None;
        }
        let engine = Argon2::new(algorithm, version, params);
        let output = hash.hash?.as_bytes().to_vec();
        Some(Row { engine, algorithm, version, cost, salt: hash.salt?, output })
    }

    fn equals(&self, digest: &str) -> bool {
        let mut output = vec![0u8; self.output.len()];
        let done = self.engine.hash_password_into(digest.as_bytes(), &self.salt, &mut output);
        done.is_ok() & redact::same_bytes(&output, &self.output)
    }

    fn is_older_than(&self, cost: Cost) -> bool {
        let weaker = self.cost.memory_kib < cost.memory_kib || self.cost.passes < cost.passes;
        weaker || self.algorithm != Algorithm::Argon2id || self.version != Version::V0x13
    }
}

/// A row that was made from no password. It need not be: what is compared with it is hashed all the same, and
/// making a real one would cost every start its time and memory.
fn nobody(cost: Cost) -> String {
    let random = [crate::id::token(), crate::id::token()].concat();
    let (salt, output) = (STANDARD_NO_PAD.encode(&random[..16]), STANDARD_NO_PAD.encode(&random[16..]));
    format!("$argon2id$v=19$m={},t={},p={}${salt}${output}", cost.memory_kib, cost.passes, cost.lanes)
}

fn make(cost: Cost, digest: &str) -> Result<String> {
    let fail = |error: &dyn std::fmt::Display| Error::server(format!("password hashing failed: {error}"));
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|e| fail(&e))?;
    let engine = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let row: PasswordHash = engine.hash_password(digest.as_bytes()).map_err(|e| fail(&e))?;
    Ok(row.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRESH: Verdict = Verdict::Right { upgrade: false };
    const OLD: Verdict = Verdict::Right { upgrade: true };

    fn passwords() -> Passwords {
        Passwords::new(Cost::TEST).unwrap()
    }

    fn md5_of(text: &str) -> String {
        format!("{:x}", md5::compute(text))
    }

    #[test]
    fn plain_and_md5_forms_open_the_same_row() {
        let passwords = passwords();
        let by_plain = passwords.hash("s3cret-words").unwrap();
        let by_md5 = passwords.hash(&md5_of("s3cret-words").to_uppercase()).unwrap();
        for stored in [&by_plain, &by_md5] {
            assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
            assert!(stored.len() <= 128, "{stored}");
            assert_eq!(passwords.verify(stored, "s3cret-words"), FRESH);
            assert_eq!(passwords.verify(stored, &md5_of("s3cret-words")), FRESH);
            assert_eq!(passwords.verify(stored, &md5_of("s3cret-words").to_uppercase()), FRESH);
            assert_eq!(passwords.verify(stored, &md5_of(&md5_of("s3cret-words"))), Verdict::Wrong);
        }
        assert_ne!(by_plain, by_md5, "rows are salted");
    }

    #[test]
    fn the_default_is_what_owasp_asks_for() {
        let passwords = Passwords::new(Cost::default()).unwrap();
        let stored = passwords.hash("x").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(passwords.verify(&stored, "x"), FRESH);
    }

    #[test]
    fn a_stored_row_is_never_a_password() {
        let passwords = passwords();
        let full = passwords.hash("s3cret-words").unwrap();
        assert_eq!(passwords.verify(&full, &full), Verdict::Wrong);
        let old = md5_of("s3cret-words");
        assert_eq!(passwords.verify(&old, &old), Verdict::Wrong);
        assert_eq!(passwords.verify(&old, &old.to_uppercase()), Verdict::Wrong);
    }

    #[test]
    fn an_old_row_opens_with_the_plain_password_and_asks_for_a_new_row() {
        let passwords = passwords();
        let old = md5_of("s3cret-words");
        for stored in [old.clone(), old.to_uppercase()] {
            assert_eq!(passwords.verify(&stored, "s3cret-words"), OLD);
            assert_eq!(passwords.verify(&stored, "other"), Verdict::Wrong);
        }
        let imported = passwords.hash(&old).unwrap();
        assert_eq!(passwords.verify(&imported, "s3cret-words"), FRESH);
        assert_eq!(passwords.verify(&imported, &old), FRESH);
        assert_eq!(passwords.verify(&imported, &imported), Verdict::Wrong);
    }

    #[test]
    fn cheaper_rows_ask_for_an_upgrade_and_dearer_ones_do_not() {
        let with = |memory_kib, passes| Passwords::new(Cost { memory_kib, passes, lanes: 1 }).unwrap();
        let row = with(16, 2).hash("pw").unwrap();
        assert_eq!(with(16, 2).verify(&row, "pw"), FRESH);
        assert_eq!(with(32, 2).verify(&row, "pw"), OLD);
        assert_eq!(with(16, 3).verify(&row, "pw"), OLD);
        assert_eq!(with(8, 1).verify(&row, "pw"), FRESH);
        assert_eq!(with(32, 2).verify(&row, "no"), Verdict::Wrong);
        let params = Params::new(64, 3, 1, None).unwrap();
        let engine = Argon2::new(Algorithm::Argon2i, Version::V0x13, params);
        let other_kind: PasswordHash = engine.hash_password(digest("pw").as_bytes()).unwrap();
        assert_eq!(with(8, 1).verify(&other_kind.to_string(), "pw"), OLD);
    }

    #[test]
    fn no_password_and_broken_rows_open_to_nobody() {
        let passwords = passwords();
        let good = passwords.hash("pw").unwrap();
        let greedy = good.replace("m=8", "m=4000000");
        for stored in ["", " ", "plain", "$argon2id$", &good[..good.len() - 60], &greedy] {
            for given in ["", " ", "plain", "pw", stored, &md5_of("")] {
                assert_eq!(passwords.verify(stored, given), Verdict::Wrong, "{stored:?} {given:?}");
            }
        }
        let of_nothing = passwords.hash("").unwrap();
        assert_eq!(passwords.verify(&of_nothing, ""), Verdict::Wrong);
        assert_eq!(passwords.verify(&md5_of(""), ""), Verdict::Wrong);
    }

    #[test]
    fn a_missing_row_takes_as_long_as_a_wrong_password() {
        let cost = Cost { memory_kib: 4096, passes: 2, lanes: 1 };
        let passwords = Passwords::new(cost).unwrap();
        let stored = passwords.hash("pw").unwrap();
        let time = |stored: &str| {
            let start = std::time::Instant::now();
            assert_eq!(passwords.verify(stored, "wrong"), Verdict::Wrong);
            start.elapsed()
        };
        for other in ["", "garbage", &md5_of("pw")] {
            // In turns, and the fastest of each: on a busy machine it takes some until both had their chance.
            let (mut full, mut instead) = (std::time::Duration::MAX, std::time::Duration::MAX);
            for turn in 0..60 {
                (full, instead) = (full.min(time(&stored)), instead.min(time(other)));
                if turn >= 6 && instead > full / 3 {
                    break;
                }
            }
            assert!(instead > full / 3, "{other:?} {instead:?} against {full:?}");
        }
    }

    #[test]
    fn a_cost_without_reason_is_refused() {
        assert!(Passwords::new(Cost { memory_kib: u32::MAX, passes: 2, lanes: 1 }).is_err());
        assert!(Passwords::new(Cost { memory_kib: 1, passes: 0, lanes: 0 }).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn only_the_password_or_its_md5_opens(password in ".{1,40}", other in ".{0,40}") {
            let passwords = passwords();
            let stored = passwords.hash(&password).unwrap();
            prop_assert_eq!(passwords.verify(&stored, &password), FRESH);
            prop_assert_eq!(passwords.verify(&stored, &digest(&password)), FRESH);
            prop_assert_eq!(passwords.verify(&stored, &other).is_right(), digest(&other) == digest(&password));
        }
    }
}
