//! Whether a read was cut off, for what it does beside running a statement: above all waiting for a slow client.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

#[derive(Default)]
pub struct Cut {
    done: AtomicBool,
    told: Notify,
}

impl Cut {
    /// Cuts the read off.
    pub fn cut(&self) {
        self.done.store(true, SeqCst);
        self.told.notify_one();
    }

    pub fn is_done(&self) -> bool {
        self.done.load(SeqCst)
    }

    /// Between two pieces of a long work.
    pub fn check(&self) -> Result<()> {
        if self.is_done() { Err(cut_off()) } else { Ok(()) }
    }

    /// Ends when the read is cut off. One task may wait for it at a time.
    pub async fn wait(&self) {
        while !self.is_done() {
            self.told.notified().await;
        }
    }
}

/// What a read that was cut off answers.
pub fn cut_off() -> Error {
    Error::busy("the read was ended because the write-ahead log grew beyond P_WAL_MAX").say(
        "查询占用时间过长，已被中止，请缩小范围后再试",
        "the query was ended to make room for changes, please narrow it or try again",
    )
}
