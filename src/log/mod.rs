//! The program's own log: short lines for people on a terminal, one JSON object per line elsewhere. Not the audit of
//! calls, which is a table.

mod seldom;
mod sink;

pub use seldom::Seldom;
pub use sink::Target;

use sink::Sink;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;
use tracing_subscriber::fmt::time::ChronoLocal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// How the log is written.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `info`, `warn,jindou::http=debug`.
    pub filter: String,
    /// `text`, `json`; anything else = text on a terminal, JSON elsewhere.
    pub format: String,
    pub target: Target,
}

/// The one log of this process.
struct Running {
    filter: reload::Handle<EnvFilter, Registry>,
    sink: Sink,
}

static RUNNING: OnceLock<Running> = OnceLock::new();

/// How long the end of the program waits for the last lines.
const LAST: Duration = Duration::from_secs(1);

/// Starts writing what passes the filter. A second start in one process changes nothing.
pub fn start(settings: &Settings) -> Result<(), String> {
    let (layer, handle) = reload::Layer::new(filter(&settings.filter)?);
    let sink = Sink::start(&settings.target).map_err(|error| match &settings.target {
        Target::File(path) => format!("P_LOG_FILE: {} cannot be written: {error}", path.display()),
        Target::Stderr => format!("standard error cannot be written: {error}"),
    })?;
    let terminal = settings.target == Target::Stderr && std::io::stderr().is_terminal();
    let queue = sink.clone();
    let lines = tracing_subscriber::fmt::layer().with_writer(move || Line(queue.clone()));
    let lines = match (settings.format.as_str(), terminal) {
        ("text", _) | (_, true) if settings.format != "json" => {
            let time = ChronoLocal::new(if terminal { "%H:%M:%S%.3f" } else { "%F %H:%M:%S%.3f" }.into());
            lines.compact().with_ansi(terminal).with_target(false).with_timer(time).boxed()
        }
        _ => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    if tracing_subscriber::registry().with(layer).with(lines).try_init().is_ok() {
        let _ = RUNNING.set(Running { filter: handle, sink });
        std::panic::set_hook(Box::new(panicked));
    }
    Ok(())
}

/// The way of one event into the queue.
struct Line(Sink);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        (&self.0).write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A line of the log instead of one that waits for whoever reads standard error.
fn panicked(info: &std::panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let fixed = info.payload().downcast_ref::<&str>().copied();
    let why = fixed.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str));
    tracing::error!(place, "a thread panicked: {}", why.unwrap_or("it does not say why"));
}

/// From now on the log is filtered by this.
pub fn set_filter(text: &str) -> Result<(), String> {
    let filter = filter(text)?;
    match RUNNING.get() {
        Some(running) => running.filter.reload(filter).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

/// Opens the file of the log anew, or another one.
pub fn reopen(target: Target) {
    if let Some(running) = RUNNING.get() {
        running.sink.open(target);
    }
}

/// Waits a little until the last lines are written.
pub fn flush() {
    if let Some(running) = RUNNING.get() {
        running.sink.flush(LAST);
    }
}

/// Lines lost since the start, because they could not be written.
pub fn dropped() -> u64 {
    RUNNING.get().map_or(0, |running| running.sink.dropped())
}

/// `info`, `warn,jindou::http=debug`.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder().parse(text).map_err(|reason| reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn filters_are_checked() {
        for good in ["info", "warn,jindou::http=debug", "off"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["jindou=loud", "a=b=c"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
