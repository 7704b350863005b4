//! The target port.

use super::ProbeBatch;
use super::context::CheckContext;
use super::source_port_split::SourcePortSplit;
use super::timing::BatchTiming;
use crate::hosts::Target;

/// Probes of the port; absent for ICMP echo.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<ProbeBatch> {
    target.port()?;
    let sockets = SourcePortSplit::Port.apply_to(&context.plan.sockets);
    let payload = &context.plan.payload;
    context.probe_with(target.clone(), &sockets, payload, BatchTiming::TARGET)
}
