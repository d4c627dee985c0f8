//! A call inside a transaction: authorize, then the generic action or the author's own.

use crate::api::{Answer, Args};
use crate::auth::{Caller, Role};
use crate::authorize::{Authorized, Granted, authorize};
use crate::call::name::Action as Name;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{self as bits, Action, Run, WriteFields};
use crate::read;
use crate::read::prepared::{self, AskedQuery};
use crate::services::Services;
use crate::write::{WriteWords, add, bulk, del, dup, import, set};
use serde_json::Value;

/// Runs an action as the transaction's caller.
pub fn run(tx: &mut Tx<'_>, name: &Name, args: &Args) -> Result<Answer> {
    run_parsed(tx, name, args, None)
}

/// Runs an action of which the words were parsed before, if it is a standard one that writes.
pub fn run_parsed(tx: &mut Tx<'_>, name: &Name, args: &Args, words: Option<&WriteWords>) -> Result<Answer> {
    let caller = tx.caller();
    let granted = authorize(&tx.env().registry, &caller, name)?;
    tx.lone = tx.depth == 0 && matches!(granted, Granted::Table(_));
    match (granted, words) {
        (Granted::Table(authorized), Some(words)) => write(tx, &authorized, args, words),
        (Granted::Table(authorized), None) => self::authorized(tx, &authorized, args),
        (Granted::Action(action), _) => own(tx, action, name, args),
    }
}

/// The words of a standard action in the language of queries, understood before its transaction, with the right for which they
/// were: a query that came before is found by it.
pub struct Understood {
    caller: i64,
    rights: u32,
    action: u16,
    words: Words,
}

enum Words {
    Query(AskedQuery),
    Write(WriteWords),
}

/// Understands the words of a call before its transaction. None for an action of an author's own, and without the right: what
/// its caller may is asked when the call runs.
pub fn understand(env: &Services, caller: &Caller, name: &Name, args: &Args) -> Option<Result<Understood>> {
    let Ok(Granted::Table(authorized)) = authorize(&env.registry, caller, name) else { return None };
    let words = match authorized.action() {
        bits::QUERY | bits::GET => prepared::ask(env, &authorized, args).map(Words::Query),
        action => WriteWords::parse(action, args).map(Words::Write),
    };
    let (rights, action) = (authorized.rights().number, authorized.action());
    Some(words.map(|words| Understood { caller: caller.id, rights, action, words }))
}

/// Runs an action whose words were understood before. Should the caller or the right be another one by now, they are
/// understood anew.
pub fn run_understood(
    tx: &mut Tx<'_>,
    name: &Name,
    args: &Args,
    understood: &Result<Understood>,
) -> Result<Answer> {
    let caller = tx.caller();
    let authorized = match authorize(&tx.env().registry, &caller, name)? {
        Granted::Table(authorized) => authorized,
        Granted::Action(action) => {
            tx.lone = false;
            return own(tx, action, name, args);
        }
    };
    tx.lone = tx.depth == 0;
    let understood = understood.as_ref().map_err(Error::clone)?;
    let now = (caller.id, authorized.rights().number, authorized.action());
    match &understood.words {
        _ if now != (understood.caller, understood.rights, understood.action) => {
            self::authorized(tx, &authorized, args)
        }
        Words::Query(asked) => read::action(tx, &authorized, args, asked.clone()),
        Words::Write(words) => write(tx, &authorized, args, words),
    }
}

/// An action of an author's own, which was granted.
pub fn own(tx: &mut Tx<'_>, action: &Action, name: &Name, args: &Args) -> Result<Answer> {
    match action.run {
        Run::Read(work) | Run::Write(work) => match with_bare_names(tx, name, args)? {
            Some(args) => work(tx, &args),
            None => work(tx, args),
        },
        Run::Staged(_) => Err(Error::forbidden(format!("`{name}` cannot run inside a transaction")).say(
            format!("`{name}`不能在事务中调用"),
            format!("`{name}` cannot be called inside a transaction"),
        )),
    }
}

/// The parameters of an author's own action, whose rules look for the bare names of columns.
fn with_bare_names(tx: &Tx<'_>, name: &Name, args: &Args) -> Result<Option<Args>> {
    let Some(def) = name.object.as_ref().and_then(|object| tx.env().registry.object(object)) else {
        return Ok(None);
    };
    let renamed = WriteFields::bare_names(def, &args.post.0)?;
    Ok(renamed.map(|post| Args { post: Params(post), ..args.clone() }))
}

/// A standard action whose right is proven: its words are parsed, then it is executed.
pub fn authorized(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<Answer> {
    match authorized.action() {
        bits::QUERY | bits::GET => {
            let asked = prepared::ask(tx.env(), authorized, args)?;
            read::action(tx, authorized, args, asked)
        }
        action => write(tx, authorized, args, &WriteWords::parse(action, args)?),
    }
}

fn write(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args, words: &WriteWords) -> Result<Answer> {
    match authorized.action() {
        bits::ADD => add::action(tx, authorized, args, words),
        bits::SET => set::action(tx, authorized, args, words),
        bits::DEL => del::action(tx, authorized, args, words),
        bits::SET_IF => bulk::set_if(tx, authorized, args, words),
        bits::DEL_IF => bulk::del_if(tx, authorized, args, words),
        bits::BATCH_SET => bulk::batch_set(tx, authorized, args, words),
        bits::BATCH_DEL => bulk::batch_del(tx, authorized, args, words),
        bits::BATCH_ADD => import::action(tx, authorized, args),
        bits::DUP => dup::action(tx, authorized, args),
        other => Err(Error::server(format!("no standard action has bit {other}"))),
    }
}

impl Tx<'_> {
    /// A call inside this call, as the same caller: same stages, same transaction, no ApiLog row of its own.
    pub fn call(&mut self, action: &str, get: Params, post: Params) -> Result<Value> {
        let caller = (*self.caller()).clone();
        self.call_as(caller, action, get, post)
    }

    /// Calls an action with the rights of the administrator: the plugin answers for what the caller may do.
    pub fn call_as_system(&mut self, action: &str, get: Params, post: Params) -> Result<Value> {
        let mut caller = Caller::of_role(Role::Admin, 0);
        let mine = self.caller();
        caller.lang = mine.lang;
        self.call_as(caller, action, get, post)
    }

    fn call_as(&mut self, caller: Caller, action: &str, get: Params, post: Params) -> Result<Value> {
        let (name, args) = (Name::parse(action), Args::new(self.env(), get, post));
        self.as_caller(caller, |tx| run(tx, &name, &args).map(Answer::into_value))
    }
}
