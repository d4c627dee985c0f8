//! The load: so many connections, each sending its next request when the last is answered, from one thread.
//! The client speaks just enough HTTP/1.1 to be cheap beside what it measures.

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::unix::pipe;

/// Writes the n-th request of a workload.
pub type Make<'a> = dyn Fn(&mut Vec<u8>, u64) + 'a;

/// What a run saw.
#[derive(Default, Clone)]
pub struct Seen {
    pub requests: u64,
    pub failed: u64,
    pub seconds: f64,
    /// Of each answer, in microseconds.
    latencies: Vec<u32>,
    /// The first answer that was not as expected.
    pub complaint: Option<String>,
}

impl Seen {
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// The latency that so many per cent of the answers did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut latencies = self.latencies.clone();
        let at = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
        let found = (!latencies.is_empty()).then(|| *latencies.select_nth_unstable(at).1);
        Duration::from_micros(found.unwrap_or_default().into())
    }

    /// Takes another run of the same load to be the same run.
    pub fn add(&mut self, other: Seen) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.seconds += other.seconds;
        self.latencies.extend(other.latencies);
        self.complaint = self.complaint.take().or(other.complaint);
    }
}

#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub address: SocketAddr,
    pub connections: usize,
    pub seconds: f64,
    /// The number of the first request, and of requests at most: for workloads that use something up.
    pub first: u64,
    pub most: u64,
    /// Requests per second to keep to; else as many as go.
    pub rate: Option<f64>,
    /// What a good answer's body begins with.
    pub expect: &'a [u8],
}

struct Shared {
    next: Cell<u64>,
    latencies: RefCell<Vec<u32>>,
    failed: Cell<u64>,
    complaint: RefCell<Option<String>>,
}

pub fn run(run: &Run<'_>, make: &Make<'_>) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    // The requests live as long as the run, which ends in this function.
    let shared = Rc::new(Shared {
        next: Cell::new(0),
        latencies: RefCell::new(Vec::with_capacity(1 << 20)),
        failed: Cell::new(0),
        complaint: RefCell::new(None),
    });
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(run.seconds);
    runtime.block_on(local.run_until(async {
        let all: Vec<_> =
            (0..run.connections).map(|i| connection(run, make, shared.clone(), i, started, end)).collect();
        join(all).await;
    }));
    let seconds = started.elapsed().as_secs_f64();
    let latencies = shared.latencies.take();
    Seen {
        requests: latencies.len() as u64,
        failed: shared.failed.get(),
        seconds,
        latencies,
        complaint: shared.complaint.take(),
    }
}

/// Polls all of them to their end, each only when it was woken.
async fn join<F: Future<Output = ()>>(futures: Vec<F>) {
    use futures_util::stream::{FuturesUnordered, StreamExt};
    let mut all: FuturesUnordered<F> = futures.into_iter().collect();
    while all.next().await.is_some() {}
}

/// Waits to the microsecond. The runtime's own timers know whole milliseconds only: requests would leave late and
/// in swarms, and what is measured would be the wait in a swarm.
struct Alarm(pipe::Receiver);

impl Alarm {
    fn new() -> Alarm {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK).expect("a timer");
        // It is read as a pipe is: there is something to read when it has rung.
        Alarm(pipe::Receiver::from_owned_fd_unchecked(timer).expect("a runtime"))
    }

    async fn until(&mut self, due: Instant) {
        let wait = due.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return;
        }
        let nothing = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec { it_interval: nothing, it_value: wait.try_into().expect("a short wait") };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once).expect("a timer");
        self.0.read_u64().await.expect("a timer");
    }
}

async fn connection(
    run: &Run<'_>,
    make: &Make<'_>,
    shared: Rc<Shared>,
    at: usize,
    started: Instant,
    end: Instant,
) {
    let mut stream = TcpStream::connect(run.address).await.expect("the server accepts");
    stream.set_nodelay(true).unwrap();
    let (mut request, mut answer) = (Vec::with_capacity(512), Vec::with_capacity(8192));
    let gap = run.rate.map(|rate| Duration::from_secs_f64(run.connections as f64 / rate));
    let mut due = started + gap.unwrap_or_default().mul_f64(at as f64 / run.connections as f64);
    let mut alarm = Alarm::new();
    loop {
        if let Some(gap) = gap {
            alarm.until(due).await;
            due += gap;
        }
        let n = shared.next.get();
        if Instant::now() >= end || n >= run.most {
            return;
        }
        shared.next.set(n + 1);
        request.clear();
        make(&mut request, run.first + n);
        // At a given rate the wait in our own queue counts too.
        let sent = gap.map_or_else(Instant::now, |gap| due - gap);
        stream.write_all(&request).await.expect("the server reads");
        let body = read(&mut stream, &mut answer).await;
        let micros = u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX);
        shared.latencies.borrow_mut().push(micros);
        if !answer[body..].starts_with(run.expect) {
            shared.failed.set(shared.failed.get() + 1);
            let shown = || String::from_utf8_lossy(&answer[..answer.len().min(600)]).into_owned();
            shared.complaint.borrow_mut().get_or_insert_with(shown);
        }
    }
}

/// Reads one answer; gives where its body begins.
async fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> usize {
    answer.clear();
    let mut head = None;
    loop {
        let read = stream.read_buf(answer).await.expect("the server answers");
        assert!(read > 0, "the server hung up after {:?}", String::from_utf8_lossy(answer));
        if head.is_none() {
            head = answer
                .windows(4)
                .position(|part| part == b"\r\n\r\n")
                .map(|at| (at + 4, length(&answer[..at])));
        }
        if let Some((body, length)) = head
            && answer.len() >= body + length
        {
            return body;
        }
    }
}

fn length(head: &[u8]) -> usize {
    let name = b"\r\ncontent-length:";
    let at = head.windows(name.len()).position(|part| part.eq_ignore_ascii_case(name)).expect("a length");
    let rest = &head[at + name.len()..];
    let end = rest.iter().position(|b| *b == b'\r').unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).unwrap().trim().parse().unwrap()
}
