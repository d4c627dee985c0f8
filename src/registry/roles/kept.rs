//! What roles leave of rights, kept for all sessions whose roles say the same. It is found by all that it is made from,
//! so a role that has changed is another one.

use crate::auth::mask::Mask;
use crate::auth::{Narrowing, Role};
use crate::cache::bounded::BoundedCache;
use crate::object::Matrix;
use crate::registry::Registry;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// Sets of roles that are kept: some ten kilobytes each.
const KEPT_MAX: usize = 256;

pub struct Narrowings(BoundedCache<Narrowing>);

impl Default for Narrowings {
    fn default() -> Narrowings {
        Narrowings(BoundedCache::new(KEPT_MAX))
    }
}

impl Registry {
    /// What roles leave to staff with these bits, by their matrices. One that cannot be read allows nothing.
    pub fn narrowing(&self, base: Role, bits: Mask, matrices: &[&str]) -> Arc<Narrowing> {
        let mut sum = Sha256::new();
        sum.update([base as u8]);
        sum.update(bits.to_be_bytes());
        for matrix in matrices {
            sum.update(matrix.len().to_be_bytes());
            sum.update(matrix);
        }
        let digest: [u8; 32] = sum.finalize().into();
        let key = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        if let Some(found) = self.narrowings.0.find(&key) {
            return found;
        }
        let roles: Vec<Matrix> =
            matrices.iter().map(|text| Matrix::parse(text).unwrap_or_default()).collect();
        let made = Arc::new(Narrowing::new(digest, self.narrow(base, bits, &roles)));
        self.narrowings.0.keep(key, made.clone());
        made
    }
}
