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
    /// Copy the database, the files that its rows name and the secret key, also beside a running server
    Backup(BackupArgs),
    /// Check a database with its files, or a backup, and tell every fault
    Check(CheckArgs),
    /// Put a backup back, into an empty place
    Restore(RestoreArgs),
}

#[derive(Args)]
pub struct BackupArgs {
    /// A folder or s3://bucket/prefix, in which the backup gets a folder of its own; else P_BACKUP_DIR
    #[arg(long, value_name = "DIR|s3://…")]
    pub to: Option<String>,
    /// Refuse to make a backup that is not encrypted: P_BACKUP_KEY must be set
    #[arg(long)]
    pub encrypt: bool,
}

#[derive(Args)]
pub struct CheckArgs {
    /// A backup, a place with backups (the newest is checked), a database or a data folder; else P_DB
    pub what: Option<String>,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// A backup, or a place with backups; else P_BACKUP_DIR
    pub from: Option<String>,
    /// A folder for the database and its files; else P_DB and P_DATA
    #[arg(long, value_name = "DATA")]
    pub to: Option<PathBuf>,
    /// The state of this moment, such as "2026-11-30 14:05:00"; without P_BACKUP_CONTINUOUS that of the last backup before
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Move aside what is there already
    #[arg(long)]
    pub force: bool,
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
