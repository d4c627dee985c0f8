//! Pictures: upright at every size, small where asked, never unpacked when they are bombs.

use crate::app::TestApp;
use crate::files_app::{app, colour, noisy, packed, quarters, reads, size_of, with_camera};
use image::{ImageFormat, Rgba, RgbaImage};
use serde_json::{Value, json};

#[test]
fn a_phone_photo_comes_back_upright_at_three_sizes() {
    let app = app();
    let user = app.user(1);
    // What the sensor saw of an upright picture of 3000×4000, by how the phone was held.
    let upright = noisy(3000, 4000);
    let held = [(6u16, image::imageops::rotate270(&upright)), (3, image::imageops::rotate180(&upright))];
    for (orientation, seen) in held {
        let photo = with_camera(&packed(seen, ImageFormat::Jpeg), orientation);
        assert!(photo.len() > 500 << 10, "{}", photo.len());
        assert_ne!(reads(&photo), "rgbw");
        let one = user.upload("upload?genThumb=1", "IMG_1.jpg", &photo);
        let two = user.upload("upload?genThumb=2&autoResize=0", "IMG_1.jpg", &photo);
        assert_eq!(two["size"], json!(photo.len()));
        assert_eq!(two["thumbId"], two["pcId"]);
        for (target, size) in [
            (format!("att?id={}", one["id"]), (960, 1280)),
            (format!("att?id={}", one["thumbId"]), (270, 360)),
            (format!("att?id={}&thumb=1", one["id"]), (270, 360)),
            (format!("att?id={}", two["pcId"]), (300, 300)),
            (format!("att?id={}", two["mobileId"]), (160, 160)),
            (format!("att?id={}&thumb=mobile", two["id"]), (160, 160)),
        ] {
            let got = user.get(&target);
            assert_eq!(got.header("content-type"), "image/jpeg", "{target}");
            assert_eq!(size_of(&got.bytes), size, "{target} {orientation}");
            assert_eq!(reads(&got.bytes), "rgbw", "{target} {orientation}");
            assert!(
                !String::from_utf8_lossy(&got.bytes).contains("Exif"),
                "{target} keeps the camera's record"
            );
        }
        // The original as it came is the original of its thumbnail.
        let original = user.get(&format!("att?thumbId={}", two["mobileId"]));
        assert_eq!(original.bytes.len(), photo.len());
        let exif = app.cell("select exif from Attachment where id=1");
        let exif: Value = serde_json::from_str(exif.as_str().unwrap()).unwrap();
        assert_eq!(
            exif,
            json!({"time": "2026:01:02 03:04:05", "make": "Jindou Phones", "lon": -121.25, "lat": 31.5})
        );
    }
}

#[test]
fn small_pictures_and_other_files_need_no_thumbnail() {
    let app = app();
    let user = app.user(1);
    let small = user.upload("upload?genThumb=1", "a.png", &packed(quarters(360, 200), ImageFormat::Png));
    assert_eq!(small["thumbId"], small["id"]);
    let text = user.upload("upload?genThumb=1", "a.txt", b"hello");
    assert_eq!(text.get("thumbId"), None);
    assert_eq!(user.get(&format!("att?id={}&thumb=1", text["id"])).status, 404);
    assert_eq!(app.stored().len(), 2);
    for (name, format) in
        [("a.gif", ImageFormat::Gif), ("a.webp", ImageFormat::WebP), ("a.png", ImageFormat::Png)]
    {
        let got = user.upload("upload?genThumb=1", name, &packed(quarters(800, 400), format));
        let thumb = user.get(&format!("att?id={}&thumb=1", got["id"]));
        assert_eq!((size_of(&thumb.bytes), reads(&thumb.bytes).as_str()), ((360, 180), "rgbw"), "{name}");
        let original = |id: &Value| app.cell(&format!("select orgPicId from Attachment where id={id}"));
        assert_eq!((original(&got["id"]), original(&got["thumbId"])), (json!(null), got["id"].clone()));
    }
}

#[test]
fn large_pictures_shrink_only_when_asked() {
    let app = app();
    let user = app.user(1);
    let png = packed(noisy(2000, 1000), ImageFormat::Png);
    assert!(png.len() > 500 << 10);
    for (target, size) in
        [("upload", (1280, 640)), ("upload?autoResize=0", (2000, 1000)), ("upload?autoResize=100", (100, 50))]
    {
        let got = user.upload(target, "a.png", &png);
        let file = user.get(&format!("att?id={}", got["id"]));
        assert_eq!(file.header("content-type"), "image/png");
        assert_eq!(size_of(&file.bytes), size, "{target}");
        assert_eq!(got["size"], json!(file.bytes.len()));
    }
    let light = packed(quarters(2000, 1000), ImageFormat::Png);
    assert!(light.len() < 500 << 10);
    assert_eq!(user.upload("upload", "a.png", &light)["size"], json!(light.len()));
}

#[test]
fn what_shines_through_is_white_in_a_thumbnail() {
    let app = app();
    let user = app.user(1);
    let mut glass = RgbaImage::from_pixel(800, 800, Rgba([0, 0, 0, 0]));
    for y in 0..400 {
        for x in 0..400 {
            glass.put_pixel(x, y, Rgba([200, 0, 0, 255]));
        }
    }
    let mut png = Vec::new();
    glass.write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let got = user.upload("upload?genThumb=1", "a.png", &png);
    let thumb = image::load_from_memory(&user.get(&format!("att?id={}&thumb=1", got["id"])).bytes).unwrap();
    assert_eq!((colour(&thumb, 0.25, 0.25), colour(&thumb, 0.75, 0.75)), ('r', 'w'));
}

#[test]
fn a_category_may_bound_the_bytes_of_a_thumbnail() {
    let app = app();
    let user = app.user(1);
    let got = user.upload(
        "upload?category=small&genThumb=1",
        "a.jpg",
        &packed(noisy(1200, 900), ImageFormat::Jpeg),
    );
    let thumb = user.get(&format!("att?id={}&thumb=1", got["id"]));
    assert!(thumb.bytes.len() <= 4 << 10, "{}", thumb.bytes.len());
    assert_eq!(reads(&thumb.bytes), "rgbw");
    assert!(got["path"].as_str().unwrap().starts_with("upload/small/"));
}

#[test]
fn bombs_are_refused_unopened() {
    let app = app();
    let user = app.user(1);
    let started = std::time::Instant::now();
    for (name, bomb) in [("a.png", png_head(60_000, 60_000)), ("b.gif", gif_head(60_000, 60_000))] {
        for target in ["upload", "upload?genThumb=1", "upload?genThumb=2"] {
            let got = user.uploads(target, &[("file1", name, "image/png", &bomb)]);
            assert_eq!((&got[0], &got[1]), (&json!(1), &json!("图片不可超过32百万像素")), "{target} {name}");
        }
    }
    // A picture that promises more than it holds.
    let mut cut = packed(noisy(600, 600), ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    assert_eq!(
        user.uploads("upload?genThumb=1", &[("file1", "a.png", "", &cut)])[1],
        json!("图片已损坏，无法识别")
    );
    assert!(started.elapsed().as_secs() < 10);
    assert!(app.stored().is_empty() && app.left_over().is_empty());
}

/// A PNG that says it is enormous, with a little data.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut png = packed(quarters(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    png
}

fn gif_head(width: u16, height: u16) -> Vec<u8> {
    let mut gif = packed(quarters(8, 8), ImageFormat::Gif);
    gif[6..8].copy_from_slice(&width.to_le_bytes());
    gif[8..10].copy_from_slice(&height.to_le_bytes());
    gif
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

/// The bound is on what a picture takes in memory: sixteen bits a channel count twice.
#[test]
fn deep_pictures_count_for_more_pixels() {
    let app = TestApp::with_plugins(crate::files_app::PLUGINS, &[("P_UPLOAD_PIXELS", "1000000")]);
    let user = app.user(1);
    let packed = |image: image::DynamicImage| {
        let mut png = Vec::new();
        image.write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
        png
    };
    let deep = packed(image::DynamicImage::new_rgba16(900, 900));
    let got = user.uploads("upload?genThumb=1", &[("file", "a.png", "", &deep)]);
    assert_eq!((&got[0], &got[1]), (&json!(1), &json!("图片不可超过1百万像素")), "{got}");
    let fits = packed(image::DynamicImage::new_rgba16(600, 600));
    assert_eq!(user.uploads("upload?genThumb=1", &[("file", "a.png", "", &fits)])[0], 0);
    let plain = packed(image::DynamicImage::new_rgba8(900, 900));
    assert_eq!(user.uploads("upload?genThumb=1", &[("file", "a.png", "", &plain)])[0], 0);
}

/// A long strip is cropped without being scaled as a whole, and a bound as large as the picture makes no copy of it.
#[test]
fn the_copies_of_a_picture_are_small() {
    let app = TestApp::with_plugins(crate::files_app::PLUGINS, &[]);
    let user = app.user(1);
    let mut png = Vec::new();
    let strip = image::DynamicImage::new_rgb8(20_000, 400);
    strip.write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let got = user.uploads("upload?genThumb=2&autoResize=20000", &[("file", "a.png", "", &png)]);
    assert_eq!(got[0], 0, "{got}");
    let too_many = image::DynamicImage::new_luma8(8000, 4001);
    let mut png = Vec::new();
    too_many.write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let got = user.uploads("upload?genThumb=1", &[("file", "a.png", "", &png)]);
    assert_eq!((&got[0], &got[1]), (&json!(1), &json!("图片不可超过32百万像素")), "{got}");
}

/// A frame of a JPEG, as its first segments tell; what follows is damaged.
#[test]
fn a_progressive_jpeg_counts_for_more_pixels() {
    let app = TestApp::with_plugins(crate::files_app::PLUGINS, &[("P_UPLOAD_PIXELS", "1000000")]);
    let user = app.user(1);
    let mut jpeg = Vec::new();
    let photo = image::DynamicImage::new_rgb8(900, 900);
    photo.write_to(&mut std::io::Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
    assert_eq!(user.uploads("upload?genThumb=1", &[("file", "a.jpg", "", &jpeg)])[0], 0);
    let frame = jpeg.windows(2).position(|at| at == [0xff, 0xc0]).unwrap();
    jpeg[frame + 1] = 0xc2;
    let got = user.uploads("upload?genThumb=1", &[("file", "a.jpg", "", &jpeg)]);
    assert_eq!((&got[0], &got[1]), (&json!(1), &json!("图片不可超过1百万像素")), "{got}");
}
