//! Live queries: a query of an object that says `.live()`, whose subscriber is told of every change of its result. A result is
//! always that of the caller's ordinary query: the engine finds out which subscriptions a commit concerns (`index`,
//! `matches`), runs those again (`run`), and sends what differs from what was sent before (`window`). So nothing is missed
//! and nothing comes twice, and rights are asked at every run.
//!
//! It follows the writer lane of this process. Changes that another process makes in the database are not seen.

mod engine;
mod index;
mod look;
mod matches;
mod run;
mod source;
mod state;
mod window;

pub use engine::{LiveQueries, LiveQuery};
pub use run::{LiveRequest, ROWS_MAX};
pub use source::Queries;

use crate::auth::Caller;
use crate::error::Result;
use std::sync::Arc;

/// The owner of subscriptions: a connection.
pub trait Holder: Send + Sync {
    /// The caller with the rights of now; an error ends the subscription.
    fn caller(&self) -> Result<Arc<Caller>>;

    /// Takes a frame, a JSON text in one line.
    fn send(&self, frame: Vec<u8>);
}
