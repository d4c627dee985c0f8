//! The product: the one list of plugins. A plugin sees only the library's public API.

pub mod account;
pub mod example;
pub mod order;
pub mod plaza;
pub mod report;
pub mod role;
pub mod rtest;
pub mod story;
pub mod syslog;
pub mod trade;
pub mod upload;
pub mod watch;

use jindou::plugin::Plugin;

#[rustfmt::skip]
pub static ALL: &[&Plugin] = &[
    &account::PLUGIN,
    &upload::PLUGIN,
    &order::PLUGIN,
    &syslog::PLUGIN,
    &report::PLUGIN,
    &role::PLUGIN,
    &example::PLUGIN,
    &rtest::PLUGIN,
    &watch::PLUGIN,
    &story::PLUGIN,
    &plaza::PLUGIN,
    &trade::PLUGIN,
];
