//! Memory that strangers can make the server hold: one budget of bytes for all, of which guests may take only a part.
//! Bytes are charged when they are there, not when they are promised, and given back when their share is dropped.
//!
//! Whoever cannot grow waits for a while. If all that hold something would wait for each other, the last one is told
//! at once that the server is busy. While somebody waits, bodies that do not get on have to go ([`Share::is_pressed`]).

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Bytes of each share that are not counted: what most calls bring costs no lock.
pub const FREE: usize = 16 << 10;
/// How long a share waits to grow before its caller is told that the server is busy.
const WAIT: Duration = Duration::from_secs(5);
/// Bytes are counted in pieces of this size.
const UNIT: usize = 1 << 10;
/// Guests may hold one part of so many.
const GUESTS_PART: usize = 2;
/// What a body is given at once before it has shown that it gets on.
const FIRST: usize = 64 << 10;

pub struct Budget {
    state: Mutex<State>,
    most: Most,
    wait: Duration,
}

/// What all may hold, and guests of that, in units.
#[derive(Clone, Copy)]
struct Most {
    all: usize,
    guests: usize,
}

struct State {
    left: Most,
    /// Shares that hold something and do not wait.
    running: usize,
    /// Others go before guests; who wants less goes first.
    waiting: [VecDeque<Waiter>; 2],
    next: u64,
}

struct Waiter {
    id: u64,
    units: usize,
    holds: bool,
    told: oneshot::Sender<bool>,
}

/// What one request holds of the budget.
#[derive(Default)]
pub struct Share {
    budget: Option<Arc<Budget>>,
    guest: bool,
    bytes: usize,
    /// Bytes that the head of the request promises.
    promised: usize,
    units: usize,
}

impl Budget {
    pub fn new(bytes: u64) -> Arc<Budget> {
        let all = (usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT).max(1);
        Arc::new(Budget::of(Most { all, guests: (all / GUESTS_PART).max(1) }, WAIT))
    }

    fn of(most: Most, wait: Duration) -> Budget {
        let state = State { left: most, running: 0, waiting: [VecDeque::new(), VecDeque::new()], next: 0 };
        Budget { state: Mutex::new(state), most, wait }
    }

    pub fn share(self: &Arc<Budget>, guest: bool) -> Share {
        Share { budget: Some(self.clone()), guest, ..Share::default() }
    }

    /// Whether guests hold all that they may, or wait for more.
    pub fn guests_are_full(&self) -> bool {
        let state = self.state();
        state.left.guests == 0 || !state.waiting[1].is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes units for a share that holds something already or not, when they are there.
    async fn take(&self, guest: bool, units: usize, holds: bool) -> Result<()> {
        let busy = || Error::busy("requests hold all the memory they may");
        let mut waiting = {
            let mut state = self.state();
            let line = usize::from(guest);
            let first = state.waiting[line].front().is_none_or(|waiter| units < waiter.units);
            if first && state.fits(guest, units) {
                state.give(guest, units);
                state.running += usize::from(!holds);
                return Ok(());
            }
            if holds && state.running <= 1 {
                return Err(busy());
            }
            let id = state.next;
            state.next += 1;
            let (tell, told) = oneshot::channel();
            state.running -= usize::from(holds);
            // Who wants little does not stand behind those who want much; these give up when it takes too long.
            let at = state.waiting[line].partition_point(|waiter| waiter.units <= units);
            state.waiting[line].insert(at, Waiter { id, units, holds, told: tell });
            Waiting { budget: self, guest, units, holds, id, told }
        };
        let told = tokio::time::timeout(self.wait, &mut waiting.told).await;
        match told {
            Ok(Ok(granted)) => {
                if granted {
                    Ok(())
                } else {
                    Err(busy())
                }
            }
            _ => Err(busy()),
        }
    }

    fn give_back(&self, guest: bool, units: usize) {
        let mut state = self.state();
        state.left.all += units;
        state.left.guests += if guest { units } else { 0 };
        state.running = state.running.saturating_sub(1);
        state.serve();
    }
}

/// A wait that may be given up at any moment: what it was given then goes back.
struct Waiting<'a> {
    budget: &'a Budget,
    guest: bool,
    units: usize,
    holds: bool,
    id: u64,
    told: oneshot::Receiver<bool>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        let line = &mut state.waiting[usize::from(self.guest)];
        match line.iter().position(|waiter| waiter.id == self.id) {
            Some(at) => {
                line.remove(at);
                state.running += usize::from(self.holds);
            }
            None if self.told.try_recv() == Ok(true) => {
                state.left.all += self.units;
                state.left.guests += if self.guest { self.units } else { 0 };
                state.running -= usize::from(!self.holds);
            }
            None => {}
        }
        state.serve();
    }
}

impl State {
    fn fits(&self, guest: bool, units: usize) -> bool {
        units <= self.left.all && (!guest || units <= self.left.guests)
    }

    fn give(&mut self, guest: bool, units: usize) {
        self.left.all -= units;
        self.left.guests -= if guest { units } else { 0 };
    }

    /// Gives those who wait what is there; if none of those who hold something can go on then, the last gives way.
    fn serve(&mut self) {
        for (line, guest) in [(0, false), (1, true)] {
            while let Some(first) = self.waiting[line].front() {
                let units = first.units;
                if !self.fits(guest, units) {
                    break;
                }
                let Some(waiter) = self.waiting[line].pop_front() else { break };
                if waiter.told.send(true).is_ok() {
                    self.give(guest, units);
                    self.running += 1;
                }
            }
        }
        if self.running > 0 {
            return;
        }
        for line in [1, 0] {
            // The one that wants most.
            if let Some(at) = self.waiting[line].iter().rposition(|waiter| waiter.holds)
                && let Some(waiter) = self.waiting[line].remove(at)
            {
                self.running += 1;
                let _ = waiter.told.send(false);
                return;
            }
        }
    }
}

impl Share {
    /// What the head of the request promises: taken at once when the body has shown that it gets on.
    pub fn promised(&mut self, bytes: usize) {
        self.promised = bytes;
    }

    /// Charges more bytes, and waits until the budget has them. Whoever holds more than the whole budget has all of it.
    pub async fn grow(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let Some(budget) = self.budget.clone().filter(|_| self.bytes > FREE) else { return Ok(()) };
        if self.bytes <= self.units.saturating_mul(UNIT) {
            return Ok(());
        }
        let most = if self.guest { budget.most.guests } else { budget.most.all };
        let ahead = if self.units == 0 { self.promised.min(FIRST) } else { self.promised };
        let more = self.bytes.max(ahead).div_ceil(UNIT).min(most).saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        budget.take(self.guest, more, self.units > 0).await?;
        self.units += more;
        Ok(())
    }

    /// Whether it holds anything that is counted.
    pub fn is_charged(&self) -> bool {
        self.units > 0
    }

    /// Whether somebody waits for memory of which this share holds some.
    pub fn is_pressed(&self) -> bool {
        let Some(budget) = self.budget.as_ref().filter(|_| self.units > 0) else { return false };
        let state = budget.state();
        !state.waiting[0].is_empty() || self.guest && !state.waiting[1].is_empty()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = self.budget.as_ref().filter(|_| self.units > 0) {
            budget.give_back(self.guest, self.units);
        }
    }
}

#[cfg(test)]
#[path = "memory_budget_tests.rs"]
mod tests;
