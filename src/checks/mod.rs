//! Checks of a diagnosis: each queries this machine or sends a few probes, and returns findings.
//!
//! [`crate::verdict::observe::findings`] takes observations from the findings alone.

mod baseline_counters;
mod batch;
mod context;
mod findings;
mod follow_up;
mod icmp_echo;
mod listeners;
mod local_stack;
mod loss_survey;
mod name_resolution;
mod neighbour;
mod other_addresses;
mod other_ports;
mod path_mtu;
mod path_trace;
mod probe_batch;
mod progress;
mod route;
mod runner;
mod source_port_split;
mod source_ports;
mod target_port;
mod targets;
mod timing;

pub use findings::{
    Baseline, Findings, ListenerFindings, LocalFindings, NameFindings, RouteFindings, SizeFindings,
};
pub use probe_batch::ProbeBatch;
pub use progress::{CheckEvent, CheckStep};
pub use runner::run_checks;
