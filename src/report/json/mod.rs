//! `--json`: one object per line. The contract is `schema.json`; fields are added, never changed.

mod shapes;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::exact::{rounded, sender, us};
use super::parts::{self, judged};
use super::{Report, RunInfo, TargetReport, VERSION};
use crate::assertions::AssertionResult;
use crate::clock::rfc3339;
use crate::hosts::{Protocol, Target};
use crate::outcome::{
    Evidence, Outcome, OutcomeClass, OutcomeKind, ReplySummary, Sample, TargetId,
};
use crate::payload::Payload;
use crate::plan::Limit;
use crate::stats::{Distribution, Outage, Replies, Statistics};
use shapes::{
    Answer, Cause, Change, Check, Clocks, Histograms, Host, Lag, Latency, Moved, OutageLine, Probe,
    Run, Start, StartTarget, Summary, TtlSince,
};
pub(super) use shapes::{Icmp, Proof, Verdict};

/// The first line: what is known before the first probe.
pub(super) fn start(info: &RunInfo) -> String {
    let pace = &info.plan.schedule;
    line(&Start {
        r#type: "start",
        schema: 1,
        version: VERSION,
        command: &info.plan.output.command_line,
        time: rfc3339(info.clock.start_time()),
        host: Host {
            kernel: &info.host.system,
            name: info.host.name.as_deref(),
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
        targets: start_targets(info),
        unresolved: &info.unresolved,
    })
}

fn start_targets(info: &RunInfo) -> Vec<StartTarget<'_>> {
    let known = info.targets.iter().zip(&info.routes);
    known
        .map(|(target, route)| StartTarget {
            target: target.label(),
            addresses: match &target.lookup {
                Some(lookup) => lookup
                    .addresses
                    .iter()
                    .map(|a| a.ip().to_string())
                    .collect(),
                None => vec![target.address_text()],
            },
            address: target.address_text(),
            port: target.port(),
            protocol: target.protocol.name(),
            payload: payload(info, target),
            dns_us: target.lookup.as_ref().map(|lookup| us(lookup.took)),
            source: route
                .as_ref()
                .and_then(|r| r.source)
                .map(|source| source.to_string()),
            interface: route.as_ref().and_then(|route| route.interface.as_deref()),
            next_hop: route
                .as_ref()
                .and_then(|route| route.next_hop)
                .map(|hop| hop.to_string()),
        })
        .collect()
}

/// The line of one probe.
pub(super) fn probe(info: &RunInfo, sample: &Sample) -> String {
    let target = &info.targets[sample.target.index()];
    let result = &sample.result;
    line(&Probe {
        r#type: "probe",
        target: target.label(),
        address: target.address_text(),
        port: target.port(),
        protocol: target.protocol.name(),
        seq: sample.seq,
        warmup: sample.warmup,
        time: rfc3339(info.clock.at(sample.sent_at)),
        local: result.local.map(|local| match target.port() {
            Some(_) => local.to_string(),
            None => local.ip().to_string(),
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
        answer: result.reply_summary.as_ref().map(ReplySummary::as_str),
        evidence: proof(&result.evidence),
    })
}

/// That a target has gone down, or has come up again.
pub(super) fn change(
    info: &RunInfo,
    target: TargetId,
    change: &crate::stats::StateChange,
) -> String {
    let causes = change.outcomes.iter();
    line(&Change {
        r#type: "change",
        target: info.targets[target.index()].label(),
        time: rfc3339(info.clock.at(change.at)),
        now: if change.is_up { "up" } else { "down" },
        lasted_us: change.previous_duration.map(us),
        causes: causes.map(word).collect(),
    })
}

/// A line for a target that has an address, which was another until now, or none.
pub(super) fn moved(info: &RunInfo, target: TargetId, from: Option<&str>) -> String {
    let target = &info.targets[target.index()];
    line(&Moved {
        r#type: "moved",
        target: target.label(),
        time: rfc3339(info.clock.now()),
        from: from.map(str::to_owned),
        address: target.address.ip().to_string(),
    })
}

/// What the checks found, a line each.
pub(super) fn checks(assertions: &[AssertionResult]) -> String {
    let lines = assertions.iter().map(|assertion| {
        line(&Check {
            r#type: "check",
            asked: &assertion.condition,
            found: &assertion.observed,
            passed: assertion.passed,
        })
    });
    lines.collect()
}

/// The last lines: one summary per target.
pub(super) fn summaries<'a>(report: &'a Report) -> impl Iterator<Item = String> + 'a {
    let targets = report.targets();
    targets.map(|target| line(&summary(report, &target)))
}

fn summary(report: &Report, target: &TargetReport) -> Summary {
    let recorder = target.recorder;
    let at = |instant| rfc3339(report.info.clock.at(instant));
    let verdict = judged(target);
    let loss = target.loss();
    Summary {
        r#type: "summary",
        target: target.target.label(),
        address: target.target.address_text(),
        port: target.target.port(),
        protocol: target.target.protocol.name(),
        local_ports: recorder
            .local_ports
            .as_ref()
            .map(|ports| [*ports.start(), *ports.end()]),
        started: at(report.record.started),
        ended: at(report.record.ended),
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
        causes: causes(report, target),
        other_causes: recorder.other_outcomes,
        answers: answers(&recorder.replies),
        other_answers: recorder.replies.other_summaries,
        ttl: ttls(report, &recorder.replies),
        ttl_changes: recorder.replies.ttl.total,
        connect_us: latency(&recorder.connect),
        rtt_us: latency(&recorder.rtt),
        refused_us: latency(&recorder.refused),
        jitter_us: recorder.jitter.mean_us().map(rounded),
        schedule_lag_us: lag(report),
        skipped: report.record.skipped,
        run: run(report),
        outages: recorder
            .outages
            .list()
            .iter()
            .map(|o| outage(report, o))
            .collect(),
        outages_total: recorder.outages.total(),
        longest_outage: recorder.outages.longest().map(|o| outage(report, o)),
        histogram: Histograms {
            connect_us: encoded(&recorder.connect),
            rtt_us: encoded(&recorder.rtt),
            refused_us: encoded(&recorder.refused),
        },
        capture_filter: parts::capture_filter_of(target),
        verdict: Verdict::from(&verdict),
    }
}

fn outcomes(target: &TargetReport) -> serde_json::Map<String, serde_json::Value> {
    let ended = OutcomeKind::ALL
        .iter()
        .filter(|kind| kind.class() != OutcomeClass::Unfinished);
    ended
        .map(|kind| (kind.name().to_owned(), target.recorder.count(*kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name, count.into()))
        .collect()
}

fn causes(report: &Report, target: &TargetReport) -> Vec<Cause> {
    let at = |instant| rfc3339(report.info.clock.at(instant));
    let causes = target.recorder.outcome_groups.iter();
    causes
        .map(|cause| Cause {
            outcome: cause.outcome.kind().name(),
            reason: reason(&cause.outcome),
            from: sender(&cause.outcome).map(|from| from.to_string()),
            count: cause.count,
            first: at(cause.first),
            last: at(cause.last),
        })
        .collect()
}

fn answers(answers: &Replies) -> Vec<Answer> {
    let said = answers.summaries.iter();
    said.map(|(said, count)| Answer {
        said: said.to_string(),
        count: *count,
    })
    .collect()
}

fn ttls(report: &Report, answers: &Replies) -> Vec<TtlSince> {
    let changes = answers.ttl.changes.iter();
    changes
        .map(|(since, ttl)| TtlSince {
            ttl: *ttl,
            since: rfc3339(report.info.clock.at(*since)),
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
fn lag(report: &Report) -> Lag {
    let open_loop = !report.info.plan.schedule.is_closed_loop();
    let lag = Some(&report.statistics.lag).filter(|_| open_loop);
    Lag {
        p99: lag.and_then(|lag| lag.percentile(99.0)).map(rounded),
        max: lag.and_then(Distribution::figures).map(|f| rounded(f.max)),
    }
}

/// What concerns all targets alike.
fn run(report: &Report) -> Run {
    let record = &report.record;
    Run {
        interrupted: record.interrupted,
        standstill_us: us(record.stalled),
        behind_us: us(record.behind),
        descriptor_cap: record.descriptor_cap,
        wall_clock_moved_us: rounded(record.wall_clock_moved * 1e6),
    }
}

fn outage(report: &Report, outage: &Outage) -> OutageLine {
    let at = |instant| rfc3339(report.info.clock.at(instant));
    OutageLine {
        from: at(outage.from),
        to: at(outage.to),
        probes: outage.probes,
        causes: outage.outcomes.iter().map(word).collect(),
        ongoing: outage.ongoing,
    }
}

pub(super) fn proof(evidence: &Evidence) -> Proof {
    Proof {
        kind: evidence.kind.map(crate::outcome::EvidenceKind::name),
        icmp: evidence.icmp.as_ref().map(Icmp::from),
        errno: evidence.errno.map(|errno| errno.name().into_owned()),
    }
}

/// The reason, or the outcome's name where that says it all.
fn word(outcome: &Outcome) -> String {
    reason(outcome).unwrap_or_else(|| outcome.kind().name().to_owned())
}

pub(super) fn reason(outcome: &Outcome) -> Option<String> {
    outcome.reason().map(std::borrow::Cow::into_owned)
}

fn encoded(values: &Distribution) -> Option<String> {
    values.serialized().map(|bytes| STANDARD.encode(bytes))
}

/// Our own types always serialise: no map with odd keys, no failing implementation among them.
pub(super) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
