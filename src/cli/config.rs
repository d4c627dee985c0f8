//! `jindou config`: every setting, where it comes from and what it means.

use super::{Failure, build, say};
use crate::plugin::Plugin;
use std::path::Path;

pub fn run(plugins: &'static [&'static Plugin], file: Option<&Path>) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    for row in built.config.table() {
        say(format_args!("{:<22} {:<24} {}", row.key, row.value, row.en));
    }
    Ok(())
}
