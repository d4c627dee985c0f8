//! Jindou: a business backend in one binary. `pipeline` is the place to start reading.

pub mod design;
pub mod error;
pub mod value;
pub mod call;
