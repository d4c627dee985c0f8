//! How much of a request and of its answer a row of the log keeps.

use crate::redact;

#[derive(Debug, PartialEq, Eq)]
pub struct RecordLimits {
    /// Characters of the parameters of an address or a body, and of an answer that is an error, that are shown in any case.
    pub(super) all: usize,
    /// Values that are shown with as much as this in any case.
    pub(super) fields: usize,
    pub value_min: usize,
    /// Further ones, shown by their names and very little of them.
    pub(super) further: usize,
    pub(super) name: usize,
}

impl RecordLimits {
    pub const USUAL: RecordLimits =
        RecordLimits { all: 2000, fields: 200, value_min: 100, further: 2000, name: 64 };
    /// For what a stranger was refused.
    pub const LITTLE: RecordLimits =
        RecordLimits { all: 200, fields: 6, value_min: 12, further: 0, name: 24 };

    pub fn is_little(&self) -> bool {
        *self == RecordLimits::LITTLE
    }

    /// Whether it holds all of a text.
    pub fn is_enough_for(&self, text: &str) -> bool {
        redact::place_of(text, self.all).is_none()
    }
}
