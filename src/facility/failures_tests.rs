//! Blocks, halving, forgetting, bursts.

use super::*;
use crate::error::Code;
use crate::time::LogicalClock;
use proptest::prelude::*;

fn counter(rule: Rule) -> (MemFailures, Arc<LogicalClock>) {
    let clock = Arc::new(LogicalClock::standing(7_000_000));
    (MemFailures::new(rule, clock.clone(), 1000), clock)
}

/// Guesses until it is refused: how many were looked at, and the seconds to wait.
fn guess(failures: &dyn Failures, key: &str) -> (u32, u32) {
    let mut looked_at = 0;
    loop {
        if let Err(wait) = failures.check(key) {
            return (looked_at, wait.seconds);
        }
        failures.failed(key).unwrap();
        looked_at += 1;
    }
}

#[test]
fn the_allowance_halves_while_it_goes_on() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    for allowed in [5, 2, 1, 1, 1] {
        assert_eq!(guess(&failures, "liang"), (allowed, 600));
        clock.advance_ms(599_999);
        assert_eq!(failures.check("liang"), Err(Wait { seconds: 1 }));
        assert!(failures.check("other").is_ok());
        clock.advance_ms(1);
    }
    clock.advance_ms(3_600_000);
    assert_eq!(guess(&failures, "liang").0, 5, "an hour of quiet and all is forgotten");
}

#[test]
fn failures_spread_over_time_do_not_block() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    for _ in 0..50 {
        failures.failed("liang").unwrap();
        clock.advance_ms(150_000);
        assert!(failures.check("liang").is_ok());
    }
}

#[test]
fn a_success_forgets_the_account() {
    let (failures, _) = counter(Rule::ACCOUNT);
    for _ in 0..20 {
        (0..4).for_each(|_| failures.failed("liang").unwrap());
        failures.succeeded("liang").unwrap();
    }
    assert!(failures.check("liang").is_ok());
}

#[test]
fn refused_guesses_do_not_prolong_the_block() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    guess(&failures, "liang");
    for _ in 0..10 {
        clock.advance_ms(60_000);
        assert!(failures.failed("liang").is_err() || clock.unix_ms() == 7_600_000);
    }
    assert!(failures.check("liang").is_ok());
}

fn guard(clock: &Arc<LogicalClock>) -> LoginGuard {
    let with = |rule| Box::new(MemFailures::new(rule, clock.clone(), 1000));
    LoginGuard::new(with(Rule::ACCOUNT), with(Rule::ADDRESS))
}

#[test]
fn a_burst_learns_no_more_than_its_allowance() {
    let guard = guard(&Arc::new(LogicalClock::standing(0)));
    // A thousand guesses pass the first judgement together; the right one is the seventh.
    (0..1000).for_each(|_| guard.check("liang", "192.0.2.1").unwrap());
    let told = |right| guard.settle("liang", "192.0.2.1", right).is_ok();
    assert_eq!((0..6).filter(|_| told(false)).count(), 5);
    assert!(!told(true), "the right one is refused like the wrong ones");
    assert_eq!((0..993).filter(|_| told(false)).count(), 0);
}

#[test]
fn many_right_logins_at_once_are_no_attack() {
    let guard = guard(&Arc::new(LogicalClock::standing(0)));
    for _ in 0..500 {
        guard.check("liang", "192.0.2.1").unwrap();
        guard.settle("liang", "192.0.2.1", true).unwrap();
    }
}

#[test]
fn an_address_is_blocked_over_many_accounts_loopback_too() {
    for address in ["192.0.2.1", "127.0.0.1"] {
        let clock = Arc::new(LogicalClock::standing(0));
        let guard = guard(&clock);
        for n in 0..50 {
            guard.check(&format!("user{n}"), address).unwrap();
            guard.settle(&format!("user{n}"), address, false).unwrap();
            if n < 49 {
                // Logging in to an account of his own does not help.
                guard.settle("attacker", address, true).unwrap();
            }
        }
        let refused = guard.check("user50", address).unwrap_err();
        assert_eq!(
            (refused.code, refused.text.zh.as_ref()),
            (Code::FORBIDDEN, "操作太快，请稍候操作（还需600秒）")
        );
        assert!(guard.check("user50", "192.0.2.2").is_ok());
        assert!(guard.settle("user50", address, true).is_err());
        clock.advance_ms(600_000);
        assert!(guard.check("user50", address).is_ok());
    }
}

#[test]
fn memory_is_bounded_and_forgets() {
    let (failures, clock) = counter(Rule::ACCOUNT);
    guess(&failures, "first");
    clock.advance_ms(1);
    (0..700).for_each(|n| failures.failed(&format!("flood{n}")).unwrap());
    assert!(failures.check("first").is_err());
    (0..9000).for_each(|n| failures.failed(&format!("more{n}")).unwrap());
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
            if failures.check("k").is_ok() && failures.failed("k").is_ok() {
                looked_at.push(clock.unix_ms());
            }
        }
        for start in &looked_at {
            let in_window = looked_at.iter().filter(|t| **t >= *start && **t < start + 600_000).count();
            prop_assert!(in_window <= 5, "{in_window} in ten minutes");
        }
    }
}
