//! Jindou: a business backend in one binary. `pipeline` is the place to start reading.

pub mod audit;
pub mod auth;
pub mod builtin;
pub mod call;
pub mod cli;
pub mod config;
pub mod db;
pub mod design;
pub mod env;
pub mod error;
pub mod exec;
pub mod facility;
pub mod house;
pub mod http;
pub mod id;
pub mod log;
pub mod object;
pub mod pipeline;
pub mod plan;
pub mod plugin;
pub mod registry;
pub mod render;
pub mod session;
pub mod sql;
pub mod time;
pub mod value;
