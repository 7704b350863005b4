//! Loss survey: after which hop packets are lost.

use std::time::Duration;

use super::context::CheckContext;
use super::path_trace;
use super::source_port_split::SourcePortSplit;
use super::timing::SURVEY_TIMEOUT;
use crate::path::Path;
use crate::plan::PathPlan;
use crate::platform;

/// Probes per hop. A Linux router sends one ICMP error per second (`icmp_ratelimit` in icmp(7)).
const ROUNDS: u64 = 6;
const INTERVAL: Duration = Duration::from_secs(1);

/// Surveys the hops of a traced path.
pub(super) fn check(context: &CheckContext, path: &Path) -> Option<Path> {
    if !platform::reports_ttl_exceeded(path.target.protocol) {
        return None;
    }
    let plan = PathPlan {
        rounds: Some(ROUNDS),
        interval: INTERVAL,
        timeout: SURVEY_TIMEOUT,
        ..path_trace::plan(context, SourcePortSplit::Survey)
    };
    let tracer = path_trace::tracer(context, &path.target, plan)?;
    Some(tracer.survey(path, &mut ()).0)
}
