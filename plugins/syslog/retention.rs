//! How long the audit log is kept: `P_AUDIT_KEEP_DAYS`.

use jindou::audit::Oldest;
use jindou::plugin::*;

/// Rows of one go: few enough that the calls between hardly notice.
const PIECE: usize = 1000;

pub fn run(stage: &mut Stage<'_>) -> Result<Prepared> {
    let env = stage.env();
    let days = i64::from(env.config.audit_keep_days);
    if days == 0 {
        return Ok(Prepared::Done(Value::Bool(false).into()));
    }
    let limit = env.zone.from_unix(env.unix_ms() / 1000 - days * 86_400);
    let limit = jindou::time::format(limit);
    let oldest = stage.read(|tx| Oldest::find(tx, &limit, PIECE))?;
    Ok(Prepared::write(move |tx| Ok(Value::Bool(oldest.remove(tx)?).into())))
}
