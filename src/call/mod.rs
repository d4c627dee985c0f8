//! Text to intent: everything a request says, taken apart. Pure; knows no table, no right and no clock.

pub mod app;
pub mod charset;
pub mod compat;
pub mod lookup;
pub mod name;
pub mod params;
pub mod refs;
pub mod version;
pub mod xparam;
