//! Bounds what a typed statement may touch, by SQLite's own authorizer for every table, column and function it names,
//! whatever alias, view or sub-query it hides behind.

use super::super::conn::{Conn, failed};
use crate::error::Result;
use crate::redact::is_secret_column;
use foldhash::HashSet;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use std::sync::{Arc, Mutex};

/// What happens when a statement reads a secret column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// It is prepared only to see its shape.
    Pass,
    /// It reads nulls.
    Blank,
    /// It is refused: a change must not store blanks for what it did not see.
    Refuse,
}

/// Bytes of one value. The time of a statement is looked at between its steps, and one step may make a value of any
/// size.
const VALUE_MAX: i32 = 16 << 20;

/// The rules are in force as long as this lives.
pub struct Guard<'a> {
    conn: &'a Conn,
    /// The size of values that was allowed before.
    value_max: i32,
    why: Arc<Mutex<Option<String>>>,
}

/// Pragmas that only tell.
const TELLING: &[&str] = &[
    "collation_list",
    "compile_options",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "page_count",
    "page_size",
    "pragma_list",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

impl<'a> Guard<'a> {
    /// `columns` are those of class secret.
    pub fn set(conn: &'a Conn, secrets: Secrets, columns: &Arc<HashSet<String>>) -> Result<Guard<'a>> {
        let columns = columns.clone();
        let why = Arc::new(Mutex::new(None));
        let noted = why.clone();
        let rule = move |context: AuthContext<'_>| match judge(&context.action, secrets, &columns) {
            Ok(verdict) => verdict,
            Err(what) => {
                if let Ok(mut why) = noted.lock() {
                    why.get_or_insert(what);
                }
                Authorization::Deny
            }
        };
        conn.raw().authorizer(Some(rule)).map_err(|e| failed(e, "authorizer"))?;
        let value_max = conn.raw().set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_MAX);
        Ok(Guard { conn, value_max: value_max.map_err(|e| failed(e, "limit"))?, why })
    }

    /// Why the statement was refused, if it was.
    pub fn why(&self) -> Option<String> {
        self.why.lock().ok().and_then(|mut why| why.take())
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let nobody = None::<fn(AuthContext<'_>) -> Authorization>;
        if let Err(error) = self.conn.raw().authorizer(nobody) {
            tracing::error!(%error, "a connection kept the rules of the console");
        }
        if let Err(error) = self.conn.raw().set_limit(Limit::SQLITE_LIMIT_LENGTH, self.value_max) {
            tracing::error!(%error, "a connection kept the limit of the console");
        }
    }
}

fn judge(
    action: &AuthAction<'_>,
    secrets: Secrets,
    columns: &HashSet<String>,
) -> std::result::Result<Authorization, String> {
    let is_secret = |table: &str, column: &str| {
        is_secret_column(column) || columns.contains(&crate::registry::column_key(table, column))
    };
    match action {
        AuthAction::Select | AuthAction::Recursive => Ok(Authorization::Allow),
        AuthAction::Insert { table_name } | AuthAction::Delete { table_name }
            if table_name.starts_with("sqlite_") =>
        {
            Err("changes of the schema".into())
        }
        AuthAction::Insert { .. } | AuthAction::Delete { .. } | AuthAction::Update { .. } => {
            Ok(Authorization::Allow)
        }
        AuthAction::Read { table_name, column_name } if is_secret(table_name, column_name) => match secrets {
            Secrets::Pass => Ok(Authorization::Allow),
            Secrets::Blank => Ok(Authorization::Ignore),
            Secrets::Refuse => Err(format!("reading {table_name}.{column_name}")),
        },
        AuthAction::Read { .. } => Ok(Authorization::Allow),
        AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case("load_extension") => {
            Err("load_extension()".into())
        }
        AuthAction::Function { .. } => Ok(Authorization::Allow),
        AuthAction::Pragma { pragma_name, .. } if TELLING.contains(pragma_name) => Ok(Authorization::Allow),
        AuthAction::Pragma { pragma_name, .. } => Err(format!("pragma {pragma_name}")),
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Err("transactions".into()),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Err("other database files".into()),
        // Tables come from DESIGN.md; a trigger or a renamed column could also carry secrets away.
        _ => Err("changes of the schema".into()),
    }
}
