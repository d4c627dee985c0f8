//! The integration tests: one binary, one file per feature. The plugins are compiled in as they are in the
//! program, so their own unit tests run here too.

mod app;
#[path = "../../plugins/mod.rs"]
mod plugins;

mod files_app;
mod files_att;
mod files_many;
mod files_owned;
mod files_pictures;
mod files_upload;
mod rtest_calls;
