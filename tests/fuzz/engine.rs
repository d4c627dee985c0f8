//! Runs one parser over inputs: those that are kept in `corpus/<target>`, then mutations of these for some seconds. An input
//! that brings a result of a new kind is mutated further. None may panic, take longer than a second, or more than 256 MiB.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Seconds for each target; `FUZZ_SECONDS` says otherwise, and `FUZZ_EXECUTIONS` how many inputs there are at least.
const SECONDS: u64 = 4;
const TIME_MAX: Duration = Duration::from_secs(1);
/// What never ends is not waited for.
const HANGS: u64 = 30;
const MEMORY_MAX: u64 = 256 << 20;
const LENGTH_MAX: usize = 1 << 16;
/// Inputs between two looks at the memory.
const LOOK_EVERY: usize = 200;

pub struct Target<'a> {
    pub name: &'static str,
    /// What such texts are made of.
    pub words: &'a [&'a str],
    /// Gives the kind of result: whatever tells one way through the parser from another.
    pub parse: &'a dyn Fn(&[u8]) -> u64,
}

/// The kind of a result: of an error its words, without what it quotes.
pub fn kind<T>(result: Result<T, impl std::fmt::Debug>) -> u64 {
    match result {
        Ok(_) => 0,
        Err(error) => {
            mark(&format!("{error:?}").chars().filter(char::is_ascii_alphabetic).take(60).collect::<String>())
        }
    }
}

pub fn mark(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

pub fn run(target: &Target<'_>) {
    // One after the other: time and memory are measured.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target.name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut corpus: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!corpus.is_empty(), "{} has no corpus", folder.display());
    let mut watched = Watched::new(target);
    let mut seen: HashSet<u64> = corpus.iter().map(|input| watched.one(input)).collect();
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let until = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(SECONDS));
    let least = number("FUZZ_EXECUTIONS").unwrap_or_default();
    let seed = number("SEED").unwrap_or(1);
    let mut random = Random(mark(&(target.name, seed)));
    while Instant::now() < until || (watched.count as u64) < least {
        let input = mutated(&mut random, &corpus, target.words);
        if seen.insert(watched.one(&input)) && input.len() <= 4096 {
            corpus.push(input);
        }
    }
    watched.memory();
    let text = format!("{}: {} executions, {} kinds of results", target.name, watched.count, seen.len());
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// One target under watch.
struct Watched<'a> {
    target: &'a Target<'a>,
    count: usize,
    /// Inputs since the last look at the memory, and what it was at most.
    recent: Vec<Vec<u8>>,
    peak: u64,
    last: PathBuf,
}

/// When the input that runs now began, in milliseconds; 0 = none does.
static BEGAN: AtomicU64 = AtomicU64::new(0);

impl<'a> Watched<'a> {
    fn new(target: &'a Target<'a>) -> Watched<'a> {
        let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
        static WATCH: std::sync::Once = std::sync::Once::new();
        WATCH.call_once(|| drop(std::thread::spawn(watch)));
        Watched { target, count: 0, recent: Vec::new(), peak: memory_peak(), last }
    }

    fn one(&mut self, input: &[u8]) -> u64 {
        self.count += 1;
        if input.len() > 4096 {
            // A stack that is used up ends the process: then this is what did it.
            std::fs::write(&self.last, input).unwrap();
        }
        let begun = Instant::now();
        let Ok(kind) = self.quietly(input) else { self.fail(input, "panicked") };
        if begun.elapsed() > TIME_MAX {
            // Another process may have had the processor.
            let fastest = (0..3).map(|_| self.timed(input)).min().unwrap_or_default();
            if fastest > TIME_MAX {
                self.fail(input, &format!("took {fastest:?}"));
            }
        }
        self.recent.push(input.to_vec());
        if self.recent.len() >= LOOK_EVERY {
            self.memory();
        }
        kind
    }

    fn quietly(&self, input: &[u8]) -> std::thread::Result<u64> {
        BEGAN.store(now(), Relaxed);
        let result = catch_unwind(AssertUnwindSafe(|| (self.target.parse)(input)));
        BEGAN.store(0, Relaxed);
        result
    }

    fn timed(&self, input: &[u8]) -> Duration {
        let begun = Instant::now();
        let _ = self.quietly(input);
        begun.elapsed()
    }

    /// Looks for the input that took too much memory.
    fn memory(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        if memory_peak() < self.peak + MEMORY_MAX {
            return;
        }
        for input in recent {
            let before = forget_peak();
            let _ = self.quietly(&input);
            let took = memory_peak().saturating_sub(before);
            if took > MEMORY_MAX {
                self.fail(&input, &format!("took {} MiB", took >> 20));
            }
        }
        // It grew bit by bit, by what is kept on purpose.
        self.peak = forget_peak();
    }

    fn fail(&self, input: &[u8], why: &str) -> ! {
        std::fs::write(&self.last, input).unwrap();
        let shown: String = String::from_utf8_lossy(input).chars().take(300).collect();
        panic!("{} {why}; the input is in {}: {shown:?}", self.target.name, self.last.display());
    }
}

fn now() -> u64 {
    static BORN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    BORN.elapsed().as_millis() as u64 + 1
}

/// Ends the process when an input does not come to its end.
fn watch() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let began = BEGAN.load(Relaxed);
        if began > 0 && now() > began + HANGS * 1000 {
            let _ = writeln!(std::io::stderr(), "an input hangs");
            std::process::abort();
        }
    }
}

/// The most memory that the process ever had, in bytes.
fn memory_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() << 10
}

/// Counts anew from what it has now.
fn forget_peak() -> u64 {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    memory_peak()
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % n.max(1) as u64) as usize
    }
}

fn mutated(random: &mut Random, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut out = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(5) {
        let at = random.below(out.len() + 1);
        match random.below(12) {
            0 | 1 if !out.is_empty() => {
                let at = at.min(out.len() - 1);
                out[at] ^= 1 << random.below(8);
            }
            2 if !out.is_empty() => {
                let at = at.min(out.len() - 1);
                out[at] = [0, 0xff, 0x7f, 0x80, b'\'', b'"', b'\\', b'%', b'\n'][random.below(9)];
            }
            3 | 4 => {
                let upto = (at + 1 + random.below(20)).min(out.len());
                out.drain(at..upto);
            }
            5 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let upto = (from + random.below(200)).min(other.len());
                out.splice(at..at, other[from..upto].iter().copied());
            }
            6 => {
                let bytes: Vec<u8> = (0..=random.below(8)).map(|_| random.below(256) as u8).collect();
                out.splice(at..at, bytes);
            }
            7 => {
                let numbers = ["0", "-1", "9223372036854775808", "1e999", "0.1", "99999999999999999999"];
                out.splice(at..at, numbers[random.below(numbers.len())].bytes());
            }
            8 if random.below(20) == 0 && !words.is_empty() => {
                // Deep, or long.
                let word = words[random.below(words.len())].repeat(1 + random.below(8000));
                out.splice(at..at, word.bytes());
            }
            9 => {
                let letters = ["中文", "\u{feff}", "é", "\u{1f600}", "\0", "\u{202e}"];
                out.splice(at..at, letters[random.below(letters.len())].bytes());
            }
            _ if !words.is_empty() => {
                out.splice(at..at, words[random.below(words.len())].bytes());
            }
            _ => {}
        }
    }
    out.truncate(LENGTH_MAX);
    out
}
