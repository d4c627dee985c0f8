//! A statement that reads, as data.

use super::expr::Expr;
use crate::design::Ident;

#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub table: Ident,
    /// The n-th join is table n + 1 of the statement.
    pub joins: Vec<Join>,
    pub columns: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Expr>,
    pub group: Vec<Expr>,
    pub having: Option<Expr>,
    /// Expression and whether it descends.
    pub order: Vec<(Expr, bool)>,
    pub limit: Option<u64>,
    pub offset: u64,
    /// Keep the first `n` rows (in `order`) of each value of an expression.
    pub first_of_each: Option<(Expr, u64)>,
    /// The key, when the columns are expensive: the page is chosen before they are computed.
    pub page_first: Option<Ident>,
    /// By which index, where that shall not be left to the database.
    pub way: AccessPath,
    /// Read piece by piece, each in the order of the whole.
    pub pieces: Option<Pieces>,
    /// Its rows shall be counted on their way to the sort, where the dialect can.
    pub tallied: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AccessPath {
    Free,
    /// Along the order: by this index, or, if it is the key's, by the table.
    Order(Option<Ident>),
    /// Not along the order.
    Filter,
}

/// A condition as several that exclude each other, of which each has the rows in the order of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Pieces {
    pub id: Ident,
    pub filters: Vec<Expr>,
}

/// LEFT JOIN `table` ON its `key` = `equals`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub table: Ident,
    pub key: Ident,
    pub equals: Expr,
}

impl Select {
    pub fn from(table: Ident) -> Select {
        Select {
            table,
            joins: Vec::new(),
            columns: Vec::new(),
            distinct: false,
            filter: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
            first_of_each: None,
            page_first: None,
            way: AccessPath::Free,
            pieces: None,
            tallied: false,
        }
    }

    /// The ids of the page, before the columns of its rows are read.
    pub fn ids(&self, id: &Ident) -> Select {
        Select { columns: vec![Expr::main(id)], page_first: None, ..self.clone() }
    }
}
