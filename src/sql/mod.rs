//! Spelling: a plan becomes the text and the bound values of one dialect. Nothing here can fail, because
//! a plan cannot say what a dialect lacks; nothing here can carry a request's text, because text is made of
//! constants, identifiers from the catalogue and placeholders.

mod dialect;
mod expr;
mod select;
mod write;
mod writer;

pub use dialect::{Dialect, MYSQL, POSTGRES, SQLITE};
pub use select::{count, count_to, select};
pub use write::{delete, insert, update};
pub use writer::Sql;

#[cfg(test)]
mod tests;
