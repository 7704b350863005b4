//! Steps of a diagnosis and their progress events.

use std::sync::mpsc::Sender;

/// A step of a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStep {
    /// Name resolution.
    NameResolution,
    /// Loopback, own address, interfaces.
    LocalStack,
    /// Route, link, gateway.
    Route,
    /// ICMP echo and path MTU.
    Echo,
    /// The target port.
    Port,
    /// Other TCP ports of the host.
    OtherPorts,
    /// The name's other addresses.
    OtherAddresses,
    /// Path trace.
    Path,
    /// Many source ports.
    SourcePorts,
    /// Loss per hop.
    LossSurvey,
    /// Listening sockets of this machine.
    Listeners,
    /// Counters while nothing is sent.
    Baseline,
}

impl CheckStep {
    /// Name in the progress line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NameResolution => "name",
            Self::LocalStack => "local stack",
            Self::Route => "route",
            Self::Echo => "echo",
            Self::Port => "port",
            Self::OtherPorts => "other ports",
            Self::OtherAddresses => "other addresses",
            Self::Path => "path",
            Self::SourcePorts => "source ports",
            Self::LossSurvey => "losses",
            Self::Listeners => "listeners",
            Self::Baseline => "noise",
        }
    }
}

/// Start or end of a step.
#[derive(Clone, Copy, Debug)]
pub enum CheckEvent {
    /// The step started.
    Began(CheckStep),
    /// The step ended.
    Ended(CheckStep),
}

/// Sends the events of a step from its thread.
pub(super) struct StepReporter {
    step: CheckStep,
    events: Sender<CheckEvent>,
}

impl StepReporter {
    pub(super) fn start(events: &Sender<CheckEvent>, step: CheckStep) -> Self {
        // The receiver outlives all steps.
        let _ = events.send(CheckEvent::Began(step));
        Self {
            step,
            events: events.clone(),
        }
    }

    /// Ends the step with its result.
    pub(super) fn finish<T>(self, found: T) -> T {
        let _ = self.events.send(CheckEvent::Ended(self.step));
        found
    }
}
