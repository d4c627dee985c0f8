//! The data of every import is kept as it was understood, under `import/` in the data folder, so that a wrong import
//! can be looked at later: the columns that were imported, by the names of their fields, without secrets. For a while,
//! and not without bound (`P_IMPORT_KEEP_DAYS`, `P_IMPORT_MAX_MB`).

use super::source::ImportSource;
use super::{Import, seen};
use crate::error::{Error, Result};
use crate::object::ObjectDef;
use crate::services::Services;
use crate::time::trusted::Age;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Files of one second that get numbers.
const SAME_SECOND_MAX: u32 = 1000;

pub fn keep(env: &Services, def: &ObjectDef, import: &Import) -> Result<PathBuf> {
    let failed = |e: io::Error| Error::server(format!("an import could not be archived: {e}"));
    let folder = folder(env);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let stem = env.now().format("%Y%m%d_%H%M%S").to_string();
    let (path, file) = create(&folder, &stem, extension(&import.source)).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let written = match &import.source {
        ImportSource::Table(_) => import.rows.write_seen(&import.source, &mut out),
        ImportSource::List(list) => list.iter().enumerate().try_for_each(|(at, object)| {
            out.write_all(if at == 0 { b"[" } else { b",\n" })?;
            serde_json::to_writer(&mut out, &Value::Object(seen::masked(env, def, object)))
                .map_err(io::Error::from)
        }),
    };
    let end = if matches!(import.source, ImportSource::List(_)) { "]\n" } else { "" };
    written.and_then(|()| out.write_all(end.as_bytes())).and_then(|()| out.flush()).map_err(failed)?;
    tracing::info!(file = %path.display(), "import archived");
    Ok(path)
}

fn folder(env: &Services) -> PathBuf {
    env.data_dir().join("import")
}

fn extension(source: &ImportSource) -> &'static str {
    match source {
        ImportSource::List(_) => "json",
        ImportSource::Table(table) if table.delimiter == b'\t' => "txt",
        ImportSource::Table(_) => "csv",
    }
}

/// A file of its own, also when several imports come in the same second. Nobody else may read it.
fn create(folder: &Path, stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for n in 0..SAME_SECOND_MAX {
        let number = if n == 0 { String::new() } else { format!("_{n}") };
        let path = folder.join(format!("{stem}{number}.{extension}"));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Removes what is older than so many days, then the oldest until the rest takes no more than so many MiB; 0 = no
/// such bound. Gives the number of files it removed.
pub fn tidy(env: &Services, age: Age, days: i64, most_mb: i64) -> Result<usize> {
    let failed = |e: io::Error| Error::server(format!("the archive of imports could not be tidied: {e}"));
    let entries = match std::fs::read_dir(folder(env)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let meta = entry.metadata().map_err(failed)?;
        if meta.is_file() {
            files.push((age.of_file(&meta), meta.len(), entry.path()));
        }
    }
    // The youngest first: what is kept is counted until there is no more room.
    files.sort();
    let (mut size, mut removed) = (0_u64, 0);
    for (age, bytes, path) in files {
        size += bytes;
        let old = days > 0 && age.as_secs() as i64 > days * 86_400;
        let over = most_mb > 0 && size > most_mb.unsigned_abs() << 20;
        if old || over {
            std::fs::remove_file(&path).map_err(failed)?;
            removed += 1;
        }
    }
    Ok(removed)
}
