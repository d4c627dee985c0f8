//! Files on their way into the store: under names nobody can guess, and out again if the call fails.

use super::given::Temp;
use jindou::plugin::*;
use std::mem;

/// A file in the store that no row knows yet. Dropped before `settle`, it is removed again; the guard travels
/// with the transaction, so a commit that fails removes it too.
pub struct Kept {
    pub key: String,
    store: Store,
}

type Store = std::sync::Arc<dyn jindou::store::Store>;

impl Kept {
    /// Moves the file in.
    pub fn put(env: &Services, key: String, file: &Temp) -> Result<Kept> {
        env.files.put(&key, &file.0)?;
        Ok(Kept { key, store: env.files.clone() })
    }

    /// A row in a committed transaction points at it.
    pub fn settle(mut self) {
        self.key.clear();
        mem::forget(self);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.store.remove_soon(&self.key);
    }
}

/// `upload/[category/]YYYYMM/<random>` without an extension.
pub fn new_name(env: &Services, category: &str) -> String {
    let month = env.now().format("%Y%m");
    let random = jindou::id::hex_token();
    match category {
        "" => format!("upload/{month}/{random}"),
        category => format!("upload/{category}/{month}/{random}"),
    }
}
