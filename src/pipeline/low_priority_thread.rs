//! Long work on a thread of its own, which stands back for short calls: a report takes what they leave of
//! the processors.

use crate::error::{Error, Result};
use tokio::sync::oneshot;

pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = oneshot::channel();
    let thread = std::thread::Builder::new().name("long".into());
    let begun = thread.spawn(move || {
        stand_back();
        let _ = send.send(work());
    });
    begun.map_err(|e| Error::server(format!("no thread for a long call: {e}")))?;
    // A panic drops the sender.
    receive.await.map_err(|_| Error::server("a long call was lost"))
}

/// Gives this thread less of the processors than those that serve calls. On Linux a priority is a thread's own; elsewhere it would be the whole server's.
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "a long call keeps its priority");
    }
}

/// About a tenth of the weight of a thread that serves short calls.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
