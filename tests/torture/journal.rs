//! A power cut, played on the files of a server that was killed. The shim wrote down every change with what was there before,
//! and every sync. What was not synced was perhaps on its way to the disk: of the writes to each file some are kept, in
//! part, without those before them, or torn to sectors; names that were not synced with their folder go, the newest first.

use crate::rng::Rng;
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

const MAGIC: u32 = 0x4c4e_524a;
const HEAD: usize = 40;
const SECTOR: usize = 512;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Write = 1,
    Truncate,
    Sync,
    Create,
    Rename,
    Unlink,
    Mkdir,
}

/// One record. Of a change to a file: its number, the place (or the new size), the size before, bytes before and after. Of
/// a change to a folder: the number of the folder, and paths in place of bytes.
struct Record {
    at: u64,
    kind: Kind,
    ino: u64,
    a: i64,
    b: i64,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Record {
    fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Create | Kind::Rename | Kind::Unlink | Kind::Mkdir)
    }

    fn path(&self) -> PathBuf {
        String::from_utf8_lossy(&self.new).into_owned().into()
    }
}

/// All records, and where the last whole one ends.
fn records(bytes: &[u8]) -> (Vec<Record>, usize) {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut out) = (0, Vec::new());
    // The last one may have been cut off by the kill: then its change had not begun.
    while at + HEAD <= bytes.len() {
        assert_eq!(short(at), MAGIC, "the journal is garbled at {at}");
        let kind =
            [Kind::Write, Kind::Truncate, Kind::Sync, Kind::Create, Kind::Rename, Kind::Unlink, Kind::Mkdir];
        let kind = kind[short(at + 4) as usize - 1];
        let (old, new) = (short(at + 32) as usize, short(at + 36) as usize);
        let data = at + HEAD;
        let end = data + old + new;
        if end > bytes.len() {
            break;
        }
        out.push(Record {
            at: at as u64,
            kind,
            ino: number(at + 8),
            a: number(at + 16).cast_signed(),
            b: number(at + 24).cast_signed(),
            old: bytes[data..data + old].to_vec(),
            new: bytes[data + old..end].to_vec(),
        });
        at = end;
    }
    (out, at)
}

/// Takes off a record that a kill has cut in the middle, before another process writes on.
pub fn trim(journal: &Path) {
    let Ok(bytes) = fs::read(journal) else { return };
    let whole = records(&bytes).1;
    if whole < bytes.len() {
        File::options().write(true).open(journal).unwrap().set_len(whole as u64).unwrap();
    }
}

/// Nothing that was written so far is in danger any more.
pub fn forget(journal: &Path) {
    let _ = fs::remove_file(journal);
    let _ = fs::remove_dir_all(format!("{}.buried", journal.display()));
}

/// Cuts the power of what wrote this journal. Gives how many changes were not on disk, and forgets the journal.
pub fn cut_power(root: &Path, journal: &Path, rng: &mut Rng) -> usize {
    let graveyard = PathBuf::from(format!("{}.buried", journal.display()));
    let (all, _) = records(&fs::read(journal).unwrap_or_default());
    let mut synced: HashMap<u64, u64> = HashMap::new();
    for record in all.iter().filter(|record| record.kind == Kind::Sync) {
        let upto = synced.entry(record.ino).or_default();
        *upto = (*upto).max(record.a.cast_unsigned());
    }
    let unsynced: Vec<&Record> = all
        .iter()
        .filter(|r| r.kind != Kind::Sync && synced.get(&r.ino).is_none_or(|upto| r.at >= *upto))
        .collect();
    let mut places = HashMap::new();
    find(&graveyard, &mut places);
    find(root, &mut places);
    contents(&unsynced, &places, rng);
    names(&unsynced, &graveyard, rng);
    forget(journal);
    unsynced.len()
}

/// Where each file lies, by its number.
fn find(folder: &Path, places: &mut HashMap<u64, PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() {
            find(&entry.path(), places);
        } else {
            places.insert(meta.ino(), entry.path());
        }
    }
}

fn contents(unsynced: &[&Record], places: &HashMap<u64, PathBuf>, rng: &mut Rng) {
    let mut files: Vec<u64> = unsynced.iter().filter(|r| !r.is_name()).map(|r| r.ino).collect();
    files.sort_unstable();
    files.dedup();
    for ino in files {
        let Some(path) = places.get(&ino) else { continue };
        let file = File::options().write(true).open(path).unwrap();
        let changes: Vec<&&Record> = unsynced.iter().filter(|r| r.ino == ino && !r.is_name()).collect();
        for change in changes.iter().rev() {
            let from = if change.kind == Kind::Write { change.a } else { change.a.min(change.b) };
            file.write_all_at(&change.old, from.cast_unsigned()).unwrap();
            file.set_len(change.b.cast_unsigned()).unwrap();
        }
        // Nothing, all before some moment, or any of them.
        let how = rng.below(4);
        let upto = rng.below(changes.len() as u64 + 1) as usize;
        for (n, change) in changes.iter().enumerate() {
            let kept = match how {
                0 => false,
                1 => n < upto,
                _ => rng.chance(50),
            };
            if !kept {
                continue;
            }
            match change.kind {
                Kind::Truncate => file.set_len(change.a.cast_unsigned()).unwrap(),
                _ if how == 3 => torn(&file, change, rng),
                _ => file.write_all_at(&change.new, change.a.cast_unsigned()).unwrap(),
            }
        }
    }
}

/// Of one write some sectors.
fn torn(file: &File, change: &Record, rng: &mut Rng) {
    let (mut from, start) = (0, change.a as usize);
    while from < change.new.len() {
        let upto = (SECTOR - (start + from) % SECTOR + from).min(change.new.len());
        if rng.chance(50) {
            file.write_all_at(&change.new[from..upto], (start + from) as u64).unwrap();
        }
        from = upto;
    }
}

/// The names of each folder go back to some moment after its last sync: systems of today keep them in order.
fn names(unsynced: &[&Record], graveyard: &Path, rng: &mut Rng) {
    let mut keeps: HashMap<u64, usize> = HashMap::new();
    for record in unsynced.iter().filter(|r| r.is_name()) {
        *keeps.entry(record.ino).or_default() += 1;
    }
    let mut folders: Vec<u64> = keeps.keys().copied().collect();
    folders.sort_unstable();
    let kept: HashMap<u64, u64> =
        folders.into_iter().map(|ino| (ino, rng.below(keeps[&ino] as u64 + 1))).collect();
    let mut left = keeps;
    for record in unsynced.iter().rev().filter(|r| r.is_name()) {
        let number = left.get_mut(&record.ino).unwrap();
        *number -= 1;
        if (*number as u64) < kept[&record.ino] {
            continue;
        }
        let path = record.path();
        let back = graveyard.join(record.a.to_string());
        // What is not there any more has been undone with its folder.
        match record.kind {
            Kind::Create => drop(fs::remove_file(&path)),
            Kind::Mkdir => drop(fs::remove_dir_all(&path)),
            Kind::Unlink => drop(fs::rename(&back, &path)),
            _ => {
                let old = PathBuf::from(String::from_utf8_lossy(&record.old).into_owned());
                let _ = fs::rename(&path, old);
                let _ = fs::rename(&back, &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::{Control, library};
    use std::io::Write;
    use std::process::Command;

    /// Not a test: what runs under the shim in a process of its own, when the others ask for it.
    #[test]
    fn a_program_that_writes() {
        let Ok(scene) = std::env::var("TORTURE_SCENE") else { return };
        let open = |name: &str| File::options().write(true).create(true).truncate(false).open(name).unwrap();
        match scene.as_str() {
            "synced" => {
                open("old").write_all(b"after!").unwrap();
                open("old").sync_all().unwrap();
                open("new").write_all(b"new").unwrap();
                open("new").sync_all().unwrap();
                File::open(".").unwrap().sync_all().unwrap();
                fs::rename("new", "renamed").unwrap();
                File::open(".").unwrap().sync_all().unwrap();
            }
            _ => {
                open("old").write_all(b"after!").unwrap();
                open("new").write_all(&[7; 2000]).unwrap();
                fs::create_dir("folder").unwrap();
                fs::rename("new", "folder/new").unwrap();
                fs::remove_file("gone").unwrap();
            }
        }
    }

    /// The folder that such a program left after the power was cut.
    fn after(scene: &str, seed: u64) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("old"), "before").unwrap();
        fs::write(root.join("gone"), "gone").unwrap();
        let control = Control::new(dir.path().join("control"), seed);
        let done = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::a_program_that_writes"])
            .current_dir(&root)
            .env("TORTURE_SCENE", scene)
            .env("LD_PRELOAD", library())
            .env("TORTURE_ROOT", &root)
            .env("TORTURE_CONTROL", &control.path)
            .env("TORTURE_JOURNAL", dir.path().join("journal"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        cut_power(&root, &dir.path().join("journal"), &mut Rng::new(seed));
        (dir, root)
    }

    #[test]
    fn what_was_synced_survives_a_power_cut() {
        for seed in 0..10 {
            let (_dir, root) = after("synced", seed);
            assert_eq!(fs::read_to_string(root.join("old")).unwrap(), "after!");
            assert_eq!(fs::read_to_string(root.join("renamed")).unwrap(), "new");
            assert!(!root.join("new").exists());
        }
    }

    #[test]
    fn what_was_not_synced_survives_in_part_or_not() {
        let (mut before, mut gone, mut torn, mut whole) = (0, 0, 0, 0);
        for seed in 0..40 {
            let (_dir, root) = after("unsynced", seed);
            before += usize::from(fs::read_to_string(root.join("old")).unwrap() == "before");
            gone += usize::from(!root.join("gone").exists());
            match fs::read(root.join("folder/new")).or_else(|_| fs::read(root.join("new"))) {
                Ok(bytes) if bytes.iter().all(|b| *b == 7) && bytes.len() == 2000 => whole += 1,
                Ok(bytes) if bytes.contains(&7) => torn += 1,
                _ => {}
            }
        }
        for times in [before, gone, torn, whole] {
            assert!((1..40).contains(&times), "{before} {gone} {torn} {whole}");
        }
    }
}
