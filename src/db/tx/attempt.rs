//! Parts of a call that may be undone while the call goes on: work that is only tried, and one of several attempts.

use super::{Hand, Tx};
use crate::auth::Caller;
use crate::db::insert_batching::Before;
use crate::error::Result;
use std::sync::Arc;

/// How far a call had come when a part of it began that may be undone.
struct Begun {
    objects: usize,
    effects: usize,
    files: usize,
    aftermath: usize,
    sessions: usize,
    accounts: usize,
    added: usize,
    new_ids: usize,
    session: crate::session::Draft,
    caller: Arc<Caller>,
}

impl<'a> Tx<'a> {
    /// Does the work and undoes it: what is left is its answer, or what would have gone wrong.
    pub(crate) fn dry<T>(&mut self, work: impl FnOnce(&mut Tx<'a>) -> Result<T>) -> Result<T> {
        // What waits from before is not part of it; what waits afterwards is undone with it.
        self.write_waiting(Before::All)?;
        self.conn.batch_cached("SAVEPOINT dry")?;
        let (begun, mark) = (self.begun(), self.conn.recorded());
        let result = work(self);
        self.back_to(begun);
        self.conn.undo("ROLLBACK TO dry")?;
        self.conn.forget_recorded(mark);
        self.conn.batch_cached("RELEASE dry")?;
        result
    }

    /// Does the work, one of several in this call. If it fails it is as if it had not begun, but for what must be written
    /// although it was refused; the call goes on.
    pub(crate) fn attempt<T>(&mut self, work: impl FnOnce(&mut Tx<'a>) -> Result<T>) -> Result<Result<T>> {
        self.write_waiting(Before::All)?;
        self.conn.batch_cached("SAVEPOINT attempt")?;
        let (begun, mark) = (self.begun(), self.conn.recorded());
        let waited = self.let_wait(false);
        let result = work(self);
        self.let_wait(waited);
        if let Err(error) = &result {
            if self.conn.is_at_rest() {
                return Err(error.clone());
            }
            let refusals = self.state.aftermath.split_off(begun.aftermath.min(self.state.aftermath.len()));
            self.back_to(begun);
            self.conn.undo("ROLLBACK TO attempt")?;
            self.conn.forget_recorded(mark);
            refusals.into_iter().try_for_each(|refusal| refusal(self))?;
        }
        self.conn.batch_cached("RELEASE attempt")?;
        Ok(result)
    }

    fn let_wait(&self, allowed: bool) -> bool {
        match self.hand {
            Hand::Own(_) => false,
            Hand::Lane(writer) => writer.let_wait(allowed),
        }
    }

    /// Where what the call gathers stands.
    fn begun(&self) -> Begun {
        let state = &self.state;
        Begun {
            objects: state.objlog.len(),
            effects: state.effects.len(),
            files: state.released_files.len(),
            aftermath: state.aftermath.len(),
            sessions: state.forget_sessions.len(),
            accounts: state.forget_accounts.len(),
            added: state.added.len(),
            new_ids: state.new_ids.len(),
            session: state.session.clone(),
            caller: self.caller.clone(),
        }
    }

    /// Forgets what was gathered since.
    fn back_to(&mut self, begun: Begun) {
        let state = &mut self.state;
        state.objlog.truncate(begun.objects);
        state.effects.truncate(begun.effects);
        state.released_files.truncate(begun.files);
        state.aftermath.truncate(begun.aftermath);
        state.forget_sessions.truncate(begun.sessions);
        state.forget_accounts.truncate(begun.accounts);
        state.added.truncate(begun.added);
        state.new_ids.truncate(begun.new_ids);
        state.known.forget();
        (self.state.session, self.caller) = (begun.session, begun.caller);
    }
}
