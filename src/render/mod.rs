//! From rows to what the client asked for: `shape` makes the payload, `envelope` wraps it, `file` writes
//! downloads. Pure: it never sees SQL, HTTP or a caller.

pub mod cell;
pub mod enums;
pub mod envelope;
pub mod file;
pub mod format;
pub mod grid;
pub mod pivot;
pub mod totals;

mod number;
mod raw;
mod rows;
mod shape;
mod text;
mod tree;
mod view;
mod xml;

pub use cell::cell;
pub use enums::EnumMap;
pub use envelope::{Lang, RetFn, View};
pub use file::{CellKind, Sheet, SheetOpts, sheet};
pub use format::{FileKind, Format};
pub use grid::{Grid, write_grid};
pub use pivot::{pivot, pivot_by};
pub use rows::{Frame, RowWriter};
pub use shape::shape;
pub use totals::sum_fields;

#[cfg(test)]
mod tests;
