//! The product: the one list of plugins. A plugin sees only the library's public API.

pub mod account;
pub mod order;
pub mod report;
pub mod rtest;

use jindou::plugin::Plugin;

pub static ALL: &[&Plugin] = &[&account::PLUGIN, &order::PLUGIN, &report::PLUGIN, &rtest::PLUGIN];
