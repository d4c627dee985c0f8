//! Work on pictures: measuring before unpacking, turning upright, shrinking, cropping, packing again. It is
//! slow and hungry, so no more pictures are open at once than there are cores, nor than fit into one budget of memory.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, RgbImage};
use jindou::plugin::*;
use jindou::throttle::concurrency_limit::{Gate, Place, Width};
use jindou::throttle::memory_bound_pool::Workers;
use std::io::{BufReader, Cursor};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// Uploads wait their turn longer than logins do: a crowd that sends pictures at once is served, not sent away.
static WORKERS: LazyLock<Workers> = LazyLock::new(|| {
    Workers::new("picture", Width { waiting: 300, patience: Duration::from_secs(100), ..Width::default() })
});

/// Memory for all open pictures, in MiB.
const MEMORY: usize = 384;
static OPEN: LazyLock<Gate> =
    LazyLock::new(|| Gate::new(Width { working: MEMORY, waiting: 300, patience: Duration::from_secs(100) }));
/// Bytes of an open picture beside its pixels as they are: the copies that are made of it.
const COPIES: u64 = 4;
/// Bytes of a pixel at most, as far as the bound on pixels goes; deeper ones count as so many more pixels.
const DEPTH: u64 = 4;

/// Runs work on a picture when its turn comes.
pub fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    WORKERS.run(work)?
}

const QUALITY: u8 = 85;

/// A picture in memory, as its file has it: not turned yet.
pub struct Picture {
    image: DynamicImage,
    turn: Orientation,
    profile: Option<Vec<u8>>,
    /// Of the memory for pictures.
    _room: Option<Place<'static>>,
}

/// Width and height as the header says; more pixels than allowed are refused here, before anything is unpacked.
pub fn measure(path: &Path, format: ImageFormat, most: u64) -> Result<(u32, u32)> {
    let mut reader = reader(path, format)?;
    reader.no_limits();
    let (width, height) = reader.into_dimensions().map_err(damaged)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > most {
        return Err(too_many(format!("a picture of {width}×{height} has too many pixels"), most));
    }
    if pixels == 0 {
        return Err(damaged("no pixels"));
    }
    Ok((width, height))
}

fn too_many(why: String, most: u64) -> Error {
    let millions = most / 1_000_000;
    Error::param(why).say(
        format!("图片不可超过{millions}百万像素"),
        format!("a picture may have {millions} million pixels"),
    )
}

pub fn open(path: &Path, format: ImageFormat, pixels: u64) -> Result<Picture> {
    let mut reader = reader(path, format)?;
    let mut limits = Limits::default();
    // The pixels, and room for the decoder's own tables.
    limits.max_alloc = Some(pixels.saturating_mul(DEPTH).saturating_add(64 << 20));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let bytes = decoder.total_bytes();
    if bytes > pixels.saturating_mul(DEPTH) {
        return Err(too_many(format!("the pixels of the picture take {bytes} bytes"), pixels));
    }
    let (width, height) = decoder.dimensions();
    let copies = u64::from(width) * u64::from(height) * COPIES;
    let room = OPEN.enter(usize::try_from((bytes + copies) >> 20).unwrap_or(usize::MAX))?;
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|icc| icc.get(16..20) == Some(b"RGB "));
    let image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok(Picture { image, turn, profile, _room: Some(room) })
}

impl Picture {
    /// Upright, no side longer than `side`; never larger than it was.
    pub fn fit(&self, side: u32) -> Picture {
        let (width, height) = (self.image.width(), self.image.height());
        let image = match width.max(height) {
            longest if longest <= side => self.image.clone(),
            longest if longest / 2 > side => {
                // Averaging first is fast, and as good at this distance.
                self.image.thumbnail(side * 2, side * 2).resize(side, side, FilterType::CatmullRom)
            }
            _ => self.image.resize(side, side, FilterType::CatmullRom),
        };
        self.upright(image)
    }

    /// Upright, the square in its middle.
    pub fn crop(&self, side: u32) -> Picture {
        let (width, height) = (self.image.width(), self.image.height());
        let shortest = width.min(height);
        let near = (shortest / 2 > side).then(|| {
            let scale = |length: u32| {
                u32::try_from(u64::from(length) * u64::from(side) * 2 / u64::from(shortest)).unwrap_or(length)
            };
            self.image.thumbnail_exact(scale(width).max(1), scale(height).max(1))
        });
        let image = near.as_ref().unwrap_or(&self.image).resize_to_fill(side, side, FilterType::CatmullRom);
        self.upright(image)
    }

    fn upright(&self, mut image: DynamicImage) -> Picture {
        image.apply_orientation(self.turn);
        Picture { image, turn: Orientation::NoTransforms, profile: self.profile.clone(), _room: None }
    }

    /// As PNG if that is what it was, else as JPEG.
    pub fn packed_as(&self, format: ImageFormat) -> Result<Vec<u8>> {
        if format != ImageFormat::Png {
            return self.jpeg(QUALITY);
        }
        let mut bytes = Vec::new();
        self.image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(unpacked)?;
        Ok(bytes)
    }

    /// As JPEG of at most so many bytes (0 = no matter).
    pub fn thumbnail(&self, most: u64) -> Result<Vec<u8>> {
        let mut bytes = self.jpeg(QUALITY)?;
        let mut smaller = None;
        for (quality, percent) in [(70, 100), (55, 100), (40, 100), (40, 75), (40, 50), (30, 33), (30, 20)] {
            if most == 0 || bytes.len() as u64 <= most {
                break;
            }
            let side = self.image.width().max(self.image.height()) * percent / 100;
            let picture = smaller.insert(self.fit(side.max(1)));
            bytes = picture.jpeg(quality)?;
        }
        Ok(bytes)
    }

    fn jpeg(&self, quality: u8) -> Result<Vec<u8>> {
        let rgb = flat(&self.image);
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        if let Some(profile) = &self.profile {
            // Colours only; where the profile cannot be kept the picture is still right enough.
            let _ = encoder.set_icc_profile(profile.clone());
        }
        encoder
            .write_image(&rgb, rgb.width(), rgb.height(), image::ExtendedColorType::Rgb8)
            .map_err(unpacked)?;
        Ok(bytes)
    }
}

/// What shines through is white.
fn flat(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    let over_white = |channel: u8, alpha: u8| {
        let mixed = (u32::from(channel) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        image::Rgb([over_white(r, a), over_white(g, a), over_white(b, a)])
    })
}

fn reader(path: &Path, format: ImageFormat) -> Result<ImageReader<BufReader<std::fs::File>>> {
    let file = std::fs::File::open(path).map_err(|e| Error::server(format!("an upload is gone: {e}")))?;
    Ok(ImageReader::with_format(BufReader::new(file), format))
}

fn damaged(why: impl ToString) -> Error {
    Error::param("the picture cannot be read")
        .say("图片已损坏，无法识别", "the picture is damaged")
        .because(why.to_string())
}

fn unpacked(why: impl ToString) -> Error {
    Error::server(format!("a picture could not be written: {}", why.to_string()))
}
