//! Every table of every DESIGN.md, in the order in which they were read.

use foldhash::HashMap;
use std::sync::Arc;

use super::ident::Ident;
use super::table::Table;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    tables: Vec<Arc<Table>>,
    positions: HashMap<Ident, usize>,
}

impl Catalogue {
    pub(in crate::design) fn new(tables: Vec<Table>) -> Catalogue {
        let tables: Vec<Arc<Table>> = tables.into_iter().map(Arc::new).collect();
        let positions = tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        Catalogue { tables, positions }
    }

    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.positions.get(name).and_then(|at| self.tables.get(*at))
    }

    pub fn tables(&self) -> &[Arc<Table>] {
        &self.tables
    }
}
