//! The `jindou` binary: composition only.

#[path = "../plugins/mod.rs"]
mod plugins;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    jindou::cli::run(plugins::ALL)
}
