//! Tells systemd, when it has started us (`Type=notify`): ready, stopping, and, with `WatchdogSec=`, alive.

use sd_notify::NotifyState;
use tokio::runtime::Runtime;

/// From now on calls are answered.
pub fn ready(runtime: &Runtime) {
    tell(NotifyState::Ready);
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    // From a task: when no thread of the network is left to run it, no call is answered either.
    runtime.spawn(async move {
        loop {
            tell(NotifyState::Watchdog);
            tokio::time::sleep(patience / 3).await;
        }
    });
}

pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Not started by systemd: there is nobody to tell.
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd was not told");
    }
}
