//! A diagnosis as one JSON object; the contract is `schema.json`.

use serde::Serialize;

use super::findings_text::lines;
use super::summary::DiagnosisSummary;
use crate::checks::ProbeBatch;
use crate::clock::rfc3339;
use crate::modes::trace::Found;
use crate::path::{LossCount, RouterNames, loss_per_hop};
use crate::report::json::{RankingObject, line, reason};
use crate::report::machine_numbers::{rounded, us};
use crate::report::{Redacted, Redactor, VERSION};
use crate::text::{Text, Value, service};
use crate::verdict::statement::statement;

#[derive(Serialize)]
struct Whole<'a> {
    r#type: &'static str,
    schema: u32,
    version: &'static str,
    command: Redacted,
    kernel: &'a str,
    target: Redacted,
    protocol: &'static str,
    port: Option<u16>,
    addresses: Vec<Redacted>,
    hosts_file: Vec<Redacted>,
    dns_us: Option<f64>,
    started: String,
    took_ms: f64,
    sent: u64,
    interrupted: bool,
    steps: Vec<StepLine>,
    tried: Vec<TriedLine>,
    path: Option<PathLine>,
    verdict: VerdictLine,
}

#[derive(Serialize)]
struct StepLine {
    step: &'static str,
    found: Redacted,
}

#[derive(Serialize)]
struct TriedLine {
    step: &'static str,
    address: Redacted,
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
struct VerdictLine {
    code: &'static str,
    verdict: Redacted,
    evidence: Vec<Redacted>,
    rules_out: Vec<Redacted>,
    unknown: Vec<Redacted>,
    next: Vec<NextLine>,
    #[serde(flatten)]
    ranking: RankingObject,
}

#[derive(Serialize)]
struct NextLine {
    who: &'static str,
    what: Redacted,
}

/// The one line.
pub(super) fn text(summary: &DiagnosisSummary, redactor: &Redactor) -> String {
    let findings = summary.findings;
    let addresses =
        |list: &[std::net::IpAddr]| list.iter().map(|it| redactor.address(*it)).collect();
    line(&Whole {
        r#type: "diagnosis",
        schema: 1,
        version: VERSION,
        command: redactor.value(&Value::Command(summary.command_line.clone())),
        kernel: &summary.host.system,
        target: redactor.value(&service(&findings.target)),
        protocol: findings.protocol.name(),
        port: findings.port,
        addresses: addresses(&findings.name.addresses),
        hosts_file: addresses(&findings.name.hosts_file),
        dns_us: findings.name.took.map(us),
        started: rfc3339(summary.clock.at(summary.started)),
        took_ms: rounded(findings.took.as_secs_f64() * 1e3),
        sent: findings.sent,
        interrupted: findings.interrupted,
        steps: steps(summary, redactor),
        tried: tried(summary, redactor),
        path: path(summary, redactor),
        verdict: verdict(summary, redactor),
    })
}

fn steps(summary: &DiagnosisSummary, redactor: &Redactor) -> Vec<StepLine> {
    let lines = lines(summary.findings).into_iter();
    lines
        .map(|it| StepLine {
            step: it.step,
            found: redactor.text(&it.found),
        })
        .collect()
}

fn tried(summary: &DiagnosisSummary, redactor: &Redactor) -> Vec<TriedLine> {
    let findings = summary.findings;
    let one = |step, tried: Option<&ProbeBatch>| tried.map(|it| tried_line(step, it, redactor));
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
    all.extend(ports.map(|it| tried_line("other-port", it, redactor)));
    let addresses = findings.other_addresses.iter();
    all.extend(addresses.map(|it| tried_line("other-address", it, redactor)));
    if let Some(sizes) = &findings.sizes {
        all.push(tried_line("small-packets", &sizes.small_probes, redactor));
        all.push(tried_line("large-packets", &sizes.large_probes, redactor));
    }
    all
}

fn tried_line(step: &'static str, tried: &ProbeBatch, redactor: &Redactor) -> TriedLine {
    let ends = tried.outcomes.iter().map(|(outcome, count)| EndLine {
        outcome: outcome.kind().name(),
        reason: reason(outcome),
        count: *count,
    });
    TriedLine {
        step,
        address: redactor.address(tried.target.address.ip()),
        port: tried.target.port(),
        protocol: tried.target.protocol.name(),
        sent: tried.sent,
        ends: ends.collect(),
        connect_us: tried.median_connect.map(us),
        rtt_us: tried.median_rtt.map(us),
    }
}

fn path(summary: &DiagnosisSummary, redactor: &Redactor) -> Option<PathLine> {
    let (path, analysis) = summary.findings.path.as_ref()?;
    let losses = loss_per_hop(path, analysis.rate_limited()).into_iter();
    Some(PathLine {
        // Names of routers are not looked up.
        found: Found::of(path, analysis, &RouterNames::new(false), redactor),
        losses: losses
            .map(|(ttl, LossCount { lost, sent })| LossLine {
                ttl,
                lost,
                of: sent,
            })
            .collect(),
    })
}

fn verdict(summary: &DiagnosisSummary, redactor: &Redactor) -> VerdictLine {
    let conclusion = summary.conclusion;
    let statement = statement(conclusion);
    let shown = |texts: &[Text]| texts.iter().map(|it| redactor.text(it)).collect();
    let meaning = Text::join(statement.meaning.iter().cloned(), " ");
    let next = statement.next.iter().map(|step| NextLine {
        who: step.owner.name(),
        what: redactor.text(&step.what),
    });
    VerdictLine {
        code: conclusion.code.name(),
        verdict: redactor.text(&meaning),
        evidence: shown(&statement.evidence),
        rules_out: shown(&statement.ruled_out),
        unknown: shown(&statement.possible),
        next: next.collect(),
        ranking: RankingObject::new(conclusion, &statement, redactor),
    }
}
