//! The change feed: after each commit of the writer lane it tells followers which rows of their tables were added, changed
//! or deleted, in the order of the commits. SQLite itself reports the rows, so every way of writing is covered: single
//! calls, bulk statements, children, imports, undo, jobs, cascades and triggers. While nobody follows, a commit costs two
//! atomic loads.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::broadcast;

/// Commits that a slow follower may lag behind; then it is told to read again.
const CAPACITY: usize = 1024;

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Add,
    Set,
    Del,
    /// To rows of the table that are not told one by one: they are too many, or nobody followed it when the transaction
    /// began. The id says nothing.
    Many,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    pub table: Arc<str>,
    pub id: i64,
    pub kind: ChangeKind,
}

/// `Ordr+1`, `Ordr=1`, `Ordr-1`; `Ordr*0` for rows that are not told one by one.
impl fmt::Display for RowChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.kind {
            ChangeKind::Add => '+',
            ChangeKind::Set => '=',
            ChangeKind::Del => '-',
            ChangeKind::Many => '*',
        };
        write!(f, "{}{sign}{}", self.table, self.id)
    }
}

/// The changes of one commit in the tables that are followed, in the order of the statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedCommit {
    pub changes: Vec<RowChange>,
    /// Anything else may have changed, too: the console ran statements of its own. Whatever was read before has to be
    /// read again.
    pub unknown: bool,
}

/// The tables that are followed; the names are shared by all changes.
pub type Tables = HashMap<Arc<str>, Arc<str>>;

pub struct Feed {
    /// Grows whenever a table is followed that was not before, or no longer is. 0 = nobody ever followed anything.
    version: AtomicU64,
    followed: Mutex<Followed>,
    sender: broadcast::Sender<Arc<FeedCommit>>,
}

#[derive(Default)]
struct Followed {
    /// How many follow each table.
    counts: HashMap<Arc<str>, usize>,
    tables: Arc<Tables>,
}

impl Followed {
    /// To be called when a table was added or removed.
    fn changed(&mut self) {
        self.tables = Arc::new(self.counts.keys().map(|name| (name.clone(), name.clone())).collect());
    }
}

impl Default for Feed {
    fn default() -> Feed {
        Feed {
            version: AtomicU64::new(0),
            followed: Mutex::default(),
            sender: broadcast::Sender::new(CAPACITY),
        }
    }
}

impl Feed {
    /// Follows some tables, named as the catalogue names them. A read that begins after this call has every change that
    /// the follower is not told of.
    pub fn follow<'t>(self: &Arc<Feed>, tables: impl IntoIterator<Item = &'t str>) -> Follow {
        // The receiver first: nothing may fall between.
        let mut follow = Follow { receiver: self.sender.subscribe(), interest: self.interest() };
        for table in tables {
            follow.add(table);
        }
        follow
    }

    /// Asks for changes of tables that another follower hears.
    pub fn interest(self: &Arc<Feed>) -> Interest {
        Interest { tables: Vec::new(), feed: Arc::downgrade(self) }
    }

    /// As long as it is the same, the same tables are followed.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    pub(super) fn tables(&self) -> Arc<Tables> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).tables.clone()
    }

    pub(super) fn tell(&self, commit: FeedCommit) {
        // An error says that nobody listens.
        let _ = self.sender.send(Arc::new(commit));
    }

    fn add(&self, table: &str) -> Arc<str> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = followed.counts.get_key_value(table).map(|(name, _)| name.clone());
        let name = known.clone().unwrap_or_else(|| Arc::from(table));
        *followed.counts.entry(name.clone()).or_default() += 1;
        if known.is_none() {
            followed.changed();
            self.version.fetch_add(1, Ordering::SeqCst);
        }
        name
    }

    fn remove(&self, table: &Arc<str>) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = followed.counts.get_mut(table) else { return };
        *count -= 1;
        if *count == 0 {
            followed.counts.remove(table);
            followed.changed();
            self.version.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The wish to hear of changes in some tables, until it is dropped.
pub struct Interest {
    tables: Vec<Arc<str>>,
    feed: Weak<Feed>,
}

impl Interest {
    /// Follows another table, too. A read that begins after this has every change that is not told.
    /// False when it is followed already.
    pub fn add(&mut self, table: &str) -> bool {
        if self.tables.iter().any(|name| **name == *table) {
            return false;
        }
        self.tables.extend(self.feed.upgrade().map(|feed| feed.add(table)));
        true
    }

    /// Follows a table no longer.
    pub fn remove(&mut self, table: &str) {
        if let Some(at) = self.tables.iter().position(|name| **name == *table) {
            let name = self.tables.swap_remove(at);
            if let Some(feed) = self.feed.upgrade() {
                feed.remove(&name);
            }
        }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        if let Some(feed) = self.feed.upgrade() {
            self.tables.iter().for_each(|table| feed.remove(table));
        }
    }
}

/// A follower: it hears of commits, also of changes in tables that only others follow.
pub struct Follow {
    receiver: broadcast::Receiver<Arc<FeedCommit>>,
    interest: Interest,
}

/// What a follower hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedEvent {
    Commit(Arc<FeedCommit>),
    /// It was too slow, and so many commits were not told: everything read before has to be read again.
    Insufficient(u64),
    /// The database is closed.
    End,
}

impl Follow {
    /// Follows another table, too.
    pub fn add(&mut self, table: &str) -> bool {
        self.interest.add(table)
    }

    /// Follows a table no longer.
    pub fn remove(&mut self, table: &str) {
        self.interest.remove(table);
    }

    /// Waits for the next commit.
    pub async fn next(&mut self) -> FeedEvent {
        match self.receiver.recv().await {
            Ok(commit) => FeedEvent::Commit(commit),
            Err(broadcast::error::RecvError::Lagged(missed)) => FeedEvent::Insufficient(missed),
            Err(broadcast::error::RecvError::Closed) => FeedEvent::End,
        }
    }

    /// The next commit, if one has been told.
    pub fn try_next(&mut self) -> Option<FeedEvent> {
        match self.receiver.try_recv() {
            Ok(commit) => Some(FeedEvent::Commit(commit)),
            Err(broadcast::error::TryRecvError::Lagged(missed)) => Some(FeedEvent::Insufficient(missed)),
            Err(broadcast::error::TryRecvError::Closed) => Some(FeedEvent::End),
            Err(broadcast::error::TryRecvError::Empty) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_counts_as_long_as_somebody_follows_it() {
        let feed = Arc::new(Feed::default());
        assert_eq!(feed.version(), 0);
        let first = feed.follow(["Ordr", "Ordr"]);
        let second = feed.follow(["Ordr", "User"]);
        assert_eq!((feed.version(), feed.tables().len()), (2, 2));
        drop(first);
        assert_eq!((feed.version(), feed.tables().len()), (2, 2));
        drop(second);
        assert_eq!((feed.version(), feed.tables().len()), (4, 0));
    }

    #[test]
    fn one_who_lags_is_told_so_and_then_goes_on() {
        let feed = Arc::new(Feed::default());
        let mut slow = feed.follow(["T"]);
        let table: Arc<str> = "T".into();
        let one = |id| RowChange { table: table.clone(), id, kind: ChangeKind::Add };
        let commit = |id| FeedCommit { changes: vec![one(id)], unknown: false };
        (0..CAPACITY as i64 + 3).for_each(|id| feed.tell(commit(id)));
        assert_eq!(slow.try_next(), Some(FeedEvent::Insufficient(3)));
        assert_eq!(slow.try_next(), Some(FeedEvent::Commit(Arc::new(commit(3)))));
        let mut last = None;
        while let Some(told) = slow.try_next() {
            last = Some(told);
        }
        assert_eq!(last, Some(FeedEvent::Commit(Arc::new(commit(CAPACITY as i64 + 2)))));
    }
}
