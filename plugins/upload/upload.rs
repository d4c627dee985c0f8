//! `upload`: files come in, are judged, worked on outside the database, stored, and get their rows at last.

use super::file_type::{self, Kind};
use super::incoming_file::{self, IncomingFile, Temp};
use super::pending_file::{PendingFile, new_name, put_all};
use super::variants::{Plan, Thumbs};
use super::{picture, quota};
use image::ImageFormat;
use jindou::plugin::*;
use std::io::Read;

/// Pictures above this are made smaller.
const RESIZE_FROM: u64 = 500 * 1024;
const RESIZE_TO: u32 = 1280;
/// A picture is made anew in no larger square: its copy would take as much memory as the picture itself.
const RESIZE_MAX: u32 = 2560;

/// What the caller wants done with pictures.
struct Wish {
    category: &'static FileCategory,
    /// Longest side; None = as it is.
    resize: Option<u32>,
    thumbs: Thumbs,
    exif: Option<String>,
}

/// A file for the store with what its row will say.
struct Stored {
    kept: PendingFile,
    size: u64,
    mime: &'static str,
    sha256: String,
}

/// One file with what was made of it.
struct Done {
    field: String,
    name: String,
    exif: Option<String>,
    main: Stored,
    /// The picture is no larger than its thumbnail would be.
    is_its_thumb: bool,
    derived: Vec<(&'static str, Stored)>,
}

impl Done {
    /// With all that was made of it.
    fn size(&self) -> u64 {
        self.main.size + self.derived.iter().map(|(_, stored)| stored.size).sum::<u64>()
    }

    fn kept(&mut self) -> impl Iterator<Item = &mut PendingFile> {
        let derived = self.derived.iter_mut().map(|(_, stored)| &mut stored.kept);
        std::iter::once(&mut self.main.kept).chain(derived)
    }
}

pub fn upload(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let started = std::time::Instant::now();
    let wish = wish(env, args)?;
    allowed(stage.caller(), wish.category)?;
    stage.read(|tx| quota::check(tx, 0))?;
    let files = incoming_file::files(env, args)?;
    if files.is_empty() {
        let (size, seconds) = (args.header("content-length").unwrap_or("0"), started.elapsed().as_secs());
        return Err(Error::param("no file received").say(
            format!("上传失败! 数据量为{size}, 已用时{seconds}s"),
            format!("nothing was uploaded: {size} bytes after {seconds}s"),
        ));
    }
    let done: Result<Vec<Done>> = files.into_iter().map(|file| take(env, &wish, file)).collect();
    let mut done = done?;
    put_all(stage, done.iter_mut().flat_map(Done::kept))?;
    let category = wish.category.name;
    Ok(Prepared::write(move |tx| {
        quota::check(tx, done.iter().map(Done::size).sum())?;
        let list: Result<Vec<Value>> = done.into_iter().map(|file| rows(tx, category, file)).collect();
        Ok(Answer::Json(Value::Array(list?)))
    }))
}

fn wish(env: &Services, args: &Args) -> Result<Wish> {
    let name = match args.text("category")? {
        Some(name) => name,
        None => args.text("type")?.unwrap_or_default(),
    };
    let category = env.registry.file_category(&name).ok_or_else(|| {
        Error::param(format!("param `category`: unknown kind of uploads `{name}`"))
            .say(format!("文件类别`{name}`不存在"), format!("there is no kind of uploads `{name}`"))
    })?;
    let resize = match args.int("autoResize")?.unwrap_or(1) {
        0 => None,
        side @ 10..=20_000 => u32::try_from(side).ok().map(|side| side.min(RESIZE_MAX)),
        1 => Some(RESIZE_TO),
        other => {
            return Err(Error::param(format!(
                "param `autoResize` is 0, 1 or a side of 10 to 20000, not {other}"
            )));
        }
    };
    let thumbs = match args.int("genThumb")?.unwrap_or(0) {
        0 => Thumbs::None,
        1 => Thumbs::One,
        2 => Thumbs::Crops,
        other => return Err(Error::param(format!("param `genThumb` is 0, 1 or 2, not {other}"))),
    };
    let exif = args.get("exif/js")?.map(|value| value.to_string());
    match exif.as_ref().is_some_and(|text| text.len() > 8000) {
        true => Err(Error::param("param `exif` is longer than 8000 bytes")),
        false => Ok(Wish { category, resize, thumbs, exif }),
    }
}

fn most_of(env: &Services, category: Option<&FileCategory>) -> u64 {
    match category.map_or(0, |category| category.max) {
        0 => env.config.int("P_UPLOAD_MAX").unsigned_abs(),
        max => max,
    }
}

/// What may arrive as one file. An unknown category is refused later, with a better sentence.
pub fn most(env: &Services, known: &Params) -> u64 {
    let text = |name| known.text(name).filter(|text| !text.is_empty());
    let category = text("category").or_else(|| text("type")).unwrap_or_default();
    let most = most_of(env, env.registry.file_category(&category));
    // Base64 takes a third more, its line ends some more again.
    if text("fmt").as_deref() == Some("raw_b64") { most.saturating_add(most / 2) } else { most }
}

fn allowed(caller: &Caller, category: &FileCategory) -> Result<()> {
    // What is for managers alone is not for those whom roles narrow.
    let of_managers = category.who & LOGIN == 0;
    if caller.has(category.who) && !(of_managers && caller.narrowing.is_some()) {
        return Ok(());
    }
    let detail = format!("require auth to {} for uploads of `{}`", mask::names(category.who), category.name);
    Err(if caller.is_guest() { Error::no_auth(detail) } else { Error::forbidden(detail) })
}

fn take(env: &Services, wish: &Wish, given: IncomingFile) -> Result<Done> {
    let most = most_of(env, Some(wish.category));
    if given.size > most {
        return Err(Upload::too_large(&given.name, most));
    }
    let allowed: Vec<&str> = match wish.category.extensions {
        "" => env.config.list("P_UPLOAD_EXT").iter().map(String::as_str).collect(),
        list => list.split_whitespace().collect(),
    };
    let kind = file_type::judge(&given.name, &given.claimed, &head(&given.file)?, &allowed)?;
    let name = new_name(env, wish.category.name);
    match kind.picture {
        Some(format) => take_picture(env, wish, given, &kind, format, &name),
        None => {
            let main =
                stored(env, given.file, format!("{name}.{}", kind.ext), kind.mime, given.size, given.sha256);
            let exif = wish.exif.clone();
            Ok(Done {
                field: given.field,
                name: given.name,
                exif,
                main,
                is_its_thumb: false,
                derived: Vec::new(),
            })
        }
    }
}

fn take_picture(
    env: &Services,
    wish: &Wish,
    given: IncomingFile,
    kind: &Kind,
    format: ImageFormat,
    name: &str,
) -> Result<Done> {
    let plan = Plan {
        file: given.file.0.clone(),
        format,
        pixels: env.config.int("P_UPLOAD_PIXELS").unsigned_abs(),
        size: given.size,
        resize: wish
            .resize
            .filter(|_| given.size > RESIZE_FROM && matches!(format, ImageFormat::Jpeg | ImageFormat::Png)),
        thumbs: wish.thumbs,
        category: wish.category,
    };
    let made = picture::in_turn(move || plan.carry_out())?;
    let key = format!("{name}.{}", kind.ext);
    let main = match made.smaller {
        Some(bytes) => stored_bytes(env, &bytes, key, kind.mime)?,
        None => stored(env, given.file, key, kind.mime, given.size, given.sha256),
    };
    let store = |(kind, bytes): (&'static str, Vec<u8>)| {
        Ok((kind, stored_bytes(env, &bytes, format!("{name}-{kind}.jpg"), "image/jpeg")?))
    };
    let derived: Result<Vec<_>> = made.thumbs.into_iter().map(store).collect();
    let exif = wish.exif.clone().or(made.camera);
    Ok(Done {
        field: given.field,
        name: given.name,
        exif,
        main,
        is_its_thumb: made.is_its_thumb,
        derived: derived?,
    })
}

fn stored(env: &Services, file: Temp, key: String, mime: &'static str, size: u64, sha256: String) -> Stored {
    Stored { kept: PendingFile::new(env, key, file), size, mime, sha256 }
}

fn stored_bytes(env: &Services, bytes: &[u8], key: String, mime: &'static str) -> Result<Stored> {
    let file = Temp::write(env, bytes)?;
    Ok(stored(env, file, key, mime, bytes.len() as u64, incoming_file::digest(bytes)))
}

fn head(file: &Temp) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let opened = std::fs::File::open(&file.0).and_then(|file| file.take(8192).read_to_end(&mut head));
    opened.map_err(|e| Error::server(format!("an upload is gone: {e}")))?;
    Ok(head)
}

/// The rows of one file; what the client gets to know.
fn rows(tx: &mut Tx<'_>, category: &str, done: Done) -> Result<Value> {
    let key = jindou::id::token();
    let caller = tx.caller();
    let owner = if caller.is_guest() { "key" } else { &*caller.app_type };
    let base = json!({
        "tm": tx.now(), "userId": caller.id, "ownerType": owner, "category": category, "akey": key, "orgName": done.name,
    });
    let Value::Object(base) = base else { return Ok(Value::Null) };
    let (path, size) = (done.main.kept.key.clone(), done.main.size);
    let mut fields = base.clone();
    if let Some(exif) = done.exif {
        fields.insert("exif".to_owned(), exif.into());
    }
    let id = row(tx, fields, done.main)?;
    let mut answer = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("orgName".to_owned(), json!(done.name)),
        ("size".to_owned(), json!(size)),
        ("path".to_owned(), json!(path)),
        ("name".to_owned(), json!(done.field)),
    ]);
    let mut thumb = done.is_its_thumb.then_some(id);
    for (kind, stored) in done.derived {
        let mut fields = base.clone();
        fields.insert("orgPicId".to_owned(), json!(id));
        fields.insert("kind".to_owned(), json!(kind));
        let derived = row(tx, fields, stored)?;
        thumb = thumb.or(Some(derived));
        if kind != "thumb" {
            answer.insert(format!("{kind}Id"), json!(derived));
        }
    }
    if let Some(thumb) = thumb {
        answer.insert("thumbId".to_owned(), json!(thumb));
    }
    answer.insert("k".to_owned(), json!(key));
    Ok(Value::Object(answer))
}

fn row(tx: &mut Tx<'_>, mut fields: Map<String, Value>, stored: Stored) -> Result<i64> {
    fields.insert("path".to_owned(), json!(stored.kept.key));
    fields.insert("size".to_owned(), json!(stored.size));
    fields.insert("mime".to_owned(), json!(stored.mime));
    fields.insert("sha256".to_owned(), json!(stored.sha256));
    let id = tx.insert("Attachment", fields)?;
    stored.kept.enter(tx)?;
    tx.after_commit(move |_| stored.kept.settle());
    Ok(id)
}

/// A file that another plugin took out of a package: judged like an upload, without a row so far.
pub struct TakenIn {
    category: &'static str,
    done: Done,
}

/// Work for a staged action.
pub fn take_in(env: &Services, category: &str, name: &str, bytes: &[u8]) -> Result<TakenIn> {
    let category = env.registry.file_category(category);
    let category = category.ok_or_else(|| Error::server("a package of an unknown kind of uploads"))?;
    let wish = Wish { category, resize: Some(RESIZE_TO), thumbs: Thumbs::None, exif: None };
    let given = IncomingFile {
        field: String::new(),
        name: name.to_owned(),
        claimed: String::new(),
        file: Temp::write(env, bytes)?,
        size: bytes.len() as u64,
        sha256: incoming_file::digest(bytes),
    };
    Ok(TakenIn { category: category.name, done: take(env, &wish, given)? })
}

/// Moves them into the store.
pub fn store_all<'a>(stage: &Stage<'_>, files: impl Iterator<Item = &'a mut TakenIn>) -> Result<()> {
    put_all(stage, files.flat_map(|taken| taken.done.kept()))
}

impl TakenIn {
    /// Its row; gives the id.
    pub fn enter(self, tx: &mut Tx<'_>) -> Result<i64> {
        let row = rows(tx, self.category, self.done)?;
        row["id"].as_i64().ok_or_else(|| Error::server("a file without an id"))
    }
}
