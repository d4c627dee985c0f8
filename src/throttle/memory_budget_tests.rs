//! Waiting, giving way, and the part of guests.

use super::*;

fn budget_with(wait: Duration) -> Arc<Budget> {
    Arc::new(Budget::of(Most { all: 1024, guests: 512 }, wait))
}

fn budget() -> Arc<Budget> {
    budget_with(Duration::from_millis(10))
}

/// Units that are left, and shares that hold some.
fn left(budget: &Budget) -> (usize, usize) {
    let state = budget.state();
    (state.left.all, state.running)
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
    assert_eq!(budget.state().left.all, 1024 - 100);
    drop(slow);
    assert_eq!(left(&budget), (1024, 0));
}

#[tokio::test]
async fn a_promise_is_kept_free_once_the_body_gets_on() {
    let budget = budget();
    let mut body = budget.share(false);
    body.promised(500 << 10);
    body.grow(FREE + 1).await.unwrap();
    assert_eq!(budget.state().left.all, 1024 - 64, "little for who has sent little");
    body.grow(64 << 10).await.unwrap();
    assert_eq!(budget.state().left.all, 1024 - 500);
}

/// Many that hold a part and want more: some of them go on, and none waits for the time to run out.
#[tokio::test]
async fn those_that_hold_and_wait_for_each_other_give_way() {
    let budget = budget_with(Duration::from_secs(3600));
    let mut shares: Vec<Share> = (0..10).map(|_| budget.share(false)).collect();
    for share in &mut shares {
        share.grow(100 << 10).await.unwrap();
    }
    let grown = shares.into_iter().map(|mut share| {
        tokio::spawn(async move {
            let grown = share.grow(400 << 10).await;
            tokio::task::yield_now().await;
            drop(share);
            grown.is_ok()
        })
    });
    let mut went_on = 0;
    for task in grown.collect::<Vec<_>>() {
        went_on += usize::from(task.await.unwrap());
    }
    assert!(went_on >= 5, "{went_on}");
    let state = budget.state();
    assert_eq!((state.left.all, state.left.guests, state.running), (1024, 512, 0));
    assert!(state.waiting.iter().all(VecDeque::is_empty));
}

#[tokio::test]
async fn who_holds_is_pressed_while_others_wait() {
    let budget = budget_with(Duration::from_secs(3600));
    let (mut slow, mut staff) = (budget.share(true), budget.share(false));
    slow.grow(512 << 10).await.unwrap();
    staff.grow(100 << 10).await.unwrap();
    assert!(!slow.is_pressed());
    let mut next = budget.share(true);
    let waits = tokio::spawn(async move { next.grow(100 << 10).await.is_ok() });
    while !slow.is_pressed() {
        tokio::task::yield_now().await;
    }
    assert!(!staff.is_pressed(), "guests wait for guests");
    drop(slow);
    assert!(waits.await.unwrap());
    // One that was given up while it waited leaves nothing behind.
    let mut all = budget.share(false);
    all.grow(700 << 10).await.unwrap();
    let mut gone = budget.share(false);
    assert!(tokio::time::timeout(Duration::from_millis(5), gone.grow(900 << 10)).await.is_err());
    drop((gone, all, staff));
    assert_eq!(left(&budget), (1024, 0));
}
