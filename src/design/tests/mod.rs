//! What the table language promises, rule by rule. Texts are read by `parse`, as a plugin's are.

mod check;
mod ddl;
mod guide;
mod keys;
mod kinds;
mod language;
mod prose;
mod random;
mod upgrade;

use std::sync::Arc;

use super::{Catalogue, Fault, Table, parse};

fn read(text: &str) -> Catalogue {
    parse(&[("D", text)]).unwrap_or_else(|faults| panic!("{}", told(&faults)))
}

fn table(text: &str) -> Arc<Table> {
    read(text).tables()[0].clone()
}

fn faults(text: &str) -> String {
    told(&parse(&[("D", text)]).expect_err("a faulty text"))
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}
