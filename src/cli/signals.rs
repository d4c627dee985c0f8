//! The signals of a server: SIGTERM and Ctrl-C end it, SIGHUP reads the configuration again, SIGUSR1 opens the file of
//! the log anew.

use super::reload::Reloader;
use super::{Failure, supervisor};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Those that must not end the program, from its first moment on.
pub struct Signals {
    hangup: Signal,
    user: Signal,
}

impl Signals {
    pub fn catch(runtime: &Runtime) -> Result<Signals, Failure> {
        let _inside = runtime.enter();
        Ok(Signals { hangup: signal(SignalKind::hangup())?, user: signal(SignalKind::user_defined1())? })
    }

    /// Serves the others until it is time to end.
    pub async fn until_stopped(mut self, mut reloader: Reloader) {
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = tokio::signal::ctrl_c() => break,
                _ = self.hangup.recv() => reloader.reload(),
                _ = self.user.recv() => reloader.reopen(),
            }
        }
        tracing::info!("stopping");
        supervisor::stopping();
        // Whoever asks twice does not want to wait for open calls.
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            tracing::warn!("stopped without waiting for open calls");
            crate::log::flush();
            std::process::exit(1);
        });
    }
}
