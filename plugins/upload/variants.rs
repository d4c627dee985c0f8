//! Orders to make pictures of a picture, and their results. It knows files and bytes, no call and no row.

use super::{camera, picture};
use image::ImageFormat;
use jindou::plugin::*;
use std::path::PathBuf;

pub struct Plan {
    pub file: PathBuf,
    pub format: ImageFormat,
    /// A picture of more is refused.
    pub pixels: u64,
    pub size: u64,
    /// Longest side; None = as it is.
    pub resize: Option<u32>,
    pub thumbs: Thumbs,
    pub category: &'static FileCategory,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Thumbs {
    None,
    One,
    Crops,
}

pub struct Variants {
    /// In place of the file.
    pub smaller: Option<Vec<u8>>,
    /// Their kinds and files.
    pub thumbs: Vec<(&'static str, Vec<u8>)>,
    /// The picture is no larger than its thumbnail would be.
    pub is_its_thumb: bool,
    pub camera: Option<String>,
}

impl Plan {
    pub fn carry_out(&self) -> Result<Variants> {
        let (width, height) = picture::measure(&self.file, self.format, self.pixels)?;
        let longest = width.max(height);
        let is_its_thumb = self.thumbs == Thumbs::One && longest <= self.category.thumb;
        let thumbs = if is_its_thumb { Thumbs::None } else { self.thumbs };
        let mut made =
            Variants { smaller: None, thumbs: Vec::new(), is_its_thumb, camera: camera::summary(&self.file) };
        if self.resize.is_none() && thumbs == Thumbs::None {
            return Ok(made);
        }
        let mut source = picture::open(&self.file, self.format, self.pixels)?;
        if let Some(side) = self.resize {
            source = source.fit(side);
            let bytes = source.packed_as(self.format)?;
            // A picture that was packed well already is left as it is, unless it was too large.
            made.smaller = (longest > side || (bytes.len() as u64) < self.size).then_some(bytes);
        }
        match thumbs {
            Thumbs::None => {}
            Thumbs::One => {
                let thumb = source.fit(self.category.thumb).thumbnail(self.category.thumb_max)?;
                made.thumbs.push(("thumb", thumb));
            }
            Thumbs::Crops => {
                let (pc, mobile) = self.category.crops;
                made.thumbs.push(("pc", source.crop(pc).thumbnail(0)?));
                made.thumbs.push(("mobile", source.crop(mobile).thumbnail(0)?));
            }
        }
        Ok(made)
    }
}
