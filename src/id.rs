//! Random texts nobody can guess, and ids that look random: tokens, codes, and the pseudo-uuid cipher.

mod cipher;
mod hex;
mod random;

pub use cipher::IdCipher;
pub use hex::hex;
pub use random::{code, hex_token, token};
