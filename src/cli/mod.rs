//! The command line: one file per sub-command. What a command needs of the product (its plugins) is handed
//! in by `main`.

mod args;
mod audit;
mod backup;
mod build;
mod call;
mod config;
mod database_watch;
mod demo;
mod limits;
mod modes;
mod reload;
mod schema;
mod serve;
mod signals;
mod supervisor;
mod upgrade;

pub use build::{Built, build, build_from, open, registry};
pub use schema::schema_text;

use crate::plugin::Plugin;
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// Why a command failed, in lines for people.
#[derive(Debug)]
pub struct Failure(pub String);

impl<T: std::fmt::Display> From<T> for Failure {
    fn from(what: T) -> Failure {
        Failure(what.to_string())
    }
}

/// Runs the program with the product's plugins.
pub fn run(plugins: &'static [&'static Plugin]) -> ExitCode {
    let cli = Cli::parse();
    modes::make_private();
    let file = cli.config.as_deref();
    let done = match cli.command {
        Command::Serve(args) => serve::run(plugins, file, &args),
        Command::Upgrade(args) => upgrade::run(plugins, file, &args),
        Command::Schema(args) => schema::run(plugins, &args),
        Command::Config => config::run(plugins, file),
        Command::Call(args) => call::run(plugins, file, &args),
        Command::Audit(args) => audit::run(plugins, file, &args),
        Command::Backup(args) => backup::backup(plugins, file, &args),
        Command::Check(args) => backup::check(plugins, file, &args),
        Command::Restore(args) => backup::put_back(plugins, file, &args),
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(what)) => {
            for line in what.lines() {
                complain(line);
            }
            ExitCode::from(1)
        }
    };
    crate::log::flush();
    code
}

/// The last word of a command that failed. Should nobody read it, the program ends all the same.
fn complain(line: &str) {
    use std::io::Write;
    crate::log::flush();
    let line = format!("jindou: {line}\n");
    let (written, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = std::io::stderr().write_all(line.as_bytes());
        let _ = written.send(());
    });
    let _ = wait.recv_timeout(std::time::Duration::from_secs(1));
}

/// What a command prints for the person or program that called it.
pub fn say(text: impl std::fmt::Display) {
    use std::io::Write;
    // Whoever reads may have seen enough (`| head`): that is no failure.
    let _ = writeln!(std::io::stdout(), "{text}");
}
