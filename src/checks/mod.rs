//! The walk that a support engineer does by hand, in one command, and the one conclusion at its end.
//!
//! Each step asks this machine or sends a few probes and leaves findings; [`decide()`] draws the conclusion from them
//! alone, without a packet.

mod batch;
mod findings;
mod follow_up;
mod runner;
mod source_ports;
mod steps;

pub use findings::{
    Baseline, Findings, ListenerFindings, LocalFindings, NameFindings, ProbeBatch, RouteFindings,
    SizeFindings,
};
pub use runner::{CheckEvent, CheckStep, run_checks};
