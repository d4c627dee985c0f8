//! Live connections over real sockets.

mod calls;
mod channels;
pub mod client;
mod events;
mod handshake;
mod limits;
mod login;
mod page;
mod queries;
