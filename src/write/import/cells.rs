//! The cells of an object, read as people write them: each becomes what its column takes, or one thing that is wrong.

use super::labels::RowFault;
use super::references::{References, bare};
use super::{seen, written};
use crate::error::Text;
use crate::object::ObjectDef;
use crate::services::Services;
use serde_json::{Map, Value};

/// Reads all cells, those of children too; what is wrong with them, all of it.
pub fn read(
    env: &Services,
    def: &ObjectDef,
    references: &References,
    fields: &mut Map<String, Value>,
) -> Vec<RowFault> {
    let mut faults = Vec::new();
    for (name, value) in fields.iter_mut() {
        match value {
            Value::Array(children) => {
                let Some(child) = def.sub(name).and_then(|link| env.registry.object(link.sub.obj)) else {
                    continue;
                };
                for fields in children.iter_mut().filter_map(Value::as_object_mut) {
                    for (field, value) in fields.iter_mut() {
                        if let Err(fault) = one(env, child, references, (Some(name), field), value) {
                            faults.push(of_child(child, name, field, &fault));
                        }
                    }
                }
            }
            value => {
                if let Err(fault) = one(env, def, references, (None, bare(name)), value) {
                    faults.push(fault);
                }
            }
        }
    }
    faults
}

fn one(
    env: &Services,
    def: &ObjectDef,
    references: &References,
    (sub, name): (Option<&str>, &str),
    value: &mut Value,
) -> Result<(), RowFault> {
    let text = match value {
        Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
        Value::Number(n) => n.to_string(),
        _ => return Ok(()),
    };
    if let Some(id) = references.id(sub, name, &text)? {
        *value = id.into();
        return Ok(());
    }
    let column = def.table.as_ref().and_then(|table| table.column(name));
    // What nobody may read back is taken as it is.
    let Some(column) = column.filter(|_| value.is_string() && !seen::is_secret(def, name)) else {
        return Ok(());
    };
    match written::value(column, &text, &|text| env.parse_date(text)) {
        Ok(read) if read == text => Ok(()),
        Ok(read) => {
            *value = read.into_owned().into();
            Ok(())
        }
        Err(text) => Err(RowFault { field: Some(name.to_owned()), text }),
    }
}

/// Labels of the child's fields are known here alone.
fn of_child(child: &ObjectDef, sub: &str, field: &str, fault: &RowFault) -> RowFault {
    let told = |lang| fault.told(child, lang);
    let text = Text::new(told(crate::auth::Lang::Zh), told(crate::auth::Lang::En));
    RowFault { field: Some(format!("@{sub}.{field}")), text }
}
