//! Work that holds neither a reader nor the lane, and the writing that follows it.

use super::Body;
use super::done::{Written, done, done_before};
use super::identify::{self, Visit};
use super::once::{Once, UnderWay};
use super::parse::Parsed;
use super::record::Ids;
use super::route::Work;
use super::write::{Writing, write};
use crate::api::{Prepared, Stage};
use crate::db::{CallState, Headers, Tx};
use crate::error::{Error, Result};
use crate::server::House;
use std::sync::Arc;

/// Slow work on a thread of its own; what is left to write goes to the lane.
pub async fn outside(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    work: Work,
) -> Written {
    let _under_way = match &visit.once {
        Some(once) => match before(house, visit, once) {
            Ok(Ok(under_way)) => Some(under_way),
            Ok(Err(body)) => return done_before(house, parsed, visit, ids, body).await.into(),
            Err(error) => return done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
        },
        None => None,
    };
    let (prepared, headers) = {
        let (house, parsed, visit) = (house.clone(), parsed.clone(), visit.clone());
        let task = tokio::task::spawn_blocking(move || {
            let standing = identify::standing(&house, &parsed, &visit);
            let mut stage = Stage::new(&house, visit.caller.clone(), visit.draft())
                .of_call(ids.call, parsed.action.to_string())
                .judged_by(standing)
                .done_once(visit.once.is_some());
            (work(&mut stage, &parsed.args), stage.headers())
        });
        task.await.unwrap_or_else(|panic| (Err(Error::server(panic.to_string())), Headers::new()))
    };
    let mut written: Written = match prepared {
        Ok(Prepared::Write(rest)) => write(house, parsed, visit, ids, Writing::Once(rest)).await,
        // The answer is kept with its key all the same.
        Ok(Prepared::Done(answer)) if visit.once.is_some() => {
            write(house, parsed, visit, ids, Writing::Once(Box::new(|_| Ok(answer)))).await
        }
        Ok(Prepared::Done(answer)) => done(house, parsed, visit, ids, Vec::new(), Ok(answer)).await.into(),
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    };
    written.headers.extend(headers);
    written
}

/// Takes the key of a call that is to be done once, or finds the answer that was given before.
fn before(house: &Arc<House>, visit: &Visit, once: &Arc<Once>) -> Result<Result<UnderWay, Body>> {
    let under_way = once.begin(house)?;
    let found = house
        .look(|conn| once.find(&mut Tx::new(conn, &house.env, visit.caller.clone(), CallState::default())))?;
    Ok(found.map_or(Ok(under_way), Err))
}
