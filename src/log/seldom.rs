//! A line of the program's log that a caller could ask for without end: it is written now and then, with the number of
//! times since the last one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub struct Seldom {
    span: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    times: u64,
}

impl Seldom {
    /// At most one line in each span.
    pub fn new(span: Duration) -> Seldom {
        Seldom { span, state: Mutex::default() }
    }

    /// Counts one time. If a line is due, gives the number of times since the last one, this one included.
    pub fn due(&self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.times += 1;
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < self.span) {
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_a_span_counts_all_times_since_the_last() {
        let seldom = Seldom::new(Duration::from_secs(1));
        let begun = Instant::now();
        let times = [0, 1, 500, 999, 1000, 1001, 5000].map(|ms| begun + Duration::from_millis(ms));
        let lines = times.map(|now| seldom.due_at(now));
        assert_eq!(lines, [Some(1), None, None, None, Some(4), None, Some(2)]);
    }
}
