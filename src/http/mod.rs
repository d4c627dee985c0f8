//! HTTP: the only place that names hyper. Bytes in, bytes out; what a call means is the pipeline's business.

pub mod action_patterns;
pub mod address;
pub mod assets;
pub mod body;
mod connection;
mod connection_limits;
mod events;
mod guard;
mod head_timeout;
mod health;
mod host;
mod metrics;
mod multipart;
pub mod origin;
mod pace;
pub mod reply;
mod run_to_completion;
pub mod server;
mod shutdown;
mod socket;
mod squeeze;
pub mod static_pages;
mod stream;
mod streams;
mod taking;
pub mod tls;
mod upload_to_disk;
mod websocket;

pub use server::{HttpServer, serve};
