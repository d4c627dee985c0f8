//! The load: so many connections, each sending its next request when the last is answered, from one thread.
//! The client speaks just enough HTTP/1.1 to be cheap beside what it measures.

use crate::Options;
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
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

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

impl Run<'_> {
    /// Good answers of ours, as many as go.
    pub fn endless(options: &Options, address: SocketAddr) -> Run<'static> {
        Run {
            address,
            connections: options.connections,
            seconds: options.seconds,
            first: 0,
            most: u64::MAX,
            rate: None,
            expect: b"[0",
        }
    }
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
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..run.connections).map(|_| unbounded_channel()).unzip();
        let turns = receivers.into_iter().map(|turns| run.rate.and(Some(turns)));
        let all = join(turns.map(|turns| connection(run, make, shared.clone(), turns, end)).collect());
        let paced = async {
            if let Some(rate) = run.rate {
                pace(rate, started, end, senders).await;
            }
        };
        tokio::join!(paced, all);
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

/// How often a load at a given rate looks at what is due. The runtime's own timers know whole milliseconds only:
/// requests would leave in swarms, and what is measured would be the wait in a swarm. A timer for each request
/// would take more of the processors, which the server needs.
const BEAT: Duration = Duration::from_micros(200);

/// Tells each connection in turn when its next request is due.
async fn pace(rate: f64, started: Instant, end: Instant, connections: Vec<UnboundedSender<Instant>>) {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK).expect("a timer");
    let beat: Timespec = BEAT.try_into().expect("a short time");
    let always = Itimerspec { it_interval: beat, it_value: beat };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &always).expect("a timer");
    // It is read as a pipe is: there is something to read when it has rung.
    let mut timer = pipe::Receiver::from_owned_fd_unchecked(timer).expect("a runtime");
    for (n, turns) in (0_u32..).zip(connections.iter().cycle()) {
        let due = started + Duration::from_secs_f64(f64::from(n) / rate);
        while due > Instant::now() {
            timer.read_u64().await.expect("a timer");
        }
        if due >= end || turns.send(due).is_err() {
            return;
        }
    }
}

async fn connection(
    run: &Run<'_>,
    make: &Make<'_>,
    shared: Rc<Shared>,
    mut turns: Option<UnboundedReceiver<Instant>>,
    end: Instant,
) {
    let mut stream = TcpStream::connect(run.address).await.expect("the server accepts");
    stream.set_nodelay(true).unwrap();
    let (mut request, mut answer) = (Vec::with_capacity(512), Vec::with_capacity(8192));
    loop {
        let due = match &mut turns {
            None => Some(Instant::now()),
            Some(turns) => turns.recv().await,
        };
        let Some(due) = due else { return };
        let n = shared.next.get();
        if Instant::now() >= end || n >= run.most {
            return;
        }
        shared.next.set(n + 1);
        request.clear();
        make(&mut request, run.first + n);
        stream.write_all(&request).await.expect("the server reads");
        let body = read(&mut stream, &mut answer).await;
        // At a given rate the wait in our own queue counts too.
        let micros = u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX);
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
