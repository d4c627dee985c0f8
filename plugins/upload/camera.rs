//! Data that the camera wrote into a picture, as far as people ask for it.

use exif::{Exif, In, Tag, Value as Cell};
use jindou::plugin::*;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// `{time, make, model, lon, lat}`; None when there is nothing of that. A damaged record is none.
pub fn summary(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    let exif = exif::Reader::new().read_from_container(&mut BufReader::new(file)).ok()?;
    let mut map = Map::new();
    let time = text(&exif, Tag::DateTimeOriginal).or_else(|| text(&exif, Tag::DateTime));
    for (name, value) in
        [("time", time), ("make", text(&exif, Tag::Make)), ("model", text(&exif, Tag::Model))]
    {
        if let Some(value) = value {
            map.insert(name.to_owned(), value.into());
        }
    }
    let degrees = |of, side, negative| degrees(&exif, of, side, negative);
    let lon = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W');
    let lat = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S');
    if let (Some(lon), Some(lat)) = (lon, lat) {
        map.insert("lon".to_owned(), lon.into());
        map.insert("lat".to_owned(), lat.into());
    }
    (!map.is_empty()).then(|| Value::Object(map).to_string())
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Cell::Ascii(parts) => parts.first().map(Vec::as_slice),
        _ => None,
    }
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let text = String::from_utf8_lossy(ascii(exif, tag)?)
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    Some(text).filter(|text: &String| !text.is_empty())
}

/// Degrees, minutes, seconds as one number, six digits after the point.
fn degrees(exif: &Exif, of: Tag, side: Tag, negative: u8) -> Option<f64> {
    let Cell::Rational(parts) = &exif.get_field(of, In::PRIMARY)?.value else { return None };
    let [degrees, minutes, seconds] = parts.as_slice() else { return None };
    let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let value = if ascii(exif, side)?.first() == Some(&negative) { -value } else { value };
    value.is_finite().then(|| (value * 1e6).round() / 1e6)
}
