//! `jindou call`: one call from the command line, through the same rules and the same audit.

use super::args::CallArgs;
use super::{Failure, build, open, say};
use crate::auth::{Caller, Role};
use crate::call::params::Params;
use crate::pipeline;
use crate::plugin::Plugin;
use std::path::Path;

pub fn run(plugins: &'static [&'static Plugin], file: Option<&Path>, args: &CallArgs) -> Result<(), Failure> {
    let caller = caller(&args.role)?;
    let (get, post) = (pairs(&args.get)?, pairs(&args.post)?);
    let server = open(build(plugins, file)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let text = runtime.block_on(pipeline::call_as(&server, caller, &args.action, get, post))?;
    server.close(true);
    say(text.trim_end());
    match text.starts_with("[0,") || text.starts_with("[\n    0,") {
        true => Ok(()),
        false => Err(Failure("the call failed".into())),
    }
}

/// `emp:3`
fn caller(text: &str) -> Result<Caller, Failure> {
    let (name, id) = text.split_once(':').unwrap_or((text, "1"));
    let role = Role::ALL.into_iter().find(|role| role.name() == name);
    match (role, id.parse::<i64>()) {
        (Some(role), Ok(id)) => Ok(Caller::of_role(role, if role == Role::Guest { 0 } else { id })),
        _ => Err(Failure(format!(
            "--as {text}: expected guest, user, emp, mgr or admin, with an id behind a colon"
        ))),
    }
}

fn pairs(list: &[String]) -> Result<Params, Failure> {
    let split = list.iter().map(|pair| {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure(format!("{pair}: expected name=value")))?;
        Ok((name.to_owned(), value.to_owned()))
    });
    let pairs = split.collect::<Result<Vec<_>, Failure>>()?;
    Ok(Params::from_pairs(pairs)?)
}
