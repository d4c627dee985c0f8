//! The file of the write-ahead log, read beside those who write it: which pages each commit has written. Every frame is
//! checked by the sums that SQLite itself goes by, from one read to the next; a log that began anew has other salts.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const HEAD: usize = 32;
/// In front of each page.
const FRAME: usize = 24;
const MAGIC: u32 = 0x377f_0682;

/// A place in the log, behind a commit.
#[derive(Debug, Clone)]
pub struct WalCursor {
    page: usize,
    /// The sums are of big-endian numbers.
    big: bool,
    salts: [u8; 8],
    sums: [u32; 2],
    pub frames: u32,
}

/// What was read: for each frame the number of its page, in four big-endian bytes, and the page.
#[derive(Debug, Default, Clone)]
pub struct Frames {
    pub page: usize,
    pub bytes: Vec<u8>,
}

impl Frames {
    pub fn count(&self) -> usize {
        if self.page == 0 { 0 } else { self.bytes.len() / (self.page + 4) }
    }
}

/// What a log holds that nobody is writing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Frames up to the end of the last whole commit: these are taken over when the database is opened.
    pub committed: u32,
    /// Frames of the same log behind one that is broken: these are dropped.
    pub dropped: u32,
}

/// Looks at the log of a server that did not close its database; None = it is empty or there is none.
pub fn survey(path: &Path) -> io::Result<Option<Survey>> {
    let Some(WalCursor { page, big, salts, mut sums, .. }) = WalCursor::first(path)? else { return Ok(None) };
    let mut file = io::BufReader::with_capacity(256 << 10, File::open(path)?);
    file.seek(SeekFrom::Start(HEAD as u64))?;
    let (mut frame, mut whole, mut broken) = (vec![0; FRAME + page], 0, false);
    let mut survey = Survey::default();
    loop {
        match file.read_exact(&mut frame) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Some(survey)),
            read => read?,
        }
        let (head, content) = frame.split_at(FRAME);
        let of_this_log = head[8..16] == salts;
        if broken {
            survey.dropped += u32::from(of_this_log);
            continue;
        }
        sums = self::sums(self::sums(sums, &head[..8], big), content, big);
        if of_this_log && sums == [number(&head[16..20]), number(&head[20..24])] {
            whole += 1;
            if number(&head[4..8]) != 0 {
                survey.committed = whole;
            }
        } else {
            broken = true;
        }
    }
}

/// The salts of the log as it is now; None = it is empty or there is none.
pub fn salts(path: &Path) -> io::Result<Option<[u8; 8]>> {
    Ok(WalCursor::first(path)?.map(|cursor| cursor.salts))
}

impl WalCursor {
    /// The beginning of the log; None = it is empty or there is none.
    pub fn first(path: &Path) -> io::Result<Option<WalCursor>> {
        let mut head = [0; HEAD];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
        match read {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
                return Ok(None);
            }
            read => read?,
        }
        let magic = number(&head[0..4]);
        let big = magic & 1 == 1;
        let sums = sums([0, 0], &head[..24], big);
        if magic & !1 != MAGIC || sums != [number(&head[24..28]), number(&head[28..32])] {
            return Ok(None);
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&head[16..24]);
        Ok(Some(WalCursor { page: number(&head[8..12]) as usize, big, salts, sums, frames: 0 }))
    }

    /// The place behind so many frames, which are committed.
    pub fn behind(path: &Path, frames: u32) -> io::Result<Option<WalCursor>> {
        let Some(mut cursor) = WalCursor::first(path)? else { return Ok(None) };
        if frames > 0 {
            let mut head = [0; FRAME];
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(cursor.place(frames - 1)))?;
            file.read_exact(&mut head)?;
            if head[8..16] != cursor.salts {
                return Err(io::Error::other("the write-ahead log is not the one that was written"));
            }
            cursor.sums = [number(&head[16..20]), number(&head[20..24])];
            cursor.frames = frames;
        }
        Ok(Some(cursor))
    }

    fn place(&self, frame: u32) -> u64 {
        HEAD as u64 + u64::from(frame) * (FRAME + self.page) as u64
    }

    /// Reads on to the end of a commit; gives the number of pages that the database has after it.
    pub fn read_to(&mut self, path: &Path, frames: u32, out: &mut Frames) -> io::Result<u32> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.place(self.frames)))?;
        let mut file = io::BufReader::with_capacity(256 << 10, file);
        let (mut head, mut pages, from) = ([0; FRAME], 0, out.bytes.len());
        let mut sums_now = self.sums;
        out.page = self.page;
        for _ in self.frames..frames {
            file.read_exact(&mut head)?;
            out.bytes.extend_from_slice(&head[..4]);
            let at = out.bytes.len();
            out.bytes.resize(at + self.page, 0);
            file.read_exact(&mut out.bytes[at..])?;
            sums_now = sums(sums(sums_now, &head[..8], self.big), &out.bytes[at..], self.big);
            let good =
                head[8..16] == self.salts && sums_now == [number(&head[16..20]), number(&head[20..24])];
            if !good {
                out.bytes.truncate(from);
                return Err(io::Error::other("the write-ahead log is not the one that was written"));
            }
            pages = number(&head[4..8]);
        }
        if pages == 0 {
            out.bytes.truncate(from);
            return Err(io::Error::other("this is not the end of a commit"));
        }
        (self.sums, self.frames) = (sums_now, frames);
        Ok(pages)
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The sums of SQLite's log, of a multiple of eight bytes.
fn sums([mut a, mut b]: [u32; 2], bytes: &[u8], big: bool) -> [u32; 2] {
    for pair in bytes.as_chunks::<8>().0 {
        let [x0, x1, x2, x3, y0, y1, y2, y3] = *pair;
        let read = |four| if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
        a = a.wrapping_add(read([x0, x1, x2, x3])).wrapping_add(b);
        b = b.wrapping_add(read([y0, y1, y2, y3])).wrapping_add(a);
    }
    [a, b]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::tests::scratch;

    #[test]
    fn a_broken_frame_drops_those_behind_it() {
        let (dir, conn) = scratch();
        let wal = dir.path().join("t.db-wal");
        conn.batch("CREATE TABLE T (n INTEGER, filler TEXT)").unwrap();
        for n in 0..20 {
            conn.batch(&format!("INSERT INTO T VALUES ({n}, '')")).unwrap();
        }
        let frames = conn.wal_pages();
        let copy = dir.path().join("copy-wal");
        let look = |bytes: &[u8]| {
            std::fs::write(&copy, bytes).unwrap();
            survey(&copy).unwrap().unwrap()
        };
        let good = std::fs::read(&wal).unwrap();
        let page = WalCursor::first(&wal).unwrap().unwrap().page;
        assert_eq!(look(&good), Survey { committed: frames, dropped: 0 });
        // A torn end is what a power cut leaves.
        assert_eq!(look(&good[..good.len() - page / 2]), Survey { committed: frames - 1, dropped: 0 });
        let mut flipped = good.clone();
        flipped[HEAD + 10 * (FRAME + page) + FRAME + 100] ^= 1;
        assert_eq!(look(&flipped), Survey { committed: 10, dropped: frames - 11 });
        // What is left of an older log does not count.
        conn.checkpoint();
        conn.batch("INSERT INTO T VALUES (100, '')").unwrap();
        assert_eq!(look(&std::fs::read(&wal).unwrap()), Survey { committed: 1, dropped: 0 });
    }

    #[test]
    fn what_commits_wrote_makes_the_database_again() {
        let (dir, conn) = scratch();
        let wal = dir.path().join("t.db-wal");
        conn.batch("CREATE TABLE T (n INTEGER, filler TEXT)").unwrap();
        let mut copy = Vec::new();
        let mut cursor = WalCursor::first(&wal).unwrap().unwrap();
        for round in 0..50 {
            conn.batch(&format!("INSERT INTO T VALUES ({round}, hex(zeroblob(3000)))")).unwrap();
            if round == 20 {
                conn.batch("DELETE FROM T WHERE n < 10").unwrap();
            }
            let mut frames = Frames::default();
            let pages = cursor.read_to(&wal, conn.wal_pages(), &mut frames).unwrap() as usize;
            for frame in frames.bytes.chunks(frames.page + 4) {
                let at = (number(&frame[..4]) as usize - 1) * frames.page;
                copy.resize(copy.len().max(at + frames.page), 0);
                copy[at..at + frames.page].copy_from_slice(&frame[4..]);
            }
            copy.truncate(pages * frames.page);
        }
        assert!(
            cursor.read_to(&wal, cursor.frames + 1, &mut Frames::default()).is_err(),
            "nothing is there yet"
        );
        let again = dir.path().join("again.db");
        std::fs::write(&again, &copy).unwrap();
        let again = crate::db::Conn::open_still(&again).unwrap();
        assert_eq!(again.number("SELECT COUNT(*) FROM T", Vec::new()).unwrap(), Some(40));
        assert_eq!(again.number("SELECT COUNT(*) FROM pragma_integrity_check", Vec::new()).unwrap(), Some(1));
        conn.checkpoint();
        conn.batch("INSERT INTO T VALUES (100, '')").unwrap();
        assert_ne!(salts(&wal).unwrap(), Some(cursor.salts), "the log has begun anew");
    }
}
