//! Tells the open connections that the server ends, and waits until the last of them has ended.

use tokio::sync::watch;

pub struct Shutdown(watch::Sender<()>);

/// Held by a connection as long as it is open.
pub struct EndSignal(watch::Receiver<()>);

impl Shutdown {
    pub fn new() -> Shutdown {
        Shutdown(watch::Sender::new(()))
    }

    /// For one more connection.
    pub fn signal(&self) -> EndSignal {
        EndSignal(self.0.subscribe())
    }

    /// Resolves when nobody is left.
    pub async fn tell(self) {
        self.0.send_replace(());
        self.0.closed().await;
    }
}

impl EndSignal {
    /// Resolves when the server ends.
    pub async fn wait(&mut self) {
        // An error means that the server is gone already.
        let _ = self.0.changed().await;
    }
}
