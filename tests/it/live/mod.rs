//! Live connections over real sockets.

mod calls;
pub mod client;
mod handshake;
mod limits;
mod login;
mod queries;
