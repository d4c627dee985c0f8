//! The API of authors of plugins: parameters (`Args`), answers, rows of tables, objects with their
//! rules, values with a time to live, and work outside a transaction (`Stage`). `crate::plugin` is its prelude.

#![warn(missing_docs)]

mod answer;
mod args;
mod enqueue;
mod existence_cache;
mod fields;
mod journal;
pub(crate) mod long_work;
mod objects;
mod readable_rows;
mod server_facts;
mod shared_memory;
mod staged;
mod stored_kv;
mod tables;
mod typed_args;

pub use crate::call::param_settings::ParamSettings;
pub use crate::store::{FileBody, Local, Outlet, Producer};
pub use answer::{Answer, FileAnswer};
pub use args::{Args, Body, Upload};
pub(crate) use existence_cache::ExistenceCache;
pub use fields::{Fields, Row};
pub use journal::{Fate, Journal};
pub use objects::Find;
pub use readable_rows::ReadableRows;
pub use shared_memory::TxKv;
pub use staged::{Prepared, Rest, Stage, Standing};
pub use stored_kv::StoredKv;
pub(crate) use tables::By;
pub use typed_args::whole;
