//! Limits on how much somebody may ask of the server. Which one to use:
//!
//! | limit | question |
//! |---|---|
//! | [`limiter`] | Does this caller do this too often? Sliding windows; memory is bounded. |
//! | [`attempt_limit`] | Were there too many wrong guesses of a short-lived code? |
//! | [`login_throttle`] | Were there too many wrong passwords for a key? Grows stricter, and forgives. |
//! | [`login_guard`] | May this stranger try a login now? It asks [`login_throttle`] by account and by network. |
//! | [`key_guard`] | May this caller try the key of a program? Keys that worked before stay open to their networks. |
//! | [`concurrency_limit`] | Is there room for one more piece of work that needs a core or much memory? |
//! | [`memory_bound_pool`] | On which of a few threads does work run that needs much memory? |
//! | [`guest_rate`] | Does somebody call too often without a login? A bucket of tokens for each address. |
//! | [`exports`] | Are too many downloads being written, altogether or for this caller? |
//! | [`memory_budget`] | Is there memory left for the body of this request? |

pub mod attempt_limit;
pub mod concurrency_limit;
mod count_key;
pub mod exports;
pub mod guest_rate;
pub mod key_guard;
pub mod limiter;
pub mod login_guard;
pub mod login_throttle;
pub mod memory_bound_pool;
pub mod memory_budget;
mod waiting_line;
