//! Writes a segment of the continuous copy, and the files that came with it, to the place of backups.

use super::disk::{self, Scratch};
use super::manifest::SEALED;
use super::place::BackupPlace;
use super::sealed::Cipher;
use super::segment::{self, SegmentHead};
use super::stream::STREAM;
use crate::db::Frames;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::store::write_out;
use std::io;

/// Writes a segment and the files that came with it.
pub fn send(
    server: &Server,
    place: &BackupPlace,
    cipher: Option<&Cipher>,
    head: &SegmentHead,
    frames: &Frames,
) -> Result<()> {
    let failed = |e: io::Error| Error::server(format!("a segment could not be written: {e}"));
    let room = place.workshop(server.env.data_dir())?;
    let scratch = Scratch::new(&room, "segment").map_err(failed)?;
    let ending = if cipher.is_some() { SEALED } else { "" };
    let folder = format!("{STREAM}/{}", head.generation);
    let lay = |name: &str, write: &dyn Fn(&mut dyn io::Write) -> Result<bool>| -> Result<()> {
        let path = scratch.path.join("file");
        let mut file = disk::create(&path).map_err(failed)?;
        let there = match cipher {
            None => write(&mut file)?,
            Some(cipher) => {
                let mut sealing = cipher.sealing(name, &mut file).map_err(failed)?;
                let there = write(&mut sealing)?;
                sealing.finish().map_err(failed)?;
                there
            }
        };
        file.sync_all().map_err(failed)?;
        if there {
            place.store.put(&format!("{folder}/{name}{ending}"), &path)?;
        }
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(e)),
            _ => Ok(()),
        }
    };
    for key in &head.files {
        // One that is gone again had no row, or has none now.
        lay(&format!("files/{key}"), &|out| {
            let mut plain = Vec::new();
            let there = write_out(&*server.env.files, key, &mut plain)?;
            out.write_all(&plain).map_err(failed)?;
            Ok(there)
        })?;
    }
    lay(&name_of(head.segment), &|out| {
        segment::write(head, &frames.bytes, out).map_err(failed)?;
        Ok(true)
    })
}

pub fn name_of(segment: u64) -> String {
    format!("{segment:010}.seg")
}
