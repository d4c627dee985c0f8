//! Live connections: what their clients send, what they follow, and what is sent to them. How bytes travel is the
//! business of `http`.

mod channels;
mod close;
mod connection;
mod frame;
mod hub;
mod limits;
mod member;
mod outbox;
pub mod query;
mod source;
mod speaker;
mod stats;

pub use channels::Channels;
pub use close::Close;
pub use connection::Connection;
pub use frame::Since;
pub use hub::Live;
pub use limits::Limits;
pub use member::Member;
pub use outbox::{Item, Kind, Next, Outbox};
pub use source::{Opening, Source, Subscription, Wish};
pub use speaker::Speaker;
pub use stats::Stats;
