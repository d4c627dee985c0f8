//! Files on their way into the store: under names nobody can guess, and out again if the call fails.
//!
//! Before a file goes in, a row of AttachmentGone says that it may have to go again; the transaction that writes the
//! file's own row takes that one away. So a server that is killed in between leaves no file that nobody knows.

use super::incoming_file::Temp;
use jindou::plugin::*;
use std::sync::LazyLock;

/// The name of this run of the server. What was noted in another one is never finished.
pub fn run() -> &'static str {
    static RUN: LazyLock<String> = LazyLock::new(jindou::id::hex_token);
    &RUN
}

/// A file that no row knows yet. Dropped before `settle`, it is removed again; the guard travels with the
/// transaction, so a commit that fails removes it too.
pub struct PendingFile {
    pub key: String,
    store: Store,
    place: Place,
    /// The row of AttachmentGone; 0 = there is none yet.
    note: i64,
}

enum Place {
    Incoming(Temp),
    Stored,
    /// A row in a committed transaction points at it.
    Settled,
}

type Store = std::sync::Arc<dyn jindou::store::Store>;

impl PendingFile {
    pub fn new(env: &Services, key: String, file: Temp) -> PendingFile {
        PendingFile { key, store: env.files.clone(), place: Place::Incoming(file), note: 0 }
    }

    fn put(&mut self) -> Result<()> {
        // What a store keeps although it failed is the job's.
        if let Place::Incoming(file) = &self.place {
            self.store.put(&self.key, &file.0)?;
            self.place = Place::Stored;
        }
        Ok(())
    }

    /// For the transaction that writes the file's row.
    pub fn enter(&self, tx: &mut Tx<'_>) -> Result<()> {
        let note = [("id", json!(self.note)), ("awaitedBy", json!(run()))];
        match tx.delete("AttachmentGone", &note)? {
            1 => Ok(()),
            // So late that the job took it for one that nobody will finish.
            _ => Err(Error::busy("the upload took too long and its file is being removed")),
        }
    }

    pub fn settle(mut self) {
        self.place = Place::Settled;
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if matches!(self.place, Place::Stored) {
            self.store.remove_soon(&self.key);
        }
    }
}

/// Moves files into the store.
pub fn put_all<'a>(stage: &Stage<'_>, files: impl Iterator<Item = &'a mut PendingFile>) -> Result<()> {
    let mut files: Vec<&mut PendingFile> = files.collect();
    let keys: Vec<String> = files.iter().map(|kept| kept.key.clone()).collect();
    let notes = stage.note(move |tx| {
        let note = |key: &String| {
            tx.insert(
                "AttachmentGone",
                [("path", json!(key)), ("tm", json!(tx.now())), ("awaitedBy", json!(run()))],
            )
        };
        keys.iter().map(note).collect::<Result<Vec<i64>>>()
    })?;
    for (kept, note) in files.iter_mut().zip(notes) {
        kept.note = note;
        kept.put()?;
    }
    Ok(())
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
