//! `att`: a file goes out, whole or in part, to those who may read it.

use super::access;
use super::file_type::{self, harmless};
use super::range::{self, Part};
use jindou::plugin::*;
use jindou::render::file::file_name;
use std::borrow::Cow;

/// Nothing in a file runs, whatever it is and however it is opened.
const POLICY: &str =
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox";
/// A file never changes under its id, so browsers may keep it.
const PUBLIC: &str = "public, max-age=99999999, immutable";
/// Rights to a file do change: the browser asks each time, and is mostly told that its copy is good.
const PRIVATE: &str = "private, no-cache";

type Headers = Vec<(&'static str, String)>;

pub fn att(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let key = args.text("k")?;
    let found = stage.read(|tx| {
        let Some((row, tag)) = named(tx, args)? else { return Ok(None) };
        let may = access::may_read(tx, &row, key.as_deref())?;
        let life = if access::is_public(tx, &row) { PUBLIC } else { PRIVATE };
        Ok(may.then_some(Found { row, tag, life }))
    })?;
    let answer = match found {
        Some(found) => send(stage.env(), args, &found)?,
        None => None,
    };
    Ok(Prepared::Done(answer.unwrap_or_else(nothing)))
}

/// A file that the caller may read.
struct Found {
    row: Row,
    tag: String,
    life: &'static str,
}

/// None when the store does not have it.
fn send(env: &Services, args: &Args, found: &Found) -> Result<Option<Answer>> {
    let Found { row, tag, life } = found;
    let empty = || FileBody::Bytes(Vec::new());
    let path = row.text("path");
    if path.starts_with("http://") || path.starts_with("https://") {
        return Ok(Some(answer(302, vec![("location", path.to_owned())], empty())));
    }
    let mut headers: Headers = vec![
        ("etag", tag.clone()),
        ("cache-control", (*life).to_owned()),
        ("accept-ranges", "bytes".to_owned()),
        ("content-security-policy", POLICY.to_owned()),
    ];
    if args.header("if-none-match").is_some_and(|known| matches(known, tag)) {
        return Ok(Some(answer(304, headers, empty())));
    }
    // The row knows it; rows that came from elsewhere may not.
    let size = match u64::try_from(row.int("size")) {
        Ok(size) if size > 0 => size,
        _ => match env.files.size(path)? {
            Some(size) => size,
            None => return Ok(None),
        },
    };
    headers.push(("content-type", mime(row).to_owned()));
    headers.push(("content-disposition", disposition(args, row)?));
    let unchanged = args.header("if-range").is_none_or(|known| known.trim() == tag);
    let wanted = args.header("range").filter(|_| unchanged);
    let (status, from, length) = match range::parse(wanted, size) {
        Part::Whole => (200, 0, size),
        Part::Of(from, length) => {
            headers.push(("content-range", format!("bytes {from}-{}/{size}", from + length - 1)));
            (206, from, length)
        }
        Part::Outside => {
            headers.push(("content-range", format!("bytes */{size}")));
            return Ok(Some(answer(416, headers, empty())));
        }
    };
    headers.push(("content-length", length.to_string()));
    Ok(env.files.part(path, from, length)?.map(|body| answer(status, headers, body)))
}

/// The file that the parameters name, and its tag.
fn named(tx: &mut Tx<'_>, args: &Args) -> Result<Option<(Row, String)>> {
    if let Some(id) = args.id("id")? {
        let Some(row) = access::find(tx, id)? else { return Ok(None) };
        return Ok(match args.text("thumb")?.as_deref() {
            None | Some("0") => Some((row, format!("\"att-{id}\""))),
            Some("1") => thumbnail(tx, row)?.map(|row| (row, format!("\"att-{id}-t\""))),
            Some(kind @ ("pc" | "mobile")) => {
                let found =
                    tx.first("Attachment", &[("orgPicId", json!(id)), ("kind", json!(kind))], access::COLS)?;
                let row = found.or(Some(row).filter(is_picture));
                row.map(|row| (row, format!("\"att-{id}-{kind}\"")))
            }
            Some(other) => {
                return Err(Error::param(format!("param `thumb` is 0, 1, pc or mobile, not `{other}`")));
            }
        });
    }
    let Some(id) = args.id("thumbId")? else { return Err(one_of("id or thumbId")) };
    let Some(row) = access::find(tx, id)? else { return Ok(None) };
    let original = match row.int("orgPicId") {
        original if original > 0 => access::find(tx, original)?,
        _ => Some(row),
    };
    Ok(original.map(|row| (row, format!("\"att-t{id}\""))))
}

pub fn one_of(names: &str) -> Error {
    Error::param(format!("Bad Request - require param {names}"))
        .say(format!("缺少参数`{names}`"), format!("parameter `{names}` is missing"))
}

/// The thumbnail of a picture; the picture itself when it has none.
fn thumbnail(tx: &mut Tx<'_>, row: Row) -> Result<Option<Row>> {
    match row.int("orgPicId") {
        // Rows of earlier versions name their thumbnail themselves.
        thumb if thumb < 0 => access::find(tx, -thumb),
        _ => {
            let derived = [("orgPicId", json!(row.int("id")))];
            let first = tx.list("Attachment", &derived, access::COLS, 1)?.into_iter().next();
            Ok(first.or(Some(row).filter(is_picture)))
        }
    }
}

fn is_picture(row: &Row) -> bool {
    mime(row).starts_with("image/")
}

fn mime(row: &Row) -> &str {
    match row.text("mime") {
        "" => "application/octet-stream",
        mime => mime,
    }
}

/// Shown in the window only what cannot carry scripts; saved what the caller wants saved, and all the rest.
fn disposition(args: &Args, row: &Row) -> Result<String> {
    let mime = mime(row);
    let media = ["image/", "audio/", "video/"].iter().any(|kind| mime.starts_with(kind));
    let wanted = match args.get("down/b")?.and_then(|down| down.as_bool()) {
        Some(down) => !down,
        None => media,
    };
    let way = if wanted && harmless(mime) { "inline" } else { "attachment" };
    let name = match row.text("orgName") {
        "" => row.text("path").rsplit('/').next().unwrap_or_default(),
        name => name,
    };
    Ok(format!("{way}; {}", file_name(&fitting(name, mime, row.text("path")))))
}

/// What was made of a picture keeps its name, but not the ending of another kind.
fn fitting<'n>(name: &'n str, mime: &str, path: &str) -> Cow<'n, str> {
    let (stem, ext) = name.rsplit_once('.').unwrap_or((name, ""));
    let kept = path.rsplit_once('.').map_or("", |(_, ext)| ext);
    match mime.starts_with("image/") && file_type::mime_of(&ext.to_ascii_lowercase()) != Some(mime) {
        true if !stem.is_empty() && !kept.is_empty() => format!("{stem}.{kept}").into(),
        _ => name.into(),
    }
}

/// `If-None-Match`: a list of tags, weak ones included, or anything at all.
fn matches(known: &str, tag: &str) -> bool {
    known
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// A file that is not there and one that is not the caller's look alike.
fn nothing() -> Answer {
    answer(404, vec![("cache-control", "no-store".to_owned())], FileBody::Bytes(Vec::new()))
}

fn answer(status: u16, headers: Headers, body: FileBody) -> Answer {
    Answer::File(FileAnswer { status, headers, body })
}
