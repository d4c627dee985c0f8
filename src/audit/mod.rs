//! The audit log: rows that are written with what they record, chained by hashes, never by the caller's hand.

mod chain;
mod chain_order;
mod head;
mod marks;
mod proof;
mod record;
mod record_limits;
mod recover;
mod reserve;
mod retention;
mod row_text;
mod seal;
mod size;
mod summary;
mod values;
pub mod verify;
mod witness;

pub use chain::{Chain, Need};
pub use head::ChainHead;
pub use record::{CallRecord, ItemRecord, Record, last_ids, objects};
pub use record_limits::RecordLimits;
pub use recover::recover;
pub use reserve::{known_ids, known_time, put_time, reserve};
pub use retention::{Oldest, Until};
pub use row_text::Words;
pub use seal::{Keys, Seal};
pub use summary::{RecordedText, ShownRequest, write_request, write_response};
pub use values::limit;
pub use witness::{Witness, stored_heads};

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");
