//! Bursts, networks, strangers and known devices.

use super::*;
use crate::error::Code;
use crate::http::address::throttle_key;
use crate::time::LogicalClock;
use std::time::Instant;

fn guard() -> (LoginGuard, Arc<LogicalClock>) {
    let clock = Arc::new(LogicalClock::standing(7_000_000));
    let bounds =
        LoginBounds { per_account: 5, per_network: 50, seconds: 600, slow: Duration::from_millis(30) };
    let shared: Arc<dyn Clock> = clock.clone();
    (LoginGuard::new(bounds, &shared, 10_000), clock)
}

fn from(address: &str) -> Caller {
    Caller { throttle_key: throttle_key(address.parse().unwrap()), ..Caller::default() }
}

fn guess(address: &str, name: &str) -> LoginAttempt {
    LoginAttempt::of(&from(address), &[name.to_owned()])
}

fn wrong(guard: &LoginGuard, guess: &LoginAttempt) -> Result<()> {
    guard.check(guess)?;
    guard.settle(guess, false)
}

#[test]
fn a_burst_learns_no_more_than_its_allowance() {
    let (guard, _) = guard();
    let guess = guess("192.0.2.1", "liang");
    // A thousand guesses pass the first judgement together; the right one is the seventh.
    (0..1000).for_each(|_| guard.check(&guess).unwrap());
    let told = |right| guard.settle(&guess, right).is_ok();
    assert_eq!((0..6).filter(|_| told(false)).count(), 5);
    assert!(!told(true), "the right one is refused like the wrong ones");
}

#[test]
fn many_right_logins_at_once_are_no_attack() {
    let (guard, _) = guard();
    let guess = guess("192.0.2.1", "liang");
    for _ in 0..500 {
        guard.check(&guess).unwrap();
        guard.settle(&guess, true).unwrap();
    }
}

#[test]
fn a_network_is_refused_over_many_accounts() {
    for (address, same, other) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
    ] {
        let (guard, clock) = guard();
        for n in 0..50 {
            wrong(&guard, &guess(address, &format!("user{n}"))).unwrap();
            if n < 49 {
                guard.settle(&guess(address, "attacker"), true).unwrap();
            }
        }
        let refused = guard.check(&guess(same, "user50")).unwrap_err();
        assert_eq!(
            (refused.code, refused.text.zh.as_ref()),
            (Code::FORBIDDEN, "操作太快，请稍候操作（还需600秒）")
        );
        assert!(guard.check(&guess(other, "user50")).is_ok());
        assert!(guard.settle(&guess(same, "user50"), true).is_err());
        clock.advance_ms(600_000);
        assert!(guard.check(&guess(same, "user50")).is_ok());
    }
}

#[test]
fn wrong_guesses_of_others_refuse_nobody() {
    let (guard, _) = guard();
    let attacker = guess("192.0.2.1", "liang");
    while wrong(&guard, &attacker).is_ok() {}
    let owner = guess("198.51.100.1", "liang");
    guard.check(&owner).unwrap();
    guard.settle(&owner, true).unwrap();
    assert!(guard.check(&attacker).is_err(), "what the owner does forgives nobody else");
}

#[test]
fn an_account_under_attack_from_everywhere_is_slow_for_strangers_only() {
    let (guard, _) = guard();
    for n in 0..20 {
        let attacker = guess(&format!("192.0.2.{n}"), "liang");
        (0..5).for_each(|_| wrong(&guard, &attacker).unwrap());
    }
    let started = Instant::now();
    let stranger = guess("198.51.100.1", "liang");
    guard.check(&stranger).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(30));
    guard.settle(&stranger, true).unwrap();
    let known = LoginAttempt::from_device("phone of liang");
    // All places of the account's line are taken: a stranger is told to come again, a known device does not stand in
    // it, and the line of another account is another one.
    let other = guess("198.51.100.1", "mei");
    let networks: Vec<Key> = (0..).map(|n| Key::of("network", n)).take(100).collect();
    let line: Vec<_> = networks
        .iter()
        .map_while(|network| guard.line.enter(&stranger.everywhere[0], network).ok())
        .collect();
    assert_eq!(guard.check(&stranger).unwrap_err().code, Code::FORBIDDEN);
    guard.check(&known).unwrap();
    for n in 0..20 {
        let attacker = guess(&format!("192.0.2.{}", 100 + n), "mei");
        (0..5).for_each(|_| wrong(&guard, &attacker).unwrap());
    }
    guard.check(&other).unwrap();
    drop(line);
    guard.check(&stranger).unwrap();
}

#[test]
fn a_known_device_has_guesses_of_its_own_and_not_more() {
    let (guard, _) = guard();
    for n in 0..60 {
        let _ = wrong(&guard, &guess("192.0.2.1", &format!("user{n}")));
    }
    let device = LoginAttempt::from_device("phone of liang");
    (0..5).for_each(|_| wrong(&guard, &device).unwrap());
    assert!(guard.check(&device).is_err());
}
