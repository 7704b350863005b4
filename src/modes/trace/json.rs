//! A path as JSON; the contract is `schema.json`.

use serde::Serialize;

use super::summary::{TraceInfo, TraceSummary};
use crate::clock::rfc3339;
use crate::hosts::Protocol;
use crate::path::{
    DistanceBy, FinalReply, Flow, Hop, HopReply, Path, PathAnalysis, PathEnd, PathNote,
    ProbePurpose, ReplyKind, Responder, RouterNames, TraceProbe, merged_hops,
};
use crate::report::json::{EvidenceObject, IcmpObject, VerdictObject, line, reason};
use crate::report::machine_numbers::{rounded, us};
use crate::report::{Redacted, Redactor, VERSION};
use crate::text::Value;

#[derive(Serialize)]
struct Start<'a> {
    r#type: &'static str,
    schema: u32,
    version: &'static str,
    command: Redacted,
    time: String,
    kernel: &'a str,
    target: Redacted,
    address: Redacted,
    port: Option<u16>,
    protocol: &'static str,
    source: Option<Redacted>,
    interface: Option<&'a str>,
    next_hop: Option<Redacted>,
    rounds: Option<u64>,
    interval_us: f64,
    timeout_us: f64,
    max_hops: u8,
    flows: u16,
}

/// The first line.
pub(super) fn start(info: &TraceInfo, redactor: &Redactor) -> String {
    let route = info.route.as_ref();
    line(&Start {
        r#type: "trace-start",
        schema: 1,
        version: VERSION,
        command: redactor.value(&Value::Command(info.command_line.clone())),
        time: rfc3339(info.clock.at(info.started)),
        kernel: &info.host.system,
        target: redactor.service(&info.target),
        address: redactor.value(&Value::address(&info.target)),
        port: info.target.port(),
        protocol: info.target.protocol.name(),
        source: info.source().map(|source| redactor.address(source)),
        interface: route.and_then(|it| it.interface.as_deref()),
        next_hop: route
            .and_then(|it| it.next_hop)
            .map(|it| redactor.address(it)),
        rounds: info.path.rounds,
        interval_us: us(info.path.interval),
        timeout_us: us(info.path.timeout),
        max_hops: info.path.max_hops,
        flows: info.path.flows,
    })
}

#[derive(Serialize)]
struct Probe {
    r#type: &'static str,
    purpose: &'static str,
    protocol: &'static str,
    port: Option<u16>,
    flow: Option<usize>,
    round: Option<u64>,
    ttl: Option<u8>,
    time: String,
    local: Option<Redacted>,
    outcome: &'static str,
    reason: Option<String>,
    late: bool,
    connect_us: Option<f64>,
    rtt_us: Option<f64>,
    evidence: EvidenceObject,
}

/// The line of one probe.
pub(super) fn probe(info: &TraceInfo, step: &TraceProbe, redactor: &Redactor) -> String {
    let result = &step.sample.result;
    let (protocol, port) = match step.purpose {
        ProbePurpose::Distance(by) => by.service(),
        ProbePurpose::Discovery | ProbePurpose::Round { .. } => {
            (info.target.protocol, info.target.port())
        }
    };
    let (purpose, flow, round) = match step.purpose {
        ProbePurpose::Discovery => ("look", None, None),
        ProbePurpose::Distance(_) => ("distance", None, None),
        ProbePurpose::Round { flow, round } => ("walk", Some(flow), Some(round)),
    };
    line(&Probe {
        r#type: "trace-probe",
        purpose,
        protocol: protocol.name(),
        port,
        flow,
        round,
        ttl: step.ttl,
        time: rfc3339(info.clock.at(step.sample.sent_at)),
        // Echoes have an identifier, which is no port.
        local: result.local.map(|local| {
            if protocol == Protocol::Icmp {
                redactor.address(local.ip())
            } else {
                redactor.endpoint(local)
            }
        }),
        outcome: result.outcome.kind().name(),
        reason: reason(&result.outcome),
        late: step.sample.late,
        connect_us: result.connect.map(us),
        rtt_us: result.rtt.map(|rtt| us(rtt.time)),
        evidence: EvidenceObject::new(&result.evidence, redactor),
    })
}

#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    target: Redacted,
    address: Redacted,
    port: Option<u16>,
    protocol: &'static str,
    source: Option<Redacted>,
    started: String,
    ended: String,
    rounds: u64,
    sent: u64,
    interrupted: bool,
    #[serde(flatten)]
    found: Found,
    verdict: VerdictObject,
}

/// What was found on a path.
#[derive(Serialize)]
pub(in crate::modes) struct Found {
    hops: Vec<HopLine>,
    flows: Vec<FlowLine>,
    end: EndLine,
    distance: Option<DistanceLine>,
    notes: Vec<NoteLine>,
}

impl Found {
    pub(in crate::modes) fn of(
        path: &Path,
        analysis: &PathAnalysis,
        names: &RouterNames,
        redactor: &Redactor,
    ) -> Self {
        let flow = |flow: &Flow| FlowLine {
            port: flow.port,
            tries: flow.attempts,
            through: flow.answered,
            hops: hops(&flow.hops, names, redactor),
        };
        Self {
            hops: hops(tried(&merged_hops(path)), names, redactor),
            flows: path.flows.iter().map(flow).collect(),
            end: end(&analysis.end, redactor),
            distance: distance(path, analysis),
            notes: analysis.notes.iter().map(note).collect(),
        }
    }
}

#[derive(Serialize)]
struct HopLine {
    ttl: Option<u8>,
    sent: u64,
    answered: u64,
    loss_percent: Option<f64>,
    heard: Vec<HeardLine>,
    rtt_us: Option<Times>,
}

#[derive(Serialize)]
struct HeardLine {
    from: Option<Redacted>,
    name: Option<Redacted>,
    what: &'static str,
    reason: Option<String>,
    icmp: Option<IcmpObject>,
    count: u64,
    best_us: Option<f64>,
}

#[derive(Serialize)]
struct Times {
    count: u64,
    min: f64,
    p50: Option<f64>,
    p90: Option<f64>,
    max: f64,
}

#[derive(Serialize)]
struct FlowLine {
    port: u16,
    tries: u64,
    through: u64,
    hops: Vec<HopLine>,
}

#[derive(Serialize, Default)]
struct EndLine {
    kind: &'static str,
    ttl: Option<u8>,
    how: Option<&'static str>,
    at: Option<u8>,
    after: Option<u8>,
    first: Option<u8>,
    last: Option<u8>,
    reason: Option<String>,
    icmp: Option<IcmpObject>,
}

#[derive(Serialize)]
struct DistanceLine {
    answer: Option<u8>,
    host: u8,
    host_least: u8,
    host_by: &'static str,
    speaker: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum NoteLine {
    RateLimited {
        ttls: Vec<u8>,
    },
    Loss {
        after: Option<u8>,
        from: Option<u8>,
        lost: u64,
        of: u64,
    },
    LimitedEnd {
        lost: u64,
        of: u64,
    },
    Parting {
        after: u8,
    },
    DeadFlows {
        ports: Vec<u16>,
    },
    OtherRouters,
    Translator {
        ttl: u8,
    },
}

/// The last line.
pub(super) fn summary(summary: &TraceSummary, redactor: &Redactor) -> String {
    let (info, path) = (summary.info, summary.path);
    line(&Summary {
        r#type: "trace-summary",
        target: redactor.service(&info.target),
        address: redactor.value(&Value::address(&info.target)),
        port: info.target.port(),
        protocol: info.target.protocol.name(),
        source: info.source().map(|source| redactor.address(source)),
        started: rfc3339(info.clock.at(info.started)),
        ended: rfc3339(info.clock.at(summary.ended)),
        rounds: path.rounds,
        sent: path.sent,
        interrupted: path.interrupted,
        found: Found::of(path, &summary.analysis, summary.names, redactor),
        verdict: VerdictObject::new(&summary.conclusion, redactor),
    })
}

/// Without the hops behind the end of the way, which no probe was sent to.
fn tried(hops: &[Hop]) -> &[Hop] {
    let last = hops
        .iter()
        .rposition(|hop| hop.sent > 0 || !hop.is_unanswered());
    &hops[..last.map_or(0, |last| last + 1)]
}

fn hops(hops: &[Hop], names: &RouterNames, redactor: &Redactor) -> Vec<HopLine> {
    let one = |hop: &Hop| HopLine {
        ttl: hop.ttl,
        sent: hop.sent,
        answered: hop.answered,
        loss_percent: hop.loss().map(|loss| rounded(loss * 100.0)),
        heard: hop
            .replies
            .iter()
            .map(|it| heard(it, names, redactor))
            .collect(),
        rtt_us: hop.rtts.figures().map(|figures| Times {
            count: figures.count,
            min: rounded(figures.min),
            p50: hop.rtts.percentile(50.0).map(rounded),
            p90: hop.rtts.percentile(90.0).map(rounded),
            max: rounded(figures.max),
        }),
    };
    hops.iter().map(one).collect()
}

fn heard(heard: &HopReply, names: &RouterNames, redactor: &Redactor) -> HeardLine {
    let name = heard
        .from
        .and_then(|from| Some(redactor.router_name(names.get(from)?, from)));
    let (what, icmp) = match heard.kind {
        ReplyKind::TimeExceeded => ("time-exceeded", None),
        ReplyKind::FinalReply(reached) => (word(reached), None),
        ReplyKind::Rejected(icmp) => ("icmp", Some(icmp)),
    };
    HeardLine {
        from: heard.from.map(|from| redactor.address(from)),
        name,
        what,
        reason: icmp.map(|icmp| icmp.reason().into_owned()),
        icmp: icmp.as_ref().map(|icmp| IcmpObject::new(icmp, redactor)),
        count: heard.count,
        best_us: heard.min_rtt.map(us),
    }
}

fn word(reached: FinalReply) -> &'static str {
    match reached {
        FinalReply::SynAck => "syn-ack",
        FinalReply::Rst => "rst",
        FinalReply::Reply => "reply",
        FinalReply::PortUnreachable => "port-unreachable",
    }
}

fn end(end: &PathEnd, redactor: &Redactor) -> EndLine {
    let none = EndLine::default();
    match end {
        PathEnd::FinalReply { ttl, reply: how } => EndLine {
            kind: "reached",
            ttl: *ttl,
            how: Some(word(*how)),
            ..none
        },
        PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: at,
            after,
        } => EndLine {
            kind: "rejected",
            ttl: *ttl,
            at: *at,
            after: *after,
            reason: Some(icmp.reason().into_owned()),
            icmp: Some(IcmpObject::new(icmp, redactor)),
            ..none
        },
        PathEnd::NoReply { after } => EndLine {
            kind: "silent",
            after: *after,
            ..none
        },
        PathEnd::Loop(found) => EndLine {
            kind: "loop",
            first: Some(found.first),
            last: Some(found.last),
            ..none
        },
        PathEnd::Local(cause) => EndLine {
            kind: "local",
            reason: Some(cause.reason().to_owned()),
            ..none
        },
        PathEnd::Unknown => EndLine {
            kind: "unknown",
            ..none
        },
    }
}

fn distance(path: &Path, analysis: &PathAnalysis) -> Option<DistanceLine> {
    let host = path.host_distance?;
    let answer = match analysis.end {
        PathEnd::FinalReply { ttl, .. } => ttl,
        _ => None,
    };
    Some(DistanceLine {
        answer,
        host: host.ttl,
        host_least: host.min_ttl,
        host_by: match host.by {
            DistanceBy::Echo => "echo",
            DistanceBy::ClosedUdpPort => "closed-udp-port",
            DistanceBy::TcpPort(_) => "tcp-port",
        },
        speaker: analysis.responder.map(|speaker| match speaker {
            Responder::Host(_) => "host",
            Responder::OneHopNearer(_) => "in-front",
            Responder::Nearer(_) => "other",
            Responder::Farther(_) => "further",
        }),
    })
}

fn note(note: &PathNote) -> NoteLine {
    match note {
        PathNote::RateLimited(ttls) => NoteLine::RateLimited { ttls: ttls.clone() },
        PathNote::RateLimitedEnd { lost, sent: of } => NoteLine::LimitedEnd {
            lost: *lost,
            of: *of,
        },
        PathNote::Loss {
            onset: begins,
            lost,
            sent: of,
        } => NoteLine::Loss {
            after: begins.map(|it| it.after),
            from: begins.and_then(|it| it.from),
            lost: *lost,
            of: *of,
        },
        PathNote::Divergence { after } => NoteLine::Parting { after: *after },
        PathNote::DeadFlows(ports) => NoteLine::DeadFlows {
            ports: ports.clone(),
        },
        PathNote::OtherRouters => NoteLine::OtherRouters,
        PathNote::Dnat(ttl) => NoteLine::Translator { ttl: *ttl },
    }
}
