//! A story from a package: cover, pictures, audio, and the text with its times.

use super::{catalogue, codes};
use crate::plugins::upload::{store_all, take_in};
use jindou::archive::{self, ArchiveEntry, Limits};
use jindou::plugin::*;
use std::collections::BTreeMap;

const LIMITS: Limits = Limits { files: 300, each: 32 << 20, total: 128 << 20 };

/// The parts of a story, none missing.
struct Parts {
    cover: ArchiveEntry,
    /// From 1, without a gap.
    pics: Vec<ArchiveEntry>,
    audio: ArchiveEntry,
    slices: Vec<Slice>,
}

struct Slice {
    pic: i64,
    ms: i64,
    text: String,
}

fn bad(what: &str) -> Error {
    let (code, zh, en) = codes::BAD_PACKAGE;
    Error::new(Code(code), what).say(format!("{zh}: {what}"), format!("{en}: {what}"))
}

pub fn import(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let sent = args.body.files.first().ok_or_else(|| Error::missing("file"))?;
    let code = args.text("categoryCode")?;
    let category = stage.read(|tx| catalogue::by_code(tx, code.as_deref()))?;
    let file = std::fs::File::open(&sent.path).map_err(|error| Error::server(error.to_string()))?;
    let entries = archive::read(std::io::BufReader::new(file), LIMITS)
        .map_err(|error| bad(error.detail.as_deref().unwrap_or("it cannot be read")))?;
    let parts = parts(entries)?;
    let title = args.text("title")?.unwrap_or_else(|| stem(&parts.audio.name).to_owned());
    let brief = args.text("brief")?;
    let kind = if parts.audio.name.to_ascii_lowercase().ends_with(".mp3") { "mp3" } else { "amr" };
    let mut cover = take_in(env, "content", base(&parts.cover.name), &parts.cover.bytes)?;
    let mut audio = take_in(env, "storyAudio", base(&parts.audio.name), &parts.audio.bytes)?;
    let pics = parts.pics.iter().map(|pic| take_in(env, "content", base(&pic.name), &pic.bytes));
    let mut pics: Vec<_> = pics.collect::<Result<_>>()?;
    store_all(stage, [&mut cover, &mut audio].into_iter().chain(&mut pics))?;
    Ok(Prepared::write(move |tx| {
        let mut rows = Vec::new();
        for (at, pic) in pics.into_iter().enumerate() {
            rows.push(json!({"attId": pic.enter(tx)?, "idx": at + 1}));
        }
        let slices: Vec<Value> = parts
            .slices
            .iter()
            .enumerate()
            .map(|(at, slice)| json!({"idx": at + 1, "txt": slice.text, "picIdx": slice.pic, "ms": slice.ms}))
            .collect();
        let (cover, audio) = (cover.enter(tx)?, audio.enter(tx)?);
        let id = tx.add(
            "Story",
            json!({"categoryId": category, "title": title, "brief": brief, "picId": cover,
            "audioId": audio, "audioType": kind, "pics": rows, "slices": slices}),
        )?;
        Ok(json!({"id": id}).into())
    }))
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn stem(name: &str) -> &str {
    base(name).rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Sorts a package into its parts; the message names the one that is missing.
fn parts(entries: Vec<ArchiveEntry>) -> Result<Parts> {
    let (mut cover, mut mp3, mut amr, mut text) = (None, None, None, None);
    let mut pics = BTreeMap::new();
    for entry in entries {
        let name = entry.name.to_ascii_lowercase();
        let in_img = name.rsplit('/').nth(1) == Some("img");
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("jpg") if in_img => {
                let number: i64 = stem(&name).parse().map_err(|_| bad("img/*.jpg have numbers for names"))?;
                pics.insert(number, entry);
            }
            Some("jpg") if cover.is_some() => return Err(bad("more than one cover *.jpg")),
            Some("jpg") => cover = Some(entry),
            Some("mp3") => mp3 = Some(entry),
            Some("amr") => amr = Some(entry),
            Some("txt") => text = Some(entry),
            _ => {}
        }
    }
    let cover = cover.ok_or_else(|| bad("the cover *.jpg is missing"))?;
    if pics.is_empty() || pics.keys().copied().ne(1..=pics.len() as i64) {
        return Err(bad("img/1.jpg, img/2.jpg … are missing"));
    }
    let audio = mp3.or(amr).ok_or_else(|| bad("*.mp3 or *.amr is missing"))?;
    let text = text.ok_or_else(|| bad("*.txt is missing"))?;
    let slices = slices(&text, pics.len() as i64)?;
    Ok(Parts { cover, pics: pics.into_values().collect(), audio, slices })
}

/// Lines `picture,milliseconds,text`; picture 0 is the cover.
fn slices(entry: &ArchiveEntry, pics: i64) -> Result<Vec<Slice>> {
    let text = std::str::from_utf8(&entry.bytes).map_err(|_| bad("*.txt is not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut list = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || bad(&format!("*.txt line {} is not picture,milliseconds,text", at + 1));
        let mut parts = line.splitn(3, ',');
        let mut number = || -> Option<i64> { parts.next()?.trim().parse().ok() };
        let (pic, ms) = number().zip(number()).ok_or_else(wrong)?;
        let text = parts.next().ok_or_else(wrong)?.trim().to_owned();
        if !(0..=pics).contains(&pic) || ms < 0 {
            return Err(wrong());
        }
        list.push(Slice { pic, ms, text });
    }
    if list.is_empty() { Err(bad("*.txt is empty")) } else { Ok(list) }
}
