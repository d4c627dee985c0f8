//! `captcha`: four letters in a picture, for a session and for one use; a login asks for them after failures. The letters are
//! kept in memory under a key that the session holds, so a stolen picture is of no use elsewhere.

use image::{ImageFormat, Rgb, RgbImage};
use jindou::id::{hex_token, token};
use jindou::kv::Kv;
use jindou::plugin::*;
use jindou::redact;
use std::io::Cursor;
use std::time::Duration;

/// Named by the clients of the market, which asked for it first.
pub const WRONG: Fault = (20010, "图形验证码错误", "the letters of the picture are wrong or missing");

const SESSION_KEY: &str = "captcha";
const LETTERS: usize = 4;
const LIFE: Duration = Duration::from_secs(300);
/// How long failed logins are remembered.
const FAILURES: Duration = Duration::from_secs(600);
/// Pictures of one address in a minute.
const PER_MINUTE: u32 = 60;

/// `captcha(w?=120, h?=40, debug?)`
pub fn picture(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let side = |name: &str, usual: i64, least: i64, most: i64| -> Result<u32> {
        let side = args.int(name)?.unwrap_or(usual);
        match (least..=most).contains(&side) {
            true => Ok(side as u32),
            false => Err(Error::param(format!("bad param `{name}`: {least} to {most}"))
                .say(format!("参数`{name}`应为{least}至{most}"), format!("`{name}` is {least} to {most}"))),
        }
    };
    let (width, height) = (side("w", 120, 60, 400)?, side("h", 40, 24, 200)?);
    stage.limit(&Key::network("captcha", stage.caller()), PER_MINUTE, 60)?;
    let shown = env.test_mode() > 0 && args.flag("debug")?;
    let code = letters();
    let bytes = if shown { Vec::new() } else { png(&draw(&code, width, height, seed()))? };
    Ok(Prepared::write(move |tx| {
        let key = token();
        tx.set_session_var(SESSION_KEY, json!(key));
        tx.kv().set(&format!("captcha {key}"), &code, Some(LIFE))?;
        if shown {
            return Ok(json!({"code": code}).into());
        }
        let headers =
            vec![("content-type", "image/png".to_owned()), ("cache-control", "no-store".to_owned())];
        Ok(Answer::File(FileAnswer { status: 200, headers, body: FileBody::Bytes(bytes) }))
    }))
}

/// What failed logins are counted by: the name, and the session if there is one.
fn counters(stage: &Stage<'_>, uname: &str) -> Vec<String> {
    let session = stage.caller().session.clone();
    let by_name = format!("captchaFail name {}", uname.trim().to_lowercase());
    let by_session = (!session.is_empty()).then(|| format!("captchaFail session {session}"));
    std::iter::once(by_name).chain(by_session).collect()
}

/// For users alone: others log in from pages and programs that know no pictures.
fn after(stage: &Stage<'_>) -> i64 {
    if &*stage.caller().app_type == "user" { stage.env().config.int("P_CAPTCHA_AFTER") } else { 0 }
}

/// Before a password is looked at: refuses without the right letters, when too many logins have failed. Letters that were sent
/// are used up, right or wrong.
pub fn check(stage: &Stage<'_>, args: &Args, uname: &str) -> Result<()> {
    let after = after(stage);
    let sent = args.verbatim("captcha").filter(|sent| !sent.trim().is_empty());
    if after == 0 || (sent.is_none() && !failed_often(stage, uname, after)?) {
        return Ok(());
    }
    let key = stage.read(|tx| Ok(tx.session_var(SESSION_KEY)))?;
    let code = match key.as_ref().and_then(Value::as_str) {
        Some(key) if sent.is_some() => stage.read(|tx| tx.kv().take(&format!("captcha {key}")))?,
        _ => None,
    };
    let right = match (code, sent) {
        (Some(code), Some(sent)) => redact::same_hidden(&code, &sent.trim().to_uppercase()),
        _ => false,
    };
    ensure(right, WRONG)
}

fn failed_often(stage: &Stage<'_>, uname: &str, after: i64) -> Result<bool> {
    for counter in counters(stage, uname) {
        let count = stage.read(|tx| tx.kv().get(&counter))?.and_then(|count| count.parse::<i64>().ok());
        if count.unwrap_or(0) >= after {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A login that failed counts; one that did not ends the count of its name.
pub fn settle(stage: &Stage<'_>, uname: &str, right: bool) -> Result<()> {
    if after(stage) == 0 {
        return Ok(());
    }
    let counters = counters(stage, uname);
    stage.read(|tx| {
        for counter in counters {
            match right {
                true => _ = tx.kv().del(&counter)?,
                false => _ = tx.kv().incr(&counter, 1, Some(FAILURES))?,
            }
        }
        Ok(())
    })
}

fn png(image: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
    written.map_err(|error| Error::server(format!("a captcha could not be written: {error}")))?;
    Ok(bytes)
}

/// Without those that look like another one.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

fn letters() -> String {
    let luck = seed();
    (0..LETTERS).map(|at| char::from(ALPHABET[(luck >> (8 + at * 5) & 31) as usize])).collect()
}

fn seed() -> u64 {
    u64::from_str_radix(&hex_token()[..15], 16).unwrap_or(1) | 1
}

/// A small source of disorder for drawing; the letters come from elsewhere.
struct Luck(u64);

impl Luck {
    /// From 0 up to `below`.
    fn draw(&mut self, below: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as u32 % below.max(1)
    }

    /// From -1 to 1.
    fn sway(&mut self) -> f32 {
        self.draw(2001) as f32 / 1000.0 - 1.0
    }
}

/// Each letter turned and moved, the whole bent in waves, with lines and specks over it.
fn draw(code: &str, width: u32, height: u32, seed: u64) -> RgbImage {
    let mut luck = Luck(seed);
    let mut image = RgbImage::from_pixel(width, height, Rgb([240, 243, 246]));
    let (w, h) = (width as f32, height as f32);
    let cell = w / (LETTERS as f32 + 0.6);
    let (wave, phase) = (h * 0.07, luck.sway() * 3.0);
    for (at, letter) in code.chars().enumerate() {
        let ink = Rgb([luck.draw(110) as u8, luck.draw(110) as u8, 60 + luck.draw(110) as u8]);
        let (sin, cos) = (luck.sway() * 0.4).sin_cos();
        let centre = (cell * (at as f32 + 0.8) + luck.sway() * cell * 0.1, h * (0.5 + luck.sway() * 0.08));
        let (across, up) = (cell * 0.85 / 5.0, h * 0.62 / 7.0);
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            let (x, y) = (x as f32, y as f32);
            let bent = (x + wave * (y / h * 6.0 + phase).sin(), y + wave * (x / w * 9.0 + phase).sin());
            let (dx, dy) = (bent.0 - centre.0, bent.1 - centre.1);
            let (gx, gy) = ((dx * cos + dy * sin) / across + 2.5, (dy * cos - dx * sin) / up + 3.5);
            let inside = (0.0..5.0).contains(&gx) && (0.0..7.0).contains(&gy);
            if inside && glyph(letter)[gy as usize] >> (4 - gx as u32) & 1 == 1 {
                *pixel = ink;
            }
        }
    }
    for _ in 0..4 {
        let ink = Rgb([luck.draw(170) as u8, luck.draw(170) as u8, luck.draw(170) as u8]);
        let (from, slope, bend) = (h * (0.5 + luck.sway() * 0.4), luck.sway() * 0.4, luck.sway() * h * 0.2);
        for x in 0..width {
            let y = from + slope * (x as f32 - w / 2.0) + bend * (x as f32 / w * 6.0).sin();
            if (0.0..h - 1.0).contains(&y) {
                image.put_pixel(x, y as u32, ink);
                image.put_pixel(x, y as u32 + 1, ink);
            }
        }
    }
    for _ in 0..width * height / 40 {
        let (x, y) = (luck.draw(width), luck.draw(height));
        image.put_pixel(x, y, Rgb([luck.draw(256) as u8, luck.draw(256) as u8, luck.draw(256) as u8]));
    }
    image
}

/// Seven rows of five dots.
#[rustfmt::skip]
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        'A' => [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        'B' => [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e],
        'C' => [0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e],
        'D' => [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
        'E' => [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
        'F' => [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10],
        'G' => [0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f],
        'H' => [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        'J' => [0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c],
        'K' => [0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11],
        'L' => [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f],
        'M' => [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
        'N' => [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11],
        'P' => [0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10],
        'Q' => [0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d],
        'R' => [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
        'S' => [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
        'T' => [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
        'U' => [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
        'V' => [0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04],
        'W' => [0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11],
        'X' => [0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11],
        'Y' => [0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04],
        'Z' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f],
        '2' => [0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f],
        '3' => [0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e],
        '4' => [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
        '5' => [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
        '6' => [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
        '7' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
        '9' => [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
        _ => [0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_a_shape_of_its_own() {
        let unknown = glyph('?');
        let drawn: String = (0..200).map(|_| letters()).collect();
        assert!(drawn.chars().all(|letter| glyph(letter) != unknown), "{drawn}");
        assert!(drawn.chars().all(|letter| !"0O1I".contains(letter)), "{drawn}");
    }

    #[test]
    fn the_smallest_and_the_largest_picture_can_be_drawn() {
        for (width, height) in [(60, 24), (400, 200)] {
            let image = draw("AB29", width, height, 77);
            assert_eq!(image.dimensions(), (width, height));
            assert!(png(&image).unwrap().len() > 100);
        }
    }
}
