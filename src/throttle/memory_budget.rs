//! Memory that strangers can make the server hold: one budget of bytes for all, of which guests may take only a part.
//! Bytes are charged when they are there, not when they are promised, and given back when their share is dropped.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of each share that are not counted: what most calls bring costs no lock.
pub const FREE: usize = 16 << 10;
/// How long a share waits to grow before its caller is told that the server is busy.
const WAIT: Duration = Duration::from_secs(5);
/// Bytes are counted in pieces of this size.
const UNIT: usize = 1 << 10;
/// Guests may hold one part of so many.
const GUESTS_PART: usize = 2;

pub struct Budget {
    all: Pool,
    guests: Pool,
    wait: Duration,
}

struct Pool {
    left: Arc<Semaphore>,
    units: usize,
}

/// What one request holds of the budget.
#[derive(Default)]
pub struct Share {
    budget: Option<Arc<Budget>>,
    guest: bool,
    bytes: usize,
    units: usize,
    held: Option<[Option<OwnedSemaphorePermit>; 2]>,
}

impl Budget {
    pub fn new(bytes: u64) -> Arc<Budget> {
        let units = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        let pool = |units: usize| {
            let units = units.clamp(1, u32::MAX as usize >> 1);
            Pool { left: Arc::new(Semaphore::new(units)), units }
        };
        Arc::new(Budget { all: pool(units), guests: pool(units / GUESTS_PART), wait: WAIT })
    }

    /// Whether guests hold all that they may.
    pub fn guests_are_full(&self) -> bool {
        self.guests.left.available_permits() == 0
    }

    pub fn share(self: &Arc<Budget>, guest: bool) -> Share {
        Share { budget: Some(self.clone()), guest, ..Share::default() }
    }
}

impl Pool {
    async fn take(&self, units: usize, wait: Duration) -> Result<OwnedSemaphorePermit> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let taken = tokio::time::timeout(wait, self.left.clone().acquire_many_owned(units)).await;
        taken
            .ok()
            .and_then(|permit| permit.ok())
            .ok_or_else(|| Error::busy("requests hold all the memory they may"))
    }
}

impl Share {
    /// Charges more bytes, and waits until the budget has them. Whoever holds more than the whole budget has all of it.
    pub async fn grow(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let Some(budget) = self.budget.clone().filter(|_| self.bytes > FREE) else { return Ok(()) };
        let most = if self.guest { budget.guests.units } else { budget.all.units };
        let more = self.bytes.div_ceil(UNIT).min(most).saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        // Guests wait for each other first, so that their queue is not in the way of others.
        let guests = if self.guest { Some(budget.guests.take(more, budget.wait).await?) } else { None };
        let all = budget.all.take(more, budget.wait).await?;
        let [held_guests, held_all] = self.held.get_or_insert_default();
        merge(held_guests, guests);
        merge(held_all, Some(all));
        self.units += more;
        Ok(())
    }
}

fn merge(held: &mut Option<OwnedSemaphorePermit>, more: Option<OwnedSemaphorePermit>) {
    match (held.as_mut(), more) {
        (Some(held), Some(more)) => held.merge(more),
        (None, more) => *held = more,
        (Some(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Arc<Budget> {
        let Budget { all, guests, .. } = Arc::into_inner(Budget::new(1 << 20)).unwrap();
        Arc::new(Budget { all, guests, wait: Duration::from_millis(10) })
    }

    #[tokio::test]
    async fn what_is_not_there_is_waited_for_and_then_refused() {
        let budget = budget();
        let mut first = budget.share(false);
        first.grow(1 << 20).await.unwrap();
        let mut second = budget.share(false);
        second.grow(FREE).await.unwrap();
        assert_eq!(second.grow(1).await.unwrap_err().text.en, "the server is busy, please try again");
        drop(first);
        second.grow(1 << 19).await.unwrap();
    }

    #[tokio::test]
    async fn guests_leave_a_part_to_others() {
        let budget = budget();
        let mut guest = budget.share(true);
        // More than there is takes all that guests may have.
        guest.grow(10 << 20).await.unwrap();
        assert!(budget.share(true).grow(100 << 10).await.is_err());
        budget.share(false).grow(500 << 10).await.unwrap();
    }

    #[tokio::test]
    async fn a_share_that_grows_slowly_is_charged_as_it_grows() {
        let budget = budget();
        let mut slow = budget.share(false);
        for _ in 0..100 {
            slow.grow(1 << 10).await.unwrap();
        }
        assert_eq!(budget.all.left.available_permits(), 1024 - 100);
        drop(slow);
        assert_eq!(budget.all.left.available_permits(), 1024);
    }
}
