//! Pages: how many rows, from where, and how the next page is named.

use crate::call::query::{PageReq, QueryReq};
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// The next page begins after the last id seen.
    Key { after: Option<i64>, desc: bool },
    /// The next page is the next number.
    Number { page: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub size: u64,
    pub paging: Paging,
    pub total: bool,
    /// Rows are counted so far; None = to the end.
    pub total_max: Option<u64>,
}

/// More rows than any table has.
pub const UNLIMITED: u64 = u32::MAX as u64;

const DEFAULT_SIZE: u64 = 20;

/// `max` = the cap of a page. `keyset` = the order allows it. `whole` = the format wants everything when no size is given.
pub fn page(
    req: &PageReq,
    max: u64,
    keyset: Option<bool>,
    whole: bool,
    id: &dyn Fn(&str) -> Option<i64>,
) -> Result<Page> {
    let size = match req.size {
        None | Some(0) => {
            if whole {
                max
            } else {
                DEFAULT_SIZE
            }
        }
        Some(n) if n < 0 => max,
        Some(n) => n.unsigned_abs().min(max),
    };
    let bad = |text: &str| Error::param(format!("Bad Request - integer param `pagekey`=`{text}`."));
    let paging_and_total = match (&req.key, req.page, keyset) {
        (Some(key), page, Some(desc)) if page.is_none() => {
            let after = key.trim().parse::<i64>().ok().or_else(|| id(key)).ok_or_else(|| bad(key))?;
            (Paging::Key { after: (after != 0).then_some(after), desc }, after == 0)
        }
        (Some(key), page, _) => {
            let number = key.trim().parse::<i64>().map_err(|_| bad(key))?;
            (Paging::Number { page: number.max(1).unsigned_abs() }, number == 0 && page.is_none())
        }
        (None, Some(page), _) => (Paging::Number { page: page.max(1).unsigned_abs() }, true),
        (None, None, Some(desc)) => (Paging::Key { after: None, desc }, false),
        (None, None, None) => (Paging::Number { page: 1 }, false),
    };
    let (paging, total) = paging_and_total;
    Ok(Page { size, paging, total, total_max: req.total_max })
}

/// Formats that give everything unless told otherwise.
pub fn wants_whole(req: &QueryReq) -> bool {
    let fmt = req.fmt.as_deref().unwrap_or_default();
    ["array", "tree", "hash", "multihash"]
        .iter()
        .any(|name| fmt.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}
