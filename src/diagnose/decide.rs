//! From findings to one conclusion. Pure.

use super::Findings;

/// What is wrong, or that nothing is. The name is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nothing is wrong that could be seen.
    Works,
    /// The findings do not decide.
    Unclear,
}

impl Code {
    /// Whether nothing is wrong.
    pub fn is_fine(self) -> bool {
        self == Self::Works
    }

    /// The stable kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Unclear => "unclear",
        }
    }
}

/// The conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is wrong.
    pub code: Code,
    /// One sentence that says it.
    pub verdict: String,
    /// What was seen that proves it.
    pub evidence: Vec<String>,
    /// What it cannot be, and why.
    pub rules_out: Vec<String>,
    /// What remains unknown.
    pub unknown: Vec<String>,
    /// What to do, and who can.
    pub next: Vec<NextStep>,
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Who can take it.
    pub who: Who,
    /// What.
    pub what: String,
}

/// Who can take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever runs this, on this machine.
    You,
    /// The administrator of this machine.
    AdminHere,
    /// The administrator of the target.
    AdminThere,
    /// Whoever runs the network or the firewall in between.
    Network,
}

impl Who {
    /// As a reader knows him.
    pub fn name(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::AdminHere => "this machine's administrator",
            Self::AdminThere => "the target's administrator",
            Self::Network => "the network's owner",
        }
    }
}

/// Draws the conclusion.
pub fn decide(_findings: &Findings) -> Diagnosis {
    Diagnosis {
        code: Code::Unclear,
        verdict: String::new(),
        evidence: Vec::new(),
        rules_out: Vec::new(),
        unknown: Vec::new(),
        next: Vec::new(),
    }
}
