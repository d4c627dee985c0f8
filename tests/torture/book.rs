//! What the clients know: each call with its outcome, and each order as it must be.

use crate::plan::{Call, What};
use crate::server::Who;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The ids of what it made, one for each mark; none where an item was refused. The id of its row in the log, when it
    /// was answered at once.
    Done { ids: Vec<Option<i64>>, log: Option<i64> },
    /// Nothing was done, or nothing can have been.
    Refused,
    /// To be found out.
    Unknown,
}

#[derive(Debug)]
pub struct Sent {
    pub call: Call,
    pub outcome: Outcome,
    /// The first answer under a key.
    pub answer: Option<serde_json::Value>,
}

impl Sent {
    /// `c0-…`: calls of the first cycle.
    pub fn cycle(&self) -> String {
        self.call.mark.split('-').next().unwrap_or_default().to_owned()
    }
}

/// An order as its only writer knows it.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: i64,
    pub mark: String,
    /// Who made it.
    pub by: Who,
    pub files: usize,
    /// What its remark may be: one value, or several while a call is open.
    pub remark: Vec<Option<String>>,
    pub status: Vec<&'static str>,
    /// Whether it may be there, and whether it may be gone.
    pub there: (bool, bool),
}

impl Order {
    pub fn new(id: i64, mark: String, by: Who, files: usize) -> Order {
        Order { id, mark, by, files, remark: vec![None], status: vec!["CR"], there: (true, false) }
    }

    /// Whether it is known for certain. What is open is left alone until it is settled.
    pub fn is_settled(&self) -> bool {
        self.remark.len() == 1 && self.status.len() == 1 && self.there == (true, false)
    }
}

#[derive(Default)]
pub struct Book {
    pub sent: Vec<Sent>,
    pub orders: BTreeMap<i64, Order>,
    /// Ids that were ever told, and of which mark.
    pub told: HashMap<(&'static str, i64), String>,
    pub logs: HashSet<i64>,
    /// Ends of the chain that were seen: number and hash.
    pub heads: Vec<(i64, String)>,
    /// Cycles in which the disk took nothing for a while.
    pub weak_disk: HashSet<String>,
    pub faults: Vec<Fault>,
}

/// What must not be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wrong {
    Lost,
    Duplicated,
    Ghost,
    Half,
    Reused,
    WithoutAuthor,
    Record,
    Chain,
    Integrity,
    File,
    Slow,
    Other,
}

#[derive(Clone, Debug)]
pub struct Fault(pub Wrong, pub String);

impl Book {
    pub fn wrong(&mut self, wrong: Wrong, text: impl Into<String>) {
        self.faults.push(Fault(wrong, text.into()));
    }

    /// Takes notice of an id that somebody was told.
    pub fn tell(&mut self, kind: &'static str, id: i64, mark: &str) {
        if let Some(other) = self.told.insert((kind, id), mark.to_owned()).filter(|other| other != mark) {
            self.wrong(Wrong::Reused, format!("{kind} {id} was told to {other} and to {mark}"));
        }
    }

    /// Enters what a call has come to.
    pub fn enter(&mut self, sent: Sent) {
        if let Outcome::Done { log: Some(log), .. } = sent.outcome
            && !self.logs.insert(log)
        {
            self.wrong(
                Wrong::Reused,
                format!("row {log} of the log was told twice, also to {}", sent.call.mark),
            );
        }
        self.apply(&sent.call, &sent.outcome);
        self.sent.push(sent);
    }

    /// The orders that a call made or changed.
    pub fn apply(&mut self, call: &Call, outcome: &Outcome) {
        match outcome {
            Outcome::Refused => {}
            Outcome::Done { ids, .. } => self.done(call, ids),
            Outcome::Unknown => self.open(call),
        }
    }

    fn done(&mut self, call: &Call, ids: &[Option<i64>]) {
        let files = if let What::Add { files } = &call.what { files.len() } else { 0 };
        for (n, id) in ids.iter().enumerate() {
            let (Some(id), true) = (*id, n < call.makes()) else { continue };
            self.tell("Ordr", id, &call.row(n));
            self.orders.insert(id, Order::new(id, call.row(n), call.who, files));
        }
        match &call.what {
            What::Upload { .. } => {
                if let Some(Some(id)) = ids.first() {
                    self.tell("Attachment", *id, &call.mark);
                }
            }
            What::Remark { orders } => {
                self.each(orders, |order| order.remark = vec![Some(call.mark.clone())]);
            }
            What::Status { order, to } => self.each(&[*order], |order| order.status = vec![*to]),
            What::Del { order } => self.each(&[*order], |order| order.there = (false, true)),
            _ => {}
        }
    }

    fn open(&mut self, call: &Call) {
        match &call.what {
            What::Remark { orders } => self.each(orders, |order| order.remark.push(Some(call.mark.clone()))),
            What::Status { order, to } => self.each(&[*order], |order| order.status.push(*to)),
            What::Del { order } => self.each(&[*order], |order| order.there.1 = true),
            _ => {}
        }
    }

    fn each(&mut self, ids: &[i64], mut change: impl FnMut(&mut Order)) {
        for id in ids {
            if let Some(order) = self.orders.get_mut(id) {
                change(order);
            }
        }
    }
}
