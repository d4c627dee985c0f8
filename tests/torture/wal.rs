//! A write-ahead log whose end was torn: rubbish behind the last commit that is whole.

use crate::rng::Rng;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const HEAD: usize = 32;
const FRAME: usize = 24;

/// Where the last whole commit ends, by the format of SQLite's log: salts and running checksums.
fn end_of_commits(log: &[u8]) -> Option<usize> {
    let big = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    if log.len() < HEAD {
        return None;
    }
    // The lowest bit says in which order the checksums read their words.
    let is_big = big(0) & 1 == 1;
    let sum = |mut state: (u32, u32), bytes: &[u8]| {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| {
                let four = pair[at..at + 4].try_into().unwrap();
                if is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
            };
            state.0 = state.0.wrapping_add(word(0)).wrapping_add(state.1);
            state.1 = state.1.wrapping_add(word(4)).wrapping_add(state.0);
        }
        state
    };
    let page = big(8) as usize;
    let mut state = sum((0, 0), &log[..24]);
    let (mut at, mut end) = (HEAD, HEAD);
    while at + FRAME + page <= log.len() {
        state = sum(sum(state, &log[at..at + 8]), &log[at + FRAME..at + FRAME + page]);
        if log[at + 8..at + 16] != log[16..24] || (big(at + 16), big(at + 20)) != state {
            break;
        }
        at += FRAME + page;
        if big(at - FRAME - page + 4) > 0 {
            end = at;
        }
    }
    Some(end)
}

pub fn tear(path: &Path, rng: &mut Rng) {
    let log = std::fs::read(path).unwrap_or_default();
    let Some(end) = end_of_commits(&log) else { return };
    let file = File::options().write(true).open(path).unwrap();
    // A frame that looks like the next one and is not, or anything at all.
    let mut rubbish: Vec<u8> = match rng.chance(50) {
        true => log[HEAD.min(log.len())..].iter().copied().take(rng.below(9000) as usize).collect(),
        false => (0..rng.below(9000)).map(|_| rng.next() as u8).collect(),
    };
    if rng.chance(50) {
        rubbish.truncate(FRAME + rng.below(100) as usize);
    }
    file.write_all_at(&rubbish, end as u64).unwrap();
}
