//! The integration tests: one binary, one file per feature. The plugins are compiled in as they are in the
//! program, so their own unit tests run here too.

mod app;
#[path = "../../plugins/mod.rs"]
mod plugins;

mod login;
mod rtest_calls;
