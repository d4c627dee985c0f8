//! HTTP: the only place that names hyper. Bytes in, bytes out; what a call means is the pipeline's business.

pub mod address;
pub mod assets;
pub mod body;
mod connection;
mod connection_limits;
mod shutdown;
mod events;
pub mod action_patterns;
mod guard;
mod health;
mod host;
mod upload_to_disk;
mod metrics;
mod multipart;
pub mod origin;
mod pace;
pub mod static_pages;
mod head_timeout;
pub mod reply;
pub mod server;
mod socket;
mod squeeze;
mod stream;
mod streams;
mod taking;
pub mod tls;
mod run_to_completion;
mod websocket;

pub use server::{HttpServer, serve};
