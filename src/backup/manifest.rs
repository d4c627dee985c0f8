//! The list of what a backup holds, its `manifest.json`: it is written last, so a backup without one is none.

use crate::error::{Error, Result};
use crate::id::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub const MANIFEST: &str = "manifest.json";
pub const DATABASE: &str = "jindou.db";
pub const KEY: &str = "secret.key";
/// The folder of uploaded files, under their keys in the store.
pub const FILES: &str = "files";
/// Behind the names of encrypted files.
pub const SEALED: &str = ".sealed";
/// The form of the backups that this program makes.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub format: u32,
    /// The version of the program that made it.
    pub version: String,
    /// The moment it holds, in UTC.
    pub time: String,
    pub unix_ms: i64,
    pub sealed: bool,
    /// The end of each audit chain, as a witness would keep it.
    pub audit_heads: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Files that rows name and the store did not have when the backup was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Where the copy of the write-ahead log goes on from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamStart>,
    pub files: Vec<ManifestEntry>,
}

/// The first segment that holds what was committed after the database of a backup was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamStart {
    pub generation: String,
    pub segment: u64,
    /// Copying ended at this moment: only from here on segments lead to one state of the whole.
    pub whole_ms: i64,
}

/// A file of a backup, as it is before it may be encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn new(unix_ms: i64, sealed: bool) -> Manifest {
        Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: super::time_text(unix_ms),
            unix_ms,
            sealed,
            audit_heads: Vec::new(),
            rows: BTreeMap::new(),
            missing: Vec::new(),
            stream: None,
            files: Vec::new(),
        }
    }

    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        writeln!(out)
    }

    /// Refuses one that a newer program made, and paths that lead out of a backup.
    pub fn read(bytes: &[u8]) -> Result<Manifest> {
        let bad = |why: String| Error::server(format!("{MANIFEST}: {why}"));
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        if manifest.format > FORMAT {
            return Err(bad(format!("a newer version of jindou ({}) made this backup", manifest.version)));
        }
        for entry in &manifest.files {
            crate::store::checked(&entry.path)?;
        }
        Ok(manifest)
    }

    pub fn entry(&self, path: &str) -> Option<&ManifestEntry> {
        self.files.iter().find(|entry| entry.path == path)
    }

    pub fn size(&self) -> u64 {
        self.files.iter().map(|entry| entry.size).sum()
    }
}

/// Counts and hashes what is written through it.
pub struct Hashing<W> {
    out: W,
    size: u64,
    digest: Sha256,
}

impl<W: Write> Hashing<W> {
    pub fn new(out: W) -> Hashing<W> {
        Hashing { out, size: 0, digest: Sha256::new() }
    }

    pub fn finish(self, path: &str) -> (W, ManifestEntry) {
        let sha256 = hex(&self.digest.finalize());
        (self.out, ManifestEntry { path: path.to_owned(), size: self.size, sha256 })
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
