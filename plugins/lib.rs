//! The product's plugins as a crate, for programs that add plugins of their own: accounts, files, orders and the others, each
//! with its `PLUGIN`. `ALL` is the list that the product itself is made of.

#[path = "mod.rs"]
pub mod plugins;

pub use plugins::*;
