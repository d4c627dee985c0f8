//! Actions of an author's own: functions (`login`) and object actions (`Ordr.pay`).

use crate::api::{Answer, Args, Prepared, Stage};
use crate::auth::mask::Mask;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::Result;
use crate::services::Services;

/// How an action runs, which decides where: reads on a reader, writes on the writer lane. Staged work
/// (hashing, pictures, outside calls) runs outside both; it may read, and gives back either its answer or
/// the writing that is left to do.
#[derive(Clone, Copy)]
pub enum Run {
    /// Reads in a snapshot.
    Read(fn(&mut Tx<'_>, &Args) -> Result<Answer>),
    /// Writes in a transaction.
    Write(fn(&mut Tx<'_>, &Args) -> Result<Answer>),
    /// Works outside a transaction first.
    Staged(fn(&mut Stage<'_>, &Args) -> Result<Prepared>),
}

/// Bytes of one file at most, by the parameters that are known when it begins to arrive.
pub type FileMax = fn(&Services, &Params) -> u64;

/// An action of an author's own.
#[derive(Clone, Copy)]
pub struct Action {
    /// `pay` for an object's `Ordr.pay`; the whole name for a function.
    pub name: &'static str,
    /// Any of these bits opens it; 0 = everybody.
    pub who: Mask,
    /// Exists in test mode only.
    pub test_only: bool,
    /// What it does.
    pub run: Run,
    /// A raw body is not held in memory but goes to disk, as the one file of the call.
    pub takes_file: bool,
    /// Bounds each file while it arrives.
    pub file_max: Option<FileMax>,
    /// Bytes of a body that is held in memory at most.
    pub body_max: usize,
    /// Reads, and may answer with a file: HEAD gets the headers a GET would.
    pub gives_file: bool,
    /// Answers with words of the request: a page of another site may not let a visitor's browser ask for it.
    pub own_site: bool,
    /// About the caller's own account: no role takes it away.
    pub personal: bool,
    /// One line for the reference.
    pub doc: &'static str,
}

/// Bytes of a body that does not go to disk, unless its action declares another size.
pub const BODY_MAX: usize = 1 << 20;

/// An action that reads. `who`: any of these bits opens it; `GUEST` = everybody.
pub const fn read(name: &'static str, who: Mask, run: fn(&mut Tx<'_>, &Args) -> Result<Answer>) -> Action {
    action(name, who, Run::Read(run))
}

/// An action that writes, in one transaction with everything that it calls.
pub const fn write(name: &'static str, who: Mask, run: fn(&mut Tx<'_>, &Args) -> Result<Answer>) -> Action {
    action(name, who, Run::Write(run))
}

/// An action with work outside a transaction: hashing, pictures, outside calls.
pub const fn staged(
    name: &'static str,
    who: Mask,
    run: fn(&mut Stage<'_>, &Args) -> Result<Prepared>,
) -> Action {
    action(name, who, Run::Staged(run))
}

const fn action(name: &'static str, who: Mask, run: Run) -> Action {
    Action {
        name,
        who,
        test_only: false,
        run,
        takes_file: false,
        file_max: None,
        body_max: BODY_MAX,
        gives_file: false,
        own_site: false,
        personal: false,
        doc: "",
    }
}

impl Action {
    /// Exists in test mode only.
    pub const fn test_only(mut self) -> Action {
        self.test_only = true;
        self
    }

    /// A raw body goes to disk, as the one file of the call.
    pub const fn takes_file(mut self) -> Action {
        self.takes_file = true;
        // A file may also come as the text of a form.
        self.body_max(usize::MAX)
    }

    /// Bounds each file while it arrives.
    pub const fn file_max(mut self, most: FileMax) -> Action {
        self.file_max = Some(most);
        self
    }

    /// Another size of the body than usual, within `P_MAX_BODY`.
    pub const fn body_max(mut self, bytes: usize) -> Action {
        self.body_max = bytes;
        self
    }

    /// Reads, and may answer with a file.
    pub const fn gives_file(mut self) -> Action {
        self.gives_file = true;
        self
    }

    /// Pages of other sites may not call it: it answers with words of the request.
    pub const fn own_site(mut self) -> Action {
        self.own_site = true;
        self
    }

    /// No role takes it away: it is about the caller's own account.
    pub const fn personal(mut self) -> Action {
        self.personal = true;
        self
    }

    /// One line for the reference.
    pub const fn doc(mut self, doc: &'static str) -> Action {
        self.doc = doc;
        self
    }
}
