//! Which rows of an object a caller may read: for rules about rows of other tables that tell of them.

use crate::authorize;
use crate::call::params::Params;
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::Result;
use crate::object::{GET, ObjectDef, Own, QUERY, READ};
use crate::plan::Select;
use crate::plan::query::Extra;
use crate::read::query;

/// Which rows the caller may read.
#[derive(Debug)]
pub enum ReadableRows {
    /// No row.
    None,
    /// Every row.
    All,
    /// The rows whose ids this statement reads.
    Some(Box<Select>),
}

impl Tx<'_> {
    /// By the rights of the caller's role, with the object's own conditions. Rows marked as deleted count.
    pub fn readable_rows(&mut self, def: &ObjectDef) -> Result<ReadableRows> {
        let caller = self.caller();
        let known = !def.decl.test_only || caller.test_mode();
        let Some(rights) = def.rights_of(&caller).filter(|rights| known && rights.may(READ)) else {
            return Ok(ReadableRows::None);
        };
        if rights.access.own == Own::All && rights.access.narrow.is_none() {
            return Ok(ReadableRows::All);
        }
        let action = if rights.may(QUERY) { QUERY } else { GET };
        let authorized = authorize::of_role(def, &caller, action)?;
        let extra = Extra { ids_only: true, unpaged: true, with_deleted: true, ..Extra::default() };
        let mut plan = query::plan(self, &authorized, &QueryReq::default(), &Params::default(), &extra)?;
        plan.select.order.clear();
        Ok(ReadableRows::Some(Box::new(plan.select)))
    }
}
