//! x
pub mod gate;
pub mod hasher;
pub mod password;
pub mod secret;
pub mod weak;
