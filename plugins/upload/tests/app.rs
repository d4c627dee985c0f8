//! A small house for the tests of files: notes with pictures, read by their user and by employees.

use crate::app::{Client, TestApp};
use crate::plugins::upload;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jindou::auth::Role;
use jindou::plugin::*;
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::PathBuf;

pub static PLUGINS: &[&Plugin] = &[&upload::PLUGIN, &NOTES];

static NOTES: Plugin = Plugin::new("notes", DESIGN)
    .needs(&["upload"])
    .objects(&[&PEOPLE, &NOTE, &NOTE_PIC])
    .files(&[file_in("Note", "picId"), file_in("NotePic", "attId").of("Note", "noteId")])
    .file_categories(&[category("small").max(2 << 20).thumb_max(4 << 10), category("staff").who(EMP)])
    .logins(&[
        LoginType::new("user", "", |_, _| Ok(Some(Identity::new(USER, 0)))),
        LoginType::new("emp", "", |_, _| Ok(Some(Identity::new(EMP, 0)))),
        LoginType::new("admin", "", |_, _| Ok(Some(Identity::new(ADMIN, 0)))),
    ]);

const DESIGN: &str = "
@User: id, name(s)
@Note: id, userId, title(s), picId
@key Note: index(picId)
@NotePic: id, noteId, attId
@key NotePic: index(noteId), index(attId)
";

static PEOPLE: Object = Object::table("User").user(can(GET).own("id").me(Me::Always));
static NOTE: Object = Object::table("Note")
    .subs(&[list("pics", "NotePic", "noteId={id}").res("id, noteId, attId, k, orgName, size, mime")])
    .user(can(ADD | READ | SET | DEL).own("userId"))
    .emp(can(READ));
static NOTE_PIC: Object = Object::table("NotePic").vcols(&[upload::file_cols("attId")]);

pub fn app() -> TestApp {
    TestApp::with_plugins(PLUGINS, &[])
}

impl TestApp {
    pub fn user(&self, id: i64) -> Client<'_> {
        self.login(Role::User, id)
    }

    /// Every file of the store, by its path.
    pub fn stored(&self) -> Vec<PathBuf> {
        below(&self.config().data.join("upload"))
    }

    /// Files that lie about and should not.
    pub fn left_over(&self) -> Vec<PathBuf> {
        below(&self.config().data.join("incoming"))
    }
}

fn below(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(below(&path)) } else { out.push(path) }
    }
    out.sort();
    out
}

/// A part of a form: field, file name, type, content.
pub type Part<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, name, kind, bytes) in parts {
        body.extend_from_slice(
            format!("--XyZ\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n")
                .as_bytes(),
        );
        if !kind.is_empty() {
            body.extend_from_slice(format!("Content-Type: {kind}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XyZ--\r\n");
    body
}

pub const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=XyZ");

impl Client<'_> {
    /// The envelope of an upload.
    pub fn uploads(&self, target: &str, parts: &[Part<'_>]) -> Value {
        self.send("POST", target, &[FORM], Some(form(parts))).json()
    }

    /// One file that must be taken; what the client gets to know of it.
    #[track_caller]
    pub fn upload(&self, target: &str, name: &str, bytes: &[u8]) -> Value {
        let answer = self.uploads(target, &[("file1", name, "", bytes)]);
        assert_eq!(answer[0], json!(0), "{target}: {answer}");
        answer[1][0].clone()
    }

    pub fn get(&self, target: &str) -> crate::app::Got {
        self.send("GET", target, &[], None)
    }
}

/// A picture whose four quarters are red, green, blue and white, as far as its camera held upright saw it.
pub fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (true, false) => Rgb([20, 20, 220]),
        (false, false) => Rgb([250, 250, 250]),
    })
}

/// The same with some noise, so that it does not pack to nothing.
pub fn noisy(width: u32, height: u32) -> RgbImage {
    let mut image = quarters(width, height);
    let mut state = 1u32;
    for pixel in image.pixels_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 27) as u8;
        pixel.0 = pixel.0.map(|c| c.saturating_sub(noise));
    }
    image
}

pub fn packed(image: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(image).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Which of the quarters' colours a pixel has.
pub fn colour(image: &DynamicImage, x: f32, y: f32) -> char {
    let rgb = image.to_rgb8();
    let (x, y) = ((rgb.width() as f32 * x) as u32, (rgb.height() as f32 * y) as u32);
    let [r, g, b] = rgb.get_pixel(x, y).0.map(|c| c > 120);
    match (r, g, b) {
        (true, false, false) => 'r',
        (false, true, false) => 'g',
        (false, false, true) => 'b',
        (true, true, true) => 'w',
        _ => '?',
    }
}

/// The colours of the four quarters, row by row: `rgbw` when it stands upright.
pub fn reads(bytes: &[u8]) -> String {
    let image = image::load_from_memory(bytes).unwrap();
    [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
        .map(|(x, y)| colour(&image, x, y))
        .iter()
        .collect()
}

pub fn size_of(bytes: &[u8]) -> (u32, u32) {
    let image = image::load_from_memory(bytes).unwrap();
    (image.width(), image.height())
}

/// Puts a camera's record into a JPEG: orientation, maker, time and place.
pub fn with_camera(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let exif = camera_record(orientation);
    let mut out = jpeg[..2].to_vec();
    out.extend_from_slice(&[0xFF, 0xE1]);
    out.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend_from_slice(&exif);
    out.extend_from_slice(&jpeg[2..]);
    out
}

fn camera_record(orientation: u16) -> Vec<u8> {
    use exif::experimental::Writer;
    use exif::{Field, In, Rational, Tag, Value};
    let text = |tag, text: &str| Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![text.as_bytes().to_vec()]),
    };
    let place = |tag, parts: [u32; 3]| Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Rational(parts.iter().map(|num| Rational { num: *num, denom: 1 }).collect()),
    };
    let fields = [
        Field { tag: Tag::Orientation, ifd_num: In::PRIMARY, value: Value::Short(vec![orientation]) },
        text(Tag::Make, "Jindou Phones"),
        text(Tag::DateTimeOriginal, "2026:01:02 03:04:05"),
        text(Tag::GPSLatitudeRef, "N"),
        place(Tag::GPSLatitude, [31, 30, 0]),
        text(Tag::GPSLongitudeRef, "W"),
        place(Tag::GPSLongitude, [121, 15, 0]),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, false).unwrap();
    let mut record = b"Exif\0\0".to_vec();
    record.extend_from_slice(tiff.get_ref());
    record
}
