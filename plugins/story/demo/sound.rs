//! The sound of the demo's stories: a music box, synthesized when the demo is made. Pure.

/// What the music box plays; a line of the story lasts eight beats.
pub struct Tune {
    pub beat_ms: i64,
    pub plays: Plays,
}

pub enum Plays {
    /// Semitones above middle C, and beats; played again until the lines are over.
    Melody(&'static [(i32, f32)]),
    /// One chord for each line, broken into single notes; the first one again after the last.
    Chords(&'static [[i32; 3]]),
}

const BEATS: i64 = 8;
/// Samples in a second: enough for a music box, and small.
const RATE: usize = 11_025;
/// A note fades within this, in samples.
const RING: usize = RATE * 3 / 2;
/// Frequency as a multiple of the note's, and loudness.
const PARTIALS: [(f32, f32); 3] = [(1.0, 1.0), (2.0, 0.35), (4.0, 0.1)];
const LOUDEST: f32 = 0.55 * i16::MAX as f32;
/// Which note of the chord sounds at each beat, and by how many semitones it is raised.
const BROKEN: [(usize, i32); BEATS as usize] =
    [(0, -12), (1, 0), (2, 0), (0, 12), (2, 0), (1, 12), (2, 0), (1, 0)];

impl Tune {
    pub fn line_ms(&self) -> i64 {
        BEATS * self.beat_ms
    }

    /// Start in beats, and semitone, of every note of so many lines.
    fn notes(&self, lines: usize) -> Vec<(f32, i32)> {
        let end = lines as f32 * BEATS as f32;
        match self.plays {
            Plays::Chords(chords) => (0..lines)
                .flat_map(|line| {
                    let chord = chords[line % chords.len()];
                    let at = move |beat: usize| (line as f32 * BEATS as f32) + beat as f32;
                    BROKEN.iter().enumerate().map(move |(beat, (note, up))| (at(beat), chord[*note] + up))
                })
                .collect(),
            Plays::Melody(melody) => {
                let mut at = 0.0;
                let mut notes = Vec::new();
                for (semitone, beats) in melody.iter().cycle() {
                    if at >= end {
                        break;
                    }
                    notes.push((at, *semitone));
                    at += beats;
                }
                notes
            }
        }
    }
}

/// A WAV file of so many lines: one channel, 16 bits.
pub fn wav(tune: &Tune, lines: usize) -> Vec<u8> {
    let beat = RATE as f32 * tune.beat_ms as f32 / 1000.0;
    let length = (lines as f32 * BEATS as f32 * beat) as usize + RATE / 2;
    let mut mixed = vec![0.0; length];
    for (at, semitone) in tune.notes(lines) {
        strike(&mut mixed, (at * beat) as usize, semitone);
    }
    let loudest = mixed.iter().fold(1e-6, |most: f32, sample| most.max(sample.abs()));
    let samples = mixed.iter().map(|sample| (sample / loudest * LOUDEST) as i16);
    let mut file = header(length as u32 * 2);
    file.extend(samples.flat_map(i16::to_le_bytes));
    file
}

/// Adds one note.
fn strike(mixed: &mut [f32], start: usize, semitone: i32) {
    let frequency = 261.63 * 2f32.powf(semitone as f32 / 12.0);
    for (n, sample) in mixed.iter_mut().skip(start).take(RING).enumerate() {
        let t = n as f32 / RATE as f32;
        let attack = (t * 200.0).min(1.0);
        let fade = 1.0 - n as f32 / RING as f32;
        let wave: f32 = PARTIALS
            .iter()
            .map(|(times, loud)| loud * (std::f32::consts::TAU * frequency * times * t).sin())
            .sum();
        *sample += wave * attack * fade * (-3.0 * t).exp();
    }
}

fn header(size: u32) -> Vec<u8> {
    let rate = RATE as u32;
    let mut head = Vec::with_capacity(44 + size as usize);
    head.extend(b"RIFF");
    head.extend((36 + size).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(16u32.to_le_bytes());
    // PCM, one channel.
    head.extend([1u16, 1].map(u16::to_le_bytes).concat());
    head.extend([rate, rate * 2].map(u32::to_le_bytes).concat());
    // Bytes of a sample, bits of a sample.
    head.extend([2u16, 16].map(u16::to_le_bytes).concat());
    head.extend(b"data");
    head.extend(size.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::super::texts::STORIES;
    use super::*;

    #[test]
    fn each_story_has_sound_for_all_its_lines() {
        for story in STORIES {
            let file = wav(&story.tune, story.lines.len());
            let seconds = (file.len() - 44) as f32 / 2.0 / RATE as f32;
            let wanted = story.tune.line_ms() as f32 * story.lines.len() as f32 / 1000.0;
            assert!((wanted..wanted + 1.0).contains(&seconds), "{}: {seconds} of {wanted}", story.title);
            assert!((10.0..60.0).contains(&seconds) && file.len() < 1 << 20, "{}", story.title);
            let second = |from: usize| &file[44 + from * RATE * 2..44 + (from + 1) * RATE * 2];
            for at in 0..seconds as usize {
                assert!(second(at).iter().any(|byte| *byte > 20), "{} is silent at {at}", story.title);
            }
            assert_eq!((&file[..4], &file[8..12]), (b"RIFF".as_slice(), b"WAVE".as_slice()));
        }
    }

    #[test]
    fn a_melody_ends_with_its_last_line() {
        for story in STORIES {
            if let Plays::Melody(melody) = story.tune.plays {
                let beats: f32 = melody.iter().map(|(_, beats)| beats).sum();
                assert_eq!(story.lines.len() as f32 * BEATS as f32 % beats, 0.0, "{}", story.title);
            }
        }
    }
}
