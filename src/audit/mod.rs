//! The audit log: rows that are written with what they record, chained by hashes, never by the caller's hand.

mod chain;
mod order;
mod record;
mod recover;
mod retain;
mod text;
pub mod verify;
mod words;

pub use chain::{Chain, Need};
pub use record::{CallRecord, ItemRecord, Record, last_ids, objects};
pub use recover::recover;
pub use retain::Oldest;
pub use text::{write_request, write_response};
pub use words::Words;

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");
