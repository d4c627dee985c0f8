//! The job that ends quoting at the deadline.

use super::life;
use jindou::plugin::*;

/// Purchases of one run.
const AT_ONCE: i64 = 200;

pub fn run(_stage: &mut Stage<'_>) -> Result<Prepared> {
    Ok(Prepared::write(|tx| {
        let due = Cond::equals("status", life::WAITING).and(Cond::at_most("expireTm", tx.now()));
        let rows = tx.find(
            "Purchase",
            Find::by(due).res("id, userId, status, expireTm, sealedFlag").order("id").limit(AT_ONCE),
        )?;
        for row in &rows {
            life::step(tx, row, &[life::WAITING], life::ENDED, "EQ")?;
        }
        // More than fits in one run goes on soon.
        Ok(if rows.len() as i64 == AT_ONCE { json!(true) } else { json!(rows.len()) }.into())
    }))
}
