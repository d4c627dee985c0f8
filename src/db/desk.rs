//! Where the lane's writes are done: its connection, and the statements it has at hand from one write to the next.

use super::at_hand::AtHand;
use super::conn::Conn;
use crate::error::Result;
use crate::plan::write::Insert;
use crate::value::ValRef;
use std::cell::RefCell;
use std::ops::Deref;

pub struct Desk<'c> {
    conn: &'c Conn,
    hand: RefCell<AtHand<'c>>,
}

/// Statements of a busy server: the log's, and those of its usual writes.
const AT_HAND: usize = 64;

impl<'c> Desk<'c> {
    pub fn new(conn: &'c Conn) -> Desk<'c> {
        Desk { conn, hand: RefCell::new(AtHand::of(AT_HAND)) }
    }
}

/// The desk's connection for whatever needs no more.
impl Deref for Desk<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

/// Runs statements that change rows; each gives the number of those.
pub trait Statements {
    fn run(&self, text: &str, values: &mut dyn Iterator<Item = ValRef<'_>>) -> Result<usize>;
    fn insert(&self, plan: &Insert) -> Result<usize>;
}

impl Statements for Desk<'_> {
    fn run(&self, text: &str, values: &mut dyn Iterator<Item = ValRef<'_>>) -> Result<usize> {
        self.hand.borrow_mut().run(self.conn, text, values)
    }

    fn insert(&self, plan: &Insert) -> Result<usize> {
        self.hand.borrow_mut().insert(self.conn, plan)
    }
}
