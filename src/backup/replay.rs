//! From a backup on to a later moment: the segments of its generation, one after the other.

use super::disk;
use super::found::Found;
use super::manifest::{SEALED, StreamStart};
use super::place::{self, BackupPlace};
use super::sealed::Cipher;
use super::segment::{self, SegmentHead};
use super::ship::name_of;
use super::stream::STREAM;
use crate::error::{Error, Result};
use crate::store::write_out;
use std::path::Path;

/// The newest backup of a place from which a moment can be reached; without a moment the newest. One that no segments
/// follow is taken only if those of an earlier one end before it.
pub fn base(place: &BackupPlace, cipher: Option<&Cipher>, until: Option<i64>) -> Result<Found> {
    let (mut first, mut plain) = (None, None::<Found>);
    for name in place.names()?.into_iter().rev() {
        if until.is_none_or(|until| place::moment(&name).is_some_and(|at| at <= until)) {
            let found = Found::named(place, &name, cipher)?;
            match (&found.manifest.stream, &plain) {
                (None, None) => plain = Some(found),
                (None, Some(_)) => {}
                (Some(start), _) if until.is_some_and(|until| start.whole_ms > until) => {}
                (Some(_), None) => return Ok(found),
                (Some(start), Some(later)) => {
                    let end = last_commit(place, start, cipher)?;
                    let goes_on = end.is_some_and(|end| end >= later.manifest.unix_ms);
                    return Ok(if goes_on { found } else { plain.take().unwrap_or(found) });
                }
            }
        }
        first = Some(name);
    }
    plain.ok_or_else(|| {
        Error::server(match first {
            Some(first) => format!("{place}: the oldest backup there is {first}, which is of later"),
            None => format!("{place}: there is no backup"),
        })
    })
}

/// The segments that follow a backup, by number.
fn segments(place: &BackupPlace, start: &StreamStart, cipher: Option<&Cipher>) -> Result<Vec<u64>> {
    let ending = if cipher.is_some() { SEALED } else { "" };
    let folder = format!("{STREAM}/{}/", start.generation);
    let listed = place.store.list(&folder)?;
    let number =
        |key: &str| key.strip_prefix(&folder)?.strip_suffix(ending)?.strip_suffix(".seg")?.parse().ok();
    let mut segments: Vec<u64> = listed.iter().filter_map(|file| number(&file.key)).collect();
    segments.retain(|segment| *segment >= start.segment);
    segments.sort_unstable();
    Ok(segments)
}

fn last_commit(place: &BackupPlace, start: &StreamStart, cipher: Option<&Cipher>) -> Result<Option<i64>> {
    let Some(last) = segments(place, start, cipher)?.pop() else { return Ok(None) };
    let folder = format!("{STREAM}/{}/", start.generation);
    let Some(bytes) = fetch(place, &folder, &name_of(last), cipher)? else { return Ok(None) };
    Ok(segment::read(&bytes)?.0.commits.last().map(|commit| commit.unix_ms))
}

/// How far a replay came.
#[derive(Debug, Default)]
pub struct Reached {
    pub commits: usize,
    /// Of the last one.
    pub unix_ms: Option<i64>,
}

/// Applies what was committed after a backup, until a moment, to a database that was laid out.
pub fn replay(
    place: &BackupPlace,
    (start, cipher): (&StreamStart, Option<&Cipher>),
    until: Option<i64>,
    database: &Path,
    files: &Path,
) -> Result<Reached> {
    let folder = format!("{STREAM}/{}/", start.generation);
    let segments = segments(place, start, cipher)?;
    let mut reached = Reached::default();
    let mut went_on = true;
    for (wanted, segment) in (start.segment..).zip(segments) {
        if segment != wanted {
            return Err(Error::server(format!(
                "{folder}{} is missing: what was changed after it cannot be restored",
                name_of(wanted)
            )));
        }
        let bytes = fetch(place, &folder, &name_of(segment), cipher)?;
        let bytes = bytes.ok_or_else(|| Error::server(format!("{folder}{} is missing", name_of(segment))))?;
        let (head, frames) = segment::read(&bytes)?;
        let whole = segment::apply(&head, &frames, until, database)?;
        let done = head.commits.iter().filter(|commit| until.is_none_or(|until| commit.unix_ms <= until));
        reached.commits += done.clone().count();
        reached.unix_ms = done.map(|commit| commit.unix_ms).max().max(reached.unix_ms);
        bring(place, &folder, &head, cipher, files)?;
        if !whole {
            went_on = false;
            break;
        }
    }
    if went_on && let Some(until) = until {
        no_other(place, start, until)?;
    }
    Ok(reached)
}

/// Refuses a moment at which another generation had begun: what was committed then has no backup before it.
fn no_other(place: &BackupPlace, start: &StreamStart, until: i64) -> Result<()> {
    let later = place.store.list(&format!("{STREAM}/"))?.into_iter().find_map(|file| {
        let generation = file.key.split('/').nth(1)?.to_owned();
        let after = generation > start.generation && place::moment(&generation).is_some_and(|at| at <= until);
        after.then_some(generation)
    });
    match later {
        None => Ok(()),
        Some(generation) => Err(Error::server(format!(
            "the server began anew at {generation}, and the first backup after that is of later than the moment that is \
             wanted: choose a moment before the one or after the other"
        ))),
    }
}

fn fetch(place: &BackupPlace, folder: &str, name: &str, cipher: Option<&Cipher>) -> Result<Option<Vec<u8>>> {
    match cipher {
        None => {
            let mut out = Vec::new();
            Ok(write_out(&*place.store, &format!("{folder}{name}"), &mut out)?.then_some(out))
        }
        Some(cipher) => {
            let mut opening = cipher.opening(name, Vec::new());
            let there = write_out(&*place.store, &format!("{folder}{name}{SEALED}"), &mut opening)?;
            if there { opening.finish().map(Some) } else { Ok(None) }
        }
    }
}

/// Files that came with a segment.
fn bring(
    place: &BackupPlace,
    folder: &str,
    head: &SegmentHead,
    cipher: Option<&Cipher>,
    files: &Path,
) -> Result<()> {
    for key in &head.files {
        crate::store::checked(key)?;
        let to = files.join(key);
        let failed = |e: std::io::Error| Error::server(format!("{}: {e}", to.display()));
        if to.exists() {
            continue;
        }
        if let Some(bytes) = fetch(place, folder, &format!("files/{key}"), cipher)? {
            if let Some(parent) = to.parent() {
                disk::folders(parent).map_err(failed)?;
            }
            let mut file = disk::create(&to).map_err(failed)?;
            std::io::Write::write_all(&mut file, &bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Removes segments that no restore needs: those before the oldest of the backups that count for it, and generations
/// without any.
pub fn tidy(place: &BackupPlace, needed: &[StreamStart], current: Option<&str>) -> Result<()> {
    for file in place.store.list(&format!("{STREAM}/"))? {
        let mut parts = file.key.splitn(3, '/').skip(1);
        let (Some(generation), Some(name)) = (parts.next(), parts.next()) else { continue };
        let first =
            needed.iter().filter(|start| start.generation == generation).map(|start| start.segment).min();
        let number = name.split('.').next().and_then(|number| number.parse::<u64>().ok());
        let spare = match (first, number) {
            (Some(first), Some(number)) => number < first,
            // Files go with their generation.
            (Some(_), None) => false,
            (None, _) => current != Some(generation),
        };
        if spare {
            place.store.remove(&file.key)?;
        }
    }
    Ok(())
}
