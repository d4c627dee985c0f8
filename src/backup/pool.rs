//! The files that backups in a bucket share: those in no backup any more are removed.

use super::found::Found;
use super::manifest::{FILES, SEALED};
use super::place::BackupPlace;
use super::sealed::Cipher;
use crate::error::Result;
use crate::services::Services;
use std::collections::BTreeSet;

/// Removes files that no manifest names. A manifest that cannot be read may name any, so then nothing is removed.
/// What a backup that is not finished has sent is not in danger: backups of a data folder are made one at a time, and
/// this one's manifest is there.
pub fn sweep(place: &BackupPlace, env: &Services) -> Result<()> {
    let cipher = Some(env.config.text("P_BACKUP_KEY")).filter(|key| !key.is_empty()).map(Cipher::new);
    let mut needed = BTreeSet::new();
    for name in place.names()? {
        let found = Found::named(place, &name, cipher.as_ref())?;
        let ending = if found.manifest.sealed { SEALED } else { "" };
        needed.extend(found.manifest.files.iter().map(|entry| format!("{}{ending}", entry.path)));
    }
    for file in place.store.list(&format!("{FILES}/"))? {
        if !needed.contains(&file.key) {
            place.store.remove(&file.key)?;
        }
    }
    Ok(())
}
