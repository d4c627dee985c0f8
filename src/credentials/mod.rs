//! Passwords, one-time codes, known devices, and the sealing of secrets that the server must read again.

pub mod hasher;
pub mod known_devices;
pub mod otp;
pub mod password;
pub mod proof;
pub mod seal;
pub mod weak_passwords;
