//! What is acknowledged is stored exactly once with all its records; nothing else is stored, and nothing half.

use crate::book::{Book, Outcome, Wrong};
use crate::plan::{self, What};
use crate::server::{Place, Who};
use crate::snapshot::Snapshot;
use std::collections::{HashMap, HashSet};
use std::path::Path;

pub fn all(book: &mut Book, place: &Place, now: &Snapshot) {
    database(book, now);
    chain(book, now);
    orders(book, now);
    records(book, now);
    files(book, place, now);
}

fn database(book: &mut Book, now: &Snapshot) {
    if now.integrity != "ok" {
        book.wrong(Wrong::Integrity, &now.integrity);
    }
    if now.broken_references > 0 {
        book.wrong(Wrong::Integrity, format!("{} broken references", now.broken_references));
    }
}

/// Numbers without a gap, and the ends that were seen before.
fn chain(book: &mut Book, now: &Snapshot) {
    let most = now.chain.keys().max().copied().unwrap_or_default();
    let least = now.chain.keys().min().copied().unwrap_or(1);
    if now.chain.len() as i64 != most - least + 1 {
        book.wrong(Wrong::Chain, format!("{} links from {least} to {most}", now.chain.len()));
    }
    for (number, hash) in book.heads.clone() {
        if now.chain.get(&number) != Some(&hash) {
            book.wrong(
                Wrong::Chain,
                format!("the end of the chain at {number} that was seen before is not in it"),
            );
        }
    }
    book.heads.extend(now.head());
}

fn orders(book: &mut Book, now: &Snapshot) {
    let mut seen: HashMap<&str, i64> = HashMap::new();
    let births = now.births();
    let mut faults = Vec::new();
    let mut wrong = |wrong, text: String| faults.push((wrong, text));
    for row in &now.orders {
        if let Some(other) = seen.insert(&row.mark, row.id) {
            wrong(Wrong::Duplicated, format!("{} is order {other} and order {}", row.mark, row.id));
        }
        let Some(order) = book.orders.get(&row.id) else {
            wrong(Wrong::Ghost, format!("order {} ({}) was made by no call", row.id, row.mark));
            continue;
        };
        if order.mark != row.mark {
            wrong(Wrong::Reused, format!("order {} is {} and was told as {}", row.id, row.mark, order.mark));
            continue;
        }
        if !order.there.0 || order.there == (false, true) {
            wrong(Wrong::Lost, format!("order {} ({}) was deleted and is there", row.id, row.mark));
        }
        let owner = if let Who::User(id) = order.by { id } else { 1 };
        if row.user != owner {
            wrong(Wrong::Other, format!("order {} belongs to {} and not to {owner}", row.id, row.user));
        }
        if !order.remark.contains(&row.remark) {
            wrong(Wrong::Lost, format!("order {} says {:?} and not {:?}", row.id, row.remark, order.remark));
        }
        if !order.status.contains(&row.status.as_str()) {
            wrong(Wrong::Lost, format!("order {} is {} and not {:?}", row.id, row.status, order.status));
        }
        let mut lines = now.lines.get(&row.id).cloned().unwrap_or_default();
        lines.sort();
        let mut expected = vec!["CR".to_owned()];
        if row.status != "CR" {
            expected.push(row.status.clone());
        }
        expected.sort();
        if lines != expected {
            wrong(Wrong::Half, format!("the log of order {} ({}) says {lines:?}", row.id, row.status));
        }
        let files = now.order_files.get(&row.id).map_or(0, Vec::len);
        if files != order.files {
            wrong(Wrong::Half, format!("order {} has {files} files and not {}", row.id, order.files));
        }
        match births.get(&row.id).map_or(&[][..], Vec::as_slice) {
            [call] => match now.calls.get(call) {
                Some(found) if found.user == order.by.id() => {}
                Some(found) => wrong(
                    Wrong::WithoutAuthor,
                    format!(
                        "order {} by {:?} came by call {call} of {} ({})",
                        row.id, order.by, found.user, found.action
                    ),
                ),
                None => wrong(
                    Wrong::WithoutAuthor,
                    format!("order {} came by call {call}, which has no row", row.id),
                ),
            },
            calls => {
                wrong(Wrong::Record, format!("order {} was made by {} rows of the log", row.id, calls.len()))
            }
        }
    }
    let there: HashSet<i64> = now.orders.iter().map(|row| row.id).collect();
    for order in book.orders.values().filter(|order| !order.there.1 && !there.contains(&order.id)) {
        wrong(Wrong::Lost, format!("order {} ({}) is gone", order.id, order.mark));
    }
    for id in now.lines.keys().chain(now.order_files.keys()).filter(|id| !there.contains(id)) {
        wrong(Wrong::Half, format!("rows of order {id}, which is not there"));
    }
    for (id, _) in births.iter().filter(|(id, _)| !book.orders.contains_key(id)) {
        wrong(Wrong::Ghost, format!("the log tells of order {id}, which no call made"));
    }
    faults.into_iter().for_each(|(kind, text)| book.wrong(kind, text));
}

/// Each acknowledged change has its row in the log of calls and as many in the log of objects as it should.
fn records(book: &mut Book, now: &Snapshot) {
    let mut by_call: HashMap<i64, usize> = HashMap::new();
    for row in &now.objects {
        *by_call.entry(row.call).or_default() += 1;
    }
    let mut faults = Vec::new();
    for sent in &book.sent {
        let Outcome::Done { ids, log: Some(log) } = &sent.outcome else { continue };
        let changed = match &sent.call.what {
            What::Look => false,
            What::Batch { .. } => ids.iter().flatten().count() > 0,
            // The job has a row of its own.
            _ => !sent.call.is_async(),
        };
        if !changed {
            continue;
        }
        let mark = &sent.call.mark;
        match now.calls.get(log) {
            None => {
                faults.push((Wrong::Record, format!("call {log} ({mark}, {:?}) has no row", sent.call.what)))
            }
            Some(row) if row.user != sent.call.who.id() => {
                faults.push((
                    Wrong::WithoutAuthor,
                    format!("call {log} ({mark}) is by {} and not {:?}", row.user, sent.call.who),
                ));
            }
            // A batch whose row could not be written for long, before the server was killed.
            Some(row) if row.code == -100 && book.weak_disk.contains(&sent.cycle()) => {}
            Some(row) if row.code != 0 => {
                let what = &sent.call.what;
                faults.push((Wrong::Record, format!("call {log} ({mark}, {what:?}) says {}", row.code)));
            }
            Some(_) => {}
        }
        let least = match &sent.call.what {
            What::Batch { .. } => ids.iter().flatten().count(),
            What::Upload { .. } => 0,
            _ => 1,
        };
        if by_call.get(log).copied().unwrap_or_default() < least {
            faults.push((Wrong::Record, format!("call {log} ({mark}) left too few rows of objects")));
        }
    }
    for call in by_call.keys().chain(&now.items).filter(|call| !now.calls.contains_key(call)) {
        faults.push((Wrong::WithoutAuthor, format!("rows of call {call}, which has none itself")));
    }
    if now.begun > 0 {
        faults.push((Wrong::Record, format!("{} batches that have begun and never ended", now.begun)));
    }
    faults.into_iter().for_each(|(kind, text)| book.wrong(kind, text));
}

fn files(book: &mut Book, place: &Place, now: &Snapshot) {
    let mut faults = Vec::new();
    for (id, file) in &now.files {
        let mark = file.name.trim_end_matches(".txt");
        match std::fs::read(place.data().join(&file.path)) {
            Ok(bytes) if bytes == plan::content(mark, file.size as usize) => {}
            Ok(bytes) => faults.push((
                Wrong::File,
                format!("file {id} ({mark}) is not what was sent: {} bytes", bytes.len()),
            )),
            Err(error) => faults.push((Wrong::File, format!("file {id} ({mark}, {}): {error}", file.path))),
        }
        match book.told.get(&("Attachment", *id)) {
            None => faults.push((Wrong::Ghost, format!("file {id} ({mark}) was made by no call"))),
            Some(told) if told != mark => {
                faults.push((Wrong::Reused, format!("file {id} is {mark} and was told as {told}")))
            }
            Some(_) => {}
        }
    }
    for sent in book.sent.iter().filter(|sent| matches!(sent.call.what, What::Upload { .. })) {
        if let Outcome::Done { ids, .. } = &sent.outcome
            && let Some(Some(id)) = ids.first()
            && !now.files.contains_key(id)
        {
            faults.push((Wrong::Lost, format!("file {id} ({}) is gone", sent.call.mark)));
        }
    }
    faults.into_iter().for_each(|(kind, text)| book.wrong(kind, text));
}

/// Files that no row of Attachment names: how many, and how many of them will stay because nothing else names them
/// either.
pub fn orphans(place: &Place, now: &Snapshot) -> (usize, usize) {
    let named: HashSet<_> = now.files.values().map(|file| place.data().join(&file.path)).collect();
    let noted: HashSet<_> = now.noted.iter().map(|path| place.data().join(path)).collect();
    let count = |which: &dyn Fn(&Path) -> bool| count(&place.data().join("upload"), which);
    (count(&|path| !named.contains(path)), count(&|path| !named.contains(path) && !noted.contains(path)))
}

fn count(folder: &Path, which: &dyn Fn(&Path) -> bool) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { count(&path, which) } else { usize::from(which(&path)) })
        .sum()
}
