//! How long the audit log is kept: `P_AUDIT_KEEP_DAYS`, and how large it may grow: `P_AUDIT_MAX_MB`.

use jindou::audit::{Oldest, Until};
use jindou::plugin::*;

/// Rows of one go: few enough that the calls between hardly notice.
const PIECE: usize = 1000;

pub fn run(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let config = stage.config();
    let (days, most) = (i64::from(config.audit_keep_days), config.int("P_AUDIT_MAX_MB"));
    let limit = (days > 0).then(|| age.days_ago(days));
    let oldest = stage.read(|tx| {
        let extra = if most > 0 { Oldest::beyond(tx, most << 20)? } else { 0 };
        if limit.is_none() && extra == 0 {
            return Ok(None);
        }
        Oldest::find(tx, &Until { limit, extra }, PIECE).map(Some)
    })?;
    Ok(match oldest {
        Some(oldest) => Prepared::write(move |tx| Ok(Value::Bool(oldest.remove(tx)?).into())),
        None => Prepared::Done(Value::Bool(false).into()),
    })
}
