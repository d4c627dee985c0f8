//! Which way a granted call goes, and its words in the language of queries, understood before it waits for anything.

use super::parse::Parsed;
use crate::api::{Args, Prepared, Stage};
use crate::authorize::{Authorized, Granted};
use crate::call::query;
use crate::error::Result;
use crate::object::{Action, BATCH_ADD, GET, QUERY, Run};
use crate::read::prepared::{self, AskedQuery};
use crate::read::{export, look_log};
use crate::services::Services;
use crate::write::{WriteWords, import};

/// Work that needs neither a connection nor the lane, then gives back what is left to write.
pub type StagedWork = Box<dyn FnOnce(&mut Stage<'_>, &Args) -> Result<Prepared> + Send>;

pub enum Route<'a> {
    /// On a connection, at once.
    Read(ReadCall<'a>),
    /// On the lane. The words are those of a standard action.
    Write(Option<WriteWords>),
    /// On a thread of its own, which prepares and gives back what is left to write.
    Staged { work: StagedWork, reads: bool, takes_file: bool },
}

/// What a reading call was granted.
pub enum ReadCall<'a> {
    /// `query` or `get`.
    Standard(Authorized<'a>, AskedQuery),
    Own(&'static Action),
}

impl Route<'_> {
    /// Whether it may change something.
    pub fn writes(&self) -> bool {
        matches!(self, Route::Write(_) | Route::Staged { reads: false, .. })
    }
}

/// Whether a call changes nothing, as far as its declaration tells.
pub fn reads(granted: &Granted<'_>) -> bool {
    match granted {
        Granted::Table(authorized) => authorized.action() & (GET | QUERY) != 0,
        Granted::Action(action) => match action.run {
            Run::Read(_) => true,
            Run::Write(_) => false,
            Run::Staged(_) => action.gives_file,
        },
    }
}

/// Chooses the way of a call. An ill-formed query is refused here, so it never takes a connection.
pub fn route<'a>(env: &Services, granted: Granted<'a>, parsed: &Parsed) -> Result<Route<'a>> {
    let args = &parsed.args;
    let authorized = match granted {
        Granted::Table(authorized) => authorized,
        Granted::Action(action) => {
            return Ok(match action.run {
                Run::Read(_) => Route::Read(ReadCall::Own(action)),
                Run::Write(_) => Route::Write(None),
                Run::Staged(work) => Route::Staged {
                    work: Box::new(work),
                    reads: action.gives_file,
                    takes_file: action.takes_file,
                },
            });
        }
    };
    let name = || parsed.action.clone();
    Ok(match authorized.action() {
        BATCH_ADD => {
            let name = name();
            staged(false, move |stage, args| import::stage(stage, &name, args))
        }
        QUERY if parsed.wants_file() => {
            let (name, req) = (name(), query::parse(&args.get, &args.post)?);
            staged(true, move |stage, args| export::stage(stage, &name, args, req))
        }
        GET | QUERY if authorized.owner().is_some() => {
            let (name, asked) = (name(), prepared::ask(env, &authorized, args)?);
            staged(true, move |stage, args| look_log::stage(stage, &name, args, asked))
        }
        GET | QUERY => Route::Read(ReadCall::Standard(authorized, prepared::ask(env, &authorized, args)?)),
        action => Route::Write(Some(WriteWords::parse(action, args)?)),
    })
}

/// A standard action that prepares on a thread of its own.
fn staged<'a>(
    reads: bool,
    work: impl FnOnce(&mut Stage<'_>, &Args) -> Result<Prepared> + Send + 'static,
) -> Route<'a> {
    Route::Staged { work: Box::new(work), reads, takes_file: false }
}
