//! Meaning: names become columns, requests become plans. A plan is data in which every question has an
//! answer, so that `sql` only has to spell it. Only an authorized call is planned.

pub mod access_paths;
pub mod expr;
pub mod fields;
pub mod filter;
pub mod formula;
pub mod literal;
pub mod near;
pub mod order;
pub mod page;
pub mod placeholder;
pub mod query;
pub mod read_policy;
pub mod scope;
pub mod select;
pub mod select_list;
pub mod write;

pub use crate::object::Over;
pub use expr::{Expr, TimeUnit};
pub use placeholder::{Bindings, Placeholder};
pub use query::{Out, QueryPlan, SubPlan};
pub use read_policy::{FieldPolicy, FieldView, ReadPolicy, RowPolicy};
pub use scope::Scope;
pub use select::{Join, Select};
