//! The data of every import is kept as it came, under `import/` in the data folder, so that a wrong import
//! can be looked at later.

use super::super::Args;
use super::source::Source;
use crate::env::Env;
use crate::error::{Error, Result};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Files of one second that get numbers.
const SAME_SECOND_MAX: u32 = 1000;

pub fn keep(env: &Env, args: &Args, source: &Source) -> Result<PathBuf> {
    let failed = |e: std::io::Error| Error::server(format!("an import could not be archived: {e}"));
    let folder = env.data_dir().join("import");
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let (path, mut file) =
        create(&folder, &env.now().format("%Y%m%d_%H%M%S").to_string(), extension(args, source))
            .map_err(failed)?;
    let written = match args.body.files.first() {
        Some(upload) => std::fs::File::open(&upload.path)
            .and_then(|mut from| std::io::copy(&mut from, &mut file).map(|_| ())),
        None if !args.body.raw.is_empty() => file.write_all(&args.body.raw),
        None => file.write_all(&serde_json::to_vec(&args.post.0).unwrap_or_default()),
    };
    written.map_err(failed)?;
    tracing::info!(file = %path.display(), "import archived");
    Ok(path)
}

fn extension(args: &Args, source: &Source) -> &'static str {
    let upload = args.body.files.first().map(|file| file.file_name.to_ascii_lowercase());
    match (upload, source) {
        (Some(name), _) if name.ends_with(".xlsx") => "xlsx",
        (_, Source::List(_)) => "json",
        (_, Source::Table(table)) if table.delimiter == b'\t' => "txt",
        _ => "csv",
    }
}

/// A file of its own, also when several imports come in the same second.
fn create(
    folder: &std::path::Path,
    stem: &str,
    extension: &str,
) -> std::io::Result<(PathBuf, std::fs::File)> {
    for n in 0..SAME_SECOND_MAX {
        let number = if n == 0 { String::new() } else { format!("_{n}") };
        let path = folder.join(format!("{stem}{number}.{extension}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
