//! Where lines of the log go: a queue with a bound, and a thread of its own that writes. Whoever logs never waits for a
//! pipe that nobody reads or for a full disk: what does not fit is dropped and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

/// Bytes that may wait to be written.
const WAITING: usize = 4 << 20;
/// What a waiting line takes beside its bytes.
const EACH: usize = 64;
/// How long to leave a pipe alone that takes nothing and does not block.
const RETRY: Duration = Duration::from_millis(5);

/// Lines are handed over here. Clones share the queue.
#[derive(Clone)]
pub struct Sink {
    orders: Sender<Order>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    waiting: AtomicUsize,
    /// Lines lost since that was told in the log.
    untold: AtomicU64,
    /// Lines lost since the start.
    dropped: AtomicU64,
}

enum Order {
    Line(Box<[u8]>),
    /// Opens the target anew, perhaps another one.
    Open(Target),
    /// Answers when all lines before are written.
    Flush(SyncSender<()>),
}

/// Where lines end up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Stderr,
    File(PathBuf),
}

impl Target {
    /// No path = standard error.
    pub fn of(path: &str) -> Target {
        if path.is_empty() { Target::Stderr } else { Target::File(Path::new(path).to_owned()) }
    }

    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Target::Stderr => stderr()?,
            Target::File(path) => Box::new(file(path)?),
        })
    }
}

fn file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Not by way of `std::io::stderr`: its lock would be held for as long as nobody reads the pipe.
#[cfg(unix)]
fn stderr() -> io::Result<Box<dyn Write + Send>> {
    use std::os::fd::AsFd;
    Ok(Box::new(File::from(std::io::stderr().as_fd().try_clone_to_owned()?)))
}

#[cfg(not(unix))]
fn stderr() -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(io::stderr()))
}

impl Sink {
    pub fn start(target: &Target) -> io::Result<Sink> {
        Sink::over(target.open()?)
    }

    fn over(out: Box<dyn Write + Send>) -> io::Result<Sink> {
        let (orders, taken) = channel();
        let state = Arc::new(State::default());
        let counted = state.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || serve(out, &taken, &counted))?;
        Ok(Sink { orders, state })
    }

    /// Opens the target anew: a file that was moved away is left to whoever moved it.
    pub fn open(&self, target: Target) {
        let _ = self.orders.send(Order::Open(target));
    }

    /// Waits until what was logged is written, but not for long.
    pub fn flush(&self, most: Duration) {
        let (done, wait) = sync_channel(1);
        if self.orders.send(Order::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(most);
        }
    }

    /// Lines that were lost since the start.
    pub fn dropped(&self) -> u64 {
        self.state.dropped.load(Relaxed)
    }

    fn take(&self, line: &[u8]) {
        let room = line.len() + EACH;
        if self.state.waiting.fetch_add(room, Relaxed) + room > WAITING {
            self.state.waiting.fetch_sub(room, Relaxed);
            self.state.lose();
        } else if self.orders.send(Order::Line(line.into())).is_err() {
            self.state.lose();
        }
    }
}

impl State {
    fn lose(&self) {
        self.untold.fetch_add(1, Relaxed);
        self.dropped.fetch_add(1, Relaxed);
    }
}

/// One line per call: the formatter writes each event at once.
impl Write for &Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.take(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn serve(mut out: Box<dyn Write + Send>, orders: &Receiver<Order>, state: &State) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Line(line) => {
                let written = write_all(&mut *out, &line);
                state.waiting.fetch_sub(line.len() + EACH, Relaxed);
                match written {
                    Ok(()) => tell_lost(state),
                    Err(_) => state.lose(),
                }
            }
            Order::Open(target) => match target.open() {
                Ok(opened) => out = opened,
                Err(error) => tracing::error!(?target, %error, "the log stays where it is"),
            },
            Order::Flush(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

/// Said where lines are written again. The line goes through the queue, too.
fn tell_lost(state: &State) {
    if state.untold.load(Relaxed) > 0 {
        let lines = state.untold.swap(0, Relaxed);
        tracing::warn!(
            lines,
            "lines of the log were dropped: they could not be written as fast as they came"
        );
    }
}

/// A pipe may have been made not to block by whoever else holds it.
fn write_all(out: &mut dyn Write, mut line: &[u8]) -> io::Result<()> {
    while !line.is_empty() {
        match out.write(line) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => line = &line[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(RETRY),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Condvar, Mutex};

    #[derive(Default)]
    struct Reader {
        reads: bool,
        got: Vec<u8>,
    }

    /// Takes nothing until its reader reads.
    #[derive(Clone, Default)]
    struct Pipe(Arc<(Mutex<Reader>, Condvar)>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (reader, wakes) = &*self.0;
            let mut reader = wakes.wait_while(reader.lock().unwrap(), |reader| !reader.reads).unwrap();
            reader.got.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_nobody_reads_holds_up_nobody_and_costs_bounded_memory() {
        let pipe = Pipe::default();
        let sink = Sink::over(Box::new(pipe.clone())).unwrap();
        let line = [b'x'; 1000];
        for _ in 0..20_000 {
            (&sink).write_all(&line).unwrap();
        }
        let kept = WAITING / (1000 + EACH);
        assert!(sink.dropped() >= 20_000 - kept as u64 - 1, "{}", sink.dropped());
        sink.flush(Duration::from_millis(10));
        pipe.0.0.lock().unwrap().reads = true;
        pipe.0.1.notify_all();
        sink.flush(Duration::from_secs(60));
        let written = pipe.0.0.lock().unwrap().got.len() as u64;
        assert_eq!(written / 1000 + sink.dropped(), 20_000);
        assert_eq!(sink.state.waiting.load(Relaxed), 0);
    }

    #[test]
    fn a_file_that_was_moved_is_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let [log, old] = ["log", "log.1"].map(|name| dir.path().join(name));
        let target = Target::File(log.clone());
        let sink = Sink::start(&target).unwrap();
        (&sink).write_all(b"one\n").unwrap();
        sink.flush(Duration::from_secs(60));
        std::fs::rename(&log, &old).unwrap();
        (&sink).write_all(b"two\n").unwrap();
        sink.open(target);
        (&sink).write_all(b"three\n").unwrap();
        // A folder that is not there: it goes on in the file that is.
        sink.open(Target::File(dir.path().join("none/log")));
        (&sink).write_all(b"four\n").unwrap();
        sink.flush(Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(old).unwrap(), "one\ntwo\n");
        assert_eq!(std::fs::read_to_string(log).unwrap(), "three\nfour\n");
    }
}
