//! The subscriptions of the engine, and which of them are to be run again when.

use super::Holder;
use super::index::{Filed, Index, SubNumber};
use super::matches::{TableRow, truth};
use super::run::LiveRequest;
use super::window::Window;
use crate::auth::Caller;
use crate::db::Interest;
use crate::plan::Expr;
use foldhash::{HashMap, HashSet};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two runs of a query that another table or a group makes expensive.
pub const SLOW_TICK: Duration = Duration::from_secs(1);
/// A query that changes all the time runs at most this part of it.
const SHARE: u32 = 10;
const LONGEST_REST: Duration = Duration::from_secs(60);
/// One that takes longer runs beside the others, …
const LONG: Duration = Duration::from_millis(50);
/// … so many at once.
const APART: usize = 2;

/// One subscription.
pub struct LiveSub {
    pub holder: Arc<dyn Holder>,
    /// By this number its client knows it.
    pub q: u32,
    pub asked: Arc<LiveRequest>,
    /// The caller that asked; another account or other rights end the subscription.
    pub caller: Arc<Caller>,
    pub window: Window,
    pub offset: i64,
    pub filed: Filed,
    pub filter: Option<Expr>,
    pub grouped: bool,
    /// Keeps its tables in the change feed.
    pub interest: Interest,
    pub due: RunDue,
    /// How long its last run took.
    pub took: Duration,
    /// It is being run beside the others, …
    pub apart: bool,
    /// … and has to be run again after that.
    pub again: bool,
    /// Runs that failed for a passing reason, one after the other.
    pub failures: u32,
}

/// When it is to be run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunDue {
    No,
    /// It is in the queue.
    Now,
    /// It is on the list of those that wait.
    At(Instant),
}

#[derive(Default)]
pub struct LiveState {
    pub subs: HashMap<SubNumber, LiveSub>,
    pub index: Index,
    queue: VecDeque<SubNumber>,
    waiting: BTreeSet<(Instant, SubNumber)>,
    /// RunDue, and of those that take long.
    long: VecDeque<SubNumber>,
    /// Of them, those that are being run.
    apart: Vec<SubNumber>,
    /// Not before, for those that ran lately.
    rests: HashMap<SubNumber, Instant>,
    next: SubNumber,
    /// How many pieces of the feed were looked at.
    pub seen: u64,
}

impl LiveState {
    pub fn add(&mut self, sub: LiveSub) -> SubNumber {
        self.next += 1;
        self.index.add(self.next, &sub.filed);
        self.subs.insert(self.next, sub);
        self.next
    }

    pub fn remove(&mut self, number: SubNumber) -> Option<LiveSub> {
        let sub = self.subs.remove(&number)?;
        self.index.remove(number, &sub.filed);
        self.rests.remove(&number);
        if let RunDue::At(at) = sub.due {
            self.waiting.remove(&(at, number));
        }
        Some(sub)
    }

    /// Files a subscription by its last run. It is run once more if it read a table that was not followed then.
    pub fn refile(&mut self, number: SubNumber, filed: Filed) {
        let Some(sub) = self.subs.get_mut(&number).filter(|sub| sub.filed != filed) else { return };
        self.index.remove(number, &sub.filed);
        self.index.add(number, &filed);
        let is_new = filed.beside.iter().filter(|table| sub.interest.add(table)).count() > 0;
        sub.filed = filed;
        if is_new {
            self.touch(number);
        }
    }

    /// It is to be run again: now, or when it has rested.
    pub fn touch(&mut self, number: SubNumber) {
        let rest = self.rests.get(&number).copied();
        match rest.filter(|until| *until > Instant::now()) {
            Some(until) => self.touch_at(number, until),
            None => {
                let Some(sub) = self.subs.get_mut(&number) else { return };
                match std::mem::replace(&mut sub.due, RunDue::Now) {
                    RunDue::Now => return,
                    RunDue::At(at) => {
                        self.waiting.remove(&(at, number));
                    }
                    RunDue::No => {}
                }
                self.queue.push_back(number);
            }
        }
    }

    /// It is to be run again, but not before.
    pub fn touch_at(&mut self, number: SubNumber, at: Instant) {
        if let Some(sub) = self.subs.get_mut(&number)
            && sub.due == RunDue::No
        {
            sub.due = RunDue::At(at);
            self.waiting.insert((at, number));
        }
    }

    pub fn touch_all(&mut self) {
        let all: Vec<SubNumber> = self.subs.keys().copied().collect();
        all.into_iter().for_each(|number| self.touch(number));
    }

    /// After a run that took so long it rests, so that changes that come fast cost a part of the time only.
    pub fn rest(&mut self, number: SubNumber, took: Duration) {
        let Some(sub) = self.subs.get(&number) else { return };
        let dear = sub.grouped || !sub.filed.beside.is_empty();
        let rest = (took * SHARE).min(LONGEST_REST);
        let rest = match (sub.grouped, dear) {
            (true, _) => rest.max(SLOW_TICK),
            (false, true) => rest.max(Duration::from_millis(20)),
            (false, false) => rest,
        };
        if rest > Duration::from_millis(5) {
            self.rests.insert(number, Instant::now() + rest);
        } else {
            self.rests.remove(&number);
        }
    }

    /// Moves those that waited long enough into the queue, and gives the next few.
    pub fn take_due(&mut self, most: usize) -> Vec<SubNumber> {
        let now = Instant::now();
        while let Some((at, number)) = self.waiting.first().copied().filter(|(at, _)| *at <= now) {
            self.waiting.remove(&(at, number));
            if let Some(sub) = self.subs.get_mut(&number) {
                sub.due = RunDue::Now;
                self.queue.push_back(number);
            }
        }
        let mut out = Vec::new();
        while out.len() < most
            && let Some(number) = self.queue.pop_front()
        {
            match self.subs.get_mut(&number) {
                Some(sub) if sub.apart => {
                    sub.due = RunDue::No;
                    sub.again = true;
                }
                // It stays due.
                Some(sub) if sub.took > LONG => self.long.push_back(number),
                Some(sub) => {
                    sub.due = RunDue::No;
                    out.push(number);
                }
                None => {}
            }
        }
        out
    }

    /// Those that take long and are run now, beside the others.
    pub fn take_long(&mut self) -> Vec<SubNumber> {
        let mut out = Vec::new();
        while self.apart.len() < APART
            && let Some(number) = self.long.pop_front()
        {
            if let Some(sub) = self.subs.get_mut(&number) {
                sub.due = RunDue::No;
                sub.apart = true;
                self.apart.push(number);
                out.push(number);
            }
        }
        out
    }

    /// One that took long has been run.
    pub fn ran_apart(&mut self, number: SubNumber) {
        self.apart.retain(|one| *one != number);
        let Some(sub) = self.subs.get_mut(&number) else { return };
        sub.apart = false;
        if std::mem::take(&mut sub.again) {
            self.touch(number);
        }
    }

    /// Some tables have changed. The queries that are being run beside the others may have read them before, and the index
    /// does not know yet which rows they will show: they are run once more.
    pub fn run_apart_again(&mut self, is_changed: impl Fn(&Arc<str>) -> bool) {
        for number in &self.apart {
            if let Some(sub) = self.subs.get_mut(number) {
                sub.again |= sub.filed.beside.iter().chain([&sub.filed.main]).any(&is_changed);
            }
        }
    }

    /// How long nothing is due; None = until something is touched.
    pub fn idle_for(&self) -> Option<Duration> {
        match self.queue.is_empty() && (self.long.is_empty() || self.apart.len() == APART) {
            false => Some(Duration::ZERO),
            true => {
                let (at, _) = self.waiting.first()?;
                Some(at.saturating_duration_since(Instant::now()))
            }
        }
    }

    /// Touches the subscriptions with conditions that a changed row may meet.
    pub fn touch_matching(&mut self, row: TableRow<'_>) {
        let matching: HashSet<SubNumber> = self
            .index
            .candidates(row)
            .into_iter()
            .filter(|number| {
                self.subs.get(number).is_some_and(|sub| {
                    let holds = |filter| truth(filter, row, sub.caller.id).may_hold();
                    sub.filter.as_ref().is_none_or(holds)
                })
            })
            .collect();
        matching.into_iter().for_each(|number| self.touch(number));
    }
}
