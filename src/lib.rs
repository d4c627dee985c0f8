//! Jindou: a business backend in one binary. Clients call `/api/<Object.action>`; plugins declare the objects, and the library
//! does the rest: conditions, joins, paging, rights, writes, import and export, audit, jobs, backups.
//!
//! # Write a plugin
//!
//! [`plugin`] is the prelude of authors: `use jindou::plugin::*`. A [`plugin::Plugin`] is a constant with a page (`DESIGN.md`:
//! tables, labels, examples), [`object::Object`]s and functions. [`testing`] runs the examples of the page. A program is a list of
//! plugins handed to [`cli::run`]; `plugins/example` is the plugin to copy, `examples/own_plugin` a program of a third party.
//!
//! # Follow a call
//!
//! 1. [`http`] reads the head and the body, and bounds both.
//! 2. [`pipeline`] names the stages in their order; read it first.
//! 3. [`call`] turns texts into requests: `cond`, `res`, `orderby` and the other parameters, without asking what names mean.
//! 4. [`session`] and [`auth`] find out who calls; [`authorize`] decides what this caller may do.
//! 5. [`plan`] gives the names their meaning against [`object`] (declarations) and [`design`] (tables, from the pages).
//! 6. [`sql`] writes statements with bound values; [`db`] runs them: snapshots for reads, one lane for writes.
//! 7. [`read`] and [`write`](mod@write) are the standard actions; [`api`] is what rules and actions of plugins hold in their hands.
//! 8. [`audit`] records the call in the transaction of its change, chained by hashes; [`render`] makes the answer.
//!
//! # The rest
//!
//! - The server: [`cli`], [`config`], [`server`] (everything that lives as long as it), [`services`] (what calls share), [`registry`]
//!   (the plugins, joined and checked at start), [`builtin`] (`initClient`, `Meta`, the console and others), [`dispatch`].
//! - Operation: [`backup`], [`undo`], [`log`], [`metrics`], [`jobs`] and [`workers`] (work that no call waits for), [`demo`].
//! - Defence: [`credentials`], [`throttle`], [`redact`], and [`id`] for ids that cannot be guessed.
//! - Outside: [`integrations`] (services of others), [`notify`] (messages to people through them), [`store`] (files on disk or in a bucket), [`kv`] (values with a time to live).
//! - Small things: [`archive`], [`cache`], [`error`](mod@error), [`geo`], [`paths`], [`time`], [`value`].
//!
//! `design/ARCHITECTURE.md` in the repository tells why it is built so.

pub mod api;
pub mod archive;
pub mod audit;
pub mod auth;
pub mod authorize;
pub mod backup;
pub mod builtin;
pub mod cache;
pub mod call;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod cut;
pub mod db;
pub mod demo;
pub mod design;
pub mod dispatch;
pub mod error;
pub mod geo;
pub mod http;
pub mod id;
pub mod integrations;
pub mod jobs;
pub mod kv;
pub mod live;
pub mod log;
pub mod metrics;
pub mod notify;
pub mod object;
pub mod paths;
pub mod pipeline;
pub mod plan;
pub mod plugin;
pub mod read;
pub mod redact;
pub mod registry;
pub mod render;
pub mod server;
pub mod services;
pub mod session;
pub mod sql;
pub mod store;
pub mod testing;
pub mod throttle;
pub mod time;
pub mod undo;
pub mod value;
pub mod workers;
pub mod write;
