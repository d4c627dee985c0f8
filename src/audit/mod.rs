//! The audit log: rows that are written with what they record, chained by hashes, never by the caller's hand.

mod chain;
mod head;
mod marks;
mod order;
mod proof;
mod record;
mod recover;
mod reserve;
mod retain;
mod room;
mod seal;
mod size;
mod text;
mod values;
pub mod verify;
mod witness;
mod words;

pub use chain::{Chain, Need};
pub use head::ChainHead;
pub use record::{CallRecord, ItemRecord, Record, last_ids, objects};
pub use recover::recover;
pub use reserve::{known_ids, known_time, put_time, reserve};
pub use retain::{Oldest, Until};
pub use room::Room;
pub use seal::{Keys, Seal};
pub use text::{Shown, ShownRequest, write_request, write_response};
pub use values::limit;
pub use witness::{Witness, stored_heads};
pub use words::Words;

/// The texts of the tables above.
pub const DESIGN: &str = include_str!("DESIGN.md");
