//! Writing: the standard actions that change rows (`add`, `set`, `del`, `dup`, the bulk ones, imports), with the rules
//! that every write passes, its children and its record in the log of changes.

pub mod add;
pub mod bulk;
pub mod change_log;
pub mod children;
pub mod del;
pub mod dup;
pub mod file_columns;
pub mod import;
pub mod passwords;
mod references;
pub mod set;
mod upsert;
pub mod validate;
mod words;

pub use words::WriteWords;
