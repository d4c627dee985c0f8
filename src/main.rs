//! The `jindou` binary: composition only.

fn main() {}
