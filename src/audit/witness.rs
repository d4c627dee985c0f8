//! Sends the head of the chain to a place outside the database, again and again: to the server's log, or as a new file
//! into the store. Whoever alters the database later would have to alter that too.

use super::chain::stored;
use super::head::ChainHead;
use super::seal::Seal;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::services::Services;
use crate::store::Store;
use crate::store::{FileBody, Local};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Log,
    Store,
}

pub struct Witness {
    place: Place,
    every: Duration,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    seq: i64,
    /// When it was looked at the last time.
    at: Option<Instant>,
    /// The number of the next file, once it is known.
    next: Option<u32>,
}

impl Witness {
    pub fn of(env: &Services) -> Witness {
        let place = match env.config.text("P_AUDIT_WITNESS") {
            _ if !env.audit().on() => Place::Nowhere,
            "none" => Place::Nowhere,
            "store" => Place::Store,
            _ => Place::Log,
        };
        let every = Duration::from_millis(env.config.int("P_AUDIT_WITNESS_EVERY").unsigned_abs());
        Witness { place, every, last: Mutex::new(Last { at: Some(Instant::now()), ..Last::default() }) }
    }

    /// Whether it is time to look again.
    pub fn is_due(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.place != Place::Nowhere && last.at.is_none_or(|at| at.elapsed() >= self.every)
    }

    /// Tells of the head, if it is another one than the last time.
    pub fn tell(&self, env: &Services, conn: &Conn) -> Result<()> {
        if self.place == Place::Nowhere {
            return Ok(());
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at = Some(Instant::now());
        if stored(conn)?.link.seq == last.seq {
            return Ok(());
        }
        let seal: &Seal = env.audit_keys.current();
        let head = ChainHead::of(conn, seal, &env.now_text())?;
        if self.place == Place::Log {
            tracing::info!("{head}");
        } else {
            let n = match last.next {
                Some(n) => n,
                None => next_number(env.files.as_ref())?,
            };
            put(env, n, &head)?;
            last.next = Some(n + 1);
        }
        last.seq = head.link.seq;
        Ok(())
    }
}

fn key(n: u32) -> String {
    format!("audit/head-{n:08}.txt")
}

/// A file of its own, which nobody may write.
fn put(env: &Services, n: u32, head: &ChainHead) -> Result<()> {
    let failed = |e: std::io::Error| Error::server(format!("a head of the audit chain was not written: {e}"));
    let folder = env.incoming_dir();
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join(format!("head-{}", crate::id::token()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    options.open(&path).and_then(|mut file| writeln!(file, "{head}")).map_err(failed)?;
    let stored = env.files.put(&key(n), &path);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        _ => stored,
    }
}

/// Files are numbered from 1 without a gap, so that they are found without asking the store for a list.
fn next_number(store: &dyn Store) -> Result<u32> {
    let there = |n: u32| store.size(&key(n)).map(|size| size.is_some());
    let mut above = 1;
    while there(above)? {
        above *= 2;
    }
    let mut below = above / 2;
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if there(middle)? {
            below = middle;
        } else {
            above = middle;
        }
    }
    Ok(below + 1)
}

/// All heads of the store, as one text.
pub fn stored_heads(store: &dyn Store) -> Result<String> {
    let mut text = Vec::new();
    let failed = |e: std::io::Error| Error::server(format!("a head of the audit chain cannot be read: {e}"));
    for n in 1.. {
        let Some(size) = store.size(&key(n))? else { break };
        match store.part(&key(n), 0, size)? {
            Some(FileBody::Bytes(bytes)) => text.extend_from_slice(&bytes),
            Some(FileBody::Disk(path, ..)) => text.extend(std::fs::read(path).map_err(failed)?),
            Some(FileBody::Stream(write)) => write(&mut Local(&mut text)).map_err(failed)?,
            None => break,
        }
        text.push(b'\n');
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
