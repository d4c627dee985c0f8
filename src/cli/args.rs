//! The words of the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Jindou (筋斗): a business backend in one binary.
///
/// Every setting is an environment variable P_… or a line of jindou.toml; `jindou config` lists them.
#[derive(Parser)]
#[command(name = "jindou", version, about, max_term_width = 100)]
pub struct Cli {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the API and the front ends
    Serve(ServeArgs),
    /// Bring the database to what the DESIGN.md of each plugin says
    Upgrade(UpgradeArgs),
    /// Print the tables as SQL
    Schema(SchemaArgs),
    /// Print every setting with its value, default and meaning
    Config,
    /// Run one call without HTTP, through the same rules
    Call(CallArgs),
    /// Look after the audit log
    Audit(AuditArgs),
}

#[derive(Args)]
pub struct ServeArgs {
    /// A database of its own with demo data; credentials are made up and printed once
    #[arg(long)]
    pub demo: bool,
}

#[derive(Args)]
pub struct UpgradeArgs {
    /// Do it; without this the plan is only printed
    #[arg(long)]
    pub apply: bool,
}

#[derive(Args)]
pub struct SchemaArgs {
    #[arg(long, value_enum, default_value_t = DialectArg::Sqlite)]
    pub dialect: DialectArg,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum DialectArg {
    Sqlite,
    Postgres,
    Mysql,
}

#[derive(Args)]
pub struct CallArgs {
    /// Object.action or a function
    pub action: String,
    /// Parameters of the URL: name=value
    #[arg(value_name = "NAME=VALUE")]
    pub get: Vec<String>,
    /// Parameters of the body: name=value
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE")]
    pub post: Vec<String>,
    /// On whose behalf: guest, user, emp, mgr or admin, with an id behind a colon
    #[arg(long = "as", default_value = "admin", value_name = "ROLE[:ID]")]
    pub role: String,
}

#[derive(Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub command: AuditCommand,
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Walk the chain of hashes and say whether any row was altered, removed or inserted
    Verify(VerifyArgs),
}

#[derive(Args)]
pub struct VerifyArgs {
    /// What the witness saw must be there: a file with its lines (a log), or `store`
    #[arg(long, value_name = "FILE|store")]
    pub anchor: Option<String>,
    /// Only rows since the last change of keys, when the key before it is lost
    #[arg(long)]
    pub last_key: bool,
    /// Content with a chain of before there was a key, which anybody could have made
    #[arg(long)]
    pub unkeyed: bool,
}
