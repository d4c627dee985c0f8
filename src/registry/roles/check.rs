//! A matrix before it is kept: each of its words must name something that there is and that its base may do.

use crate::auth::mask::{EMP, MGR};
use crate::auth::{Caller, Role};
use crate::authorize::check;
use crate::error::{Error, Result};
use crate::object::{ADD, BATCH_ADD, DUP, Field, Matrix, MatrixEntry, ObjectDef, Rights, standard};
use crate::registry::Registry;

impl Registry {
    /// The error names the place in the matrix.
    pub fn check_matrix(&self, base: Role, matrix: &Matrix) -> Result<()> {
        let staff = Caller::of_role(base, 0);
        // An action may need a permission beside the base, which some of those who have the role have.
        let all = self.perms().fold(0, |bits, perm| bits | perm.bits) & !(EMP | MGR);
        let staff = Caller { bits: staff.bits | all, ..staff };
        for (name, entry) in &matrix.objects {
            let Some(def) = self.object(name).filter(|def| !def.decl.test_only) else {
                return Err(unknown(name, "对象", "object"));
            };
            self.check_entry(def, entry, &staff)?;
        }
        let known = |name: &&String| {
            self.function(name).is_some_and(|action| !action.test_only && check(&staff, action.who).is_ok())
        };
        match matrix.functions.iter().find(|name| !known(name)) {
            Some(name) => Err(unknown(&format!("functions.{name}"), "操作", "action")),
            None => Ok(()),
        }
    }

    fn check_entry(&self, def: &ObjectDef, entry: &MatrixEntry, staff: &Caller) -> Result<()> {
        let object = def.name();
        let rights = def.declared_for(staff.role(), staff.bits).or_else(|| def.rights(staff.role()));
        for action in &entry.actions {
            let by_right = standard(action).filter(|_| def.table.is_some());
            let open = by_right.is_some_and(|bit| rights.is_some_and(|rights| rights.may(bit)));
            let own =
                self.action(def, action).is_some_and(|own| !own.test_only && check(staff, own.who).is_ok());
            if !open && !own {
                return Err(unknown(&format!("{object}.actions.{action}"), "操作", "action"));
            }
        }
        for (list, names) in [("hidden", &entry.hidden), ("readonly", &entry.readonly)] {
            for field in names {
                let there = def.fields.contains_key(field.as_str())
                    && rights.is_none_or(|rights| !rights.hidden.contains(field.as_str()));
                if !there {
                    return Err(unknown(&format!("{object}.{list}.{field}"), "字段", "field"));
                }
                if field == "id" {
                    return Err(wrong(
                        &format!("{object}.{list}.id"),
                        "编号不能隐藏或设为只读",
                        "the number of a row is always shown",
                    ));
                }
            }
        }
        if let Some(field) = entry.readonly.iter().find(|field| !is_written(def, field)) {
            return Err(wrong(
                &format!("{object}.readonly.{field}"),
                "该字段本来就不可写",
                "this field is never written",
            ));
        }
        if entry.own && rights.is_none_or(|rights| self.own_rows(def, rights).is_none()) {
            return Err(wrong(
                &format!("{object}.rows"),
                "该对象没有归属员工的字段，不能限定为本人数据",
                "the rows of this object belong to no employee",
            ));
        }
        required(object, entry, rights)
    }
}

/// Rows cannot be added without a field that may not be written.
fn required(object: &str, entry: &MatrixEntry, rights: Option<&Rights>) -> Result<()> {
    let adds =
        entry.actions.iter().filter_map(|name| standard(name)).any(|bit| bit & (ADD | BATCH_ADD | DUP) != 0);
    let Some(rights) = rights.filter(|_| adds) else { return Ok(()) };
    let needed = rights.required.iter().filter(|list| !list.contains('|'));
    let needed = needed.map(|field| field.split('/').next().unwrap_or(field));
    for field in needed {
        if entry.hidden.iter().chain(&entry.readonly).any(|name| name == field) {
            return Err(wrong(
                &format!("{object}.{field}"),
                "新增时必填的字段不能隐藏或设为只读",
                "rows cannot be added without this field",
            ));
        }
    }
    Ok(())
}

/// Whether a write may hold the field at all.
fn is_written(def: &ObjectDef, field: &str) -> bool {
    match def.fields.get(field) {
        Some(Field::Column(_)) => true,
        Some(Field::Sub(at)) => def.links.get(*at).is_some_and(|link| link.sub.writable),
        _ => false,
    }
}

fn unknown(place: &str, zh: &str, en: &str) -> Error {
    wrong(
        place,
        &format!("没有该{zh}，或该类员工无此权限"),
        &format!("there is no such {en}, or not for this kind of staff"),
    )
}

fn wrong(place: &str, zh: &str, en: &str) -> Error {
    Error::param(format!("bad param `matrix`: {place}: {en}"))
        .say(format!("权限矩阵`matrix`的`{place}`: {zh}"), format!("`matrix`: `{place}`: {en}"))
}
