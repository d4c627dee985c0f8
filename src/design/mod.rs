//! The DESIGN.md table language: text → catalogue of tables → DDL and upgrade plan. It reads no file and
//! touches no database; its callers bring the texts and run the statements. The language itself is
//! described in `design/DESIGN-LANGUAGE.md`.

mod assemble;
mod catalogue;
mod check;
mod class;
mod ddl;
mod decimal;
mod fault;
mod field;
mod ident;
mod include;
mod key;
mod key_line;
mod kind;
mod lines;
mod options;
mod prose;
mod range;
mod sentence;
mod table;
mod upgrade;

#[cfg(test)]
mod tests;

pub use assemble::parse;
pub use catalogue::Catalogue;
pub use class::Class;
pub use ddl::{DialectName, column_type, key_ident, key_name, key_sql, schema, table_sql};
pub use fault::Fault;
pub use ident::Ident;
pub use include::parse_with;
pub use key::{KeyCompare, KeyCond, KeyLiteral, KeyTest, TableKey, Term};
pub use kind::Kind;
pub use range::Range;
pub use sentence::label_in;
pub use table::{Column, Table, Words};
pub use upgrade::{Existing, ExistingIndex, ExistingTable, Step, UpgradePlan, plan};
