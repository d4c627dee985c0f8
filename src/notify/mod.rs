//! Messages to people: an event becomes rows in the transaction that it happens in, and a job sends what goes outside. Who is
//! reached where is the plugins' to say; how a provider is spoken to is that of `crate::integrations`.

mod deliver;
mod event;
mod log;
mod make;
mod own;
mod prefs;
mod text;

pub use deliver::{deliver, forget};
pub use event::{Channel, Event, Receiver, event};
pub use log::NOTIFY_LOG;
pub use own::{NOTIFICATION, NOTIFY_KEY, NOTIFY_PREF, NOTIFY_SETTING};

use crate::integrations::{MESSENGERS, Service};

/// The texts of the tables of this folder.
pub const DESIGN: &str = include_str!("DESIGN.md");

/// The service behind a channel; none behind the list in the app.
fn service(channel: &str) -> Option<&'static dyn Service> {
    MESSENGERS.iter().copied().find(|service| service.name() == channel)
}

/// What an encrypted request is bound to.
const SEALED_AS: &str = "notify";
