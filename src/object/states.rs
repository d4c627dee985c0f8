//! A state machine as data: which value of a field may follow which, and who may take the step.

use crate::auth::mask::{ADMIN, Mask};

/// One allowed step.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The state before.
    pub from: &'static str,
    /// The state after.
    pub to: &'static str,
    /// Who may take it: any of these bits.
    pub who: Mask,
    /// What the step is called on a button; empty = as the state it leads to.
    pub label: &'static str,
}

/// The states of a field: where it starts, and every step that is allowed.
#[derive(Debug, Clone, Copy)]
pub struct States {
    /// The field.
    pub field: &'static str,
    /// The state of a new row.
    pub start: &'static str,
    steps: [Option<Step>; 32],
    count: usize,
}

impl States {
    /// The states of a field, with no step yet.
    pub const fn of(field: &'static str) -> States {
        States { field, start: "", steps: [None; 32], count: 0 }
    }

    /// The state every new row has.
    pub const fn start(mut self, state: &'static str) -> States {
        self.start = state;
        self
    }

    /// One allowed step, and the login types that may take it.
    pub const fn step(mut self, from: &'static str, to: &'static str, who: Mask) -> States {
        self.steps[self.count] = Some(Step { from, to, who, label: "" });
        self.count += 1;
        self
    }

    /// Names the step just declared: `完成|Complete`.
    pub const fn called(mut self, label: &'static str) -> States {
        if let Some(step) = &mut self.steps[self.count - 1] {
            step.label = label;
        }
        self
    }

    /// Every step, in the order of the declaration.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flatten()
    }

    /// Whether the step exists at all, and whether these bits may take it. The super administrator may
    /// take every step that exists.
    pub fn allows(&self, from: &str, to: &str, bits: Mask) -> bool {
        self.steps().any(|s| s.from == from && s.to == to && bits & (s.who | ADMIN) != 0)
    }
}
