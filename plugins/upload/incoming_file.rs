//! The files of a call: parts of a form, or the body itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jindou::plugin::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// One file that came in. It lies in the folder of incoming files and is gone with this value unless it was
/// moved away.
pub struct IncomingFile {
    /// Of the form's field.
    pub field: String,
    /// As the client called it, fit to be shown.
    pub name: String,
    /// What the client says it is.
    pub claimed: String,
    pub file: Temp,
    pub size: u64,
    pub sha256: String,
}

/// A file of ours that is removed when nobody took it.
pub struct Temp(pub PathBuf);

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Temp {
    pub fn write(env: &Services, bytes: &[u8]) -> Result<Temp> {
        let folder = env.incoming_dir();
        let temp = Temp(folder.join(jindou::id::hex_token()));
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&temp.0, bytes));
        written.map_err(|e| Error::server(format!("a file could not be written: {e}")))?;
        Ok(temp)
    }
}

pub fn files(env: &Services, args: &Args) -> Result<Vec<IncomingFile>> {
    let files = match args.text("fmt")?.as_deref() {
        Some("raw") => vec![body(env, args, false)?],
        Some("raw_b64") => vec![body(env, args, true)?],
        None | Some("") => parts(env, args)?,
        Some(other) => return Err(Error::param(format!("param `fmt` is raw or raw_b64, not `{other}`"))),
    };
    match files.iter().find(|given| given.size == 0) {
        Some(empty) => Err(Error::param(format!("file `{}` is empty", empty.name))
            .say(format!("文件`{}`为空", empty.name), format!("the file `{}` is empty", empty.name))),
        None => Ok(files),
    }
}

/// Every file of the form, or those of the fields in `f`.
fn parts(env: &Services, args: &Args) -> Result<Vec<IncomingFile>> {
    let wanted = args.text("f")?;
    let wanted: Option<Vec<&str>> = wanted.as_deref().map(|list| list.split(',').map(str::trim).collect());
    let takes = |field: &str| {
        wanted.as_ref().is_none_or(|list| list.iter().any(|w| *w == field || *w == bare(field)))
    };
    // A form sends an empty part for a field in which nobody chose a file.
    let chosen = |part: &&Upload| !(part.file_name.is_empty() && part.size == 0);
    let mut files = Vec::new();
    for part in args.body.files.iter().filter(chosen).filter(|part| takes(&part.field)) {
        files.push(IncomingFile {
            field: bare(&part.field).to_owned(),
            name: shown(&part.file_name),
            claimed: part.content_type.clone(),
            file: moved(env, &part.path)?,
            size: part.size,
            sha256: part.sha256.clone(),
        });
    }
    Ok(files)
}

/// `pics[]` is the field `pics`.
fn bare(field: &str) -> &str {
    field.split('[').next().unwrap_or(field)
}

fn moved(env: &Services, path: &Path) -> Result<Temp> {
    let temp = Temp(env.incoming_dir().join(jindou::id::hex_token()));
    fs::rename(path, &temp.0).map_err(|e| Error::server(format!("an upload is gone: {e}")))?;
    Ok(temp)
}

/// The body is the file, `f` its name.
fn body(env: &Services, args: &Args, base64: bool) -> Result<IncomingFile> {
    let name = args.get.text("f").filter(|f| !f.is_empty()).ok_or_else(|| Error::missing("f"))?;
    let mut given = IncomingFile {
        field: shown(&name),
        name: shown(&name),
        claimed: args.body.content_type.clone(),
        file: Temp(PathBuf::new()),
        size: 0,
        sha256: String::new(),
    };
    match args.body.files.first() {
        Some(part) if !base64 => {
            given.file = moved(env, &part.path)?;
            (given.size, given.sha256) = (part.size, part.sha256.clone());
        }
        part => {
            let read = part.map(|part| fs::read(&part.path)).transpose();
            let read = read.map_err(|e| Error::server(format!("an upload is gone: {e}")))?;
            let bytes = read.as_deref().unwrap_or(&args.body.raw);
            let decoded = base64.then(|| decoded(bytes)).transpose()?;
            let bytes = decoded.as_deref().unwrap_or(bytes);
            given.file = Temp::write(env, bytes)?;
            given.size = bytes.len() as u64;
            given.sha256 = digest(bytes);
        }
    }
    Ok(given)
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Base64 as browsers and phones send it: perhaps as a data address, perhaps in lines.
fn decoded(text: &[u8]) -> Result<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let start = match text.starts_with(b"data:") {
        true => text.iter().position(|b| *b == b',').map_or(0, |at| at + 1),
        false => 0,
    };
    let bad = |_| Error::param("the body is not base64").say("数据不是base64编码", "the body is not base64");
    STANDARD.decode(&text[start..]).map_err(bad)
}

/// The client's name for a file: its last part, without anything a screen or a header would stumble over.
fn shown(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let fine = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = last.chars().filter(fine).collect();
    let name = name.trim();
    // The end of a long name tells what it is.
    let skip = name.chars().count().saturating_sub(NAME_MAX);
    name.chars().skip(skip).collect()
}

const NAME_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_only_names() {
        for (name, expected) in [
            ("照片 1.jpg", "照片 1.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\a.jpg", "a.jpg"),
            ("a\r\nX: y\0.jpg", "aX: y.jpg"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("/", ""),
        ] {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(shown(&format!("{}.jpg", "长".repeat(400))).chars().count(), 200);
    }

    #[test]
    fn base64_of_any_make() {
        for text in ["aGVsbG8=", "data:text/plain;base64,aGVsbG8=", "aGVs\r\nbG8=\n"] {
            assert_eq!(decoded(text.as_bytes()).unwrap(), b"hello");
        }
        assert!(decoded(b"a?b").is_err());
    }
}
