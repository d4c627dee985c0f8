//! The integration tests: one binary, one file per feature. The plugins are compiled in as they are in the
//! program, so their own unit tests run here too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod app;
#[path = "../../plugins/mod.rs"]
mod plugins;

mod audit;
mod audit_chain;
mod audit_clock;
mod audit_record;
mod blind_writes;
mod bucket;
mod ceilings;
mod cli;
mod codes;
mod demo;
mod documented;
mod edges;
mod exec_sql;
mod field_names;
mod field_spellings;
mod files_app;
mod files_att;
mod files_bucket;
mod files_many;
mod files_orders;
mod files_owned;
mod files_pictures;
mod files_upload;
mod keys;
mod kill;
mod lab;
mod login;
mod meta;
mod nearby;
mod once;
mod orders;
mod pages;
mod passwords;
mod peer_bugs;
mod permissions;
mod property_query;
mod property_text;
mod ranges;
mod registry;
mod report;
mod rtest_calls;
mod server_info;
mod staff;
mod table_bulk;
mod table_cond;
mod table_file;
mod table_group;
mod table_import;
mod table_page;
mod table_ready;
mod table_res;
mod table_subs;
mod table_write;
mod tidy;
mod watch_console;
mod watch_devices;
mod watch_family;
mod watch_places;
mod watch_plaza;
mod watch_rules;
mod watch_story;
mod weaknesses;
mod wire_answers;
mod wire_batch;
mod wire_http;
mod wire_names;
mod wire_params;
mod wire_xparam;
mod writes;
