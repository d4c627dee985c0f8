//! Jindou: a business backend in one binary. `pipeline` is the place to start reading.

pub mod call;
pub mod error;
pub mod id;
pub mod time;
pub mod value;
