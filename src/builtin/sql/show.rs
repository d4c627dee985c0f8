//! The few statements people type by habit on any database, in this database's words: `show tables`,
//! `describe x` and their like. Everything else is left as it was typed.

/// A statement in our words.
pub struct ShowCommand {
    pub sql: String,
    /// What the rows name, for clients that make links of them.
    pub hint: Option<&'static str>,
    /// The table it asks about, and whether no rows means that there is none.
    pub about: String,
    pub must_exist: bool,
}

pub fn known(typed: &str) -> Option<ShowCommand> {
    let plain = typed.trim().trim_end_matches(';').replace(['`', '"'], "");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match lower.as_slice() {
        ["show", "databases"] => {
            Some(list("SELECT name AS \"Database\" FROM pragma_database_list ORDER BY seq", "db"))
        }
        ["show", "tables"] | ["show", "tables", "from" | "in", "main"] => Some(list(TABLES, "tbl")),
        ["describe" | "desc", _] | ["show", "columns", "from" | "in", _] => {
            about(words.last()?, COLUMNS, true)
        }
        ["show", "index" | "indexes" | "keys", "from" | "in", _] => about(words.last()?, INDEXES, false),
        ["show", "create", "table", _] => about(words.last()?, CREATE, true),
        _ => None,
    }
}

const TABLES: &str = "SELECT name AS \"Tables\" FROM pragma_table_list WHERE schema = 'main' \
     AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
const COLUMNS: &str = "SELECT name AS \"Field\", type AS \"Type\", \
     CASE WHEN \"notnull\" = 0 AND pk = 0 THEN 'YES' ELSE 'NO' END AS \"Null\", \
     CASE WHEN pk > 0 THEN 'PRI' ELSE '' END AS \"Key\", dflt_value AS \"Default\" FROM pragma_table_info('{}')";
const INDEXES: &str = "SELECT '{}' AS \"Table\", 1 - l.\"unique\" AS \"Non_unique\", l.name AS \"Key_name\", \
     i.seqno + 1 AS \"Seq_in_index\", i.name AS \"Column_name\" \
     FROM pragma_index_list('{}') l, pragma_index_info(l.name) i ORDER BY l.name, i.seqno";
const CREATE: &str = "SELECT name AS \"Table\", sql AS \"Create Table\" FROM sqlite_master WHERE lower(name) = lower('{}') AND type IN ('table', 'view')";

fn list(sql: &str, hint: &'static str) -> ShowCommand {
    ShowCommand { sql: sql.to_owned(), hint: Some(hint), about: String::new(), must_exist: false }
}

/// Only a plain name gets into the text; anything else is the database's to refuse.
fn about(name: &str, sql: &str, must_exist: bool) -> Option<ShowCommand> {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| ShowCommand {
        sql: sql.replace("{}", name),
        hint: None,
        about: name.to_owned(),
        must_exist,
    })
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn habits_are_known_and_nothing_else() {
        for typed in
            ["show tables;", "SHOW  TABLES from main", "desc `Ordr`", "Describe Ordr", "show index from Ordr"]
        {
            assert!(known(typed).is_some(), "{typed}");
        }
        for typed in ["select 1", "show tables from other", "desc Ordr; select 1", "desc x'y", "show"] {
            assert!(known(typed).is_none(), "{typed}");
        }
        assert!(known("desc 订单").unwrap().sql.contains("pragma_table_info('订单')"));
    }
}
