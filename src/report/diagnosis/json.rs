//! A diagnosis as one JSON object; the contract is `schema.json`.

use serde::Serialize;

use super::DiagnosisReport;
use super::lines::lines;
use crate::checks::ProbeBatch;
use crate::clock::rfc3339;
use crate::path::{LossCount, RouterNames, loss_per_hop};
use crate::report::VERSION;
use crate::report::exact::{rounded, us};
use crate::report::json::{line, reason};
use crate::report::trace::json::Found;

#[derive(Serialize)]
struct Whole<'a> {
    r#type: &'static str,
    schema: u32,
    version: &'static str,
    command: &'a str,
    kernel: &'a str,
    target: &'a str,
    protocol: &'static str,
    port: Option<u16>,
    addresses: Vec<String>,
    hosts_file: Vec<String>,
    dns_us: Option<f64>,
    started: String,
    took_ms: f64,
    sent: u64,
    interrupted: bool,
    steps: Vec<StepLine>,
    tried: Vec<TriedLine>,
    path: Option<PathLine>,
    verdict: VerdictLine<'a>,
}

#[derive(Serialize)]
struct StepLine {
    step: &'static str,
    found: String,
}

#[derive(Serialize)]
struct TriedLine {
    step: &'static str,
    address: String,
    port: Option<u16>,
    protocol: &'static str,
    sent: u64,
    ends: Vec<EndLine>,
    connect_us: Option<f64>,
    rtt_us: Option<f64>,
}

#[derive(Serialize)]
struct EndLine {
    outcome: &'static str,
    reason: Option<String>,
    count: u64,
}

#[derive(Serialize)]
struct PathLine {
    #[serde(flatten)]
    found: Found,
    losses: Vec<LossLine>,
}

#[derive(Serialize)]
struct LossLine {
    ttl: Option<u8>,
    lost: u64,
    of: u64,
}

#[derive(Serialize)]
struct VerdictLine<'a> {
    code: &'static str,
    verdict: &'a str,
    evidence: &'a [String],
    rules_out: &'a [String],
    unknown: &'a [String],
    next: Vec<NextLine<'a>>,
}

#[derive(Serialize)]
struct NextLine<'a> {
    who: &'static str,
    what: &'a str,
}

/// The one line.
pub(super) fn text(report: &DiagnosisReport) -> String {
    let findings = report.findings;
    let addresses = |list: &[std::net::IpAddr]| list.iter().map(ToString::to_string).collect();
    line(&Whole {
        r#type: "diagnosis",
        schema: 1,
        version: VERSION,
        command: &report.output.command_line,
        kernel: &report.host.system,
        target: &findings.target,
        protocol: findings.protocol.name(),
        port: findings.port,
        addresses: addresses(&findings.name.addresses),
        hosts_file: addresses(&findings.name.hosts_file),
        dns_us: findings.name.took.map(us),
        started: rfc3339(report.clock.at(report.started)),
        took_ms: rounded(findings.took.as_secs_f64() * 1e3),
        sent: findings.sent,
        interrupted: findings.interrupted,
        steps: steps(report),
        tried: tried(report),
        path: path(report),
        verdict: verdict(report),
    })
}

fn steps(report: &DiagnosisReport) -> Vec<StepLine> {
    let lines = lines(report.findings).into_iter();
    lines
        .map(|it| StepLine {
            step: it.step,
            found: it.found,
        })
        .collect()
}

fn tried(report: &DiagnosisReport) -> Vec<TriedLine> {
    let findings = report.findings;
    let one = |step, tried: Option<&ProbeBatch>| tried.map(|tried| tried_line(step, tried));
    let gateway = findings
        .route
        .as_ref()
        .and_then(|way| way.gateway_echo.as_ref());
    let singles = [
        one("loopback", findings.local.loopback.as_ref()),
        one("own-address", findings.local.own_address.as_ref()),
        one("gateway", gateway),
        one("echo", findings.echo.as_ref()),
        one("port", findings.port_probes.as_ref()),
    ];
    let mut all: Vec<_> = singles.into_iter().flatten().collect();
    let ports = findings.other_ports.iter();
    all.extend(ports.map(|it| tried_line("other-port", it)));
    let addresses = findings.other_addresses.iter();
    all.extend(addresses.map(|it| tried_line("other-address", it)));
    if let Some(sizes) = &findings.sizes {
        all.push(tried_line("small-packets", &sizes.small_probes));
        all.push(tried_line("large-packets", &sizes.large_probes));
    }
    all
}

fn tried_line(step: &'static str, tried: &ProbeBatch) -> TriedLine {
    let ends = tried.outcomes.iter().map(|(outcome, count)| EndLine {
        outcome: outcome.kind().name(),
        reason: reason(outcome),
        count: *count,
    });
    TriedLine {
        step,
        address: tried.target.address.ip().to_string(),
        port: tried.target.port(),
        protocol: tried.target.protocol.name(),
        sent: tried.sent,
        ends: ends.collect(),
        connect_us: tried.median_connect.map(us),
        rtt_us: tried.median_rtt.map(us),
    }
}

fn path(report: &DiagnosisReport) -> Option<PathLine> {
    let (path, analysis) = report.findings.path.as_ref()?;
    let losses = loss_per_hop(path, analysis.rate_limited()).into_iter();
    Some(PathLine {
        // Nobody looked the routers' names up.
        found: Found::of(path, analysis, &RouterNames::new(false)),
        losses: losses
            .map(|(ttl, LossCount { lost, sent })| LossLine {
                ttl,
                lost,
                of: sent,
            })
            .collect(),
    })
}

fn verdict<'a>(report: &DiagnosisReport<'a>) -> VerdictLine<'a> {
    let diagnosis = report.diagnosis;
    let next = diagnosis.next.iter().map(|step| NextLine {
        who: step.who.name(),
        what: &step.what,
    });
    VerdictLine {
        code: diagnosis.code.name(),
        verdict: &diagnosis.verdict,
        evidence: &diagnosis.evidence,
        rules_out: &diagnosis.rules_out,
        unknown: &diagnosis.unknown,
        next: next.collect(),
    }
}
