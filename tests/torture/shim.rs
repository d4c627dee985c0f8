//! Builds `shim.c` and turns its switches.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The same order as `enum word` in shim.c.
#[derive(Clone, Copy)]
pub enum Word {
    FailOps,
    FailErrno,
    FailChance,
    FailTimes,
    ShortChance,
    Room,
    Lie,
    SlowUs,
    ClockMs,
    Hits,
    Seed,
    DieAt,
    Ops,
}

const WORDS: u64 = 13;

/// Operations that can be made to fail: bits of `FailOps`.
pub mod op {
    pub const WRITE: i64 = 1;
    pub const SYNC: i64 = 2;
    pub const TRUNCATE: i64 = 4;
    pub const OPEN: i64 = 8;
    pub const RENAME: i64 = 16;
    pub const READ: i64 = 32;
    pub const CREATE: i64 = 64;
    pub const UNLINK: i64 = 128;
    /// What a read-only file system refuses.
    pub const CHANGES: i64 = WRITE | TRUNCATE | RENAME | CREATE | UNLINK;
}

pub mod errno {
    pub const EIO: i64 = 5;
    pub const EMFILE: i64 = 24;
    pub const ENOSPC: i64 = 28;
    pub const EROFS: i64 = 30;
}

/// The library, compiled once per run.
pub fn library() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/shim.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&path, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .expect("the shim needs a C compiler (cc)");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        (dir, path)
    });
    path
}

/// The switches of one server's disk and clock.
pub struct Control {
    file: File,
    pub path: PathBuf,
}

impl Control {
    pub fn new(path: PathBuf, seed: u64) -> Control {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        file.set_len(WORDS * 8).unwrap();
        let control = Control { file, path };
        control.set(Word::Seed, seed.cast_signed());
        control.heal();
        control
    }

    pub fn set(&self, word: Word, value: i64) {
        self.file.write_all_at(&value.to_le_bytes(), word as u64 * 8).unwrap();
    }

    pub fn get(&self, word: Word) -> i64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, word as u64 * 8).unwrap();
        i64::from_le_bytes(bytes)
    }

    /// These operations fail: of a thousand so many, and this often altogether (-1 = without end).
    pub fn fail(&self, ops: i64, errno: i64, chance: i64, times: i64) {
        self.set(Word::FailErrno, errno);
        self.set(Word::FailChance, chance);
        self.set(Word::FailTimes, times);
        self.set(Word::FailOps, ops);
    }

    /// The process ends before the n-th operation from now.
    pub fn die_after(&self, operations: u64) {
        self.set(Word::DieAt, self.get(Word::Ops) + operations.cast_signed());
    }

    /// How often a fault was felt.
    pub fn hits(&self) -> i64 {
        self.get(Word::Hits)
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        for word in [Word::FailOps, Word::ShortChance, Word::Lie, Word::SlowUs, Word::ClockMs, Word::DieAt] {
            self.set(word, 0);
        }
        self.set(Word::Room, -1);
    }
}
