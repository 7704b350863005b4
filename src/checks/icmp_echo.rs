//! ICMP echo to the host.

use std::time::Duration;

use super::ProbeBatch;
use super::context::CheckContext;
use super::targets::same_host;
use super::timing::{BatchTiming, SURVEY_TIMEOUT};
use crate::hosts::{Protocol, Target};

/// Repetition during the loss survey. Echo replies are rarely rate-limited.
const REPEAT: BatchTiming = BatchTiming {
    count: 20,
    interval: Duration::from_millis(250),
    timeout: SURVEY_TIMEOUT,
    hold: None,
};

/// Echoes to the host; where ICMP echo is the target, these are its probes.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<ProbeBatch> {
    let is_target = target.protocol == Protocol::Icmp;
    let timing = if is_target {
        BatchTiming::TARGET
    } else {
        BatchTiming::AUXILIARY
    };
    let echo = context.probe(same_host(target, Protocol::Icmp, 0), timing)?;
    Some(echo).filter(|echo| is_target || echo.was_permitted())
}

/// Adds many more echoes where some were answered.
pub(super) fn repeat(context: &CheckContext, echo: &mut ProbeBatch) {
    if echo.succeeded() > 0
        && let Some(more) = context.probe(echo.target.clone(), REPEAT)
    {
        echo.merge(more);
    }
}
