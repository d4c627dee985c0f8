//! Puts the built front ends (`web/dist`) inside the library. Without them the list is empty and the server
//! offers its API alone, so that `cargo build` needs no Node.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let [root, out] =
        ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(|name| std::env::var_os(name).unwrap_or_default());
    let dist = Path::new(&root).join("web/dist");
    // A folder that is not there would make every build run this again; an empty one is watched like any other.
    if let Err(reason) = fs::create_dir_all(&dist) {
        println!("cargo::warning=web/dist cannot be made: {reason}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
    fs::write(Path::new(&out).join("assets.rs"), list(&dist)?)
}

/// The Rust text of the list, sorted by path.
pub fn list(dist: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    let mut names: Vec<(String, PathBuf)> = files
        .into_iter()
        .filter_map(|file| Some((file.strip_prefix(dist).ok()?.to_str()?.replace('\\', "/"), file)))
        .collect();
    names.sort();
    let mut text = String::from("pub static ASSETS: &[Asset] = &[\n");
    for (name, file) in
        names.iter().filter(|(name, _)| !names.iter().any(|(other, _)| compressed(other, name)))
    {
        let variant = |end: &str| match names.iter().find(|(other, _)| *other == format!("{name}{end}")) {
            Some((_, file)) => format!("Some(include_bytes!({file:?}))"),
            None => "None".into(),
        };
        let etag = Sha256::digest(fs::read(file)?).iter().take(12).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let (mime, immutable) = (mime(name), hashed(name));
        let (gzip, brotli) = (variant(".gz"), variant(".br"));
        let _ = writeln!(
            text,
            "    Asset {{ path: {name:?}, mime: {mime:?}, etag: {etag:?}, immutable: {immutable}, \
             identity: include_bytes!({file:?}), gzip: {gzip}, brotli: {brotli} }},",
        );
    }
    text.push_str("];\n");
    Ok(text)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        match entry.file_type()? {
            _ if hidden => {}
            kind if kind.is_dir() => collect(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

/// Whether `name` is a compressed form of `plain`.
fn compressed(plain: &str, name: &str) -> bool {
    name.strip_prefix(plain).is_some_and(|end| matches!(end, ".gz" | ".br"))
}

/// `assets/name-B4kf93_x.js`: the hash in the name changes with the content.
pub fn hashed(name: &str) -> bool {
    let Some(file) = name.strip_prefix("assets/") else { return false };
    let stem = file.split('.').next().unwrap_or(file);
    let hash = stem.len().checked_sub(8).and_then(|at| stem.get(at..));
    let before = stem.len().checked_sub(9).and_then(|at| stem.as_bytes().get(at));
    before == Some(&b'-')
        && hash.is_some_and(|hash| hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=UTF-8",
        "js" | "mjs" => "text/javascript; charset=UTF-8",
        "css" => "text/css; charset=UTF-8",
        "txt" | "md" => "text/plain; charset=UTF-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        _ => "application/octet-stream",
    }
}
