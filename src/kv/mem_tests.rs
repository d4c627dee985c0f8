//! Each operation, the ends of keys, the bound of memory, and agreement with a plain model.

use super::*;
use crate::time::LogicalClock;
use proptest::prelude::*;

const MINUTE: Ttl = Some(Duration::from_secs(60));

fn store() -> (MemKv, Arc<LogicalClock>) {
    let clock = Arc::new(LogicalClock::standing(1_000_000));
    (MemKv::new(clock.clone(), 1 << 20), clock)
}

#[test]
fn texts_live_until_their_end_and_not_a_moment_longer() {
    let (kv, clock) = store();
    kv.set("a", "1", MINUTE).unwrap();
    kv.set("b", "2", None).unwrap();
    clock.advance_ms(59_999);
    assert_eq!(kv.get("a").unwrap().as_deref(), Some("1"));
    assert_eq!(kv.ttl("a").unwrap(), Some(Some(Duration::from_millis(1))));
    clock.advance_ms(1);
    assert_eq!((kv.get("a").unwrap(), kv.ttl("a").unwrap()), (None, None));
    assert_eq!((kv.get("b").unwrap().as_deref(), kv.ttl("b").unwrap()), (Some("2"), Some(None)));
}

#[test]
fn set_nx_is_a_lock_that_only_its_owner_opens() {
    let (kv, clock) = store();
    assert!(kv.set_nx("lock", "me", MINUTE).unwrap());
    assert!(!kv.set_nx("lock", "you", MINUTE).unwrap());
    assert!(!kv.del_if("lock", "you").unwrap());
    assert!(kv.del_if("lock", "me").unwrap() && kv.set_nx("lock", "you", MINUTE).unwrap());
    clock.advance_ms(60_000);
    assert!(kv.set_nx("lock", "me", MINUTE).unwrap(), "a dead lock is no lock");
}

#[test]
fn take_gives_a_code_once() {
    let (kv, _) = store();
    kv.set("code", "1234", MINUTE).unwrap();
    assert_eq!(kv.take("code").unwrap().as_deref(), Some("1234"));
    assert_eq!(kv.take("code").unwrap(), None);
}

#[test]
fn incr_counts_and_keeps_the_first_end() {
    let (kv, clock) = store();
    assert_eq!(kv.incr("n", 2, MINUTE).unwrap(), 2);
    clock.advance_ms(30_000);
    assert_eq!(kv.incr("n", -5, MINUTE).unwrap(), -3);
    assert_eq!(kv.ttl("n").unwrap(), Some(Some(Duration::from_secs(30))));
    clock.advance_ms(30_000);
    assert_eq!(kv.incr("n", 1, None).unwrap(), 1);
    kv.set("text", "x", None).unwrap();
    kv.set("max", &i64::MAX.to_string(), None).unwrap();
    assert!(kv.incr("text", 1, None).is_err() && kv.incr("max", 1, None).is_err());
    assert_eq!(kv.get("text").unwrap().as_deref(), Some("x"));
}

#[test]
fn expire_gives_a_new_end_or_none() {
    let (kv, clock) = store();
    kv.set("a", "1", MINUTE).unwrap();
    assert!(kv.expire("a", Some(Duration::from_secs(90))).unwrap() && !kv.expire("b", MINUTE).unwrap());
    clock.advance_ms(89_000);
    assert!(kv.expire("a", None).unwrap());
    clock.advance_ms(1_000_000);
    assert_eq!(kv.get("a").unwrap().as_deref(), Some("1"));
    assert_eq!(kv.sweep(), 0, "the old ends are gone too");
}

#[test]
fn sets_hold_members_and_an_empty_one_is_no_key() {
    let (kv, clock) = store();
    assert!(
        kv.sadd("s", "b", MINUTE).unwrap()
            && kv.sadd("s", "a", None).unwrap()
            && !kv.sadd("s", "a", None).unwrap()
    );
    assert_eq!(kv.smembers("s").unwrap(), ["a", "b"]);
    assert!(kv.srem("s", "a").unwrap() && !kv.srem("s", "a").unwrap());
    assert!(kv.get("s").is_err() && kv.incr("s", 1, None).is_err() && kv.take("s").is_err());
    clock.advance_ms(60_000);
    assert!(kv.smembers("s").unwrap().is_empty());
    kv.sadd("s", "c", None).unwrap();
    assert!(kv.srem("s", "c").unwrap() && !kv.del("s").unwrap());
    kv.set("t", "x", None).unwrap();
    assert!(kv.sadd("t", "a", None).is_err() && kv.srem("t", "a").is_err() && kv.smembers("t").is_err());
    kv.del("t").unwrap();
    assert_eq!(kv.size(), (0, 0));
}

#[test]
fn memory_is_bounded_and_the_living_stay() {
    let clock = Arc::new(LogicalClock::standing(0));
    let kv = MemKv::new(clock.clone(), 64 * 1024);
    kv.set("precious", "1", None).unwrap();
    let refused =
        (0..10_000).filter(|n| kv.set(&format!("flood{n}"), &"x".repeat(100), MINUTE).is_err()).count();
    assert!(refused > 9_000 && kv.size().1 <= 64 * 1024, "{refused} {:?}", kv.size());
    assert!(kv.sadd("big", &"x".repeat(100_000), None).is_err() && kv.smembers("big").unwrap().is_empty());
    assert_eq!(kv.get("precious").unwrap().as_deref(), Some("1"));
    clock.advance_ms(60_000);
    (0..80).for_each(|n| kv.set(&format!("again{n}"), &"x".repeat(100), MINUTE).unwrap());
    clock.advance_ms(60_000);
    kv.sweep();
    assert_eq!(kv.size().0, 1);
}

#[test]
fn many_threads_count_right() {
    let (kv, _) = store();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..500).for_each(|_| assert!(kv.incr("n", 1, MINUTE).unwrap() > 0)));
        }
    });
    assert_eq!(kv.get("n").unwrap().as_deref(), Some("4000"));
}

#[derive(Debug, Clone)]
enum Step {
    Set(u8, u8, Option<u8>),
    Nx(u8, u8, Option<u8>),
    Take(u8),
    Expire(u8, Option<u8>),
    Wait(u8),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let life = || prop::option::of(1u8..20);
    prop_oneof![
        (0u8..5, 0u8..9, life()).prop_map(|(k, v, t)| Step::Set(k, v, t)),
        (0u8..5, 0u8..9, life()).prop_map(|(k, v, t)| Step::Nx(k, v, t)),
        (0u8..5).prop_map(Step::Take),
        (0u8..5, life()).prop_map(|(k, t)| Step::Expire(k, t)),
        (1u8..15).prop_map(Step::Wait),
        Just(Step::Sweep),
    ]
}

proptest! {
    #[test]
    fn it_does_what_a_plain_map_of_ends_does(steps in prop::collection::vec(step(), 0..60)) {
        let (kv, clock) = store();
        let mut model: HashMap<u8, (u8, Option<i64>)> = HashMap::new();
        let ttl = |t: Option<u8>| t.map(|t| Duration::from_millis(t.into()));
        for step in steps {
            let now = clock.unix_ms();
            let end = |t: Option<u8>| t.map(|t| now + i64::from(t));
            match step {
                Step::Set(k, v, t) => {
                    kv.set(&k.to_string(), &v.to_string(), ttl(t)).unwrap();
                    model.insert(k, (v, end(t)));
                }
                Step::Nx(k, v, t) => {
                    let set = kv.set_nx(&k.to_string(), &v.to_string(), ttl(t)).unwrap();
                    prop_assert_eq!(set, !model.contains_key(&k));
                    model.entry(k).or_insert((v, end(t)));
                }
                Step::Take(k) => {
                    let taken = kv.take(&k.to_string()).unwrap();
                    prop_assert_eq!(taken, model.remove(&k).map(|(v, _)| v.to_string()));
                }
                Step::Expire(k, t) => {
                    let found = kv.expire(&k.to_string(), ttl(t)).unwrap();
                    prop_assert_eq!(found, model.contains_key(&k));
                    model.entry(k).and_modify(|entry| entry.1 = end(t));
                }
                Step::Wait(ms) => clock.advance_ms(ms.into()),
                Step::Sweep => { kv.sweep(); }
            }
            let now = clock.unix_ms();
            model.retain(|_, (_, end)| end.is_none_or(|end| end > now));
            for k in 0..5u8 {
                prop_assert_eq!(kv.get(&k.to_string()).unwrap(), model.get(&k).map(|(v, _)| v.to_string()));
            }
        }
        (0..5u8).for_each(|k| drop(kv.del(&k.to_string())));
        kv.sweep();
        prop_assert_eq!(kv.size(), (0, 0));
    }
}
