//! The program: the command line of Jindou (`serve`, `upgrade`, `call`, `backup` …) with the plugins of this crate.

fn main() -> std::process::ExitCode {
    jindou::cli::run(own_plugin::PLUGINS)
}
