//! Meaning: names become columns, requests become plans. A plan is data in which every question has an
//! answer, so that `sql` only has to spell it. Only an authorized call is planned.

pub mod expr;
pub mod fields;
pub mod filter;
pub mod formula;
pub mod items;
pub mod lens;
pub mod literal;
pub mod near;
pub mod open;
pub mod order;
pub mod page;
pub mod query;
pub mod scope;
pub mod select;
pub mod ways;
pub mod write;

pub use crate::object::Over;
pub use expr::{Expr, TimeUnit};
pub use lens::{Lens, Sight, Telling, Veil};
pub use open::{Given, Open};
pub use query::{Out, QueryPlan, SubPlan};
pub use scope::Scope;
pub use select::{Join, Select};
