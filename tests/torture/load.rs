//! Clients that call at once, each its own calls one after the other, until they are told to stop.

use crate::book::{Book, Order, Outcome, Sent};
use crate::http::{Client, Cut, Reply, Request};
use crate::plan::{self, Call, Taste, What};
use crate::rng::Rng;
use crate::server::{USERS, Who};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Calls of one client in one cycle at most.
const CALLS_MAX: usize = 250;

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    done: AtomicUsize,
}

pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Worker>>,
}

/// One client and what it knows.
struct Worker {
    who: Who,
    rng: Rng,
    name: String,
    book: Book,
    files: Vec<i64>,
    taste: Taste,
}

/// A file that no order has yet is known to its uploader alone.
pub type Files = Vec<(Who, Vec<i64>)>;

impl Load {
    pub fn start(
        at: SocketAddr,
        rng: &mut Rng,
        name: &str,
        book: &Book,
        files: &mut Files,
        taste: Taste,
    ) -> Load {
        let shared = Arc::new(Shared::default());
        let callers = (1..=USERS).map(Who::User).chain([Who::Clerk, Who::Manager]);
        let clients = callers.enumerate().map(|(n, who)| {
            let own = book.orders.iter().filter(|(_, order)| order.by == who && order.is_settled());
            let mut worker = Worker {
                who,
                rng: rng.fork(),
                name: format!("{name}-{n}"),
                book: Book {
                    orders: own.map(|(id, order)| (*id, order.clone())).collect(),
                    ..Book::default()
                },
                files: files
                    .iter_mut()
                    .find(|(of, _)| *of == who)
                    .map(|(_, ids)| std::mem::take(ids))
                    .unwrap_or_default(),
                taste,
            };
            let shared = shared.clone();
            std::thread::spawn(move || {
                worker.work(at, &shared);
                worker
            })
        });
        let clients = clients.collect();
        Load { shared, clients }
    }

    /// How many calls have been answered as done.
    pub fn done(&self) -> usize {
        self.shared.done.load(SeqCst)
    }

    /// Waits until so many more are done; false when that takes too long.
    pub fn until(&self, more: usize, limit: Duration) -> bool {
        let (from, begun) = (self.done(), Instant::now());
        while self.done() < from + more {
            if begun.elapsed() > limit || self.clients.iter().all(JoinHandle::is_finished) {
                return false;
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        true
    }

    /// No more calls; those on their way are waited for.
    pub fn stop(self, book: &mut Book, files: &mut Files) {
        self.shared.stop.store(true, SeqCst);
        files.clear();
        for client in self.clients {
            let worker = client.join().expect("a client failed");
            book.faults.extend(worker.book.faults);
            // Entered anew: ids that two clients were told show only here.
            for sent in worker.book.sent {
                book.enter(sent);
            }
            for ((kind, id), mark) in worker.book.told {
                book.tell(kind, id, &mark);
            }
            files.push((worker.who, worker.files));
        }
    }
}

impl Worker {
    fn work(&mut self, at: SocketAddr, shared: &Shared) {
        let mut client = Client::new(at);
        for n in 0..CALLS_MAX {
            if shared.stop.load(SeqCst) {
                return;
            }
            let own: Vec<&Order> = self.book.orders.values().filter(|order| order.is_settled()).collect();
            let mark = format!("{}-{n}", self.name);
            let call = plan::next(&mut self.rng, self.who, mark, &own, &mut self.files, self.taste);
            let (outcome, answer) = perform(&mut client, &call, shared);
            if let Outcome::Done { ids, .. } = &outcome {
                shared.done.fetch_add(1, SeqCst);
                if let (What::Upload { .. }, [Some(id)]) = (&call.what, &ids[..]) {
                    self.files.push(*id);
                }
            }
            if let Some(answer) = &answer {
                self.told_and_undone(&call, answer, &outcome);
            }
            let unsent = matches!(outcome, Outcome::Refused) && answer.is_none() && call.cut == Cut::No;
            let answer = answer.filter(|_| call.key && matches!(outcome, Outcome::Done { .. }));
            self.book.enter(Sent { call, outcome, answer });
            if unsent {
                // The server is away, or takes nobody.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Ids that items of a refused transaction were told: nothing else may get them.
    fn told_and_undone(&mut self, call: &Call, answer: &Value, outcome: &Outcome) {
        if matches!(call.what, What::Batch { trans: true, .. }) && *outcome == Outcome::Refused {
            let items =
                answer[1].as_array().into_iter().flatten().enumerate().filter(|(_, item)| item[0] == 0);
            for (n, item) in items {
                item[1].as_i64().into_iter().for_each(|id| self.book.tell("Ordr", id, &call.row(n)));
            }
        }
    }
}

/// Sends a call and judges its answer.
fn perform(client: &mut Client, call: &Call, shared: &Shared) -> (Outcome, Option<Value>) {
    let (target, kind, body) = call.request();
    let key = call.who.key();
    match client.send(&Request { target: &target, key: &key, kind, body: &body }, call.cut) {
        Reply::NotSent => (Outcome::Refused, None),
        Reply::Unanswered => (Outcome::Unknown, None),
        Reply::Answer(answer, log) if call.is_async() && answer[0] == 0 => {
            (follow(client, call, &answer, log, shared), Some(answer))
        }
        Reply::Answer(answer, log) => (judge(call, &answer, log), Some(answer)),
    }
}

/// Waits for the end of a job.
fn follow(client: &mut Client, call: &Call, answer: &Value, log: Option<i64>, shared: &Shared) -> Outcome {
    let target = format!("Job.get?id={}", answer[1]["jobId"]);
    let (key, begun) = (call.who.key(), Instant::now());
    while begun.elapsed() < Duration::from_secs(20) {
        let request = Request { target: &target, key: &key, kind: "application/json", body: b"{}" };
        let Reply::Answer(told, _) = client.send(&request, Cut::No) else { return Outcome::Unknown };
        match told[1]["state"].as_str() {
            Some("done") => return Outcome::Done { ids: list(&told[1]["result"]["idList"]), log },
            // What went wrong is told in words alone.
            Some("failed") => return Outcome::Unknown,
            _ if shared.stop.load(SeqCst) && begun.elapsed() > Duration::from_secs(5) => {
                return Outcome::Unknown;
            }
            _ => std::thread::sleep(Duration::from_millis(3)),
        }
    }
    Outcome::Unknown
}

fn list(ids: &Value) -> Vec<Option<i64>> {
    ids.as_array().into_iter().flatten().map(Value::as_i64).collect()
}

/// What an answer says has become of a call.
pub fn judge(call: &Call, answer: &Value, log: Option<i64>) -> Outcome {
    match answer[0].as_i64() {
        Some(0) => {}
        Some(6) | None => return Outcome::Unknown,
        Some(_) => return Outcome::Refused,
    }
    let value = &answer[1];
    let ids = match &call.what {
        What::Add { .. } => vec![value.as_i64()],
        What::Upload { .. } => vec![value[0]["id"].as_i64()],
        What::Import { .. } => list(&value["idList"]),
        What::Batch { trans, .. } => {
            let items: Vec<&Value> = value.as_array().into_iter().flatten().collect();
            if items.iter().any(|item| item[0] == 6) {
                return Outcome::Unknown;
            }
            if *trans && items.iter().any(|item| item[0] != 0) {
                return Outcome::Refused;
            }
            items.iter().map(|item| item[1].as_i64().filter(|_| item[0] == 0)).collect()
        }
        _ => Vec::new(),
    };
    Outcome::Done { ids, log }
}
