//! Where a call runs: a read here and now if it is cheap, a write on the lane, slow work elsewhere.

use crate::api::{Args, Prepared, Stage};
use crate::auth::Caller;
use crate::authorize::{Granted, authorize};
use crate::call::name::Action as Name;
use crate::error::Result;
use crate::object::{BATCH_ADD, GET, QUERY, Run};
use crate::services::Services;

/// Work that runs outside both, then gives back what is left to write.
pub type Work = Box<dyn FnOnce(&mut Stage<'_>, &Args) -> Result<Prepared> + Send>;

pub enum Place {
    Reader,
    Lane,
    /// Neither: the action prepares outside and gives back what is left to write.
    Outside {
        work: Work,
        reads: bool,
    },
}

/// Authorizes and chooses. What the caller may not do never takes a connection.
pub fn place(env: &Services, caller: &Caller, name: &Name, wants_file: bool) -> Result<Place> {
    Ok(match authorize(&env.registry, caller, name)? {
        Granted::Table(granted) if granted.action() == BATCH_ADD => Place::Outside {
            work: {
                let named = name.clone();
                Box::new(move |stage, args| crate::write::import::stage(stage, &named, args))
            },
            reads: false,
        },
        Granted::Table(granted) if granted.action() == QUERY && wants_file => Place::Outside {
            work: {
                let named = name.clone();
                Box::new(move |stage, args| crate::read::export::stage(stage, &named, args))
            },
            reads: true,
        },
        Granted::Table(granted) if granted.action() & (GET | QUERY) != 0 && granted.owner().is_some() => {
            Place::Outside {
                work: {
                    let named = name.clone();
                    Box::new(move |stage, args| crate::read::look_log::stage(stage, &named, args))
                },
                reads: true,
            }
        }
        Granted::Table(granted) if granted.action() & (GET | QUERY) != 0 => Place::Reader,
        Granted::Table(_) => Place::Lane,
        Granted::Action(action) => match action.run {
            Run::Read(_) => Place::Reader,
            Run::Write(_) => Place::Lane,
            Run::Staged(work) => Place::Outside { work: Box::new(work), reads: action.gives_file },
        },
    })
}
