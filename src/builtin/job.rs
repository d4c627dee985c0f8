//! `Job.get(id)`: how far the caller's own long work is (`batchAdd?async=1`).

use crate::api::{Answer, Args};
use crate::auth::mask::LOGIN;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Object, read};
use crate::render::Lang;

pub static JOB: Object = Object::actions_only("Job").actions(&[
    read("get", LOGIN, get).doc("How far a piece of long work is: {done, total, errors, state}.")
]);

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.id(tx.env(), "id")?.ok_or_else(|| Error::missing("id"))?;
    let caller = tx.caller();
    let job = tx.env().jobs.of(&caller, id)?;
    Ok(Answer::Json(job.show(caller.lang == Lang::En)))
}
