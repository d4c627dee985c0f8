//! The journal of what one write asked of shared memory: limits, codes, values with a time to live. The lane may
//! run a write again; it then gets the answers that it got before, and nothing is counted or taken twice. In the end what
//! no outcome rests on is given back.

use crate::error::Result;
use crate::services::Services;
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by all runs of one write; empty, and without cost, until something is asked.
#[derive(Clone, Default)]
pub struct Journal(Option<Arc<Mutex<Vec<Entry>>>>);

struct Entry {
    question: String,
    /// Of the type that the question has.
    answer: Box<dyn Any + Send>,
    /// Asked in the run that goes on.
    asked: bool,
    undo: Option<Undo>,
}

/// How an act in memory is taken back.
pub struct Undo {
    /// Also when its write is refused; if not, only when it was lost or never asked for in the end. A try counts, even one
    /// that is refused.
    pub if_refused: bool,
    /// Takes it back.
    pub act: Box<dyn FnOnce(&Services) + Send>,
}

/// What became of the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was committed.
    Kept,
    /// A rule refused it, and nothing was changed.
    Refused,
    /// Its commit failed.
    Lost,
}

impl Journal {
    /// For another run of the same write.
    pub fn again(&self) -> Journal {
        if let Some(entries) = &self.0 {
            lock(entries).iter_mut().for_each(|entry| entry.asked = false);
        }
        self.clone()
    }

    /// Another handle of this journal.
    pub fn opened(&mut self) -> Journal {
        self.0.get_or_insert_default();
        self.clone()
    }

    /// The answer of an earlier run to the same question, or that of `act`, which is then remembered.
    pub fn ask<T: Clone + Send + 'static>(
        &mut self,
        question: String,
        act: impl FnOnce() -> (T, Option<Undo>),
    ) -> T {
        let mut entries = lock(self.0.get_or_insert_default());
        let same = |entry: &&mut Entry| !entry.asked && entry.question == question;
        if let Some(entry) = entries.iter_mut().find(same)
            && let Some(answer) = entry.answer.downcast_ref::<T>()
        {
            entry.asked = true;
            return answer.clone();
        }
        let (answer, undo) = act();
        entries.push(Entry { question, answer: Box::new(answer.clone()), asked: true, undo });
        answer
    }

    /// Gives back what the end of the write leaves to nobody, the last act first.
    pub fn end(self, env: &Services, fate: Fate) {
        let Some(entries) = self.0 else { return };
        let entries = std::mem::take(&mut *lock(&entries));
        for Entry { asked, undo, .. } in entries.into_iter().rev() {
            let gone =
                |undo: &Undo| !asked || fate == Fate::Lost || (fate == Fate::Refused && undo.if_refused);
            if let Some(undo) = undo.filter(gone) {
                (undo.act)(env);
            }
        }
    }
}

fn lock(entries: &Arc<Mutex<Vec<Entry>>>) -> MutexGuard<'_, Vec<Entry>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An act that can be taken back.
pub fn undo(if_refused: bool, act: impl FnOnce(&Services) -> Result<()> + Send + 'static) -> Option<Undo> {
    let act = move |env: &Services| {
        if let Err(error) = act(env) {
            tracing::warn!(%error, "what a write took from memory was not given back");
        }
    };
    Some(Undo { if_refused, act: Box::new(act) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn another_run_gets_the_same_answers_in_their_order() {
        let (count, mut first) = (AtomicU32::new(0), Journal::default());
        let draw = |journal: &mut Journal, question: &str| {
            journal.ask(question.to_owned(), || (count.fetch_add(1, Ordering::Relaxed), None))
        };
        assert_eq!([draw(&mut first, "a"), draw(&mut first, "a"), draw(&mut first, "b")], [0, 1, 2]);
        let mut second = first.again();
        // It may take another way: what was not asked before is asked now.
        assert_eq!(["b", "a", "c", "a", "a"].map(|question| draw(&mut second, question)), [2, 0, 3, 1, 4]);
    }

    #[test]
    fn nothing_is_remembered_where_nothing_was_asked() {
        assert!(Journal::default().again().0.is_none());
    }
}
