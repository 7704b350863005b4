//! From findings to one conclusion. Pure.
//!
//! `RULES` are asked in order, and the first that holds is the verdict: first what keeps packets from leaving this
//! machine, then what the answers say, then silence, then what is wrong though the port works. Each rule claims only
//! what was seen. What it cannot know goes to `unknown`, and `facts` adds everything else that was found.

mod addresses;
mod case;
mod code;
mod evidence;
mod icmp;
mod local;
mod loss;
mod name;
mod network;
mod no_reply;
mod self_target;
mod slow;
mod tally;
mod target;
#[cfg(test)]
mod tests;
mod texts;

use crate::checks::Findings;
use crate::text::{Marked, Text};
use case::Case;
pub use code::Code;

/// The conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is wrong.
    pub code: Code,
    /// One sentence that says it.
    pub verdict: Text,
    /// What was seen that proves it.
    pub evidence: Vec<Text>,
    /// What it cannot be, and why.
    pub rules_out: Vec<Text>,
    /// What remains unknown.
    pub unknown: Vec<Text>,
    /// What to do, and who can.
    pub next: Vec<NextStep>,
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Who can take it.
    pub who: Who,
    /// What.
    pub what: Text,
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

impl NextStep {
    fn new(who: Who, what: impl Into<String>) -> Self {
        let what = text(what);
        Self { who, what }
    }
}

/// A sentence with its marked values.
fn text(sentence: impl Into<String>) -> Text {
    Text::from(Marked(&sentence.into()))
}

type Rule = fn(&Case) -> Option<Diagnosis>;

/// What can be wrong at the address that was asked, in the order in which it is thought of.
const RULES: &[Rule] = &[
    // Nothing gets out of this machine.
    local::no_loopback,
    local::no_network,
    local::link_down,
    local::gateway_dead,
    local::local,
    // Nobody is at that address.
    name::stale,
    local::target_absent,
    local::own_stack,
    // The target is this machine.
    self_target::queue_full,
    self_target::unheard,
    self_target::unanswered,
    // Some probes got through, others did not.
    local::drops_some,
    target::resets,
    target::closes,
    network::some_flows,
    network::sometimes,
    // None did, and somebody said so.
    icmp::icmp,
    target::forged_reset,
    target::refused,
    // Nobody said a word, or none that answers, or not in time.
    slow::late,
    no_reply::other_protocol,
    network::looping,
    network::path_gets_through,
    no_reply::silent,
    // All did.
    network::black_hole,
    loss::found,
    addresses::another_fails,
    slow::lost_syns,
    network::proxy,
    slow::here,
    slow::path,
    slow::lookup,
    target::works,
];

/// Draws the conclusion.
pub fn decide(findings: &Findings) -> Diagnosis {
    let case = Case::new(findings);
    let diagnosis = name::unresolved(&case).or_else(|| addresses::another_works(&case));
    let mut diagnosis = diagnosis.unwrap_or_else(|| at_the_address(&case));
    evidence::add(&case, &mut diagnosis);
    diagnosis
}

/// What is wrong at the address that was asked, whatever others of the name do.
fn at_the_address(case: &Case) -> Diagnosis {
    let found = RULES.iter().find_map(|rule| rule(case));
    found.unwrap_or_else(|| target::unclear(case))
}

impl Diagnosis {
    fn new(code: Code, verdict: impl Into<String>) -> Self {
        Self {
            code,
            verdict: text(verdict),
            evidence: Vec::new(),
            rules_out: Vec::new(),
            unknown: Vec::new(),
            next: Vec::new(),
        }
    }

    fn seen(mut self, fact: impl Into<String>) -> Self {
        self.evidence.push(text(fact));
        self
    }

    fn seen_if(self, fact: Option<String>) -> Self {
        match fact {
            Some(fact) => self.seen(fact),
            None => self,
        }
    }

    fn not(mut self, cause: impl Into<String>) -> Self {
        self.rules_out.push(text(cause));
        self
    }

    fn unknown(mut self, what: impl Into<String>) -> Self {
        self.unknown.push(text(what));
        self
    }

    fn next(mut self, who: Who, what: impl Into<String>) -> Self {
        self.next.push(NextStep::new(who, what));
        self
    }
}
