//! Path trace: where probes of the target port end.

use super::context::CheckContext;
use super::source_port_split::SourcePortSplit;
use super::timing::TARGET_TIMEOUT;
use crate::hosts::Target;
use crate::path::{Path, PathAnalysis, PathEnd, Tracer, analyze};
use crate::plan::PathPlan;
use crate::platform::{self, Poller};

/// Traces the path with one round.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<(Path, PathAnalysis)> {
    let plan = PathPlan {
        rounds: Some(1),
        timeout: TARGET_TIMEOUT,
        ..plan(context, SourcePortSplit::Path)
    };
    trace(context, target, plan)
}

/// A plan with this part of the chosen source ports.
pub(super) fn plan(context: &CheckContext, ports: SourcePortSplit) -> PathPlan {
    let sockets = ports.apply_to(&context.plan.sockets);
    PathPlan::new(sockets, context.plan.payload.clone())
}

pub(super) fn tracer<'a>(
    context: &CheckContext<'a>,
    target: &Target,
    plan: PathPlan,
) -> Option<Tracer<'a>> {
    let poller = Poller::new().ok()?;
    Some(Tracer::new(target.clone(), plan, poller, context.signals))
}

/// Traces the path; absent where the missing replies are the system's: it does not report ICMP errors.
pub(super) fn trace(
    context: &CheckContext,
    target: &Target,
    plan: PathPlan,
) -> Option<(Path, PathAnalysis)> {
    let (path, _) = tracer(context, target, plan)?.run(&mut ());
    let analysis = analyze(&path);
    let has_hops = platform::reports_ttl_exceeded(target.protocol);
    let is_conclusive = has_hops || !matches!(analysis.end, PathEnd::NoReply { .. });
    is_conclusive.then_some((path, analysis))
}
