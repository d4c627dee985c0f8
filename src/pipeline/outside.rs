//! Work that holds neither a reader nor the lane, and the writing that follows it.

use super::parse::Parsed;
use super::place::Work;
use super::record::Ids;
use super::run::{Written, done};
use super::who::{self, Visit};
use super::write::{Writing, write};
use crate::db::Headers;
use crate::error::Error;
use crate::exec::{Prepared, Stage};
use crate::house::House;
use std::sync::Arc;

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
            let standing = who::standing(&house, &parsed, &visit);
            let mut stage = Stage::new(&house, visit.caller.clone(), visit.draft())
                .of_call(ids.call, parsed.action.to_string())
                .judged_by(standing);
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
