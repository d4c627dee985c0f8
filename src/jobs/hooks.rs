//! Which changes somebody outside wants to hear of, as every write asks: mostly none, which costs one look at a flag.

use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A subscription of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: i64,
    /// The object whose changes it tells of.
    pub object: String,
    /// `add`, `set`, `del`; empty = all of them.
    pub actions: Vec<String>,
    /// Which rows; empty = all.
    pub cond: String,
}

impl Hook {
    pub fn wants(&self, object: &str, action: &str) -> bool {
        self.object == object
            && (self.actions.is_empty() || self.actions.iter().any(|wanted| wanted == action))
    }
}

#[derive(Default)]
pub struct Hooks {
    any: AtomicBool,
    list: ArcSwap<Vec<Hook>>,
}

impl Hooks {
    pub fn set(&self, hooks: Vec<Hook>) {
        let any = !hooks.is_empty();
        self.list.store(Arc::new(hooks));
        self.any.store(any, Ordering::Release);
    }

    pub fn all(&self) -> Option<Arc<Vec<Hook>>> {
        self.any.load(Ordering::Acquire).then(|| self.list.load_full())
    }
}
