//! What a run found of a target, in the form that conclusions are drawn from.

use super::causes::Code;
use super::observation::{Course, Observations};
use super::observe::attempts::Attempts;
use super::observe::host::Ports;
use super::observe::path::Traced;
use super::subject::Subject;
use crate::text::Text;

/// What was looked at: what a next step need not repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Probes of the target.
    Run,
    /// The path to it, too.
    Trace,
    /// Everything that this machine can find out.
    Diagnosis,
}

/// What a run found of a target. What was not looked at is absent.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// What it is about.
    pub subject: Subject,
    /// Observations of the host, the path and this machine.
    pub seen: Observations,
    /// Probes of the target.
    pub attempts: Attempts,
    /// When they failed, with its figures; absent where that does not show.
    pub course: Option<(Course, Text)>,
    /// ICMP echoes to the host, where these are not the target.
    pub echoes: Option<Attempts>,
    /// Other TCP ports of the host.
    pub ports: Ports,
    /// The path, where it was traced.
    pub traced: Option<Traced<'a>>,
    /// Source ports that never get a reply, of those tried, where others always do.
    pub dead_flows: Option<(u64, u64)>,
    /// Silence is a failure: the service replies to this request.
    pub expects_reply: bool,
    /// Failed probes in a row, the longest time.
    pub longest_outage: u64,
    /// The target works, and something else takes long.
    pub slow: Option<Code>,
    /// What was looked at.
    pub depth: Depth,
    /// What these probes could not show.
    pub missed: Vec<Text>,
}
