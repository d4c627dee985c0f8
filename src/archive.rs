//! Packages that people send in: zip and tar archives, read whole within limits, or measured before another reader
//! gets them. Nothing is unpacked to disk, and a name that would leave the package is refused.

use crate::error::{Error, Result};
use std::io::{self, Read, Seek, Write};

/// What a package may hold: files, bytes in one of them, bytes in all.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub files: usize,
    pub each: u64,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveEntry {
    /// As in the package, with `/` between folders.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The files of a package, in its order; folders are passed over.
pub fn read(mut package: impl Read + Seek, limits: Limits) -> Result<Vec<ArchiveEntry>> {
    let mut head = [0; 4];
    let is_zip = package.read_exact(&mut head).is_ok() && head == *b"PK\x03\x04";
    package.rewind().map_err(unreadable)?;
    if is_zip { zip(package, limits) } else { tar(package, limits) }
}

fn zip(package: impl Read + Seek, limits: Limits) -> Result<Vec<ArchiveEntry>> {
    let mut files = Files::new(limits);
    each_of_zip(package, limits, |name, file| files.take(name, file))?;
    Ok(files.list)
}

/// Unpacks a zip without keeping anything, so that one who reads it afterwards cannot meet more than the limits say.
/// Files that the other reads piece by piece (`streamed`) count for the total alone.
pub fn measure(package: impl Read + Seek, limits: Limits, streamed: impl Fn(&str) -> bool) -> Result<()> {
    let mut files = Files::new(limits);
    each_of_zip(package, limits, |name, file| {
        let each = if streamed(&name) { limits.total } else { limits.each };
        files.count(&name, file, each, &mut io::sink())
    })
}

fn each_of_zip(
    package: impl Read + Seek,
    limits: Limits,
    mut with: impl FnMut(String, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let mut package = package;
    bounded_directory(&mut package, limits)?;
    let mut archive = zip::ZipArchive::new(package).map_err(unreadable)?;
    let claimed = archive.decompressed_size().unwrap_or(0);
    if claimed > u128::from(limits.total) {
        return Err(refused(format!("it is larger than {} bytes", limits.total)));
    }
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(unreadable)?;
        if !file.is_dir() {
            let name = file.name().map_err(unreadable)?.into_owned();
            with(name, &mut file)?;
        }
    }
    Ok(())
}

/// What each entry of a zip's directory begins with.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Marks beyond the limit on files: folders, and marks in packages inside that were packed as they are.
const OTHER_MARKS: usize = 4096;

/// The reader of zips holds the whole directory, some hundred bytes for each entry, before it shows the first. So the
/// entries are counted before: by their marks, wherever they stand, because the directory may be anywhere.
fn bounded_directory(package: &mut (impl Read + Seek), limits: Limits) -> Result<()> {
    let mut piece = vec![0; 64 << 10];
    let (mut kept, mut marks) = (0, 0);
    loop {
        let read = package.read(&mut piece[kept..]).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        let filled = kept + read;
        marks += piece[..filled].windows(ENTRY.len()).filter(|at| *at == ENTRY).count();
        if marks > limits.files.saturating_add(OTHER_MARKS) {
            return Err(refused(format!("more than {} files", limits.files)));
        }
        // A mark may lie across two pieces.
        let rest = filled.min(ENTRY.len() - 1);
        piece.copy_within(filled - rest..filled, 0);
        kept = rest;
    }
    package.rewind().map_err(unreadable)
}

fn tar(package: impl Read, limits: Limits) -> Result<Vec<ArchiveEntry>> {
    let mut archive = tar::Archive::new(package);
    let mut files = Files::new(limits);
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            files.take(name, entry)?;
        }
    }
    Ok(files.list)
}

struct Files {
    limits: Limits,
    number: usize,
    total: u64,
    list: Vec<ArchiveEntry>,
}

impl Files {
    fn new(limits: Limits) -> Files {
        Files { limits, number: 0, total: 0, list: Vec::new() }
    }

    fn take(&mut self, name: String, from: impl Read) -> Result<()> {
        let name = name.replace('\\', "/");
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if name.starts_with('/') || name.contains(':') || name.split('/').any(|part| part == "..") {
            return Err(refused(format!("`{name}` is no name inside a package")));
        }
        let mut bytes = Vec::new();
        self.count(&name, from, self.limits.each, &mut bytes)?;
        self.list.push(ArchiveEntry { name, bytes });
        Ok(())
    }

    /// Sizes in the package's own lists are claims: only what is read counts.
    fn count(&mut self, name: &str, from: impl Read, each: u64, out: &mut impl Write) -> Result<()> {
        self.number += 1;
        if self.number > self.limits.files {
            return Err(refused(format!("more than {} files", self.limits.files)));
        }
        let most = each.min(self.limits.total - self.total);
        let read = io::copy(&mut from.take(most + 1), out).map_err(unreadable)?;
        if read > most {
            return Err(refused(format!("`{name}` makes it too large")));
        }
        self.total += read;
        Ok(())
    }
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    refused("it cannot be read".to_owned()).because(error.to_string())
}

fn refused(why: String) -> Error {
    Error::param(format!("bad package: {why}"))
        .say("压缩包不正确", format!("the package is not right: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    const LIMITS: Limits = Limits { files: 3, each: 1000, total: 1500 };

    fn zipped(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        let mut done = writer.finish().unwrap();
        done.rewind().unwrap();
        done
    }

    #[test]
    fn both_forms_are_read() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_cksum();
        tar.append_data(&mut header, "img/1.jpg", &b"hi"[..]).unwrap();
        let tar = Cursor::new(tar.into_inner().unwrap());
        let wanted = vec![ArchiveEntry { name: "img/1.jpg".into(), bytes: b"hi".to_vec() }];
        assert_eq!(read(tar, LIMITS).unwrap(), wanted);
        assert_eq!(read(zipped(&[("img/1.jpg", b"hi")]), LIMITS).unwrap(), wanted);
    }

    #[test]
    fn tar_has_the_same_limits() {
        let packed = |files: &[(&str, &[u8])]| {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, bytes) in files {
                let mut header = tar::Header::new_gnu();
                // The crate would not write such a name itself; others do.
                header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
                header.set_size(bytes.len() as u64);
                header.set_cksum();
                tar.append(&header, *bytes).unwrap();
            }
            Cursor::new(tar.into_inner().unwrap())
        };
        let why = |files: &[(&str, &[u8])]| read(packed(files), LIMITS).unwrap_err().detail.unwrap();
        for name in ["../a", "img/../../a", "/etc/a", "C:/a", "..\\a"] {
            assert!(why(&[(name, b"x")]).contains("no name inside"), "{name}");
        }
        assert!(why(&[("a", &[0; 1001])]).contains("too large"));
        assert!(why(&[("a", &[0; 900]), ("b", &[0; 900])]).contains("too large"));
        assert!(why(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]).contains("more than 3"));
        // A link is no file, wherever it points.
        let mut tar = tar::Builder::new(Vec::new());
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        tar.append_link(&mut link, "a", "/etc/passwd").unwrap();
        assert_eq!(read(Cursor::new(tar.into_inner().unwrap()), LIMITS).unwrap(), []);
    }

    /// Much from little: a thousandth of its size on the wire, and no more than the limit in memory.
    #[test]
    fn a_bomb_is_put_down_at_the_limit() {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let deflated =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file("bomb", deflated).unwrap();
        writer.write_all(&vec![0; 8 << 20]).unwrap();
        let mut bomb = writer.finish().unwrap();
        bomb.rewind().unwrap();
        assert!(bomb.get_ref().len() < 20_000);
        let lies = lying(bomb.get_ref().clone(), 8 << 20, 10);
        let detail = |result: Result<()>| result.unwrap_err().detail.unwrap();
        for (bomb, says) in [(bomb, "larger than 1500"), (lies, "")] {
            assert!(detail(measure(bomb.clone(), LIMITS, |_| true)).contains(says));
            assert!(detail(read(bomb, LIMITS).map(|_| ())).contains(says));
        }
    }

    /// The same zip, which says that a file of `real` bytes has `told`.
    fn lying(mut bytes: Vec<u8>, real: u32, told: u32) -> Cursor<Vec<u8>> {
        let (real, told) = (real.to_le_bytes(), told.to_le_bytes());
        let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..at + 4] == real).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at..at + 4].copy_from_slice(&told));
        Cursor::new(bytes)
    }

    #[test]
    fn what_is_measured_may_be_read_piece_by_piece() {
        let book = || zipped(&[("sheet", &[0; 1200]), ("texts", &[0; 200])]);
        measure(book(), LIMITS, |name| name == "sheet").unwrap();
        assert!(measure(book(), LIMITS, |_| false).is_err());
        assert!(
            measure(zipped(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]), LIMITS, |_| true).is_err()
        );
    }

    #[test]
    fn a_directory_that_claims_too_much_is_believed() {
        let bomb = zipped(&[("a", &[0; 900]), ("b", &[0; 900])]);
        assert!(read(bomb, LIMITS).unwrap_err().detail.unwrap().contains("larger than 1500"));
    }

    #[test]
    fn the_directory_is_counted_before_it_is_read() {
        let entry = |n: usize| {
            let mut entry = ENTRY.to_vec();
            entry.resize(46, 0);
            entry[28] = 8;
            entry.extend(format!("{n:08}").bytes());
            entry
        };
        let mut bytes = b"PK\x03\x04".to_vec();
        let begin = bytes.len();
        let entries = 60_000;
        (0..entries).for_each(|n| bytes.extend(entry(n)));
        let size = u32::try_from(bytes.len() - begin).unwrap();
        let count = u16::try_from(entries).unwrap().to_le_bytes();
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.into_iter().chain(count).chain(size.to_le_bytes()));
        bytes.extend((begin as u32).to_le_bytes().into_iter().chain([0, 0]));
        assert_eq!(zip::ZipArchive::new(Cursor::new(bytes.clone())).unwrap().len(), entries);
        let why = |result: Result<()>| result.unwrap_err().detail.unwrap();
        assert!(why(read(Cursor::new(bytes.clone()), LIMITS).map(|_| ())).contains("more than 3 files"));
        assert!(why(measure(Cursor::new(bytes.clone()), LIMITS, |_| true)).contains("more than 3 files"));
        let mut pieces = Cursor::new([vec![0; (64 << 10) - 2], ENTRY.repeat(OTHER_MARKS + 4)].concat());
        assert!(bounded_directory(&mut pieces, LIMITS).is_err(), "a mark across two pieces counts");
    }

    #[test]
    fn limits_and_escapes() {
        let why = |files: &[(&str, &[u8])]| read(zipped(files), LIMITS).unwrap_err().detail.unwrap();
        assert!(why(&[("../a", b"x")]).contains("no name inside"));
        assert!(why(&[("/etc/a", b"x")]).contains("no name inside"));
        assert!(why(&[("a", &[0; 1001])]).contains("too large"));
        assert!(why(&[("a", &[0; 900]), ("b", &[0; 900])]).contains("larger than 1500"));
        assert!(why(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]).contains("more than 3"));
        assert!(read(Cursor::new(b"PK\x03\x04 broken".to_vec()), LIMITS).is_err());
    }
}
