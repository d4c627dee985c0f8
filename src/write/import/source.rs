//! Where the rows of an import come from: a list in a JSON body, the body's own text, or the first file of a
//! multipart body. Spreadsheets become text too, so that there is one reader of tables.

use super::{old_sheet, sheet};
use crate::api::{Args, Upload};
use crate::error::{Error, Result};
use encoding_rs::{Encoding, GB18030, UTF_8};
use serde_json::{Map, Value};

pub enum ImportSource {
    List(Vec<Map<String, Value>>),
    Table(SourceTable),
}

/// A table as text: lines of cells, the first line being the header.
pub struct SourceTable {
    pub text: String,
    pub delimiter: u8,
}

pub fn read(args: &Args) -> Result<ImportSource> {
    if let Some(file) = args.body.files.first() {
        return of_file(file).map(ImportSource::Table);
    }
    if let Some(list) = args.post.get("list") {
        return objects(list.clone()).map(ImportSource::List);
    }
    let raw = &args.body.raw;
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::missing("list"));
    }
    if args.body.content_type.to_ascii_lowercase().contains("/json") {
        return match serde_json::from_slice(raw) {
            Ok(list @ Value::Array(_)) => objects(list).map(ImportSource::List),
            _ => Err(Error::missing("list")),
        };
    }
    table(decode(raw)?).map(ImportSource::Table)
}

/// The beginning of a table that came as a body: so many bytes, up to the end of a line.
pub fn head(args: &Args, most: usize) -> Result<ImportSource> {
    let raw = &args.body.raw;
    // Lines of two-byte texts end in two bytes; anything else ends where the byte of a line feed stands.
    let wide = Encoding::for_bom(raw).is_some_and(|(encoding, _)| encoding != UTF_8);
    let end = match raw.get(..most) {
        None => raw.len(),
        Some(_) if wide => most & !1,
        Some(head) => head.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
    };
    table(decode(&raw[..end])?).map(ImportSource::Table)
}

/// The list of a JSON body; a form carries it as a text.
fn objects(list: Value) -> Result<Vec<Map<String, Value>>> {
    let bad = || {
        Error::param("param `list` is a list of objects")
            .say("参数`list`应为对象数组", "`list` must be a list of objects")
    };
    let list = match list {
        Value::String(text) => serde_json::from_str(&text).map_err(|_| bad())?,
        list => list,
    };
    let Value::Array(list) = list else { return Err(bad()) };
    let objects: Option<Vec<_>> =
        list.into_iter().map(|item| if let Value::Object(map) = item { Some(map) } else { None }).collect();
    objects.ok_or_else(bad)
}

fn of_file(file: &Upload) -> Result<SourceTable> {
    let unreadable = |e: std::io::Error| Error::server(format!("an upload could not be read: {e}"));
    let name = file.file_name.to_ascii_lowercase();
    let mut magic = [0u8; 4];
    let mut opened = std::fs::File::open(&file.path).map_err(unreadable)?;
    let _ = std::io::Read::read(&mut opened, &mut magic).map_err(unreadable)?;
    if &magic == b"PK\x03\x04" {
        return sheet::read(&file.path).map(|text| SourceTable { text, delimiter: b',' });
    }
    if magic == [0xD0, 0xCF, 0x11, 0xE0] {
        return old_sheet::read(&file.path).map(|text| SourceTable { text, delimiter: b',' });
    }
    let text = decode(&std::fs::read(&file.path).map_err(unreadable)?)?;
    // Pages that call themselves workbooks.
    if name.ends_with(".xls") && text.trim_start().starts_with('<') {
        return Err(Error::param(format!("`{}` is a web page", file.file_name)).say(
            "该xls文件实为网页，请用Excel打开后另存为xlsx",
            "this xls file is a web page: open it in Excel and save it as xlsx",
        ));
    }
    table(text)
}

/// A tab in the first line means tabs everywhere.
fn table(text: String) -> Result<SourceTable> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    Ok(SourceTable { text, delimiter })
}

/// By its byte order mark; else UTF-8 if it is valid, else what Chinese spreadsheets write.
fn decode(bytes: &[u8]) -> Result<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, bad) = GB18030.decode_without_bom_handling(bytes);
    if bad {
        let names = format!("{} or {}", UTF_8.name(), GB18030.name());
        return Err(Error::param(format!("the data is not text in {names}"))
            .say("文件编码应为UTF-8或GBK", "the file must be encoded in UTF-8 or GBK"));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(decode("姓名,a".as_bytes()).unwrap(), "姓名,a");
        assert_eq!(decode(b"\xEF\xBB\xBFa").unwrap(), "a");
        assert_eq!(decode(&GB18030.encode("姓名,电话").0).unwrap(), "姓名,电话");
        assert_eq!(decode(b"\xFF\xFEa\0,\0").unwrap(), "a,");
        assert_eq!(decode(b"\xC3\x28\xFF").unwrap_err().code.0, 1);
    }
}
