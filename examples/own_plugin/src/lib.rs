//! Books that staff lends to users: a plugin of a third party. Tables, labels and examples of calls are in `DESIGN.md`.

mod book;
mod errors;
mod loan;

use jindou::plugin::*;
use jindou_plugins::account;

/// The plugins of the program: accounts from the product, and the one of this crate.
pub static PLUGINS: &[&Plugin] = &[&account::PLUGIN, &PLUGIN];

pub static PLUGIN: Plugin = Plugin::new("loans", include_str!("DESIGN.md"))
    .needs(&["account"])
    .objects(&[&book::BOOK, &loan::LOAN])
    .config(CONFIG)
    .errors(errors::ALL);

const CONFIG: &[ConfKey] = &[ConfKey::new(
    "LOAN_DAYS",
    "30",
    KeyKind::Int { min: 1, max: 365 },
    "days that a book is lent for",
    "借阅天数",
)];
