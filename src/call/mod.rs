//! Text → Call: everything a request says, as data. Nothing here knows which objects exist or who asks.

pub mod app;
pub mod batch_refs;
pub mod charset;
pub mod client_version;
pub mod compat;
pub mod cond;
pub mod cursor;
pub mod expr;
pub mod headers;
pub mod lex;
pub mod list;
pub mod lookup;
pub mod name;
pub mod name_ref;
pub mod order;
pub mod param_settings;
pub mod params;
pub mod query;
pub mod res;
pub mod trace;
pub mod weight;
pub mod xparam;

/// Words that the grammar reads as its own, so that a name like them must be quoted.
fn cond_keywords() -> &'static [&'static str] {
    &["and", "or", "not", "like", "in", "between", "is", "null", "select", "distinct", "asc", "desc", "as"]
}
