//! Jindou: a business backend in one binary. `pipeline` is the place to start reading.

pub mod auth;
pub mod call;
pub mod design;
pub mod error;
pub mod facility;
pub mod id;
pub mod object;
pub mod plan;
pub mod render;
pub mod sql;
pub mod time;
pub mod value;
