//! Work that holds neither a reader nor the lane, and the writing that follows it: at once, or later when
//! nobody waits for it.

use super::parse::Parsed;
use super::place::Work;
use super::record::Ids;
use super::run::{Written, done};
use super::who::Visit;
use super::write::{Writing, settle, write};
use crate::audit;
use crate::db::{CallState, Headers, Tx};
use crate::error::{Error, Result};
use crate::exec::{Prepared, Stage};
use crate::house::House;
use std::sync::Arc;

/// A write that its caller does not wait for. Its record is the call that began it; its ObjLog lines are
/// written with it.
pub fn write_later<T: Send + 'static>(
    house: &Arc<House>,
    caller: Arc<crate::auth::Caller>,
    log_id: i64,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    then: impl FnOnce(Result<T>) + Send + 'static,
) -> Result<()> {
    let writer = house.clone();
    house.db.lane.write(Arc::new("a job that goes on after its call"), move |desk| {
        let state = CallState { log_id, ..CallState::default() };
        let mut tx = Tx::at(desk, &writer.env, caller, state);
        let result = work(&mut tx);
        let mut state = std::mem::take(&mut tx.state);
        let objects = std::mem::take(&mut state.objlog);
        let result = result.and_then(|value| {
            if writer.env.audit().on() {
                audit::objects(objects, log_id, None)
                    .try_for_each(|record| writer.chain.append(desk, &record))?;
            }
            Ok(value)
        });
        settle(&writer, state, result, then)
    })
}

/// Slow work on a thread of its own; what is left to write goes to the lane.
pub async fn outside(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    work: Work,
) -> Written {
    let (prepared, headers) = {
        let (house, parsed, visit) = (house.clone(), parsed.clone(), visit.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut stage = Stage::new(&house, visit.caller.clone(), visit.draft()).logged_as(ids.call);
            (work(&mut stage, &parsed.args), stage.headers())
        });
        task.await.unwrap_or_else(|panic| (Err(Error::server(panic.to_string())), Headers::new()))
    };
    let mut written: Written = match prepared {
        Ok(Prepared::Write(rest)) => write(house, parsed, visit, ids, Writing::Once(rest)).await,
        Ok(Prepared::Done(answer)) => done(house, parsed, visit, ids, Vec::new(), Ok(answer)).await.into(),
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    };
    written.headers.extend(headers);
    written
}
