//! The product: the one list of plugins. A plugin sees only the library's public API.

pub mod account;
pub mod order;
pub mod rtest;
pub mod syslog;
pub mod upload;

use jindou::plugin::Plugin;

#[rustfmt::skip]
pub static ALL: &[&Plugin] = &[
    &account::PLUGIN,
    &order::PLUGIN,
    &rtest::PLUGIN,
    &syslog::PLUGIN,
    &upload::PLUGIN,
];
