//! From findings to one conclusion. Pure.
//!
//! [`RULES`] are asked in order, and the first that holds is the verdict: first what keeps packets from leaving this
//! machine, then what the answers say, then silence, then what is wrong though the port works. Each rule claims only
//! what was seen. What it cannot know goes to `unknown`, and [`facts`] adds everything else that was found.

mod addresses;
mod between;
mod case;
mod code;
mod facts;
mod here;
mod loss;
mod name;
mod own;
mod rejects;
mod silence;
mod slow;
mod tally;
#[cfg(test)]
mod tests;
mod texts;
mod there;

use super::Findings;
use case::Case;
pub use code::Code;

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

type Rule = fn(&Case) -> Option<Diagnosis>;

/// What can be wrong at the address that was asked, in the order in which it is thought of.
const RULES: &[Rule] = &[
    // Nothing gets out of this machine.
    here::no_loopback,
    here::no_network,
    here::link_down,
    here::gateway_dead,
    here::local,
    // Nobody is at that address.
    name::stale,
    here::target_absent,
    here::own_stack,
    // The target is this machine.
    own::queue_full,
    own::unheard,
    own::unanswered,
    // Some probes got through, others did not.
    here::drops_some,
    there::resets,
    there::closes,
    between::some_flows,
    between::sometimes,
    // None did, and somebody said so.
    rejects::icmp,
    there::forged_reset,
    there::refused,
    // Nobody said a word, or none that answers, or not in time.
    slow::late,
    silence::other_protocol,
    between::looping,
    between::path_gets_through,
    silence::silent,
    // All did.
    between::black_hole,
    loss::found,
    addresses::another_fails,
    slow::lost_syns,
    between::proxy,
    slow::here,
    slow::path,
    slow::lookup,
    there::works,
];

/// Draws the conclusion.
pub fn decide(findings: &Findings) -> Diagnosis {
    let case = Case::new(findings);
    let diagnosis = name::unresolved(&case).or_else(|| addresses::another_works(&case));
    let mut diagnosis = diagnosis.unwrap_or_else(|| at_the_address(&case));
    facts::add(&case, &mut diagnosis);
    diagnosis
}

/// What is wrong at the address that was asked, whatever others of the name do.
fn at_the_address(case: &Case) -> Diagnosis {
    let found = RULES.iter().find_map(|rule| rule(case));
    found.unwrap_or_else(|| there::unclear(case))
}

impl Diagnosis {
    fn new(code: Code, verdict: impl Into<String>) -> Self {
        Self {
            code,
            verdict: verdict.into(),
            evidence: Vec::new(),
            rules_out: Vec::new(),
            unknown: Vec::new(),
            next: Vec::new(),
        }
    }

    fn seen(mut self, fact: impl Into<String>) -> Self {
        self.evidence.push(fact.into());
        self
    }

    fn seen_if(self, fact: Option<String>) -> Self {
        match fact {
            Some(fact) => self.seen(fact),
            None => self,
        }
    }

    fn not(mut self, cause: impl Into<String>) -> Self {
        self.rules_out.push(cause.into());
        self
    }

    fn unknown(mut self, what: impl Into<String>) -> Self {
        self.unknown.push(what.into());
        self
    }

    fn next(mut self, who: Who, what: impl Into<String>) -> Self {
        let what = what.into();
        self.next.push(NextStep { who, what });
        self
    }
}
