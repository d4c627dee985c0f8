//! The parts of the server that are told when the configuration of the running server has changed.

use super::Config;
use std::sync::{Mutex, PoisonError};

type Listener = Box<dyn Fn(&Config) -> Result<(), String> + Send + Sync>;

/// ```
/// use jindou::config::{Config, Reload};
/// let reload = Reload::default();
/// reload.tell_me(|config| if config.log == "off" { Err("P_LOG: why?".into()) } else { Ok(()) });
/// assert!(reload.tell(&Config::of(&[]).unwrap()).is_empty());
/// assert_eq!(reload.tell(&Config::of(&[("P_LOG", "off")]).unwrap()), ["P_LOG: why?"]);
/// ```
#[derive(Default)]
pub struct Reload(Mutex<Vec<Listener>>);

impl Reload {
    /// A listener that cannot use the new values keeps its old ones and says why.
    pub fn tell_me(&self, listener: impl Fn(&Config) -> Result<(), String> + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Gives what listeners could not use.
    pub fn tell(&self, config: &Config) -> Vec<String> {
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().filter_map(|listener| listener(config).err()).collect()
    }
}
