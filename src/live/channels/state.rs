//! Which subscriptions there are: by channel, by account, and by the rows that their rights rest on.

use super::right::Standing;
use crate::live::{Kind, Member};
use bytes::Bytes;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// Names a subscription in this process.
pub type Number = u64;
/// A channel: the place of its declaration, and its key.
pub type Place = (usize, i64);
/// An account: its app type and id.
pub type Account = (Arc<str>, i64);

#[derive(Default)]
pub struct State {
    next: Number,
    pub subs: HashMap<Number, Sub>,
    channels: HashMap<Place, Open>,
    accounts: HashMap<Account, HashSet<Number>>,
    /// By the declaration, for its rights may have different tables, and the id of a row.
    bases: HashMap<(usize, i64), HashSet<Number>>,
}

/// A channel that somebody follows.
#[derive(Default)]
struct Open {
    subs: HashSet<Number>,
    /// The offset up to which rows were sent; None until the first subscription has begun.
    last: Option<i64>,
}

pub struct Sub {
    pub member: Arc<Member>,
    /// Of its frame, by which its connection knows it.
    pub id: u32,
    pub place: Place,
    pub standing: Standing,
    /// Whose right it is.
    pub account: Account,
    phase: Phase,
}

enum Phase {
    /// It reads what it begins with; new rows wait for it.
    Begins(Vec<(i64, Bytes)>),
    /// Its rights changed while it read: what waits was made for others.
    Broken,
    /// It was sent all up to this offset.
    Goes(i64),
}

impl State {
    /// A subscription that begins.
    pub fn add(
        &mut self,
        (member, id): (Arc<Member>, u32),
        place: Place,
        (account, standing): (Account, Standing),
    ) -> Number {
        self.next += 1;
        let number = self.next;
        self.channels.entry(place).or_default().subs.insert(number);
        self.accounts.entry(account.clone()).or_default().insert(number);
        if let Some(basis) = standing.basis {
            self.bases.entry((place.0, basis)).or_default().insert(number);
        }
        let phase = Phase::Begins(Vec::new());
        self.subs.insert(number, Sub { member, id, place, standing, account, phase });
        number
    }

    pub fn remove(&mut self, number: Number) -> Option<Sub> {
        let sub = self.subs.remove(&number)?;
        if let Some(open) = self.channels.get_mut(&sub.place) {
            open.subs.remove(&number);
            if open.subs.is_empty() {
                self.channels.remove(&sub.place);
            }
        }
        forget(&mut self.accounts, &sub.account, number);
        if let Some(basis) = sub.standing.basis {
            forget(&mut self.bases, &(sub.place.0, basis), number);
        }
        Some(sub)
    }

    /// The right of a subscription rests on something else now.
    pub fn stand(&mut self, number: Number, standing: Standing) {
        let Some(sub) = self.subs.get_mut(&number) else { return };
        let before = std::mem::replace(&mut sub.standing, standing);
        if before.rights != standing.rights && matches!(sub.phase, Phase::Begins(_)) {
            sub.phase = Phase::Broken;
        }
        if before.basis == standing.basis {
            return;
        }
        let at = sub.place.0;
        if let Some(basis) = before.basis {
            forget(&mut self.bases, &(at, basis), number);
        }
        if let Some(basis) = standing.basis {
            self.bases.entry((at, basis)).or_default().insert(number);
        }
    }

    /// Ends the beginning of a subscription, unless its rights have changed since: it is sent the answer, then what waited, from its offset on.
    pub fn begin(&mut self, number: Number, offset: i64, answer: Bytes) -> bool {
        let Some(sub) = self.subs.get_mut(&number) else { return false };
        let Phase::Begins(waiting) = std::mem::replace(&mut sub.phase, Phase::Broken) else { return false };
        sub.phase = Phase::Goes(offset);
        sub.member.send(answer, Kind::Offset { sub: sub.id, offset });
        for (offset, text) in waiting {
            sub.send(offset, text);
        }
        if let Some(open) = self.channels.get_mut(&sub.place) {
            open.last.get_or_insert(offset);
        }
        true
    }

    /// The subscriptions of a channel.
    pub fn of(&self, place: Place) -> Vec<Number> {
        self.channels.get(&place).map(|open| open.subs.iter().copied().collect()).unwrap_or_default()
    }

    /// The channels of a declaration, with the offset up to which rows were sent.
    pub fn open(&self, declared: usize) -> Vec<(i64, Option<i64>)> {
        let channels = self.channels.iter().filter(|((at, _), _)| *at == declared);
        channels.map(|((_, key), open)| (*key, open.last)).collect()
    }

    pub fn is_open(&self, place: Place) -> bool {
        self.channels.contains_key(&place)
    }

    /// Rows up to this offset were sent to all.
    pub fn sent(&mut self, place: Place, offset: i64) {
        if let Some(open) = self.channels.get_mut(&place) {
            open.last = Some(open.last.map_or(offset, |last| last.max(offset)));
        }
    }

    /// Subscriptions of a channel that only begin have missed something.
    pub fn break_beginnings(&mut self, place: Place) {
        for number in self.of(place) {
            if let Some(sub) = self.subs.get_mut(&number)
                && matches!(sub.phase, Phase::Begins(_))
            {
                sub.phase = Phase::Broken;
            }
        }
    }

    pub fn of_account(&self, account: &Account) -> impl Iterator<Item = Number> {
        self.accounts.get(account).into_iter().flatten().copied()
    }

    pub fn on_basis(&self, declared: usize, row: i64) -> impl Iterator<Item = Number> {
        self.bases.get(&(declared, row)).into_iter().flatten().copied()
    }
}

impl Sub {
    /// Sends the row of an offset, unless it was sent; true if it was put out now.
    pub fn send(&mut self, offset: i64, text: Bytes) -> bool {
        match &mut self.phase {
            Phase::Begins(waiting) => {
                waiting.push((offset, text));
                false
            }
            Phase::Broken => false,
            Phase::Goes(last) if offset <= *last => false,
            Phase::Goes(last) => {
                *last = offset;
                self.member.send(text, Kind::Offset { sub: self.id, offset });
                true
            }
        }
    }

    /// Rows up to this offset are not sent any more: the client reads anew.
    pub fn skip_to(&mut self, offset: i64) {
        match &mut self.phase {
            Phase::Begins(_) | Phase::Broken => {}
            Phase::Goes(last) => *last = offset.max(*last),
        }
    }
}

fn forget<K: Eq + std::hash::Hash>(map: &mut HashMap<K, HashSet<Number>>, key: &K, number: Number) {
    if let Some(numbers) = map.get_mut(key) {
        numbers.remove(&number);
        if numbers.is_empty() {
            map.remove(key);
        }
    }
}
