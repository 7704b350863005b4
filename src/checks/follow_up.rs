//! Checks that depend on the findings of others: neighbour, listeners, source ports, loss survey.

use std::sync::mpsc;
use std::thread;

use super::context::CheckContext;
use super::progress::{CheckEvent, CheckStep, StepReporter};
use super::{
    Findings, ProbeBatch, SizeFindings, icmp_echo, listeners, loss_survey, neighbour, source_ports,
};
use crate::hosts::Target;
use crate::outcome::OutcomeKind;
use crate::path::{Hop, Path, PathEnd, PathNote, analyze};

/// Runs these checks.
pub(super) fn follow_up(
    context: CheckContext,
    target: &Target,
    findings: &mut Findings,
    on_event: &mut dyn FnMut(CheckEvent),
) {
    if let Some(route) = &mut findings.route {
        route.neighbour = neighbour::check(&context, target);
    }
    on_event(CheckEvent::Began(CheckStep::Listeners));
    findings.listeners = listeners::check(target);
    on_event(CheckEvent::Ended(CheckStep::Listeners));
    if !context.signals.stop_requested() {
        follow_up_loss(context, target, findings, on_event);
    }
}

/// Where packets were lost: does it depend on the source port, on the hop, on the protocol?
fn follow_up_loss(
    context: CheckContext,
    target: &Target,
    findings: &mut Findings,
    on_event: &mut dyn FnMut(CheckEvent),
) {
    let needed = LossChecks::needed_for(findings);
    let Some((path, analysis)) = findings.path.as_mut().filter(|_| needed.any()) else {
        return;
    };
    let route = findings.route.as_mut();
    let gateway_echo = route.and_then(|it| it.gateway_echo.as_mut());
    let echoes = gateway_echo.into_iter().chain(&mut findings.echo);
    let echoes: Vec<_> = echoes.filter(|_| needed.survey).collect();
    let (flows, survey) = measure_loss(context, target, path, needed, echoes, on_event);
    let added = [&flows, &survey].into_iter().flatten();
    path.sent += added.map(|it| it.sent).sum::<u64>();
    if let Some(flows) = flows {
        path.flows = flows.flows;
    }
    path.survey = survey.and_then(|it| it.survey);
    let first_hop = path.survey.as_mut().and_then(|it| it.hops.first_mut());
    let route = findings.route.as_ref();
    let gateway_echo = route.and_then(|it| it.gateway_echo.as_ref());
    if let (Some(hop), Some(echo)) = (first_hop, gateway_echo) {
        count_gateway_echoes(hop, echo);
    }
    *analysis = analyze(path);
}

/// Loss checks to run.
#[derive(Clone, Copy)]
struct LossChecks {
    source_ports: bool,
    survey: bool,
}

impl LossChecks {
    fn needed_for(findings: &Findings) -> Self {
        let probes = findings.target_probes();
        Self {
            source_ports: probes.is_some_and(ProbeBatch::is_partly_answered),
            survey: has_partial_loss(findings),
        }
    }

    fn any(self) -> bool {
        self.source_ports || self.survey
    }
}

/// Source port check and loss survey in parallel; meanwhile `echoes` are repeated.
fn measure_loss(
    context: CheckContext,
    target: &Target,
    path: &Path,
    needed: LossChecks,
    echoes: Vec<&mut ProbeBatch>,
    on_event: &mut dyn FnMut(CheckEvent),
) -> (Option<Path>, Option<Path>) {
    let (sender, events) = mpsc::channel();
    let start = |is_needed: bool, step| is_needed.then(|| StepReporter::start(&sender, step));
    let ports_step = start(needed.source_ports, CheckStep::SourcePorts);
    let survey_step = start(needed.survey, CheckStep::LossSurvey);
    drop(sender);
    thread::scope(|scope| {
        let flows = scope.spawn(move || ports_step?.finish(source_ports::check(&context, target)));
        let survey = scope.spawn(move || survey_step?.finish(loss_survey::check(&context, path)));
        for echo in echoes {
            scope.spawn(move || icmp_echo::repeat(&context, echo));
        }
        events.iter().for_each(on_event);
        (flows.join().ok().flatten(), survey.join().ok().flatten())
    })
}

/// Counts the gateway's echo replies at hop 1. If it answers all echoes but not all other probes, it may rate-limit its
/// ICMP errors, or this machine drops only those probes: then they do not count.
fn count_gateway_echoes(gateway: &mut Hop, echo: &ProbeBatch) {
    let (answered, lost) = (echo.succeeded(), echo.count(OutcomeKind::NoReply));
    if answered > 0 && (lost > 0 || gateway.answered == gateway.sent) {
        gateway.sent += answered + lost;
        gateway.answered += answered;
    }
}

/// Whether some packets were lost and not all, on a path of more than one hop.
fn has_partial_loss(findings: &Findings) -> bool {
    let (Some(probes), Some((_, analysis))) = (findings.target_probes(), &findings.path) else {
        return false;
    };
    if matches!(analysis.end, PathEnd::FinalReply { ttl: Some(1), .. }) {
        return false;
    }
    let path_works =
        matches!(analysis.end, PathEnd::FinalReply { reply, .. } if reply.is_success());
    let is_loss = |note: &PathNote| matches!(note, PathNote::Loss { lost: 2.., .. });
    let sizes = findings.sizes.iter().flat_map(SizeFindings::batches);
    let mut echoes = findings.echo.iter().chain(sizes);
    probes.is_partly_answered()
        || probes.retransmitted() > 0
        || probes.is_unanswered() && path_works
        || analysis.notes.iter().any(is_loss)
        || echoes.any(ProbeBatch::is_partly_answered)
}
