//! The rows of a long import are read on a second thread, a little ahead of the one that writes them.

use super::rows::Item;
use std::sync::mpsc::sync_channel;

/// Rows that change hands together.
const CHUNK: usize = 256;
/// Chunks that wait to be written at most.
const WAITING: usize = 4;

/// Gives the items to `each` in their order, until it has had enough.
pub fn each<'a>(
    mut items: impl Iterator<Item = Item<'a>> + Send,
    mut each: impl FnMut(Item<'a>) -> bool,
) {
    let first: Vec<Item<'a>> = items.by_ref().take(CHUNK).collect();
    let short = first.len() < CHUNK;
    if !first.into_iter().all(&mut each) || short {
        return;
    }
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel(WAITING);
        scope.spawn(move || {
            loop {
                let chunk: Vec<Item<'a>> = items.by_ref().take(CHUNK).collect();
                if chunk.is_empty() || send.send(chunk).is_err() {
                    return;
                }
            }
        });
        receive.into_iter().flatten().all(each);
    });
}
