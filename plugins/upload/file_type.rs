//! The kind of a file: its extension and its content must tell the same story. Neither the client's type nor its
//! name is believed alone.

use image::ImageFormat;
use jindou::plugin::*;

/// A file as we judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    pub ext: String,
    pub mime: &'static str,
    pub picture: Option<ImageFormat>,
}

/// What the first bytes must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Picture(ImageFormat),
    /// At an offset.
    Magic(usize, &'static [&'static [u8]]),
    /// Without zero bytes.
    Text,
    Any,
}

use Content::{Any, Magic, Picture, Text};

const ZIP: Content = Magic(0, &[b"PK\x03\x04", b"PK\x05\x06"]);
const OLE: Content = Magic(0, &[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"]);
/// After the mark of the container and its length.
const WAVE: Content = Magic(8, &[b"WAVE"]);
const MPEG4: Content = Magic(4, &[b"ftyp"]);

/// Extension, type, content. The first extension of a type is the one for files without.
const KINDS: &[(&str, &str, Content)] = &[
    ("jpg", "image/jpeg", Picture(ImageFormat::Jpeg)),
    ("jpeg", "image/jpeg", Picture(ImageFormat::Jpeg)),
    ("png", "image/png", Picture(ImageFormat::Png)),
    ("gif", "image/gif", Picture(ImageFormat::Gif)),
    ("webp", "image/webp", Picture(ImageFormat::WebP)),
    ("txt", "text/plain", Text),
    ("csv", "text/csv", Text),
    ("pdf", "application/pdf", Magic(0, &[b"%PDF-"])),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIP),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIP),
    ("doc", "application/msword", OLE),
    ("xls", "application/vnd.ms-excel", OLE),
    ("ppt", "application/vnd.ms-powerpoint", OLE),
    ("zip", "application/zip", ZIP),
    ("rar", "application/vnd.rar", Magic(0, &[b"Rar!\x1A\x07"])),
    ("mp3", "audio/mpeg", Magic(0, &[b"ID3", b"\xFF\xFB", b"\xFF\xF3", b"\xFF\xF2", b"\xFF\xFA"])),
    ("wav", "audio/wav", WAVE),
    ("m4a", "audio/mp4", MPEG4),
    ("mp4", "video/mp4", MPEG4),
    ("mov", "video/quicktime", MPEG4),
    ("amr", "audio/amr", Magic(0, &[b"#!AMR"])),
    ("svg", "image/svg+xml", Any),
    ("html", "text/html", Any),
    ("htm", "text/html", Any),
    ("xml", "text/xml", Any),
    ("json", "application/json", Text),
];

/// Judges a file by its name, the type its part claims, and its first bytes.
pub fn judge(name: &str, claimed: &str, head: &[u8], allowed: &[&str]) -> Result<Kind> {
    let ext = match extension(name) {
        Some(ext) => ext,
        None => without_extension(claimed, head).ok_or_else(|| unsupported_type(claimed))?,
    };
    if !allowed.iter().any(|a| *a == "*" || a.eq_ignore_ascii_case(&ext)) {
        return Err(Error::param(format!("file extension `{ext}` is not supported"))
            .say(format!("文件扩展名`{ext}`不支持"), format!("files of type `{ext}` are not accepted")));
    }
    let Some((_, mime, content)) = KINDS.iter().find(|(known, ..)| *known == ext) else {
        return Ok(Kind { ext: plain(&ext), mime: "application/octet-stream", picture: None });
    };
    let lies = || {
        Error::param(format!("the content of the file is not `{ext}`"))
            .say(format!("文件内容与扩展名`{ext}`不符"), format!("the file is not what `{ext}` says"))
    };
    if let Picture(_) = content {
        // One kind of picture under the name of another is common on phones and harmless.
        let (ext, mime, format) = picture(head).ok_or_else(lies)?;
        return Ok(Kind { ext: ext.to_owned(), mime, picture: Some(format) });
    }
    match fits(*content, head) {
        true => Ok(Kind { ext, mime, picture: None }),
        false => Err(lies()),
    }
}

/// The type that goes with an extension.
pub fn mime_of(ext: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, ..)| *known == ext).map(|(_, mime, _)| *mime)
}

/// Whether a file of this type may be shown in the browser's window: it cannot carry scripts.
pub fn harmless(mime: &str) -> bool {
    let kind = mime.split('/').next().unwrap_or_default();
    matches!(mime, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "text/plain" | "application/pdf")
        || matches!(kind, "audio" | "video")
}

/// The last extension, in small letters; None for `name`, `.name` and `name.`.
fn extension(name: &str) -> Option<String> {
    let (stem, ext) = name.rsplit_once('.')?;
    (!stem.is_empty() && !ext.is_empty()).then(|| ext.to_lowercase())
}

fn without_extension(claimed: &str, head: &[u8]) -> Option<String> {
    let claimed = claimed.split(';').next().unwrap_or_default().trim();
    let by_type = KINDS.iter().find(|(_, mime, _)| *mime == claimed).map(|(ext, ..)| *ext);
    by_type.or_else(|| picture(head).map(|(ext, ..)| ext)).map(str::to_owned)
}

fn unsupported_type(claimed: &str) -> Error {
    let claimed: String = claimed.chars().filter(|c| !c.is_control()).take(60).collect();
    Error::param(format!("file type `{claimed}` is not supported."))
        .say(format!("文件类型`{claimed}`不支持."), format!("files of type `{claimed}` are not accepted"))
}

fn picture(head: &[u8]) -> Option<(&'static str, &'static str, ImageFormat)> {
    let format = image::guess_format(head).ok()?;
    KINDS.iter().find(|(.., content)| *content == Picture(format)).map(|(ext, mime, _)| (*ext, *mime, format))
}

fn fits(content: Content, head: &[u8]) -> bool {
    match content {
        Magic(at, starts) => {
            starts.iter().any(|start| head.get(at..).is_some_and(|head| head.starts_with(start)))
        }
        Text => !head.contains(&0),
        Any => true,
        Picture(_) => picture(head).is_some(),
    }
}

/// An extension for a name of ours.
fn plain(ext: &str) -> String {
    let plain = ext.len() <= 10 && ext.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { ext.to_owned() } else { "bin".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";
    const JPG: &[u8] = b"\xFF\xD8\xFF\xE0000";

    fn check(name: &str, claimed: &str, head: &[u8]) -> std::result::Result<(String, &'static str), String> {
        let allowed = ["jpg", "png", "txt", "pdf", "docx", "mp4", "wav"];
        judge(name, claimed, head, &allowed).map(|k| (k.ext, k.mime)).map_err(|e| e.text.zh.into_owned())
    }

    #[test]
    fn extension_and_content_agree() {
        for (name, claimed, head, expected) in [
            ("a.png", "", PNG, Ok(("png", "image/png"))),
            ("A.PNG", "text/html", PNG, Ok(("png", "image/png"))),
            ("a.jpg", "", PNG, Ok(("png", "image/png"))),
            ("a", "image/jpeg", JPG, Ok(("jpg", "image/jpeg"))),
            ("a", "application/octet-stream", PNG, Ok(("png", "image/png"))),
            ("a.", "", PNG, Ok(("png", "image/png"))),
            ("a.txt", "", b"hello", Ok(("txt", "text/plain"))),
            ("a.mp4", "", b"\0\0\0\x18ftypmp42", Ok(("mp4", "video/mp4"))),
            ("a.wav", "", b"RIFF\x24\x08\0\0WAVEfmt ", Ok(("wav", "audio/wav"))),
            ("a.wav", "", b"RIFF\x24\x08\0\0AVI LIST", Err("文件内容与扩展名`wav`不符")),
            ("a.php", "", b"<?php", Err("文件扩展名`php`不支持")),
            ("a.jpg.php", "image/jpeg", JPG, Err("文件扩展名`php`不支持")),
            ("a.jpg", "image/jpeg", b"<?php", Err("文件内容与扩展名`jpg`不符")),
            ("a.png", "image/png", b"<html>", Err("文件内容与扩展名`png`不符")),
            ("a.pdf", "", b"<html>", Err("文件内容与扩展名`pdf`不符")),
            ("a.docx", "", JPG, Err("文件内容与扩展名`docx`不符")),
            ("a.txt", "", b"a\0b", Err("文件内容与扩展名`txt`不符")),
            ("a", "foo/bar", b"?", Err("文件类型`foo/bar`不支持.")),
            (".htaccess", "", b"?", Err("文件类型``不支持.")),
        ] {
            let expected = expected.map(|(ext, mime)| (ext.to_owned(), mime)).map_err(str::to_owned);
            assert_eq!(check(name, claimed, head), expected, "{name} {claimed}");
        }
    }

    #[test]
    fn an_open_list_takes_anything_and_never_shows_scripts() {
        for (name, ext, shown) in [
            ("a.svg", "svg", false),
            ("a.html", "html", false),
            ("a.PHP", "php", false),
            ("a.汉字", "bin", false),
        ] {
            let kind = judge(name, "", b"<x>", &["*"]).unwrap();
            assert_eq!((kind.ext.as_str(), harmless(kind.mime)), (ext, shown), "{name}");
        }
        assert!(harmless("image/png") && harmless("video/mp4") && !harmless("text/csv"));
    }
}
