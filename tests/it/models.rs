//! State machines of random steps, each held against a model that is a few lines of plain code: orders by calls and batches,
//! sessions and login tokens of one account, windows of the limiter.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use jindou::auth::Role;
use jindou::throttle::limiter::{Key, Limiter, MemLimiter};
use jindou::time::LogicalClock;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

fn runner(cases: u32) -> TestRunner {
    // The same steps in every run; PROPTEST_RNG_SEED makes others.
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    })
}

/// What a manager does to an order; numbers choose one that was there before the call.
#[derive(Debug, Clone)]
enum Step {
    Add(u8),
    Bad,
    Remark(usize, u8),
    Status(usize, &'static str),
    Del(usize),
}

#[derive(Debug, Clone)]
enum Act {
    One(Step),
    Each(Vec<Step>),
    Together(Vec<Step>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Add),
        1 => Just(Step::Bad),
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, n)| Step::Remark(at, n)),
        3 => (any::<usize>(), prop_oneof![Just("RE"), Just("CA")]).prop_map(|(at, to)| Step::Status(at, to)),
        2 => any::<usize>().prop_map(Step::Del),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let steps = || prop::collection::vec(step(), 1..6);
    prop_oneof![
        3 => step().prop_map(Act::One),
        1 => steps().prop_map(Act::Each),
        2 => steps().prop_map(Act::Together),
    ]
}

/// Remark and state by id.
type Orders = BTreeMap<i64, (Option<String>, String)>;

fn chosen(orders: &Orders, at: usize) -> i64 {
    match orders.len() {
        0 => 999_999,
        n => orders.keys().nth(at % n).copied().unwrap_or_default(),
    }
}

/// The call, and what it does to the model when it is answered with an id; false when it must be refused.
fn call_of(step: &Step, owner: i64, before: &Orders) -> Value {
    match step {
        Step::Add(n) => {
            json!({"ac": "Ordr.add", "get": {}, "post": {"userId": owner, "dscr": format!("d{n}")}})
        }
        Step::Bad => json!({"ac": "Ordr.add", "get": {}, "post": {"userId": owner, "amount": -1}}),
        Step::Remark(at, n) => {
            json!({"ac": "Ordr.set", "get": {"id": chosen(before, *at)}, "post": {"cmt": format!("c{n}")}})
        }
        Step::Status(at, to) => {
            json!({"ac": "Ordr.set", "get": {"id": chosen(before, *at)}, "post": {"status": to}})
        }
        Step::Del(at) => json!({"ac": "Ordr.del", "get": {"id": chosen(before, *at)}, "post": {"x": 1}}),
    }
}

fn apply(step: &Step, before: &Orders, now: &mut Orders, answer: &Value) -> bool {
    match step {
        Step::Add(_) => answer.as_i64().is_some_and(|id| now.insert(id, (None, "CR".into())).is_none()),
        Step::Bad => false,
        Step::Remark(at, n) => now.get_mut(&chosen(before, *at)).is_some_and(|order| {
            order.0 = Some(format!("c{n}"));
            true
        }),
        Step::Status(at, to) => {
            now.get_mut(&chosen(before, *at)).filter(|order| order.1 == "CR").is_some_and(|order| {
                order.1 = (*to).to_owned();
                true
            })
        }
        Step::Del(at) => now.remove(&chosen(before, *at)).is_some(),
    }
}

fn send(client: &Client<'_>, call: &Value) -> Value {
    let id = call["get"]["id"].as_i64().map(|id| format!("?id={id}")).unwrap_or_default();
    client.call(&format!("{}{id}", call["ac"].as_str().unwrap()), call["post"].clone())
}

fn stored(client: &Client<'_>, owner: i64) -> Orders {
    let got = client.ok(
        &format!("Ordr.query?cond=userId={owner}&res=id,cmt,status&fmt=array&pagesz=-1&orderby=id"),
        json!(null),
    );
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let order =
        |row: &Value| (row["id"].as_i64().unwrap(), (text(&row["cmt"]), text(&row["status"]).unwrap()));
    got.as_array().unwrap().iter().map(order).collect()
}

#[test]
fn orders_are_what_a_list_in_memory_says() {
    let app = TestApp::new();
    let client = app.login(Role::Emp, employee(&app, "wang", "mgr"));
    let mut phone = 13_800_000_000_i64;
    let owners: Vec<i64> = (0..40)
        .map(|_| {
            phone += 1;
            user(&app, &phone.to_string())
        })
        .collect();
    let next = std::cell::Cell::new(0);
    let told = runner(40).run(&prop::collection::vec(act(), 1..25), |acts| {
        let owner = owners[next.replace(next.get() + 1) % owners.len()];
        // A case that is being made smaller begins with what an earlier one has left.
        let mut model = stored(&client, owner);
        for act in acts {
            let before = model.clone();
            let calls =
                |steps: &[Step]| steps.iter().map(|step| call_of(step, owner, &before)).collect::<Value>();
            match &act {
                Act::One(step) => {
                    let answer = send(&client, &call_of(step, owner, &before));
                    prop_assert_eq!(
                        answer[0] == 0,
                        apply(step, &before, &mut model, &answer[1]),
                        "{:?}: {}",
                        step,
                        answer
                    );
                }
                Act::Each(steps) => {
                    let answers = client.ok("batch", calls(steps));
                    for (step, answer) in steps.iter().zip(answers.as_array().unwrap()) {
                        prop_assert_eq!(
                            answer[0] == 0,
                            apply(step, &before, &mut model, &answer[1]),
                            "{:?}: {}",
                            step,
                            answer
                        );
                    }
                }
                Act::Together(steps) => {
                    let answers = client.ok("batch?useTrans=1", calls(steps));
                    let (mut draft, mut failed) = (model.clone(), false);
                    for (step, answer) in steps.iter().zip(answers.as_array().unwrap()) {
                        if failed {
                            prop_assert_eq!(&answer[0], &json!(-100));
                            continue;
                        }
                        let goes = apply(step, &before, &mut draft, &answer[1]);
                        prop_assert_eq!(answer[0] == 0, goes, "{:?}: {}", step, answer);
                        failed = !goes;
                    }
                    if !failed {
                        model = draft;
                    }
                }
            }
            prop_assert_eq!(&stored(&client, owner), &model, "after {:?}", act);
        }
        Ok(())
    });
    told.unwrap();
}

/// What happens to the sessions and login tokens of one account, the sessions each in a browser of its own.
#[derive(Debug, Clone)]
enum Visit {
    Login(usize),
    WrongLogin(usize),
    Logout(usize),
    ChangePassword(usize),
    /// With a text of some device's token: the newest, or so many before it.
    Token(usize, usize, usize),
    Wait(u8),
}

/// A login token as its holders have it.
struct Held {
    /// The newest last.
    texts: Vec<Value>,
    /// The minute of its last turn.
    turned: u32,
    good: bool,
}

impl Held {
    fn of(answer: &Value) -> Held {
        Held { texts: vec![answer["_token"].clone()], turned: 0, good: true }
    }
}

const PASSWORDS: [&str; 2] = ["golden-cloud-7", "silver-river-8"];
const BROWSERS: usize = 3;

#[test]
fn sessions_are_what_a_list_in_memory_says() {
    let app = TestApp::with(&[
        ("P_TEST_MODE", "2"),
        ("P_SESSION_IDLE", "30m"),
        ("P_LOGIN_TRIES", "1000000"),
        ("P_LOGIN_TRIES_ADDR", "1000000"),
    ]);
    let of = 0..BROWSERS;
    let visit = prop_oneof![
        4 => of.clone().prop_map(Visit::Login),
        1 => of.clone().prop_map(Visit::WrongLogin),
        2 => of.clone().prop_map(Visit::Logout),
        1 => of.clone().prop_map(Visit::ChangePassword),
        5 => (of, any::<usize>(), 0..3_usize).prop_map(|(n, at, back)| Visit::Token(n, at, back)),
        2 => (1..40_u8).prop_filter("either may be right", |minutes| *minutes != 30).prop_map(Visit::Wait),
    ];
    let count = std::cell::Cell::new(0);
    let told = runner(16).run(&prop::collection::vec(visit, 1..20), |visits| {
        count.set(count.get() + 1);
        let phone = format!("139{:08}", count.get());
        user(&app, &phone);
        let browsers: Vec<Client<'_>> = (0..BROWSERS).map(|_| app.client("user")).collect();
        // Whether each is logged in, and for how many minutes it was idle.
        let (mut model, mut password, mut minute) = ([None; BROWSERS], 0, 0);
        // The tokens, and by which each browser lives.
        let (mut held, mut by) = (Vec::<Held>::new(), [0; BROWSERS]);
        for visit in visits {
            match visit {
                Visit::Login(n) => {
                    let me = browsers[n].ok("login", json!({"uname": phone, "pwd": PASSWORDS[password]}));
                    by[n] = held.len();
                    held.push(Held::of(&me));
                    model[n] = Some(0);
                }
                Visit::WrongLogin(n) => {
                    let (code, _) =
                        browsers[n].fails("login", json!({"uname": phone, "pwd": PASSWORDS[1 - password]}));
                    prop_assert_eq!(code, -1);
                }
                Visit::Logout(n) => {
                    browsers[n].call("logout", json!({}));
                    if model[n].take().is_some() {
                        held[by[n]].good = false;
                    }
                }
                Visit::ChangePassword(n) => {
                    let change = json!({"oldpwd": PASSWORDS[password], "pwd": PASSWORDS[1 - password]});
                    let answer = browsers[n].call("chpwd", change);
                    prop_assert_eq!(answer[0] == 0, model[n].is_some(), "{}", answer);
                    if model[n].is_some() {
                        // All but the one that changed it have to come again.
                        password = 1 - password;
                        model = std::array::from_fn(|other| (other == n).then_some(0));
                        held.iter_mut().for_each(|token| token.good = false);
                        by[n] = held.len();
                        held.push(Held::of(&answer[1]));
                    }
                }
                Visit::Token(n, at, back) if !held.is_empty() => {
                    let at = at % held.len();
                    let token = &mut held[at];
                    let back = back.min(token.texts.len() - 1);
                    let text = token.texts[token.texts.len() - 1 - back].clone();
                    let answer = browsers[n].call("login", json!({"token": text}));
                    // The text before the newest is taken for a moment, in which an answer may have been lost.
                    let good = token.good && (back == 0 || back == 1 && token.turned == minute);
                    prop_assert_eq!(answer[0] == 0, good, "{} back of token {}: {}", back, at, answer);
                    let new = &answer[1]["_token"];
                    if good && back == 0 {
                        prop_assert!(new.is_string() && !token.texts.contains(new), "{}", answer);
                        token.texts.push(new.clone());
                        token.turned = minute;
                    } else if good {
                        prop_assert_eq!(Some(new), token.texts.last());
                    } else if std::mem::take(&mut token.good) {
                        // Two hold it: it ends with all that live by it.
                        let lives = |n: usize| by[n] == at;
                        model = std::array::from_fn(|n| model[n].filter(|_| !lives(n)));
                    }
                    if good {
                        (model[n], by[n]) = (Some(0), at);
                    }
                }
                Visit::Token(..) => {}
                Visit::Wait(minutes) => {
                    app.server.env.clock.advance_ms(i64::from(minutes) * 60_000);
                    minute += u32::from(minutes);
                    for idle in &mut model {
                        *idle = idle.map(|idle: u8| idle + minutes).filter(|idle| *idle < 30);
                    }
                }
            }
            for n in 0..BROWSERS {
                let answer = browsers[n].call("Ordr.query?res=id", json!(null));
                prop_assert_eq!(answer[0] == 0, model[n].is_some(), "browser {}: {}", n, answer);
                model[n] = model[n].map(|_| 0);
            }
        }
        Ok(())
    });
    told.unwrap();
}

#[test]
fn windows_of_the_limiter_are_what_a_list_of_times_says() {
    let acts = prop::collection::vec((0..3_usize, 0..4_i64), 1..200);
    let told = runner(200).run(&acts, |acts| {
        let clock = Arc::new(LogicalClock::standing(1_000_000));
        let limiter = MemLimiter::new(clock.clone(), 1000);
        let (mut times, mut now) = (vec![Vec::new(); 3], 1_000_000);
        for (which, seconds) in acts {
            now += seconds * 1000;
            clock.set_ms(now);
            let (most, span) = [(1, 5), (3, 10), (5, 7)][which];
            let list: &mut Vec<i64> = &mut times[which];
            list.retain(|time| time + span * 1000 > now);
            let fits = list.len() < most;
            let told = limiter.limit(&Key::of("model", which.to_string()), most as u32, span as u32);
            prop_assert_eq!(told.is_ok(), fits, "{:?} at {}", list, now);
            match told {
                Ok(()) => list.push(now),
                Err(wait) => prop_assert_eq!(i64::from(wait.seconds), (list[0] + span * 1000 - now) / 1000),
            }
        }
        Ok(())
    });
    told.unwrap();
}

/// Real threads at once, since the limiter stands behind one lock: never more than the limit.
#[test]
fn no_crowd_gets_more_than_the_limit() {
    for round in 0..50 {
        let limiter = MemLimiter::new(Arc::new(LogicalClock::standing(1_000_000)), 1000);
        let key = Key::of("crowd", round.to_string());
        let start = std::sync::Barrier::new(8);
        let let_in: usize = std::thread::scope(|scope| {
            let one = || {
                start.wait();
                (0..20).filter(|_| limiter.limit(&key, 37, 60).is_ok()).count()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(let_in, 37);
    }
}
