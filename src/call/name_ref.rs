//! A field as the caller wrote it, before the plan knows what it is.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameRef {
    pub name: String,
    /// Written as `t0.name`: a column of the main table, never an alias or virtual column.
    pub of_main: bool,
}

impl NameRef {
    pub fn plain(name: &str) -> NameRef {
        match name.strip_prefix("t0.") {
            Some(column) => NameRef { name: column.to_owned(), of_main: true },
            None => NameRef { name: name.to_owned(), of_main: false },
        }
    }
}

impl fmt::Display for NameRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of_main {
            write!(f, "t0.")?;
        }
        let plain = self.name.chars().all(super::lex::is_word)
            && !self.name.starts_with(|c: char| c.is_ascii_digit())
            && !super::cond_keywords().contains(&self.name.to_ascii_lowercase().as_str());
        match (plain, self.name.contains('"')) {
            (true, _) => write!(f, "{}", self.name),
            (false, false) => write!(f, "\"{}\"", self.name),
            (false, true) => write!(f, "`{}`", self.name),
        }
    }
}
