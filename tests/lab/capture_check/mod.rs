//! Checks the tool's JSON against the packets that the scripted peer captured, in every scenario that has a peer.

mod clock_tolerance;
mod diagnosis;
mod ping;
mod sent_packet;
mod trace;

use crate::endpoint::Endpoint;
use crate::peer::capture::Capture;
use crate::run_output::RunOutput;

/// A message for each value in the output that contradicts the capture.
pub(crate) fn contradictions(
    output: &RunOutput,
    capture: &Capture,
    targets: &[Endpoint],
) -> Vec<String> {
    if output.of_type("trace-start").next().is_some() {
        let first = targets.iter().take(1);
        return first
            .flat_map(|target| trace::contradictions(output, capture, *target))
            .collect();
    }
    if let Some(line) = output.of_type("diagnosis").next() {
        return diagnosis::contradictions(line, capture);
    }
    ping::contradictions(output, capture, targets)
}
