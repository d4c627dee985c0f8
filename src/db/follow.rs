//! The interface of a follower, which is shown the pages that every commit has written before the write-ahead log begins anew.

use super::conn::Conn;
use crate::error::Result;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub trait Follower: Send + Sync {
    /// After each commit of the lane: so many frames are in the log. It must not take long.
    fn committed(&self, frames: u32);

    /// The lane asks whether the log may begin anew after what was committed until now. It waits, so little may be
    /// done; false = not yet.
    fn may_begin_anew(&self) -> bool;
}

/// Keeps the log from beginning anew by itself: a reader whose snapshot is in the log.
pub struct Following {
    pub follower: Arc<dyn Follower>,
    holder: Mutex<Conn>,
}

impl Following {
    pub fn new(follower: Arc<dyn Follower>, path: &Path) -> Result<Following> {
        Ok(Following { follower, holder: Mutex::new(Conn::open_reader(path)?) })
    }

    fn holder(&self) -> MutexGuard<'_, Conn> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before the log is copied into the database: from now on it does not begin anew, though all that was committed
    /// until now may be copied.
    pub fn hold(&self) {
        let holder = self.holder();
        if !holder.is_at_rest() {
            let _ = holder.batch("COMMIT");
        }
        let held = holder
            .batch("BEGIN")
            .and_then(|()| holder.number("SELECT COUNT(*) FROM sqlite_master", Vec::new()));
        if let Err(error) = held {
            tracing::warn!(%error, "the write-ahead log could not be held for the backup");
        }
    }

    /// Between two commits of the lane: lets the log begin anew if all of it was seen.
    pub fn let_go(&self) -> bool {
        let may = self.follower.may_begin_anew();
        if may {
            let holder = self.holder();
            if !holder.is_at_rest() {
                let _ = holder.batch("COMMIT");
            }
        }
        may
    }
}
