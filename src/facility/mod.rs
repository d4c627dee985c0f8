//! Things that parts of the server and its plugins share: passwords, counters, stores, ids, ranks, maths of
//! places. Each is small and knows nothing of HTTP, SQL or any object; what keeps state is a trait with an
//! implementation in this process, so that one over Redis or a database can take its place.

pub mod archive;
pub mod budget;
pub mod cache;
mod count_key;
pub mod device;
pub mod failures;
pub mod gate;
pub mod geo;
pub mod guesses;
pub mod hasher;
pub mod jobs;
pub mod kv;
pub mod limiter;
pub mod log_ids;
pub mod login_guard;
pub mod marks;
pub mod otp;
pub mod password;
pub mod proof;
pub mod scheduler;
pub mod seal;
pub mod secret;
pub mod shelf;
pub mod sms;
pub mod store;
pub mod trusted;
pub mod weak;
pub mod workers;
