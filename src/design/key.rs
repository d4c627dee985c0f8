//! The keys that `@key` lines give a table. A condition is data: no text of it reaches SQL unread.

use std::fmt;

use super::ident::Ident;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableKey {
    /// Rows with a null in one of the columns never collide.
    Unique(Vec<Ident>),
    Index(Vec<Ident>),
    /// A place on earth: found by area.
    Geo {
        lon: Ident,
        lat: Ident,
    },
    /// Unique among the rows that meet the condition.
    UniqueWhere {
        columns: Vec<Ident>,
        cond: KeyCond,
    },
}

/// Terms that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCond {
    pub terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub column: Ident,
    pub test: KeyTest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTest {
    Null,
    NotNull,
    Is(KeyCompare, KeyLiteral),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCompare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyLiteral {
    Int(i64),
    Text(String),
}

impl TableKey {
    /// The columns of the key itself, not those of its condition.
    pub fn columns(&self) -> Vec<&Ident> {
        match self {
            TableKey::Unique(columns) | TableKey::Index(columns) | TableKey::UniqueWhere { columns, .. } => {
                columns.iter().collect()
            }
            TableKey::Geo { lon, lat } => vec![lon, lat],
        }
    }

    /// Its columns, if all rows of the table are in its index.
    pub fn whole_index(&self) -> Option<Vec<&Ident>> {
        matches!(self, TableKey::Index(_) | TableKey::Unique(_)).then(|| self.columns())
    }

    pub fn is_unique(&self) -> bool {
        matches!(self, TableKey::Unique(_) | TableKey::UniqueWhere { .. })
    }
}

impl KeyCompare {
    pub fn sign(self) -> &'static str {
        match self {
            KeyCompare::Eq => "=",
            KeyCompare::Ne => "<>",
            KeyCompare::Lt => "<",
            KeyCompare::Le => "<=",
            KeyCompare::Gt => ">",
            KeyCompare::Ge => ">=",
        }
    }
}

/// The condition for people, without quotes around names.
impl fmt::Display for KeyCond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Term { column, test }) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" and ")?;
            }
            match test {
                KeyTest::Null => write!(f, "{column} is null")?,
                KeyTest::NotNull => write!(f, "{column} is not null")?,
                KeyTest::Is(compare, literal) => write!(f, "{column}{}{literal}", compare.sign())?,
            }
        }
        Ok(())
    }
}

/// The literal as every dialect writes it; backslashes are the dialect's business.
impl fmt::Display for KeyLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyLiteral::Int(n) => write!(f, "{n}"),
            KeyLiteral::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}
