//! Bounded memory for results that can be made or asked for again.

pub mod bounded;
pub mod expiring;
pub mod recent_hashes;
