//! What is worth a second look, now that the first steps have been taken.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::batch::BatchTiming;
use super::runner::{CheckEvent, CheckStep, StepReporter};
use super::source_ports::SourcePortSplit;
use super::steps::{self, CheckContext};
use super::{Findings, ProbeBatch};
use crate::hosts::Target;
use crate::outcome::OutcomeKind;
use crate::path::{Hop, Path, PathEnd, PathNote, analyze};
use crate::plan::PathPlan;
use crate::platform;

/// Source ports of the closer look at parallel links, and how often each is tried.
pub(super) const FLOWS: u16 = 16;
const FLOW_TRIES: u64 = 6;

/// Probes to each hop where some are lost. A Linux router answers one a second (`icmp_ratelimit` in icmp(7)).
const SURVEY_ROUNDS: u64 = 6;
const SURVEY_INTERVAL: Duration = Duration::from_secs(1);

/// Before TCP sends a SYN again (RFC 6298 section 2), which would hide a lost one.
const SURVEY_TIMEOUT: Duration = Duration::from_millis(900);

/// Meanwhile whoever answers echoes gets many: nobody limits these.
const ECHOES: BatchTiming = BatchTiming {
    count: 20,
    interval: Duration::from_millis(250),
    timeout: SURVEY_TIMEOUT,
    hold: None,
};

/// Takes the steps that need the others' findings.
pub(super) fn follow_up(
    context: CheckContext,
    target: &Target,
    findings: &mut Findings,
    told: &mut dyn FnMut(CheckEvent),
) {
    if let Some(way) = &mut findings.way {
        context.look_at_neighbour(target, way);
    }
    // Only now: an accept queue that nobody empties has been filled by the probes.
    told(CheckEvent::Began(CheckStep::Listeners));
    findings.own = steps::own(target);
    told(CheckEvent::Ended(CheckStep::Listeners));
    if !context.signals.stop_requested() {
        follow_up_losses(context, target, findings, told);
    }
}

/// Is it a matter of the source port, of the hops, of the protocol?
fn follow_up_losses(
    context: CheckContext,
    target: &Target,
    findings: &mut Findings,
    told: &mut dyn FnMut(CheckEvent),
) {
    let mixed = findings.target_batch().is_some_and(partly_answered);
    let loses = loses(findings);
    let Some((path, analysis)) = findings.path.as_mut().filter(|_| mixed || loses) else {
        return;
    };
    let mut gateway = findings
        .way
        .as_mut()
        .and_then(|it| it.gateway_echo.as_mut());
    let mut host = findings.echo.as_mut();
    let (sender, events) = mpsc::channel();
    let begun = |is: bool, step| is.then(|| StepReporter::began(&sender, step));
    let (of_flows, of_hops) = (
        begun(mixed, CheckStep::Flows),
        begun(loses, CheckStep::Losses),
    );
    drop(sender);
    let known = &*path;
    let (flows, survey) = thread::scope(|scope| {
        let flows = scope.spawn(move || of_flows?.after(context.flows(target)));
        let survey = scope.spawn(move || of_hops?.after(context.survey(known)));
        let echoes = [&mut gateway, &mut host]
            .into_iter()
            .filter(|_| loses)
            .flatten();
        for echo in echoes {
            scope.spawn(move || context.echo_again(echo));
        }
        events.iter().for_each(told);
        let joined = (flows.join(), survey.join());
        (joined.0.ok().flatten(), joined.1.ok().flatten())
    });
    path.sent += [&flows, &survey]
        .into_iter()
        .flatten()
        .map(|it| it.sent)
        .sum::<u64>();
    if let Some(flows) = flows {
        path.flows = flows.flows;
    }
    path.survey = survey.and_then(|it| it.survey);
    let first = path.survey.as_mut().and_then(|it| it.hops.first_mut());
    if let (Some(first), Some(gateway)) = (first, gateway) {
        add_echoes(first, gateway);
    }
    *analysis = analyze(path);
}

/// Counts a gateway's echoes as probes to it. Where it answers all of them and not all others, it may limit these; or
/// something in this machine drops these alone.
fn add_echoes(gateway: &mut Hop, echoes: &ProbeBatch) {
    let (answered, lost) = (echoes.succeeded(), echoes.count(OutcomeKind::NoReply));
    if answered > 0 && (lost > 0 || gateway.answered == gateway.sent) {
        gateway.sent += answered + lost;
        gateway.answered += answered;
    }
}

/// The target answered some probes, and some were not answered at all. A host limits its ICMP errors: beside these silence
/// is no loss.
fn partly_answered(tried: &ProbeBatch) -> bool {
    use OutcomeKind::{NoReply, Refused, ResetAfterConnect};
    let answered = tried.succeeded() + tried.count(Refused) + tried.count(ResetAfterConnect);
    answered > 0 && tried.count(NoReply) > 0
}

/// Some packets were lost and not all, on a way of more than one hop.
fn loses(findings: &Findings) -> bool {
    let (Some(tried), Some((_, analysis))) = (findings.target_batch(), &findings.path) else {
        return false;
    };
    if matches!(analysis.end, PathEnd::FinalReply { ttl: Some(1), .. }) {
        return false;
    }
    let reached = matches!(analysis.end, PathEnd::FinalReply { how, .. } if how.is_yes());
    let lost = |note: &PathNote| matches!(note, PathNote::Loss { lost: 2.., .. });
    let resent = tried.resent() > 0;
    let sizes = findings.sizes.iter();
    let sizes = sizes.flat_map(|it| [&it.small_batch, &it.large_batch]);
    let mut echoes = findings.echo.iter().chain(sizes);
    partly_answered(tried)
        || resent
        || tried.is_silent() && reached
        || analysis.notes.iter().any(lost)
        || echoes.any(partly_answered)
}

impl CheckContext<'_> {
    /// Step 7 again, where some probes were answered and some were not: is it a matter of the source port?
    fn flows(&self, target: &Target) -> Option<Path> {
        let plan = PathPlan {
            rounds: Some(FLOW_TRIES),
            interval: Duration::from_millis(100),
            timeout: Duration::from_millis(700),
            flows: FLOWS,
            full_ttl_only: true,
            ..self.path_plan(SourcePortSplit::Flows)
        };
        let path = self.trace(target, plan);
        path.map(|(path, _)| path)
    }

    /// Step 7 again, where some packets were lost: from which hop on?
    fn survey(&self, known: &Path) -> Option<Path> {
        let plan = PathPlan {
            rounds: Some(SURVEY_ROUNDS),
            interval: SURVEY_INTERVAL,
            timeout: SURVEY_TIMEOUT,
            ..self.path_plan(SourcePortSplit::Survey)
        };
        if !platform::reports_ttl_exceeded(known.target.protocol) {
            return None;
        }
        let tracer = self.tracer(&known.target, plan)?;
        Some(tracer.survey(known, &mut ()).0)
    }

    /// Many more echoes to whom some were answered.
    fn echo_again(&self, known: &mut ProbeBatch) {
        if known.succeeded() > 0
            && let Some(more) = self.one(known.target.clone(), ECHOES)
        {
            known.add(more);
        }
    }
}
