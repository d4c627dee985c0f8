//! Jindou: a business backend in one binary. `pipeline` is the place to start reading.

pub mod error;
pub mod render;
pub mod value;
