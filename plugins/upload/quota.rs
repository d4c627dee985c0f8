//! How much one account may have lying in the store: `P_UPLOAD_QUOTA_MB`.

use jindou::plugin::*;

pub const KEY: ConfKey = ConfKey::new(
    "P_UPLOAD_QUOTA_MB",
    "2048",
    KeyKind::Int { min: 0, max: 100_000_000 },
    "MiB of uploaded files that an account may have, thumbnails included; 0 = no limit",
    "每个帐号上传文件的总容量（MiB，含缩略图）；0 不限",
);

/// Refuses what would be too much together with what the caller's account has. Programs with a key have no account.
pub fn check(tx: &mut Tx<'_>, more: u64) -> Result<()> {
    let caller = tx.caller();
    let most = tx.config().int(KEY.name) << 20;
    if most == 0 || caller.is_guest() {
        return Ok(());
    }
    let mine = Cond::int("userId", caller.id).and(Cond::text("ownerType", &caller.app_type));
    let row = tx.find_one("Attachment", Find::by(mine).res("sum(size) total"))?.unwrap_or_default();
    let has = row.int("total");
    match has.saturating_add(i64::try_from(more).unwrap_or(i64::MAX)) {
        sum if sum < most => Ok(()),
        _ => Err(Error::forbidden(format!("quota of uploads: {has} and {more} of {most} bytes")).say(
            format!("上传空间不足：每个帐号最多{}MB", most >> 20),
            format!("no room for more uploads: an account may have {} MB", most >> 20),
        )),
    }
}
