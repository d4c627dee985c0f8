//! The pseudo-uuid: a row id as 16 hex digits that tell nothing of its size or order.
//!
//! An id of 40 bits and 24 zero bits go through a keyed permutation of 64 bits: a Feistel network of eight
//! rounds whose round function is HMAC-SHA256. Such a network turns a keyed random function into a
//! permutation that cannot be told from a random one without the key (four rounds are the proof's minimum;
//! twice that costs microseconds). It is made of parts the server has anyway, where 64-bit block ciphers of
//! the libraries are retired designs. The zero bits are the check: a made-up text decrypts to an id with a
//! chance of one in sixteen million.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ID_BITS: u32 = 40;
const ROUNDS: u8 = 8;

/// Ids to pseudo-uuids and back, under one secret key.
///
/// ```
/// use jindou::id::IdCipher;
/// let cipher = IdCipher::new(b"the server's secret");
/// let uuid = cipher.encrypt(42);
/// assert_eq!(uuid.len(), 16);
/// assert_eq!(cipher.decrypt(&uuid), Some(42));
/// assert_eq!(IdCipher::new(b"another secret").decrypt(&uuid), None);
/// ```
#[derive(Clone)]
pub struct IdCipher {
    /// HMAC with its key already taken in; cloned for every round.
    keyed: Hmac<Sha256>,
}

impl IdCipher {
    pub fn new(key: &[u8]) -> IdCipher {
        // The key is hashed with a purpose, so the same secret may serve elsewhere.
        let digest = Sha256::new().chain_update(b"jindou pseudo-uuid\0").chain_update(key).finalize();
        let mut block = [0; 64];
        block[..32].copy_from_slice(&digest);
        IdCipher { keyed: Hmac::new(&block.into()) }
    }

    /// The pseudo-uuid of an id. An id that is negative or needs more than 40 bits is written as a plain
    /// number, which every id parameter takes too.
    pub fn encrypt(&self, id: i64) -> String {
        match u64::try_from(id) {
            Ok(id) if id >> ID_BITS == 0 => format!("{:016x}", self.permute(id)),
            _ => id.to_string(),
        }
    }

    /// The id that a value in a request or an answer stands for: a number, its text, or a pseudo-uuid.
    pub fn shown(&self, value: &serde_json::Value) -> Option<i64> {
        match value {
            serde_json::Value::Number(id) => id.as_i64(),
            serde_json::Value::String(text) => text.parse().ok().or_else(|| self.decrypt(text)),
            _ => None,
        }
    }

    /// The id of a pseudo-uuid made with this key, in either letter case.
    pub fn decrypt(&self, text: &str) -> Option<i64> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let id = self.restore(u64::from_str_radix(text, 16).ok()?);
        if id >> ID_BITS == 0 { i64::try_from(id).ok() } else { None }
    }

    fn permute(&self, block: u64) -> u64 {
        let (mut left, mut right) = halves(block);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mix(round, right));
        }
        join(left, right)
    }

    fn restore(&self, block: u64) -> u64 {
        let (mut left, mut right) = halves(block);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mix(round, left), left);
        }
        join(left, right)
    }

    fn mix(&self, round: u8, half: u32) -> u32 {
        let mut mac = self.keyed.clone();
        mac.update(&[round]);
        mac.update(&half.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        u32::from_be_bytes([tag[0], tag[1], tag[2], tag[3]])
    }
}

impl std::fmt::Debug for IdCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdCipher")
    }
}

fn halves(block: u64) -> (u32, u32) {
    ((block >> 32) as u32, block as u32)
}

fn join(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cipher() -> IdCipher {
        IdCipher::new(b"key")
    }

    #[test]
    fn the_format_is_stable() {
        // Links and bookmarks outlive releases: these may only change together with a migration.
        let uuids = [0, 1, 2, (1 << ID_BITS) - 1].map(|id| cipher().encrypt(id));
        expect_test::expect!["7d5dc6b0cd39f402 b248672be11be1fb 2f5f2ce4f7313115 249172d2cc388069"]
            .assert_eq(&uuids.join(" "));
    }

    #[test]
    fn ids_out_of_range_stay_numbers() {
        for id in [-1, i64::MIN, 1 << ID_BITS, i64::MAX] {
            assert_eq!(cipher().encrypt(id), id.to_string());
        }
    }

    #[test]
    fn neighbours_look_unrelated() {
        let block = |id| u64::from_str_radix(&cipher().encrypt(id), 16).unwrap();
        let flips: u32 = (0..1000).map(|id| (block(id) ^ block(id + 1)).count_ones()).sum();
        assert!((31_000..33_000).contains(&flips), "{flips}");
    }

    #[test]
    fn foreign_texts_do_not_decrypt() {
        let uuid = cipher().encrypt(7);
        assert_eq!(cipher().decrypt(&uuid.to_uppercase()), Some(7));
        assert_eq!(IdCipher::new(b"other").decrypt(&uuid), None);
        for text in
            ["", "7", &uuid[1..], &format!("{uuid}0"), "+000000000000000", "中中中中中0", "zzzzzzzzzzzzzzzz"]
        {
            assert_eq!(cipher().decrypt(text), None, "{text}");
        }
    }

    #[test]
    fn made_up_texts_are_refused() {
        for n in 0u64..3000 {
            let block = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            assert_eq!(cipher().decrypt(&format!("{block:016x}")), None, "{n}");
        }
    }

    proptest! {
        #[test]
        fn comes_back(id in 0i64..1 << ID_BITS, key in any::<[u8; 8]>()) {
            let cipher = IdCipher::new(&key);
            let uuid = cipher.encrypt(id);
            prop_assert_eq!(uuid.len(), 16);
            prop_assert_eq!(cipher.decrypt(&uuid), Some(id));
        }
    }
}
