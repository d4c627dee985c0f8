//! Blocks, halving, forgetting, bursts.

use super::*;
use crate::time::LogicalClock;
use proptest::prelude::*;

fn counter(rule: Rule) -> (MemFailures, Arc<LogicalClock>) {
    let clock = Arc::new(LogicalClock::standing(7_000_000));
    (MemFailures::new(rule, clock.clone(), 1000), clock)
}

fn key(thing: &str) -> Key {
    Key::of("test", thing)
}

/// Guesses until it is refused: how many were looked at, and the seconds to wait.
fn guess(failures: &dyn Failures, name: &str) -> (u32, u32) {
    let mut looked_at = 0;
    loop {
        if let Err(wait) = failures.check(&key(name)) {
            return (looked_at, wait.seconds);
        }
        failures.failed(&key(name)).unwrap();
        looked_at += 1;
    }
}

#[test]
fn the_allowance_halves_while_it_goes_on() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    for allowed in [5, 2, 1, 1, 1] {
        assert_eq!(guess(&failures, "liang"), (allowed, 600));
        clock.advance_ms(599_999);
        assert_eq!(failures.check(&key("liang")), Err(Wait { seconds: 1 }));
        assert!(failures.check(&key("other")).is_ok());
        clock.advance_ms(1);
    }
    clock.advance_ms(3_600_000);
    assert_eq!(guess(&failures, "liang").0, 5, "an hour of quiet and all is forgotten");
}

#[test]
fn failures_spread_over_time_do_not_block() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    for _ in 0..50 {
        failures.failed(&key("liang")).unwrap();
        clock.advance_ms(150_000);
        assert!(failures.check(&key("liang")).is_ok());
    }
}

#[test]
fn a_success_forgets_the_account() {
    let (failures, _) = counter(Rule::ACCOUNT);
    for _ in 0..20 {
        (0..4).for_each(|_| failures.failed(&key("liang")).unwrap());
        failures.succeeded(&key("liang")).unwrap();
    }
    assert!(failures.check(&key("liang")).is_ok());
}

#[test]
fn refused_guesses_do_not_prolong_the_block() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    guess(&failures, "liang");
    for _ in 0..10 {
        clock.advance_ms(60_000);
        assert!(failures.failed(&key("liang")).is_err() || clock.unix_ms() == 7_600_000);
    }
    assert!(failures.check(&key("liang")).is_ok());
}

#[test]
fn memory_is_bounded_and_forgets() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    guess(&failures, "first");
    clock.advance_ms(1);
    (0..700).for_each(|n| failures.failed(&key(&format!("flood{n}"))).unwrap());
    assert!(failures.check(&key("first")).is_err());
    (0..9000).for_each(|n| failures.failed(&key(&format!("more{n}"))).unwrap());
    assert!(failures.lock().len() <= 1000);
    clock.advance_ms(3_600_000);
    failures.sweep();
    assert_eq!(failures.lock().len(), 0);
}

proptest! {
    /// However the guesses are spread, an hour sees at most: the allowance, its halves, then one a block.
    #[test]
    fn an_hour_is_bounded(gaps in prop::collection::vec(0i64..120_000, 1..200)) {
        let (failures, clock) = counter(Rule::ACCOUNT);
        let mut looked_at: Vec<i64> = Vec::new();
        for gap in gaps {
            clock.advance_ms(gap);
            if failures.check(&key("k")).is_ok() && failures.failed(&key("k")).is_ok() {
                looked_at.push(clock.unix_ms());
            }
        }
        for start in &looked_at {
            let in_window = looked_at.iter().filter(|t| **t >= *start && **t < start + 600_000).count();
            prop_assert!(in_window <= 5, "{in_window} in ten minutes");
        }
    }
}
