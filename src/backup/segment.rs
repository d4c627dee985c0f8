//! A segment: what the commits of a few seconds have written, with the moment of each. A line of JSON, then the frames,
//! deflated; encrypted as a whole if backups are.

use crate::error::{Error, Result};
use crate::id::hex;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A segment is not read when it claims to hold more.
const FRAMES_MAX: u64 = 4 << 30;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentHead {
    pub generation: String,
    pub segment: u64,
    pub page_size: usize,
    pub commits: Vec<Commit>,
    /// Files that came into the store meanwhile.
    pub files: Vec<String>,
    pub sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// Frames of this segment up to its end.
    pub frames: usize,
    pub unix_ms: i64,
    /// Pages of the database after it.
    pub pages: u32,
}

pub fn write(head: &SegmentHead, frames: &[u8], mut out: impl Write) -> io::Result<()> {
    let head = SegmentHead { sha256: hex(&Sha256::digest(frames)), ..head.clone() };
    serde_json::to_writer(&mut out, &head)?;
    out.write_all(b"\n")?;
    let mut deflating = DeflateEncoder::new(out, Compression::fast());
    deflating.write_all(frames)?;
    deflating.finish()?.flush()
}

pub fn read(bytes: &[u8]) -> Result<(SegmentHead, Vec<u8>)> {
    let bad = |why: &str| Error::server(format!("a segment of the log of changes is damaged: {why}"));
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| bad("it has no head"))?;
    let head: SegmentHead = serde_json::from_slice(&bytes[..end]).map_err(|e| bad(&e.to_string()))?;
    let mut frames = Vec::new();
    let read = DeflateDecoder::new(&bytes[end + 1..]).take(FRAMES_MAX).read_to_end(&mut frames);
    read.map_err(|e| bad(&e.to_string()))?;
    let frame = head.page_size + 4;
    let whole = head.page_size.is_power_of_two() && frames.len().is_multiple_of(frame);
    let ends = head.commits.iter().all(|commit| commit.frames <= frames.len() / frame.max(1));
    match hex(&Sha256::digest(&frames)) == head.sha256 && whole && ends {
        true => Ok((head, frames)),
        false => Err(bad("it does not hold what its head says")),
    }
}

/// Brings a database, which nobody has open, to its state after the last commit until a moment. False = there was a
/// later commit in the segment.
pub fn apply(head: &SegmentHead, frames: &[u8], until: Option<i64>, database: &Path) -> Result<bool> {
    let wanted = head.commits.iter().rposition(|commit| until.is_none_or(|until| commit.unix_ms <= until));
    let all = wanted.is_some_and(|at| at + 1 == head.commits.len()) || head.commits.is_empty();
    let Some(last) = wanted.map(|at| head.commits[at]) else { return Ok(all) };
    let failed = |e: io::Error| Error::server(format!("{}: {e}", database.display()));
    let mut file = File::options().write(true).open(database).map_err(failed)?;
    for frame in frames.chunks_exact(head.page_size + 4).take(last.frames) {
        let (number, page) = frame.split_at(4);
        let number = number.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let place = number.saturating_sub(1) * head.page_size as u64;
        file.seek(SeekFrom::Start(place)).and_then(|_| file.write_all(page)).map_err(failed)?;
    }
    file.set_len(u64::from(last.pages) * head.page_size as u64).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_comes_back_and_damage_does_not() {
        let commit = |frames, unix_ms| Commit { frames, unix_ms, pages: 3 };
        let head = SegmentHead {
            page_size: 512,
            commits: vec![commit(1, 10), commit(3, 20)],
            ..SegmentHead::default()
        };
        let frames: Vec<u8> = (1..=3_u8).flat_map(|n| [0, 0, 0, n].into_iter().chain(vec![n; 512])).collect();
        let mut bytes = Vec::new();
        write(&head, &frames, &mut bytes).unwrap();
        let (again, back) = read(&bytes).unwrap();
        assert_eq!((again.commits, &back), (head.commits.clone(), &frames));
        for cut in [0, 10, bytes.len() - 1] {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        for (until, all, filled) in
            [(Some(9), false, 0), (Some(10), false, 1), (Some(19), false, 1), (None, true, 3)]
        {
            std::fs::write(&path, []).unwrap();
            assert_eq!(apply(&head, &frames, until, &path).unwrap(), all);
            let found = std::fs::read(&path).unwrap();
            assert_eq!(found.iter().filter(|byte| **byte != 0).count(), filled * 512, "{until:?}");
        }
    }
}
