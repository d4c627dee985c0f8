//! The integration tests: one binary, one file per feature. The plugins are compiled in as they are in the
//! program, so their own unit tests run here too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod app;
mod change_feed;
mod code;
#[path = "../../plugins/mod.rs"]
mod plugins;

// The stories of a plugin lie in its folder.
#[path = "../../plugins/account/tests/accounts.rs"]
mod accounts;
#[path = "../../plugins/account/tests/codes.rs"]
mod codes;
#[path = "../../plugins/upload/tests/app.rs"]
mod files_app;
#[path = "../../plugins/upload/tests/att.rs"]
mod files_att;
#[path = "../../plugins/upload/tests/bucket.rs"]
mod files_bucket;
#[path = "../../plugins/upload/tests/killed.rs"]
mod files_killed;
#[path = "../../plugins/upload/tests/many.rs"]
mod files_many;
#[path = "../../plugins/upload/tests/orders.rs"]
mod files_orders;
#[path = "../../plugins/upload/tests/owned.rs"]
mod files_owned;
#[path = "../../plugins/upload/tests/pictures.rs"]
mod files_pictures;
#[path = "../../plugins/upload/tests/upload.rs"]
mod files_upload;
#[path = "../../plugins/account/tests/keys.rs"]
mod keys;
#[path = "../../plugins/syslog/tests/rights.rs"]
mod log_rights;
#[path = "../../plugins/account/tests/login.rs"]
mod login;
#[path = "../../plugins/account/tests/mfa.rs"]
mod mfa;
#[path = "../../plugins/order/tests/orders.rs"]
mod orders;
#[path = "../../plugins/rtest/tests/own_log.rs"]
mod own_log;
#[path = "../../plugins/account/tests/passwords.rs"]
mod passwords;
#[path = "../../plugins/report/tests/report.rs"]
mod report;
#[path = "../../plugins/role/tests/escalation.rs"]
mod role_escalation;
#[path = "../../plugins/role/tests/rights.rs"]
mod role_rights;
#[path = "../../plugins/role/tests/walls.rs"]
mod role_walls;
#[path = "../../plugins/role/tests/roles.rs"]
mod roles;
#[path = "../../plugins/rtest/tests/calls.rs"]
mod rtest_calls;
#[path = "../../plugins/account/tests/sessions.rs"]
mod sessions;
#[path = "../../plugins/account/tests/staff.rs"]
mod staff;
#[path = "../../plugins/trade/tests/trade.rs"]
mod trade;
#[path = "../../plugins/trade/tests/awards.rs"]
mod trade_awards;
#[path = "../../plugins/watch/tests/codes.rs"]
mod watch_codes;
#[path = "../../plugins/watch/tests/console.rs"]
mod watch_console;
#[path = "../../plugins/watch/tests/devices.rs"]
mod watch_devices;
#[path = "../../plugins/watch/tests/family.rs"]
mod watch_family;
#[path = "../../plugins/watch/tests/places.rs"]
mod watch_places;
#[path = "../../plugins/plaza/tests/plaza.rs"]
mod watch_plaza;
#[path = "../../plugins/watch/tests/rules.rs"]
mod watch_rules;
#[path = "../../plugins/story/tests/story.rs"]
mod watch_story;

mod audit;
mod audit_chain;
mod audit_clock;
mod audit_record;
mod backup;
mod backup_bucket;
mod backup_house;
mod backup_jobs;
mod backup_stream;
mod blind_writes;
mod bodies;
mod bucket;
mod ceilings;
mod classes;
mod cli;
mod connections;
mod damage;
mod declared_rules;
mod demo;
mod deploy;
mod documented;
mod edges;
mod exec_sql;
mod field_names;
mod field_spellings;
mod generation;
mod guests;
mod health;
mod import_as_written;
mod jobs;
mod kill;
mod lab;
mod large_sorts;
mod list_ways;
mod live;
mod live_query;
mod log_secrets;
mod meta;
mod models;
mod modules;
mod nearby;
mod notify;
mod once;
mod one_server;
mod operations;
mod pages;
mod peer_bugs;
mod permissions;
mod private_data;
mod private_walk;
mod program;
mod property_query;
mod property_text;
mod ranges;
mod registry;
mod search;
mod security_page;
mod server_info;
mod standby;
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
mod tls;
mod tls_http2;
mod type_names;
mod undo;
mod undo_random;
mod versions;
mod waits;
mod wall;
mod weaknesses;
mod webhooks;
mod wire_answers;
mod wire_batch;
mod wire_http;
mod wire_names;
mod wire_params;
mod wire_xparam;
mod writes;
