//! Work on pictures: measuring before unpacking, turning upright, shrinking, cropping, packing again. It is
//! slow and hungry, so no more pictures are open at once than there are cores, nor than fit into one budget of memory.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, crop_imm, thumbnail};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, RgbImage};
use jindou::plugin::*;
use jindou::throttle::concurrency_limit::{ConcurrencyBounds, ConcurrencyLimit, LimitPermit};
use jindou::throttle::memory_bound_pool::Workers;
use std::io::{BufReader, Cursor};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// Uploads wait their turn longer than logins do: a crowd that sends pictures at once is served, not sent away.
static WORKERS: LazyLock<Workers> = LazyLock::new(|| {
    Workers::new(
        "picture",
        ConcurrencyBounds {
            waiting: 300,
            wait_max: Duration::from_secs(100),
            ..ConcurrencyBounds::default()
        },
    )
});

/// Memory for all open pictures, in MiB: what the largest that the default of `P_UPLOAD_PIXELS` lets in takes. A
/// larger one, where the operator lets it in, is open alone.
const MEMORY: usize = 128;
static OPEN: LazyLock<ConcurrencyLimit> = LazyLock::new(|| {
    ConcurrencyLimit::new(ConcurrencyBounds {
        working: MEMORY,
        waiting: 300,
        wait_max: Duration::from_secs(100),
    })
});
/// Bytes of a pixel at most, as far as the bound on pixels goes; what takes more counts as so many more pixels.
const DEPTH: u64 = 4;

/// Bytes that the reader of a format holds for each pixel beside the picture itself.
fn beside(path: &Path, format: ImageFormat) -> Result<u64> {
    Ok(match format {
        ImageFormat::Png => 0,
        // Coefficients of two bytes, of three colours.
        ImageFormat::Jpeg if is_progressive(path)? => 6,
        ImageFormat::Jpeg => 0,
        // The picture in its own colours, or the canvas that its frames are put on.
        _ => 4,
    })
}

/// Whether a JPEG comes in several passes, which its reader holds until the last: by the marker of its frame.
fn is_progressive(path: &Path) -> Result<bool> {
    let gone = |e: std::io::Error| Error::server(format!("an upload is gone: {e}"));
    let mut file = BufReader::new(std::fs::File::open(path).map_err(gone)?);
    let mut pair = [0; 2];
    // Past the mark of the beginning, segments with their lengths follow.
    let mut next = |file: &mut BufReader<_>| std::io::Read::read_exact(file, &mut pair).map(|()| pair);
    if next(&mut file).is_err() {
        return Ok(false);
    }
    loop {
        let Ok([0xff, mut kind]) = next(&mut file) else { return Ok(true) };
        while kind == 0xff {
            let mut byte = [0];
            if std::io::Read::read_exact(&mut file, &mut byte).is_err() {
                return Ok(true);
            }
            [kind] = byte;
        }
        match kind {
            0xc0 | 0xc1 => return Ok(false),
            // Other frames; or there is none before the picture itself.
            0xc2 | 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xd9 | 0xda => return Ok(true),
            // Marks without a length.
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let Ok(length) = next(&mut file).map(u16::from_be_bytes) else { return Ok(true) };
        if file.seek_relative(i64::from(length) - 2).is_err() {
            return Ok(true);
        }
    }
}

/// Runs work on a picture when its turn comes.
pub fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    WORKERS.run(work)?
}

const QUALITY: u8 = 85;
/// Up to this side pictures are scaled by a fine filter.
const FINE: u32 = 1280;

/// A picture in memory, as its file has it: not turned yet.
pub struct Picture {
    image: DynamicImage,
    turn: Orientation,
    profile: Option<Vec<u8>>,
    /// Of the memory for pictures.
    _room: Option<LimitPermit<'static>>,
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
    limits.max_alloc = Some(pixels.saturating_mul(DEPTH).saturating_add(16 << 20));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let beside = u64::from(width) * u64::from(height) * beside(path, format)?;
    let bytes = decoder.total_bytes().saturating_add(beside);
    if bytes > pixels.saturating_mul(DEPTH) {
        return Err(too_many(format!("the pixels of the picture take {bytes} bytes"), pixels));
    }
    let room = OPEN.enter(usize::try_from(bytes >> 20).unwrap_or(usize::MAX))?;
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
            // What lies between the two passes of a fine filter takes four times as much as this.
            _ if side > FINE => self.image.thumbnail(side, side),
            _ => self.image.resize(side, side, FilterType::CatmullRom),
        };
        self.upright(image)
    }

    /// Upright, the square in its middle.
    pub fn crop(&self, side: u32) -> Picture {
        let (width, height) = (self.image.width(), self.image.height());
        let shortest = width.min(height);
        // A view: a long strip is never scaled as a whole.
        let square =
            crop_imm(&self.image, (width - shortest) / 2, (height - shortest) / 2, shortest, shortest);
        let near = shortest.min(side.saturating_mul(2));
        let near = DynamicImage::ImageRgba8(thumbnail(&*square, near, near));
        let image = near.resize_exact(side, side, FilterType::CatmullRom);
        self.upright(match self.image.color().has_alpha() {
            true => image,
            false => DynamicImage::ImageRgb8(image.into_rgb8()),
        })
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
