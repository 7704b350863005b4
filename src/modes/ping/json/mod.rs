//! `--json`: one object per line. The contract is `schema.json`; fields are added, never changed.

mod objects;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::summary::{RunInfo, RunSummary, TargetSummary};
use crate::assertions::AssertionResult;
use crate::clock::rfc3339;
use crate::hosts::resolve::ResolveError;
use crate::hosts::{Protocol, Target};
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind, Sample, TargetId};
use crate::payload::Payload;
use crate::plan::Limit;
use crate::report::json::{EvidenceObject, VerdictObject, line, reason};
use crate::report::machine_numbers::{rounded, sender, us};
use crate::report::wording;
use crate::report::{Redacted, Redactor, VERSION};
use crate::stats::{Distribution, Outage, Replies, StateChange, Statistics};
use crate::text::Value;
use objects::{
    Answer, Cause, Change, Check, Clocks, Histograms, Host, Lag, Latency, Moved, OutageLine, Probe,
    Run, Start, StartTarget, Summary, TtlSince, Unresolved,
};

/// The first line: what is known before the first probe.
pub(super) fn start(info: &RunInfo, redactor: &Redactor) -> String {
    let pace = &info.plan.schedule;
    line(&Start {
        r#type: "start",
        schema: 1,
        version: VERSION,
        command: redactor.value(&Value::Command(info.plan.output.command_line.clone())),
        time: rfc3339(info.clock.start_time()),
        host: Host {
            kernel: &info.host.system,
            name: local_name(info, redactor),
            clock: Clocks {
                connect_us: "user",
                rtt_us: info.host.rtt_clock,
            },
        },
        count: match pace.limit {
            Limit::Count(count) => Some(count),
            Limit::Duration(_) | Limit::Forever => None,
        },
        interval_us: us(pace.interval),
        timeout_us: us(pace.timeout),
        warmup: pace.warmup,
        histogram_digits: Statistics::digits(info.targets.len()),
        targets: start_targets(info, redactor),
        unresolved: info
            .unresolved
            .iter()
            .map(|it| redactor.text(&wording::unresolved(it)))
            .collect(),
    })
}

fn local_name(info: &RunInfo, redactor: &Redactor) -> Option<Redacted> {
    let name = info.host.name.as_deref()?;
    Some(redactor.value(&Value::LocalName(name.into())))
}

fn start_targets<'a>(info: &'a RunInfo, redactor: &Redactor) -> Vec<StartTarget<'a>> {
    let known = info.targets.iter().zip(&info.routes);
    known
        .map(|(target, route)| StartTarget {
            target: redactor.service(target),
            addresses: match &target.lookup {
                Some(lookup) => {
                    let addresses = lookup.addresses.iter();
                    addresses.map(|it| redactor.address(it.ip())).collect()
                }
                None => vec![redactor.value(&Value::address(target))],
            },
            address: redactor.value(&Value::address(target)),
            port: target.port(),
            protocol: target.protocol.name(),
            payload: payload(info, target),
            dns_us: target.lookup.as_ref().map(|lookup| us(lookup.took)),
            source: route
                .as_ref()
                .and_then(|it| it.source)
                .map(|it| redactor.address(it)),
            interface: route.as_ref().and_then(|route| route.interface.as_deref()),
            next_hop: route
                .as_ref()
                .and_then(|it| it.next_hop)
                .map(|it| redactor.address(it)),
        })
        .collect()
}

/// The line of one probe.
pub(super) fn probe(info: &RunInfo, sample: &Sample, redactor: &Redactor) -> String {
    let target = &info.targets[sample.target.index()];
    let result = &sample.result;
    line(&Probe {
        r#type: "probe",
        target: redactor.service(target),
        address: redactor.value(&Value::address(target)),
        port: target.port(),
        protocol: target.protocol.name(),
        seq: sample.seq,
        warmup: sample.warmup,
        time: rfc3339(info.clock.at(sample.sent_at)),
        local: result.local.map(|local| match target.port() {
            Some(_) => redactor.endpoint(local),
            None => redactor.address(local.ip()),
        }),
        outcome: result.outcome.kind().name(),
        reason: reason(&result.outcome),
        late: sample.late,
        connect_us: result.connect.map(us),
        rtt_us: result.rtt.map(|rtt| us(rtt.time)),
        rtt_clock: result.rtt.map(|rtt| rtt.clock.name()),
        syn_sent: result.syn_sent,
        held_us: result.established_for.map(us),
        ttl: result.ttl,
        answer: result
            .reply_summary
            .as_ref()
            .map(|said| redactor.foreign(said.as_str())),
        evidence: EvidenceObject::new(&result.evidence, redactor),
    })
}

/// A target is up or down now.
pub(super) fn state_change(
    info: &RunInfo,
    target: TargetId,
    change: &StateChange,
    redactor: &Redactor,
) -> String {
    line(&Change {
        r#type: "change",
        target: redactor.service(&info.targets[target.index()]),
        time: rfc3339(info.clock.at(change.at)),
        now: if change.is_up { "up" } else { "down" },
        lasted_us: change.previous_duration.map(us),
        causes: change.outcomes.iter().map(word).collect(),
    })
}

/// A target has an address, which was another until now, or none.
pub(super) fn address_changed(
    info: &RunInfo,
    target: TargetId,
    from: Option<IpAddr>,
    redactor: &Redactor,
) -> String {
    let target = &info.targets[target.index()];
    line(&Moved {
        r#type: "moved",
        target: redactor.service(target),
        time: rfc3339(info.clock.now()),
        from: from.map(|from| redactor.address(from)),
        address: redactor.address(target.address.ip()),
    })
}

/// A name whose lookup has failed after the start line.
pub(super) fn unresolved(info: &RunInfo, error: &ResolveError, redactor: &Redactor) -> String {
    line(&Unresolved {
        r#type: "unresolved",
        time: rfc3339(info.clock.now()),
        name: redactor.value(&Value::Host(error.name().into())),
        error: redactor.text(&wording::unresolved(error)),
    })
}

/// Results of the assertions, a line each.
pub(super) fn assertions(assertions: &[AssertionResult], redactor: &Redactor) -> String {
    let lines = assertions.iter().map(|assertion| {
        line(&Check {
            r#type: "check",
            asked: assertion.condition.clone(),
            found: redactor.text(&assertion.observed),
            passed: assertion.passed,
        })
    });
    lines.collect()
}

/// The last lines: one summary per target.
pub(super) fn summaries<'a>(
    summary: &'a RunSummary,
    redactor: &'a Redactor,
) -> impl Iterator<Item = String> + 'a {
    let targets = summary.targets();
    targets.map(|target| line(&of_target(summary, &target, redactor)))
}

fn of_target(summary: &RunSummary, target: &TargetSummary, redactor: &Redactor) -> Summary {
    let recorder = target.recorder;
    let at = |instant| rfc3339(summary.info.clock.at(instant));
    let loss = target.loss();
    Summary {
        r#type: "summary",
        target: redactor.service(target.target),
        address: redactor.value(&Value::address(target.target)),
        port: target.target.port(),
        protocol: target.target.protocol.name(),
        local_ports: recorder
            .local_ports
            .as_ref()
            .map(|ports| [*ports.start(), *ports.end()]),
        started: at(summary.record.started),
        ended: at(summary.record.ended),
        sent: recorder.sent(),
        succeeded: recorder.count_class(OutcomeClass::Succeeded),
        failed: recorder.count_class(OutcomeClass::Failed),
        local_errors: recorder.count_class(OutcomeClass::Local),
        late: recorder.late,
        unfinished: recorder.count_class(OutcomeClass::Unfinished),
        duplicates: recorder.replies.duplicates,
        strays: recorder.replies.strays,
        reordered: recorder.replies.reordered,
        loss_percent: loss.map(|loss| rounded(loss.percent)),
        loss_interval_percent: loss.map(|loss| [rounded(loss.low), rounded(loss.high)]),
        outcomes: outcomes(target),
        causes: causes(summary, target, redactor),
        other_causes: recorder.other_outcomes,
        answers: answers(&recorder.replies, redactor),
        other_answers: recorder.replies.other_summaries,
        ttl: ttls(summary, &recorder.replies),
        ttl_changes: recorder.replies.ttl.total,
        connect_us: latency(&recorder.connect),
        rtt_us: latency(&recorder.rtt),
        refused_us: latency(&recorder.refused),
        jitter_us: recorder.jitter.mean_us().map(rounded),
        schedule_lag_us: lag(summary),
        skipped: summary.record.skipped,
        run: run(summary),
        outages: recorder
            .outages
            .list()
            .iter()
            .map(|o| outage(summary, o))
            .collect(),
        outages_total: recorder.outages.total(),
        longest_outage: recorder.outages.longest().map(|o| outage(summary, o)),
        histogram: Histograms {
            connect_us: encoded(&recorder.connect),
            rtt_us: encoded(&recorder.rtt),
            refused_us: encoded(&recorder.refused),
        },
        capture_filter: target.capture_filter().map(|it| redactor.text(&it)),
        verdict: VerdictObject::new(&target.conclusion(), redactor),
    }
}

fn outcomes(target: &TargetSummary) -> serde_json::Map<String, serde_json::Value> {
    let ended = OutcomeKind::ALL
        .iter()
        .filter(|kind| kind.class() != OutcomeClass::Unfinished);
    ended
        .map(|kind| (kind.name().to_owned(), target.recorder.count(*kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name, count.into()))
        .collect()
}

fn causes(summary: &RunSummary, target: &TargetSummary, redactor: &Redactor) -> Vec<Cause> {
    let at = |instant| rfc3339(summary.info.clock.at(instant));
    let causes = target.recorder.outcome_groups.iter();
    causes
        .map(|cause| Cause {
            outcome: cause.outcome.kind().name(),
            reason: reason(&cause.outcome),
            from: sender(&cause.outcome).map(|from| redactor.address(from)),
            count: cause.count,
            first: at(cause.first),
            last: at(cause.last),
        })
        .collect()
}

fn answers(answers: &Replies, redactor: &Redactor) -> Vec<Answer> {
    let said = answers.summaries.iter();
    said.map(|(said, count)| Answer {
        said: redactor.foreign(said.as_str()),
        count: *count,
    })
    .collect()
}

fn ttls(summary: &RunSummary, answers: &Replies) -> Vec<TtlSince> {
    let changes = answers.ttl.changes.iter();
    changes
        .map(|(since, ttl)| TtlSince {
            ttl: *ttl,
            since: rfc3339(summary.info.clock.at(*since)),
        })
        .collect()
}

/// What a datagram carries; a handshake carries nothing.
fn payload(info: &RunInfo, target: &Target) -> Option<String> {
    match target.protocol {
        Protocol::Tcp => None,
        Protocol::Udp => Some(info.plan.payload.for_port(target.address.port()).name()),
        Protocol::Icmp => Some(Payload::Pattern(info.plan.payload.echo_size()).name()),
    }
}

fn latency(values: &Distribution) -> Latency {
    let figures = values.figures();
    let percentile = |percent| values.percentile(percent).map(rounded);
    Latency {
        count: values.count(),
        min: figures.map(|f| rounded(f.min)),
        mean: figures.map(|f| rounded(f.mean)),
        stddev: figures.and_then(|f| f.stddev).map(rounded),
        p50: percentile(50.0),
        p90: percentile(90.0),
        p95: percentile(95.0),
        p99: percentile(99.0),
        p999: percentile(99.9),
        max: figures.map(|f| rounded(f.max)),
    }
}

/// Only an open loop has a schedule to be late for.
fn lag(summary: &RunSummary) -> Lag {
    let open_loop = !summary.info.plan.schedule.is_closed_loop();
    let lag = Some(&summary.statistics.lag).filter(|_| open_loop);
    Lag {
        p99: lag.and_then(|lag| lag.percentile(99.0)).map(rounded),
        max: lag.and_then(Distribution::figures).map(|f| rounded(f.max)),
    }
}

/// What concerns all targets alike.
fn run(summary: &RunSummary) -> Run {
    let record = &summary.record;
    Run {
        interrupted: record.interrupted,
        standstill_us: us(record.stalled),
        behind_us: us(record.behind),
        descriptor_cap: record.descriptor_cap,
        wall_clock_moved_us: rounded(record.wall_clock_moved * 1e6),
    }
}

fn outage(summary: &RunSummary, outage: &Outage) -> OutageLine {
    let at = |instant| rfc3339(summary.info.clock.at(instant));
    OutageLine {
        from: at(outage.from),
        to: at(outage.to),
        probes: outage.probes,
        causes: outage.outcomes.iter().map(word).collect(),
        ongoing: outage.ongoing,
    }
}

/// The reason, or the outcome's name where that says it all.
fn word(outcome: &Outcome) -> String {
    reason(outcome).unwrap_or_else(|| outcome.kind().name().to_owned())
}

fn encoded(values: &Distribution) -> Option<String> {
    values.serialized().map(|bytes| STANDARD.encode(bytes))
}
