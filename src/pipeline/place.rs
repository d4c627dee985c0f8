//! Where a call runs: a read here and now if it is cheap, a write on the lane, slow work elsewhere.

use crate::auth::{Caller, Granted, authorize};
use crate::call::name::Action as Name;
use crate::env::Env;
use crate::error::Result;
use crate::exec::{Args, Prepared, Stage};
use crate::object::{GET, QUERY, Run};

pub enum Place {
    Reader,
    Lane,
    /// Neither: the action prepares outside and gives back what is left to write.
    Outside {
        work: fn(&mut Stage<'_>, &Args) -> Result<Prepared>,
        /// It brings files, and so waits for its turn.
        files: bool,
    },
}

/// Authorizes and chooses. What the caller may not do never takes a connection.
pub fn place(env: &Env, caller: &Caller, name: &Name) -> Result<Place> {
    Ok(match authorize(&env.registry, caller, name)? {
        Granted::Table(granted) if granted.action() & (GET | QUERY) != 0 => Place::Reader,
        Granted::Table(_) => Place::Lane,
        Granted::Action(action) => match action.run {
            Run::Read(_) => Place::Reader,
            Run::Write(_) => Place::Lane,
            Run::Staged(work) => Place::Outside { work, files: action.takes_file },
        },
    })
}
