//! Groups of writes and the change feed: what is told after a commit, and what is not.

use super::*;
use crate::db::feed::{Feed, FeedEvent, Follow};

/// What the feed tells after a commit: each row once, in order, as `+1` for an added one.
fn told(follow: &mut Follow) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(FeedEvent::Commit(commit)) = follow.try_next() {
        if commit.unknown {
            out.push("unknown".to_owned());
        }
        out.extend(commit.changes.iter().map(ToString::to_string));
    }
    out
}

#[test]
fn the_feed_tells_of_what_was_kept_once_and_of_nothing_that_was_undone() {
    for then in [Then::Undo, Then::Panic] {
        for twice in [false, true] {
            let mut rig = Rig::new();
            rig.guard = Guard::new(twice);
            let feed = Arc::new(Feed::default());
            rig.conn.recording.start(feed.clone());
            let mut follow = feed.follow(["T"]);
            rig.again(1, true, Then::Keep);
            rig.again(2, true, then);
            rig.again(3, true, Then::Keep);
            rig.once(4, then);
            rig.once(5, Then::Keep);
            let (rows, _) = rig.commit();
            assert_eq!(rows, [1, 3, 5]);
            assert_eq!(told(&mut follow), ["T+1", "T+2", "T+3"]);
        }
    }
}

#[test]
fn the_feed_is_silent_about_tables_that_nobody_follows() {
    let mut rig = Rig::new();
    rig.conn.batch("CREATE TABLE Other (n INTEGER)").unwrap();
    let feed = Arc::new(Feed::default());
    rig.conn.recording.start(feed.clone());
    let mut follow = feed.follow(["Other"]);
    rig.again(1, true, Then::Keep);
    rig.commit();
    assert_eq!(told(&mut follow), [""; 0]);
    // A follower that comes in the middle of a transaction is told to read the whole table.
    let (late, shared) = (feed.clone(), Arc::new(Mutex::new(None)));
    let kept = shared.clone();
    rig.queue
        .push(LaneJob::Write(
            Arc::new("a write"),
            Work::Once(Box::new(move |conn| {
                put(conn, 2);
                *kept.lock().unwrap() = Some(late.follow(["T"]));
                Outcome::Keep { note: no_note(), answer: Box::new(|_| {}) }
            })),
        ))
        .unwrap();
    rig.commit();
    let mut follow = shared.lock().unwrap().take().unwrap();
    assert_eq!(told(&mut follow), ["T*0"]);
    rig.again(3, true, Then::Keep);
    rig.commit();
    assert_eq!(told(&mut follow), ["T+3"]);
    drop(follow);
    rig.again(4, true, Then::Keep);
    rig.commit();
    assert_eq!(rig.conn.recorded(), 0);
}

#[test]
fn the_feed_names_a_table_instead_of_thousands_of_rows() {
    let mut rig = Rig::new();
    let feed = Arc::new(Feed::default());
    rig.conn.recording.start(feed.clone());
    let mut follow = feed.follow(["T"]);
    let rows = |conn: &Conn| {
        let many = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) \
                    INSERT INTO T (n) SELECT n FROM c";
        conn.run(&Sql::fixed(many, Vec::new())).unwrap();
    };
    let work = move |writer: &WriterConn<'_>| {
        rows(writer);
        Outcome::Keep { note: no_note(), answer: Box::new(|_| {}) }
    };
    rig.queue.push(LaneJob::Write(Arc::new("a write"), Work::Once(Box::new(work)))).unwrap();
    rig.commit();
    let told = told(&mut follow);
    assert_eq!((told.len(), told[999].as_str(), told[1000].as_str()), (1001, "T+1000", "T*0"));
}
