//! The walk that a support engineer does by hand, in one command, and the one conclusion at its end.
//!
//! Each step asks this machine or sends a few probes and leaves findings; [`decide()`] draws the conclusion from them
//! alone, without a packet.

mod closer;
mod decide;
mod findings;
mod share;
mod steps;
mod tries;
mod walk;

pub use decide::{Code, Diagnosis, NextStep, Who, decide};
pub use findings::{
    Calm, Findings, LocalFindings, NameFindings, OwnFindings, SizeFindings, Tried, WayFindings,
};
pub use walk::{Event, Step, walk};
