//! HTTP: the only place that names hyper. Bytes in, bytes out; what a call means is the pipeline's business.

pub mod address;
pub mod assets;
pub mod body;
mod connection;
mod crowd;
mod ending;
mod events;
pub mod globs;
mod guard;
mod health;
mod host;
mod incoming;
mod metrics;
mod multipart;
pub mod origin;
mod pace;
pub mod page;
mod patience;
pub mod reply;
pub mod server;
mod socket;
mod squeeze;
mod stream;
mod streams;
mod taking;
pub mod tls;
mod unbroken;
mod websocket;

pub use server::{HttpServer, serve};
