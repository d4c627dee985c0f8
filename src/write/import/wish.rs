//! What an import shall do beside adding rows: read cells as people write them, go on past faulty rows, only look.

use super::references::bad_choice;
use crate::api::Args;
use crate::call::lookup::From;
use crate::error::{Error, Result};
use serde_json::{Map, Value};

#[derive(Default)]
pub struct Wish {
    /// Cells as people write them (`asWritten=1`); what only looks and what goes on past faults reads so, unless told not to.
    pub as_written: bool,
    /// Good rows are imported, the others told of (`partial=1`).
    pub partial: bool,
    pub preview: Preview,
    /// Rows that the caller chose for texts: `{field: {text: id}}`.
    pub choices: Map<String, Value>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    #[default]
    No,
    /// Which column goes where, without a look at the rows.
    Columns,
    /// All rows, tried and undone.
    Rows,
}

impl Wish {
    pub fn of(args: &Args) -> Result<Wish> {
        let preview = match args.text("preview")?.as_deref() {
            None | Some("0") => Preview::No,
            Some("1") => Preview::Rows,
            Some("columns") => Preview::Columns,
            Some(other) => {
                return Err(Error::param(format!("param `preview` is 1 or columns, not `{other}`"))
                    .say("参数`preview`应为1或columns", "`preview` must be 1 or columns"));
            }
        };
        let partial = args.flag("partial")?;
        let as_written = args.find("asWritten/b", From::Any)?.and_then(|value| value.as_bool());
        let choices = match args.find("choices/js", From::Any)? {
            None => Map::new(),
            Some(Value::Object(map)) if map.values().all(Value::is_object) => map,
            Some(_) => return Err(bad_choice()),
        };
        let as_written = as_written.unwrap_or(partial || preview != Preview::No);
        Ok(Wish { as_written, partial, preview, choices })
    }
}
