//! Random texts nobody can guess, and ids that look random: tokens, codes, and the pseudo-uuid cipher.

mod cipher;
mod code;
mod hex;
pub mod log_ids;
mod random;
mod random_in;

pub use cipher::IdCipher;
pub use code::CodeKind;
pub use hex::hex;
pub use random::{digits, hex_token, token};
pub use random_in::random_in;
