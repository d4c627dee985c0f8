//! The program's own log: short coloured lines on a terminal, one JSON object per line elsewhere. Not the
//! audit of calls, which is a table.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::ChronoLocal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts writing to standard error what passes the filter. A second start in one process changes nothing,
/// so that every test may ask for it.
pub fn start(filter_text: &str) -> Result<(), String> {
    let registry = tracing_subscriber::registry().with(filter(filter_text)?);
    let writer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        let time = ChronoLocal::new("%H:%M:%S%.3f".into());
        registry.with(writer.compact().with_target(false).with_timer(time)).try_init()
    } else {
        registry.with(writer.json().flatten_event(true).with_current_span(false)).try_init()
    };
    if let Err(reason) = started {
        tracing::debug!(%reason, "the log runs already");
    }
    Ok(())
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
