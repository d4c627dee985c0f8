//! What waits to be sent over one connection, bounded in bytes. Frames that can be done without go first when the
//! bound is reached; then the connection is closed as too slow, and whatever was held for it is free.

use super::close::Close;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A frame that waits.
#[derive(Debug, Clone)]
pub struct Item {
    /// One JSON text without line breaks.
    pub text: Bytes,
    pub kind: Kind,
}

/// How much a frame matters, and what it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An answer, or a frame without which the client would be wrong.
    Kept,
    /// The next offset of a subscription (numbered by its connection).
    Offset { sub: u32, offset: i64 },
    /// Replaced by the next of its kind, or not worth a connection: positions, presence, typing.
    Fleeting,
}

/// Where a connection's frames wait. Shared by the connection, which takes them out, and by all that send to it.
pub struct Outbox {
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    /// Fleeting frames that were dropped.
    dropped: u64,
    end: Option<End>,
    /// Nothing is taken in any more: the connection is gone.
    gone: bool,
    waker: Option<Waker>,
}

#[derive(Debug, Clone)]
struct End {
    close: Close,
    /// What waits is not sent any more.
    at_once: bool,
}

/// What a connection does next.
#[derive(Debug)]
pub enum Next {
    Send(Vec<Item>),
    Close(Close),
}

/// What an item takes beside its text.
const ITEM: usize = size_of::<Item>();
/// Room for so many items is kept while nothing waits.
const KEPT_ROOM: usize = 8;

impl Outbox {
    /// For `most` bytes.
    pub fn new(most: usize) -> Outbox {
        Outbox { most, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that one frame may have.
    pub fn most(&self) -> usize {
        self.most - ITEM.min(self.most)
    }

    /// Puts a frame at the end; gives how many fleeting ones were dropped for it. A frame that does not fit closes the
    /// connection, unless it is a fleeting one, which is dropped itself.
    pub fn push(&self, text: Bytes, kind: Kind) -> u64 {
        let mut state = self.lock();
        let woken = state.push(self.most, Item { text, kind });
        let dropped = std::mem::take(&mut state.dropped);
        drop(state);
        if let Some(waker) = woken {
            waker.wake();
        }
        dropped
    }

    /// Ends the connection after what waits.
    pub fn close(&self, close: Close) {
        self.end(End { close, at_once: false });
    }

    /// Ends the connection; what waits is not sent.
    pub fn cut(&self, close: Close) {
        self.end(End { close, at_once: true });
    }

    fn end(&self, end: End) {
        let mut state = self.lock();
        state.end(end);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether nothing that is pushed now would be sent.
    pub fn is_closing(&self) -> bool {
        let state = self.lock();
        state.end.is_some() || state.gone
    }

    /// Bytes that wait.
    pub fn unsent(&self) -> usize {
        self.lock().bytes
    }

    /// The connection is gone.
    pub fn leave(&self) {
        let mut state = self.lock();
        (state.gone, state.items, state.bytes) = (true, VecDeque::new(), 0);
    }

    /// The next items, of about `bytes` at most, or how to end.
    pub fn poll_next(&self, cx: &mut Context<'_>, bytes: usize) -> Poll<Next> {
        let mut state = self.lock();
        if !state.items.is_empty() {
            return Poll::Ready(Next::Send(state.take(bytes)));
        }
        if let Some(end) = &state.end {
            return Poll::Ready(Next::Close(end.close.clone()));
        }
        state.wait(cx);
        Poll::Pending
    }

    /// Resolves when the connection is to end although frames wait.
    pub fn poll_cut(&self, cx: &mut Context<'_>) -> Poll<Close> {
        let mut state = self.lock();
        match &state.end {
            Some(end) if end.at_once => Poll::Ready(end.close.clone()),
            _ => {
                state.wait(cx);
                Poll::Pending
            }
        }
    }
}

impl State {
    fn push(&mut self, most: usize, item: Item) -> Option<Waker> {
        if self.end.is_some() || self.gone {
            return None;
        }
        let size = item.text.len() + ITEM;
        if self.bytes + size > most {
            self.drop_fleeting();
        }
        if self.bytes + size > most {
            match item.kind {
                Kind::Fleeting => self.dropped += 1,
                Kind::Kept | Kind::Offset { .. } => self.end(End { close: Close::SLOW, at_once: true }),
            }
        } else {
            self.bytes += size;
            self.items.push_back(item);
        }
        self.waker.take()
    }

    fn drop_fleeting(&mut self) {
        let before = self.items.len();
        let bytes = &mut self.bytes;
        self.items.retain(|item| {
            let stays = item.kind != Kind::Fleeting;
            if !stays {
                *bytes -= item.text.len() + ITEM;
            }
            stays
        });
        self.dropped += (before - self.items.len()) as u64;
    }

    /// The first reason stays, unless what waits must not be sent after all.
    fn end(&mut self, end: End) {
        let first = self.end.as_ref().is_none_or(|before| end.at_once && !before.at_once);
        if !first {
            return;
        }
        if end.at_once {
            (self.items, self.bytes) = (VecDeque::new(), 0);
        }
        self.end = Some(end);
    }

    fn take(&mut self, bytes: usize) -> Vec<Item> {
        let (mut count, mut length) = (0, 0);
        for item in &self.items {
            if count > 0 && length + item.text.len() > bytes {
                break;
            }
            (count, length) = (count + 1, length + item.text.len() + 1);
        }
        let taken: Vec<Item> = self.items.drain(..count).collect();
        self.bytes -= taken.iter().map(|item| item.text.len() + ITEM).sum::<usize>();
        if self.items.is_empty() && self.items.capacity() > KEPT_ROOM {
            self.items = VecDeque::new();
        }
        taken
    }

    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(outbox: &Outbox, bytes: usize) -> Poll<Next> {
        outbox.poll_next(&mut Context::from_waker(Waker::noop()), bytes)
    }

    fn texts(outbox: &Outbox, bytes: usize) -> Vec<String> {
        match next(outbox, bytes) {
            Poll::Ready(Next::Send(items)) => {
                items.iter().map(|item| String::from_utf8_lossy(&item.text).into_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn closed(outbox: &Outbox) -> Option<u16> {
        match next(outbox, 1) {
            Poll::Ready(Next::Close(close)) => Some(close.code),
            _ => None,
        }
    }

    #[test]
    fn frames_come_out_in_order_and_in_portions() {
        let outbox = Outbox::new(10_000);
        for text in ["aa", "bb", "cc", "dddddd"] {
            outbox.push(text.into(), Kind::Kept);
        }
        assert_eq!(texts(&outbox, 5), ["aa", "bb"]);
        assert_eq!(texts(&outbox, 1), ["cc"], "one at least");
        assert_eq!(texts(&outbox, 100), ["dddddd"]);
        assert!(next(&outbox, 1).is_pending() && outbox.unsent() == 0);
    }

    #[test]
    fn fleeting_frames_go_first_then_the_connection() {
        let size = 100 + ITEM;
        let frame = || Bytes::from(vec![b'x'; 100]);
        let outbox = Outbox::new(3 * size);
        outbox.push(frame(), Kind::Kept);
        outbox.push(frame(), Kind::Fleeting);
        outbox.push(frame(), Kind::Kept);
        assert_eq!(outbox.push(frame(), Kind::Offset { sub: 1, offset: 7 }), 1);
        assert_eq!(outbox.push(frame(), Kind::Fleeting), 1, "no room for it");
        assert_eq!(outbox.unsent(), 3 * size);
        outbox.push(frame(), Kind::Kept);
        assert_eq!((closed(&outbox), outbox.unsent()), (Some(3008), 0));
        outbox.push(frame(), Kind::Kept);
        assert_eq!(outbox.unsent(), 0, "nothing more is held for it");
    }

    #[test]
    fn an_end_comes_after_what_waits_or_instead_of_it() {
        let outbox = Outbox::new(10_000);
        outbox.push("a".into(), Kind::Kept);
        outbox.close(Close::SHUTDOWN);
        outbox.push("b".into(), Kind::Kept);
        assert!(outbox.poll_cut(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(texts(&outbox, 100), ["a"]);
        assert_eq!(closed(&outbox), Some(3001));
        outbox.close(Close::LIMIT);
        assert_eq!(closed(&outbox), Some(3001), "the first reason stays");

        let outbox = Outbox::new(10_000);
        outbox.push("a".into(), Kind::Kept);
        outbox.close(Close::SHUTDOWN);
        outbox.cut(Close::RIGHTS_ENDED);
        assert_eq!(closed(&outbox), Some(3501));
    }
}
