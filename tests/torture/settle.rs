//! Calls without an answer come to one or the other: whole, or not at all. Those with a key are asked for by it.

use crate::book::{Book, Outcome, Wrong};
use crate::http::{Client, Cut, Reply, Request};
use crate::load::judge;
use crate::plan::{Call, What};
use crate::rng::Rng;
use crate::server::Server;
use crate::snapshot::Snapshot;
use serde_json::Value;

/// Of the calls with a key that were answered, so many are sent again.
const AGAIN: usize = 8;

/// Sends calls again by their keys. The open ones are done after that or refused.
pub fn by_key(book: &mut Book, server: &Server, rng: &mut Rng) {
    let mut client = Client::new(server.at);
    let keyed: Vec<usize> = (0..book.sent.len()).filter(|n| book.sent[*n].call.key).collect();
    let open: Vec<usize> =
        keyed.iter().copied().filter(|n| book.sent[*n].outcome == Outcome::Unknown).collect();
    for n in open {
        let call = book.sent[n].call.clone();
        let Some(answer) = send(&mut client, &call) else {
            book.wrong(Wrong::Other, format!("{} was asked for by its key and not answered", call.mark));
            continue;
        };
        let outcome = match judge(&call, &answer, None) {
            Outcome::Unknown => {
                book.wrong(Wrong::Other, format!("{} was asked for by its key: {answer}", call.mark));
                continue;
            }
            other => other,
        };
        book.sent[n].answer = matches!(outcome, Outcome::Done { .. }).then_some(answer);
        close(book, n, outcome);
    }
    let answered: Vec<usize> = keyed.into_iter().filter(|n| book.sent[*n].answer.is_some()).collect();
    for _ in 0..AGAIN.min(answered.len()) {
        let sent = &book.sent[rng.pick(&answered)];
        let (call, before) = (sent.call.clone(), sent.answer.clone());
        let again = send(&mut client, &call);
        if again != before {
            book.wrong(
                Wrong::Duplicated,
                format!("{} was answered {before:?}, and by its key again {again:?}", call.mark),
            );
        }
    }
}

fn send(client: &mut Client, call: &Call) -> Option<Value> {
    let (target, kind, body) = call.request();
    match client.send(&Request { target: &target, key: &call.who.key(), kind, body: &body }, Cut::No) {
        Reply::Answer(answer, _) => Some(answer),
        _ => None,
    }
}

/// The others, by what is there.
pub fn by_rows(book: &mut Book, now: &Snapshot) {
    for n in 0..book.sent.len() {
        if book.sent[n].outcome == Outcome::Unknown {
            let call = book.sent[n].call.clone();
            let outcome = found(book, now, &call);
            close(book, n, outcome);
        }
    }
}

fn found(book: &mut Book, now: &Snapshot, call: &Call) -> Outcome {
    let row = |id: &i64| now.orders.iter().find(|row| row.id == *id);
    let done: Vec<bool> = match &call.what {
        What::Look | What::Bad => Vec::new(),
        What::Upload { .. } => {
            let name = format!("{}.txt", call.mark);
            let mut ids = now.files.iter().filter(|(_, file)| file.name == name).map(|(id, _)| Some(*id));
            return ids.next().map_or(Outcome::Refused, |id| Outcome::Done { ids: vec![id], log: None });
        }
        What::Remark { orders } => orders
            .iter()
            .map(|id| row(id).is_some_and(|row| row.remark.as_ref() == Some(&call.mark)))
            .collect(),
        What::Status { order, to } => vec![row(order).is_some_and(|row| row.status == *to)],
        What::Del { order } => vec![row(order).is_none()],
        What::Add { .. } | What::Batch { .. } | What::Import { .. } => return made(book, now, call),
    };
    let count = done.iter().filter(|done| **done).count();
    if count > 0 && count < done.len() {
        book.wrong(Wrong::Half, format!("{} changed {count} of {} orders", call.mark, done.len()));
    }
    if count > 0 { Outcome::Done { ids: Vec::new(), log: None } } else { Outcome::Refused }
}

/// Calls that make orders: all of them, or none; of a batch without transaction any.
fn made(book: &mut Book, now: &Snapshot, call: &Call) -> Outcome {
    let ids: Vec<Option<i64>> = (0..call.makes())
        .map(|n| {
            let mark = call.row(n);
            now.orders.iter().find(|row| row.mark == mark).map(|row| row.id)
        })
        .collect();
    let count = ids.iter().flatten().count();
    let whole = match &call.what {
        // Each by itself: what was wrong meanwhile may have kept some of them from being done.
        What::Batch { trans: false, bad, .. } => bad.is_none_or(|bad| ids[bad].is_none()),
        What::Batch { bad: Some(_), .. } => count == 0,
        _ => count == 0 || count == ids.len(),
    };
    if !whole {
        book.wrong(Wrong::Half, format!("{} made {count} of {} orders", call.mark, ids.len()));
    }
    if count > 0 { Outcome::Done { ids, log: None } } else { Outcome::Refused }
}

/// From here on the outcome is known.
fn close(book: &mut Book, n: usize, outcome: Outcome) {
    let call = book.sent[n].call.clone();
    let done = matches!(outcome, Outcome::Done { .. });
    book.apply(&call, &outcome);
    let touched: Vec<i64> = match &call.what {
        What::Remark { orders } => orders.clone(),
        What::Status { order, .. } | What::Del { order } => vec![*order],
        _ => Vec::new(),
    };
    for id in touched.iter().filter(|_| !done) {
        let Some(order) = book.orders.get_mut(id) else { continue };
        order.remark.retain(|remark| remark.as_ref() != Some(&call.mark));
        order.status.truncate(1);
        order.there = (order.there.0, false);
    }
    book.sent[n].outcome = outcome;
}
